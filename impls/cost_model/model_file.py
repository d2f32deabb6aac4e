"""The form of a file of fitted times: layers stand once, and fits refer to those that carry them by number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from impls.cost_model.cost_table import Subject

FORMAT, VERSION = "convcost model of times", "2.0"
# Part of a fit of `law` that holds its layers.
_CARRIERS = "carriers"


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
    """The subject that an entry of the file names. Raises KeyError for one that does not."""
    return Subject(values["device"], values["implementation"], values["precision"], values["threads"], values["data"])
