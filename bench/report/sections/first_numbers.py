"""The three numbers of the first screen: the gain over torch, the least energy, and the price in error and memory."""

from __future__ import annotations

from bench import format
from bench.report.document.first_screen import Number
from bench.report.findings import against
from bench.report.findings.against import TORCH
from bench.report.findings.cases import label
from bench.report.findings.joule_ranking import by_modelled_joules, rank_joules
from bench.report.findings.joules import EnergyKind
from bench.report.findings.network_brackets import bracket_of
from bench.report.findings.network_joules import joules_of
from bench.report.findings.networks import Network
from bench.report.findings.ranking import Ranking, Verdict
from bench.report.findings.results import Result
from bench.report.sections import answer
from bench.report.sections.bracket_answer import with_brackets
from bench.report.sections.cells import names
from bench.report.sections.study import Study
from bench.rows.delegation import label as named

_GAIN = "faster than torch"
_DOCTOR = "convcost doctor shows what this machine can measure"
_MODEL = "--cpu-idle-w, --cpu-max-w and --cpu-cores give a model"


def gain(study: Study, ranking: Ranking, network: Network | None) -> Number:
    """The time of torch over that of the best: of the network, of the central case, else of the middle of all cases."""
    if study.is_busy(ranking.group):
        return Number(_GAIN, "not said", "most times are uncertain", "muted")
    if network is not None and (whole := against.over_best_per_layer(network)):
        return Number(_GAIN, format.ratio(whole.value), f"{answer.interval(whole)}, over all of {network.name}")
    own = against.over_best(ranking)
    if own is not None:
        first = named(ranking.order[0])
        if TORCH in ranking.leaders:
            return Number("against torch", "equal", f"{first} and torch are tied: {answer.interval(own)}")
        return Number(_GAIN, format.ratio(own.value), f"{answer.interval(own)}, {first} against torch")
    if against.is_fastest(ranking):
        how = "nothing else was timed" if ranking.verdict is Verdict.ALONE else "torch itself is the fastest here"
        return Number("against torch", "1×", how)
    return _middle(study, ranking)


