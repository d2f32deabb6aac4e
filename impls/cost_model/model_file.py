"""The form of a file of fitted times: layers stand once, and fits refer to those that carry them by number."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from impls.cost_model.cost_table import SIZES, UNNAMED, Floats, Subject
from impls.interface import DEVICES
from impls.precision import PRECISIONS

FORMAT, VERSION = "convcost model of times", "2.0"
# Part of a fit of `law` that holds its layers.
_CARRIERS = "carriers"
# No size or count of work is larger; products of all sizes stay finite.
_LARGEST = 1e18


def with_numbers(fits: Sequence[Mapping[str, Any]]) -> tuple[list[list[int]], list[dict[str, Any]]]:
    """The different layers of all fits, and the fits with numbers of layers in place of them."""
    numbers: dict[tuple[int, ...], int] = {}
    found = []
    for values in fits:
        own = dict(values)
        if _CARRIERS in own:
            layers = [numbers.setdefault(tuple(layer), len(numbers)) for layer in own[_CARRIERS]["layers"]]
            own[_CARRIERS] = {**own[_CARRIERS], "layers": layers}
        found.append(own)
    return [list(layer) for layer in numbers], found


def with_layers(values: Mapping[str, Any], layers: Sequence[Sequence[int]]) -> dict[str, Any]:
    """A fit with its layers in place of their numbers. Raises IndexError or TypeError for numbers of no layer."""
    if _CARRIERS not in values:
        return dict(values)
    carriers = values[_CARRIERS]
    return {**values, _CARRIERS: {**carriers, "layers": [layers[number] for number in carriers["layers"]]}}


def subject_of(values: Mapping[str, Any]) -> Subject:
    """The subject that an entry of the file names. Raises KeyError or ValueError for one that does not."""
    subject = Subject(
        values["device"], values["implementation"], values["precision"], values["threads"], values["data"]
    )
    if not all(isinstance(name, str) for name in (subject.device, subject.implementation, subject.data)):
        raise ValueError("device, implementation or data of a subject is no text")
    if subject.device not in (*DEVICES, UNNAMED):
        raise ValueError(f"device of a subject is unknown; allowed: {', '.join((*DEVICES, UNNAMED))}")
    if not isinstance(subject.precision, str) or subject.precision not in PRECISIONS:
        raise ValueError(f"precision of a subject is unknown; allowed: {', '.join(PRECISIONS)}")
    if subject.threads is not None and (type(subject.threads) is not int or subject.threads < 1):
        raise ValueError("threads of a subject is no whole number of at least 1")
    return subject


def number_of(value: Any, least: float = -math.inf) -> float:
    """A number of the file. Raises ValueError for other values, for one below `least` and for one without end."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not least <= value < math.inf:
        raise ValueError("a value is no number, or out of its range")
    return float(value)


def numbers_of(values: Any, least: float = -math.inf) -> Floats:
    """A list of numbers of the file. Raises ValueError as `number_of`."""
    if not isinstance(values, list):
        raise ValueError("a value is no list")
    return np.array([number_of(one, least) for one in values], dtype=np.float64)


def sizes_of(layers: Any) -> Floats:
    """The layers of the file: SIZES, and whether channels are last. Raises ValueError for sizes that no layer has."""
    if not isinstance(layers, list) or not layers:
        raise ValueError("there are no layers")
    found = np.array([numbers_of(layer, 0) for layer in layers], dtype=np.float64)
    if found.ndim != 2 or found.shape[1] != len(SIZES) + 1:
        raise ValueError("a layer has too few or too many sizes")
    # The last two are the padding and the layout.
    if (found[:, :-2] < 1).any() or (found > _LARGEST).any():
        raise ValueError("a size of a layer is below 1, or too large")
    return found
