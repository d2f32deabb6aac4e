"""Shows joules per call with their carbon and money: measured, else modelled or bracketed, else the reason for none.

Measured, modelled and bracketed joules have separate tables and figures: a modelled joule is time × an assumed power,
or by what was executed (bench.report.sections.energy_modelled); a bracketed one is time × a low and a high power
(bench.report.sections.energy_bracket).
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterator

from bench import format
from bench.cost.rates import Rates
from bench.report.document.blocks import Block, Details, Gallery, Heading, Prose, Section
from bench.report.drawing import joule_bars
from bench.report.findings.joule_ranking import JouleEntry, JouleRanking, rank_joules, unranked
from bench.report.findings.joules import EnergyKind, RowEnergy
from bench.report.findings.ranking import Ranking, Verdict, central
from bench.report.findings.results import Group, Result
from bench.report.sections import bracket_answer, energy_bracket, energy_modelled, energy_money, energy_tables
from bench.report.sections.cells import names
from bench.report.sections.study import Study

_TITLE = "Energy, carbon and money"
_DOCTOR = "Type convcost doctor to see the meters of this machine"
_MODEL_OPTIONS = "--cpu-idle-w, --cpu-max-w and --cpu-cores give a model instead"


def sections(study: Study) -> tuple[Section, ...]:
    """One section on the central case of each group; none if nothing was timed."""
    if not any(ranking.order for ranking in study.rankings):
        return ()
    rates = energy_money.rates_of(study)
    blocks = [block for group in study.groups for block in _group(study, group, rates)]
    known = [energy for _, energy in _rows(study)]
    kinds = {energy.kind for energy in known}
    readings = [Prose(text) for kind, text in _READING.items() if kind in kinds]
    readings += map(Prose, energy_modelled.readings(known))
    return (
        Section(
            "energy",
            _TITLE,
            (*measured_answers(study), *_other_answers(study)),
            (*blocks, *readings, energy_money.terms(rates, has_uncertainty=_has_uncertainty(study)),
             Heading("Rows with and without joules"), *_counts(study), *energy_money.own(study, rates)),
        ),
    )  # fmt: skip


_READING = {
    EnergyKind.MEASURED: (
        "Net energy is the energy of a call minus idle power × its time; gross energy includes idle power. ± is the "
        "expanded 95 % uncertainty (GUM) without that of the meter's scale (gain): all figures of one meter share the "
        "scale, so it cancels in their ratios. Where several processes measured, it is over processes. Neighbours are "
        "other programs: the processor time that they used during the windows, as a share of that of all processors; "
        "their joules are counted too, so more than 1 % is flagged (busy-neighbours). Winners, ties and undecided "
        "cases follow the rule for times. Only one scope, a package or a board, is ranked, drawn and converted to "
        "grams and money. Scopes are never added; psys already includes package and memory. A bar that ends in » is "
        "cut."
    ),
    EnergyKind.BRACKETED: energy_bracket.READING,
}


def measured_answers(study: Study) -> tuple[str, ...]:
    """One line per group with measured joules."""
    found = (study.central_with(group, EnergyKind.MEASURED) for group in study.groups)
    return tuple(_measured_answer(study, times) for times in found if times is not None)


def _measured_answer(study: Study, times: Ranking) -> str:
    where = f"{times.order[0].descriptor}{study.on(times.group)}"
    ranked = rank_joules(times, study.energy_of)
    if ranked is None:
        return f"Neither a package nor a board was measured on {where}, so nothing is ranked by joules."
    value, name = _value(ranked, ranked.order[0]), ranked.order[0].implementation
    match ranked.verdict:
        case Verdict.ALONE:
            return f"Only the joules of {name} were measured on {where}: {value} per call."
        case Verdict.UNDECIDED:
            least = f"{ranked.least.implementation} has the least, {_value(ranked, ranked.least)}"
            return f"Which needs the fewest joules per call on {where} is undecided; {least}."
        case Verdict.TIE:
            return f"{names(ranked.leaders)} are tied in joules per call on {where}, from {value}{_fastest(ranked)}."
        case _:
            return f"{name} needs the fewest joules per call on {where}: {value}{_fastest(ranked)}."


def _value(ranked: JouleRanking, entry: JouleEntry) -> str:
    """Its joules, net or gross, and their meter."""
    return f"{format.joules(entry.joules.value_j, entry.joules.u95_j)} {ranked.quantity} ({ranked.source.label})"


def _fastest(ranked: JouleRanking) -> str:
    """The joules of the fastest implementation compared with the fewest joules."""
    if ranked.times.verdict is Verdict.UNDECIDED:
        return "; the fastest is undecided"
    fastest, leaders = ranked.times.order[0].implementation, ranked.leaders
    if fastest in leaders:
        return "; it is also the fastest" if len(leaders) == 1 else f", and the fastest, {fastest}, is one of them"
    over = ranked.over_fewest
    if over is None:
        return f"; there is no ratio for the fastest, {fastest}"
    needs = f"needs {format.significant(over)} times as many"
    if set(leaders) & set(ranked.times.leaders):
        return f"; in time it is tied with {fastest}, which {needs}" if len(leaders) == 1 else f"; {fastest} {needs}"
    return f"; the fastest, {fastest}, {needs}"


def _other_answers(study: Study) -> Iterator[str]:
    """One line per device without measured joules."""
    devices = dict.fromkeys(group.device for group in study.groups)
    for device in devices:
        rows = [(result, energy) for result, energy in _rows(study) if result.group.device == device]
        kinds = {energy.kind for _, energy in rows}
        if not rows or EnergyKind.MEASURED in kinds:
            continue
        on = f" on {device}" if len(devices) > 1 else ""
        why = "; ".join(dict.fromkeys(energy.reason for _, energy in rows))
        if EnergyKind.MODELLED in kinds:
            yield energy_modelled.answer(study, device, (energy for _, energy in rows), on or " here")
        elif EnergyKind.BRACKETED in kinds:
            bracketed = bracket_answer.answer(energy for _, energy in rows)
            yield f"No energy was measured{on or ' here'} ({why}). {bracketed}"
        else:
            model = f"; {_MODEL_OPTIONS}" if device == "cpu" else ""
            yield f"Energy{on} is missing: {why}. {_DOCTOR}{model}."


def _group(study: Study, group: Group, rates: Rates | None) -> list[Block]:
    kinds = (EnergyKind.MEASURED, EnergyKind.MODELLED, EnergyKind.BRACKETED)
    measured, modelled, bracketed = (study.central_with(group, kind) for kind in kinds)
    blocks: list[Block] = []
    if measured is not None:
        blocks += _measured(study, measured, rates)
    if modelled is not None:
        blocks += energy_modelled.blocks(study, modelled, rates)
    if bracketed is not None:
        blocks += energy_bracket.blocks(study, bracketed, rates)
    if not blocks and rates is not None and rates.price_per_hour is not None:
        times = central(study.ranked(group), study.axes)
        if times is not None:
            title = f"Device time of a million calls: {times.order[0].descriptor}{study.on(group)}"
            blocks += [Heading(title), energy_tables.million_by_time(times, rates)]
    return blocks


def _measured(study: Study, times: Ranking, rates: Rates | None) -> Iterator[Block]:
    where = f"{times.order[0].descriptor}{study.on(times.group)}"
    ranked = rank_joules(times, study.energy_of)
    yield Heading(f"Measured: {where}")
    if ranked is not None:
        yield Gallery((joule_bars.measured(ranked, study.marks),))
        yield energy_tables.measured(ranked)
    if others := unranked(times, study.energy_of, ranked):
        scopes = names(dict.fromkeys(entry.figure.source.label for entry in others))
        yield Details(f"Other scopes of the same calls, never added: {scopes}", (energy_tables.unranked(others),))
    told = (*_windows(study, times), *_gains(study, times), *energy_modelled.without_joules(study, times))
    yield Prose(" ".join(told))
    if ranked is not None and rates is not None:
        yield Heading(f"A million calls, from measured gross joules ({ranked.source.scope}): {where}")
        yield energy_tables.million_measured(ranked, rates)


def _windows(study: Study, times: Ranking) -> Iterator[str]:
    """The plan by which each meter was read, and the update period of its counter."""
    figures = [figure for result in times.timed for figure in study.energy_of(result).measured]
    for meter, plan in dict.fromkeys((f.source.meter, f.plan) for f in figures):
        taus_s = [f.tau_s for f in figures if (f.source.meter, f.plan) == (meter, plan) and f.tau_s is not None]
        moves = f", a new reading every {format.seconds(statistics.median(taus_s), 3)}" if taus_s else ""
        yield f"Read by {meter}: {f'{plan} plan' if plan else 'plan not recorded'}{moves}."


def _gains(study: Study, times: Ranking) -> Iterator[str]:
    """The uncertainty of each meter's scale."""
    figures = [figure for result in times.timed for figure in study.energy_of(result).measured]
    for meter, gain in dict.fromkeys((figure.source.meter, figure.gain_rel) for figure in figures):
        if gain is None:
            yield f"The uncertainty of the scale of {meter} is not published."
        else:
            yield f"The scale of {meter} has a standard uncertainty of {format.significant(100 * gain, 2)} %."