def _middle(study: Study, ranking: Ranking) -> Number:
    """The middle of the cases that noise leaves a factor; why there is none."""
    known = [(factor, r) for r in study.ranked(ranking.group) if (factor := against.over_best(r)) is not None]
    if not known:
        timed = any(map(against.was_timed, study.ranked(ranking.group)))
        why = "noise or missing intervals leave it open" if timed else f"{TORCH} was not timed: add -i {TORCH}"
        return Number(_GAIN, "not known", why, "muted")
    known.sort(key=lambda pair: pair[0].value)
    factor, middle = known[(len(known) - 1) // 2]
    of = f", the middle of {format.count(len(known), 'case')}" if len(known) > 1 else ""
    return Number(_GAIN, format.ratio(factor.value), f"{answer.interval(factor)}, {_at(study, middle)}{of}")


def _at(study: Study, ranking: Ranking) -> str:
    first = ranking.order[0]
    return f"{named(first)} at {label(first, study.axes)}"


def energy(study: Study, ranking: Ranking) -> Number:
    """The least energy of a call: measured, else modelled or bracketed with how, else how it could be known."""
    measured, modelled, bracketed = (
        study.central_with(ranking.group, kind)
        for kind in (EnergyKind.MEASURED, EnergyKind.MODELLED, EnergyKind.BRACKETED)
    )
    if measured is not None and (found := _measured(study, measured)):
        return found
    if modelled is not None:
        return _modelled(study, modelled)
    if bracketed is not None:
        return _bracketed(study, bracketed)
    reasons = dict.fromkeys(study.energy_of(result).reason.split(":")[0] for result in ranking.timed)
    how = f"; {_MODEL}" if ranking.group.device == "cpu" else ""
    return Number("energy of a call", "not measured", f"{'; '.join(reasons)}. {_DOCTOR}{how}", "muted")


def _measured(study: Study, times: Ranking) -> Number | None:
    ranked = rank_joules(times, study.energy_of)
    if ranked is None:
        return None
    entry = ranked.order[0]
    value = format.joules(entry.joules.value_j, entry.joules.u95_j)
    who = names(ranked.leaders, "or") if ranked.verdict is Verdict.TIE else entry.implementation
    open_ = "; which needs least is undecided" if ranked.verdict is Verdict.UNDECIDED else ""
    return Number("least energy of a call", value, f"measured, {ranked.quantity}, {who} ({ranked.source.label}){open_}")


def _modelled(study: Study, times: Ranking) -> Number:
    """The first of those that compete: a model ranks nothing."""
    result = next(r for r in by_modelled_joules(times, study.energy_of) if study.energy_of(r).modelled)
    figure = study.energy_of(result).modelled
    assert figure is not None
    how = "by what was executed" if figure.is_executed else "time × an assumed power"
    value = format.joules(figure.value_j, figure.half_j)
    return Number("energy of a call, modelled", value, f"not measured: {how}, {named(result)}", "modelled")


def _bracketed(study: Study, times: Ranking) -> Number:
    # Of those that compete: what is faster than possible, say, comes last.
    result, known = next(with_brackets(study, (*times.order, *times.timed)))
    value = format.joules_between(known.energy_j.low, known.energy_j.high)
    return Number("energy of a call, bracketed", value, f"not measured: {named(result)}, {known.label}", "bracket")


def inference(study: Study, network: Network) -> Number | None:
    """The energy of one inference by the best of each layer, measured or bracketed; None where a layer lacks it."""
    name = "energy of one inference"
    found = next((one for one in joules_of(network, study.energy_of) if one.source is not None), None)
    best = found.inferences[0].energy if found else None
    if found is not None and found.source is not None and best is not None:
        half = None if best.ends is None else (best.ends[1] - best.ends[0]) / 2
        return Number(name, format.joules(best.value, half), f"measured, gross, best per layer ({found.source.label})")
    bracket = bracket_of(network, study.energy_of)
    energy = bracket.inferences[0].energy if bracket else None
    if bracket is None or energy is None:
        return None
    value = format.joules_between(energy.low, energy.high)
    return Number(f"{name}, bracketed", value, f"not measured: best per layer, {bracket.label}", "bracket")


def price(ranking: Ranking, use: str | None, *, is_busy: bool) -> Number:
    """The error and the memory of the one to use, each beside that of torch where both are known.

    `use` is its name where it is not the first of the ranking.
    """
    by_name = {result.implementation: result for result in ranking.timed}
    torch = by_name.get(TORCH)
    # On a busy machine none is to be used: the numbers of torch, if it was timed, need no clock.
    own = (torch or ranking.order[0]) if is_busy else by_name.get(use or "", ranking.order[0])
    other = None if torch is own else torch
    beside = [f"{named(own)}: rms error, {_share(own)}; workspace and plan{_without(own)}"]
    if other is not None:
        beside.append(f"torch: {_costs(other)}{_without(other, ', memory')}")
    return Number("its price: error · memory", _costs(own), ". ".join(beside))


def _costs(result: Result) -> str:
    """The error, and the memory where it is known; its number and unit stay together."""
    error = format.MISSING if result.error_rms is None else f"{result.error_rms:.1e}"
    size = _memory(result)
    return error if size is None else f"{error} · {_together(format.byte_count(size))}"


def _share(result: Result) -> str:
    if result.error_share is None:
        return "share of its bound unknown"
    return f"{format.share(100 * result.error_share)} % of its bound"


def _memory(result: Result) -> int | None:
    """The bytes of workspace and plan, as far as they are known."""
    known = [size for size in (result.other.workspace_bytes, result.other.plan_bytes) if size is not None]
    return sum(known) if known else None


def _together(text: str) -> str:
    return text.replace(" ", "\u00a0")


def _without(result: Result, what: str = "") -> str:
    return f"{what} unknown" if _memory(result) is None else ""
