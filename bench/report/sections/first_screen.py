"""The first screen: what to use here, how much faster than torch, the least energy, and the price of it."""

from __future__ import annotations

from bench import format
from bench.report.document.first_screen import FirstScreen
from bench.report.findings.cases import label
from bench.report.findings.networks import Network
from bench.report.findings.ranking import Ranking, Tally, Verdict, central, tally
from bench.report.findings.results import Group, Result
from bench.report.findings.statuses import refusals, status_counts
from bench.report.sections import answer, first_numbers, first_picture
from bench.report.sections.cells import names
from bench.report.sections.study import Study
from bench.rows.delegation import label as named

_RESUME = "To finish it: convcost sweep --resume and the folder of the run."


def of(study: Study) -> FirstScreen:
    """The first screen of any run: what it can say, and in words what is missing."""
    group = main_group(study)
    if group is None:
        return _without_times(study)
    ranking = central(study.ranked(group), study.axes)
    assert ranking is not None, "a group with a time has a central case"
    network = network_of(study, group)
    most = _most_often(study, ranking)
    use = most.implementation if most else None
    return FirstScreen(
        headline=_headline(study, ranking, network, use),
        detail=_detail(study, ranking, network, most),
        conditions=_conditions(study, group),
        numbers=(
            first_numbers.gain(study, ranking, network),
            (first_numbers.inference(study, network) if network else None) or first_numbers.energy(study, ranking),
            first_numbers.price(ranking, use, is_busy=study.is_busy(group)),
        ),
        picture=first_picture.of(study, ranking),
        limits=answer.limits(study),
    )


def main_group(study: Study) -> Group | None:
    """The first group whose times are mostly undisturbed, else the first with a time; None without any."""
    timed = [group for group in study.groups if any(ranking.order for ranking in study.ranked(group))]
    return next((group for group in timed if not study.is_busy(group)), timed[0] if timed else None)


def network_of(study: Study, group: Group) -> Network | None:
    """The first network of a run that measured only layers of networks; None for a run with axes."""
    if any(result.points for result in study.results):
        return None
    return next((network for network in study.networks if network.group == group and network.best.whole), None)


def _headline(study: Study, ranking: Ranking, network: Network | None, use: str | None) -> str:
    """What to use, in a few words."""
    if study.is_busy(ranking.group):
        return "No winner is named: the machine was busy"
    if network is not None:
        counts = tuple(network.best_counts)
        return f"Use {counts[0]} for every layer" if len(counts) == 1 else "Use the best of each layer"
    first = named(ranking.order[0])
    match ranking.verdict:
        case Verdict.TIE:
            return f"Use {names(map(named, ranking.leading), 'or')}: equally fast"
        case Verdict.UNDECIDED:
            return f"Most often use {use}" if use else f"For now use {first}"
        case Verdict.ALONE:
            return f"Only {first} was timed"
        case _:
            return f"Use {first}"


def _most_often(study: Study, ranking: Ranking) -> Tally | None:
    """Who leads most cases of a group, if the central one is open; None without a lead in another case."""
    if ranking.verdict is not Verdict.UNDECIDED or study.is_busy(ranking.group):
        return None
    first = next(iter(tally(study.ranked(ranking.group))), None)
    return first if first is not None and first.clear + first.tied else None


def _detail(study: Study, ranking: Ranking, network: Network | None, most: Tally | None) -> str:
    """Where that holds: on the central case, and over all cases."""
    if study.is_busy(ranking.group):
        return "The times below are shown as they are; noise may have decided which is least."
    if network is not None:
        parts = ", ".join(f"{count} by {name}" for name, count in network.best_counts.items())
        return f"{network.name}, {format.count(network.convolutions, 'convolution')}: {parts}."
    first = ranking.order[0]
    time = format.time(first.time)
    if most is not None:
        start = (
            f"{most.implementation} is the fastest, or tied with it, in {most.clear + most.tied} of "
            f"{format.count(most.timed, 'case')} that it computes. On {_case(study, first)} noise leaves it "
            f"open; {named(first)} takes {time}."
        )
    elif ranking.verdict is Verdict.UNDECIDED:
        start = f"On {_case(study, first)} a call takes {time}; noise leaves open whether it is the fastest."
    else:
        start = f"On {_case(study, first)} a call takes {time}."
    others = len([r for r in study.rankings if r.order]) > 1
    return f"{start} {answer.winners(study)}".strip() if others else start


def _case(study: Study, result: Result) -> str:
    """The case by its place in the sweep and its problem, each once."""
    place = label(result, study.axes) if study.axes or result.layers else result.descriptor
    return result.descriptor if place == result.descriptor else f"{result.descriptor} ({place})"


def _conditions(study: Study, group: Group) -> str:
    more = len(study.groups) - 1
    if not more:
        return group.label
    return f"{group.label}; {format.count(more, 'other set')} of conditions {'is' if more == 1 else 'are'} below"


def _without_times(study: Study) -> FirstScreen:
    """A run without any time: what it has, and why there is no more."""
    if not study.results:
        return FirstScreen("Nothing was measured yet", f"The run has no results. {_RESUME}")
    counts = ", ".join(f"{number:,} {status}" for status, number in status_counts(study.results).items())
    reasons = [refusal for refusal in refusals(study.results) if refusal.reason]
    most = max(reasons, key=lambda refusal: refusal.cases, default=None)
    why = "" if most is None else f" Most often: {most.reason} ({most.implementation}, {most.status})."
    return FirstScreen("Nothing was timed", f"{format.count(len(study.results), 'result')}: {counts}.{why}")