def _rows(study: Study) -> list[tuple[Result, RowEnergy]]:
    """The timed rows: only these can have joules."""
    return [(result, study.energy_of(result)) for result in study.results if result.time is not None]


def _has_uncertainty(study: Study) -> bool:
    """Whether a figure has a ±: modelled ones have none."""
    return any(
        joules is not None and joules.u95_j is not None
        for _, energy in _rows(study)
        for figure in energy.measured
        for joules in (figure.net, figure.gross)
    )


def _counts(study: Study) -> Iterator[Prose]:
    """The number of rows with measured, modelled, bracketed and no joules by device, and the reasons."""
    rows = _rows(study)
    for device in dict.fromkeys(result.group.device for result, _ in rows):
        own = [energy for result, energy in rows if result.group.device == device]
        kinds = Counter(energy.kind for energy in own)
        reasons = Counter(energy.reason for energy in own if energy.kind is not EnergyKind.MEASURED)
        number = kinds[EnergyKind.BRACKETED]
        bracketed = f", {number:,} have bracketed joules" if number else ""
        why = "; ".join(f"{reason} ({count:,})" for reason, count in reasons.most_common())
        yield Prose(
            f"{device}: of {format.count(len(own), 'timed row')}, {kinds[EnergyKind.MEASURED]:,} have measured joules, "
            f"{kinds[EnergyKind.MODELLED]:,} have modelled joules{bracketed} and {kinds[EnergyKind.NONE]:,} have none."
            + (f" Not measured: {why}." if why else "")
        )
