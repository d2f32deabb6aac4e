"""Shows modelled joules per call with their carbon and money: time × an assumed power, or by what was executed.

A run has one model a device. Modelled joules are ordered, never ranked, and never beside measured ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bench.cost.rates import Rates
from bench.report.document.blocks import Block, Gallery, Heading, Prose
from bench.report.drawing import joule_bars
from bench.report.findings.joule_ranking import by_modelled_joules
from bench.report.findings.joules import EnergyKind, JoulesPerCall, ModelledJoules, RowEnergy
from bench.report.findings.ranking import Ranking
from bench.report.sections import assumptions, energy_tables
from bench.report.sections.cells import names
from bench.report.sections.study import Study

_READ_POWER = (
    "A modelled joule is time × an assumed power. It carries no information beyond time, has no uncertainty of "
    "its own, and is never shown next to a measured one: its range is that of its time, and so is the mark †. A "
    "bar that ends in » is cut."
)
_READ_EXECUTED = (
    "Modelled joules of executed work have three parts: idle power × time, the energy of the "
    "executed FLOPs, and the energy of the moved bytes. All bytes count at the smallest cache level that holds the "
    "working set. The coefficients were fitted to the "
    "measured joules of another run on such a processor. Ranges and ± are by the error of rows whose implementation "
    "was left out of that fit: 90 % of them had no larger one. They are no 95 % intervals. Such joules rank nothing, "
    "and are never shown next to measured ones. The mark † is that of the time. A bar that ends in » is cut."
)


def readings(energies: Iterable[RowEnergy]) -> list[str]:
    """How to read the kinds of modelled joules that are there."""
    kinds = {figure.is_executed for energy in energies if (figure := energy.modelled) is not None}
    return [text for is_executed, text in ((False, _READ_POWER), (True, _READ_EXECUTED)) if is_executed in kinds]


def answer(study: Study, device: str, energies: Iterable[RowEnergy], where: str) -> str:
    """The sentence on a device with modelled joules: why nothing was measured, and what is assumed."""
    known = [energy for energy in energies if energy.modelled is not None]
    why = "; ".join(dict.fromkeys(energy.reason for energy in known))
    is_executed = any(_is_executed(energy.modelled) for energy in known)
    order = "" if is_executed else " Modelled joules order the implementations exactly as time does."
    return (
        f"No energy was measured{where} ({why}). {assumptions.of_model(study, device, is_executed=is_executed)}{order}"
    )


def blocks(study: Study, times: Ranking, rates: Rates | None) -> Iterator[Block]:
    """The modelled joules of a case: what is assumed, a figure and a table, and the implementations without any."""
    known = [(r, m) for r in by_modelled_joules(times, study.energy_of) if (m := study.energy_of(r).modelled)]
    is_executed = any(_is_executed(figure) for _, figure in known)
    values = [(result.implementation, JoulesPerCall(figure.value_j, figure.half_j)) for result, figure in known]
    case, label = times.order[0].descriptor, times.group.label
    how = "by what was executed" if is_executed else "time × an assumed power"
    yield Heading(f"Modelled, not measured: {case}{study.on(times.group)}")
    yield Prose(assumptions.of_model(study, times.group.device, is_executed=is_executed))
    yield Gallery((joule_bars.modelled(values, case, label, how),))
    yield energy_tables.modelled(study, times, rates)
    # Why nothing was measured is said already.
    measured = study.energy_of(known[0][0]).reason
    yield from map(Prose, without_joules(study, times, said=f"{measured}; "))


def without_joules(study: Study, times: Ranking, said: str = "") -> Iterator[str]:
    """The implementations of the case without joules by reason; `said` is the beginning that need not be repeated."""
    missing: dict[str, list[str]] = {}
    for result in times.timed:
        if (energy := study.energy_of(result)).kind is EnergyKind.NONE:
            missing.setdefault(energy.reason.removeprefix(said), []).append(result.implementation)
    if missing:
        yield f"Without joules: {'; '.join(f'{names(own)} ({reason})' for reason, own in missing.items())}."


def _is_executed(figure: ModelledJoules | None) -> bool:
    return figure is not None and figure.is_executed
