"""What predictions of several implementations lead to: how much slower the chosen one is than the best."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from impls.cost_model.cost_table import CostTable, Floats, Subject
from impls.cost_model.predictions import Predictions

# A choice within this factor of the best is a good one.
GOOD = 1.1
_QUANTILE = 0.9
# Of one implementation: whether it is outside of the fit, predicted seconds; measured seconds.
_Times = tuple[tuple[bool, float], float]


@dataclass(frozen=True, slots=True)
class ChoiceScore:
    """The time of the implementation that a predictor chooses over the best, over layers that several were measured on.

    `within` is the share of layers with at most 1.1; `thing` names device, precision, threads and data.
    """

    thing: str
    predictor: str
    layers: int
    median: float
    quantile_90: float
    worst: float
    within: float


def choice_scores(
    tables: Mapping[Subject, CostTable], said: Mapping[Subject, Predictions], predictor: str
) -> list[ChoiceScore]:
    """The score of a predictor on each device, precision, number of threads and kind of data.

    `said` are the predictions of the rows of `tables`, by fits that did not see them. A layer in a layout counts where
    two implementations or more have a time; of several rows of one the last counts.
    """
    found = []
    for thing, ratios in _ratios(tables, said).items():
        within, quantile = float(np.mean(ratios <= GOOD)), float(np.quantile(ratios, _QUANTILE))
        found.append(
            ChoiceScore(thing, predictor, len(ratios), float(np.median(ratios)), quantile, float(ratios.max()), within)
        )
    return found


def choice_ratios(tables: Mapping[Subject, CostTable], said: Mapping[Subject, Predictions]) -> list[float]:
    """The time of the chosen implementation over the best, of every layer that two implementations or more have."""
    return [float(ratio) for ratios in _ratios(tables, said).values() for ratio in ratios]


def _ratios(tables: Mapping[Subject, CostTable], said: Mapping[Subject, Predictions]) -> dict[str, Floats]:
    """The ratios of all layers of each device, precision, number of threads and kind of data."""
    layers: dict[str, dict[tuple[float, ...], dict[str, _Times]]] = {}
    for subject, predicted in said.items():
        table = tables[subject]
        own = layers.setdefault(_thing(subject), {})
        for row in range(len(table)):
            key = (*table.sizes[row].tolist(), float(table.is_nhwc[row]))
            times = (bool(predicted.outside[row]), float(predicted.time_s[row])), float(table.time_s[row])
            own.setdefault(key, {})[subject.implementation] = times
    found = {
        thing: np.array([_ratio(times) for times in known.values() if len(times) > 1])
        for thing, known in layers.items()
    }
    return {thing: ratios for thing, ratios in found.items() if len(ratios)}


def _ratio(times: Mapping[str, _Times]) -> float:
    """The measured time of the one with the least predicted time, over the least measured time.

    Those that are outside of their fit are chosen last. Of equal predictions, as of α-FLOPs, which know no
    implementation, the first by name is chosen: not the fastest, which nobody predicted.
    """
    chosen = min(times, key=lambda name: (times[name][0], name))
    return times[chosen][1] / min(measured for _, measured in times.values())


def _thing(subject: Subject) -> str:
    threads = "" if subject.threads is None else f", threads {subject.threads}"
    return f"{subject.device} in {subject.precision}{threads}, data {subject.data}"
