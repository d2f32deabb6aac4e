"""The sections of the study: verdicts, equal FLOPs, measures, joules, the paper's curves, executed FLOPs, method."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bench.predict.study import conclusion, verdict
from bench.predict.study.problems import LEVELS, PLACES
from bench.predict.study.results import ALPHA, MEASURES, MeasureFit, StudyResult
from bench.report.document.blocks import Code, Details, Gallery, Heading, Image, Prose, Section
from bench.report.drawing import cost_measures, equal_flops, executed_share, paper_curves
from bench.report.drawing.cost_measures import JOULES, TIMES
from bench.report.flops_study import tables
from bench.report.flops_study.origin import PAPER, REPEAT, StudyOrigin
from bench.report.flops_study.settings import StudySetting

_Fits = list[tuple[StudyResult, MeasureFit]]


def sections(settings: Sequence[StudySetting], origin: StudyOrigin) -> tuple[Section, ...]:
    """All sections in order: the verdict first, then the evidence."""
    return (
        _verdicts(settings),
        _levels(settings),
        _measures(settings),
        *_joules(settings),
        _paper(settings),
        _executed(settings),
        _method(origin),
    )


def _verdicts(settings: Sequence[StudySetting]) -> Section:
    every = [
        Details(setting.label(result), tuple(Prose(sentence) for sentence in verdict.sentences(result)))
        for setting in settings
        for result in setting.results
    ]
    note = Prose(
        f"Times that differ by up to {verdict.SAME:g} ×, or by three times what measuring again differs, count as the "
        "same. A ratio below 1 says that the first FLOPs are the cheaper ones. The share of parameters is the power of "
        "parameters beside FLOPs that follows the times best: 0 is FLOPs, 1 is parameters, with its 95 % interval."
    )
    answers = conclusion.sentences([result for setting in settings for result in setting.results])
    return Section("verdicts", "Verdict by implementation", tuple(answers), (tables.spreads(settings), note, *every))


def _levels(settings: Sequence[StudySetting]) -> Section:
    images = [equal_flops.panel(result) for setting in settings for result in setting.results]
    every = [
        Details(setting.label(result), (tables.levels(result),)) for setting in settings for result in setting.results
    ]
    said = (
        f"{LEVELS} levels, each with four times the FLOPs of the one before, which lie in one size: "
        f"{'; '.join(PLACES)}. From one level to the next only that size grows."
    )
    return Section("levels", "Equal FLOPs, by where they lie", (said,), (Gallery(tuple(images)), *every))


def _measures(settings: Sequence[StudySetting]) -> Section:
    images = [image for setting in settings for image in _of_measures(setting)]
    said = (
        "FLOPs, parameters and α-FLOPs follow from sizes; the other two are fitted, and each place of FLOPs is "
        "predicted by a fit that did not see it.",
    )
    blocks = (Gallery(tuple(images)), tables.measures(settings), Prose("Spearman's correlation, R² of logarithms."))
    return Section("measures", "Which measure follows the time", said, blocks)


def _of_measures(setting: StudySetting) -> Iterator[Image]:
    fits = [(result, fit) for result in setting.results for fit in result.measures]
    for name, own in _by_name(fits):
        yield cost_measures.panel(name, own, TIMES, setting.marks, setting.on)


def _joules(settings: Sequence[StudySetting]) -> Iterator[Section]:
    """Joules against the measures, where a meter measured them: bracketed or modelled ones are times in disguise."""
    images = []
    for setting in settings:
        fits = [(result, fit) for result in setting.results for fit in result.joule_measures]
        images += [cost_measures.panel(name, own, JOULES, setting.marks, setting.on) for name, own in _by_name(fits)]
    if not any(result.joule_levels for setting in settings for result in setting.results):
        return
    said = "Measured joules of a call, idle power included, by where the FLOPs lie"
    by_place = tables.joule_levels(settings)
    if images:
        yield Section("joules", "Which measure follows the joules",
                      (f"{said}, then against the same measures, and against the time.",),
                      (by_place, Gallery(tuple(images)), tables.measures(settings, of_joules=True)))  # fmt: skip
    else:
        few = f"{said}; too few problems have any to say which measure follows them."
        yield Section("joules", "Joules of equal FLOPs", (few,), (by_place,))


def _by_name(fits: _Fits) -> Iterator[tuple[str, _Fits]]:
    """The fits of each measure."""
    for name in MEASURES:
        if own := [(result, fit) for result, fit in fits if fit.name == name]:
            yield name, own


def _paper(settings: Sequence[StudySetting]) -> Section:
    images = [
        image
        for setting in settings
        for draw in (paper_curves.kernels, paper_curves.shares)
        if (image := draw(setting.results, setting.marks, setting.on)) is not None
    ]
    said = (
        "The paper's question, asked here: at equal FLOPs, what does it cost to have them in the kernel rather than in "
        "the image, and how fast do FLOPs of many pixels get cheaper?"
    )
    note = Prose(
        "β and γ of α-FLOPs for 1 × 1 and for larger kernels, refitted to these times, with 95 % intervals over places "
        "of FLOPs. A constant in bold is one whose interval does not hold that of the paper; an interval over three "
        f"orders of magnitude, or of an exponent wider than 2, determines nothing. {ALPHA} has those "
        f"of {PAPER}."
    )
    return Section("paper", "The curves of the paper, redrawn here", (said,),
                   (Gallery(tuple(images)), tables.constants(settings), note))  # fmt: skip


def _executed(settings: Sequence[StudySetting]) -> Section:
    images = [executed_share.panel(setting.results, setting.marks, setting.on) for setting in settings]
    said = (
        "Direct FLOPs are those of the definition. An algorithm may execute fewer, as Winograd's does, or more, as an "
        "FFT of a small kernel does; a library that chooses its algorithm does not tell."
    )
    return Section("executed", "Executed against direct FLOPs", (said,),
                   (Gallery(tuple(image for image in images if image)), tables.executed(settings)))  # fmt: skip


def _method(origin: StudyOrigin) -> Section:
    said = (
        "Every result was checked against float64 before it was timed. All implementations of a problem were timed "
        "together, in random blocks and several processes; a time is the median of one call, plan excluded.",
        f"Measured on {origin.machine}, {origin.day}, with {origin.software}. Runs: {', '.join(origin.names)}.",
    )
    blocks = (
        Heading("To repeat it"), Code(f"{REPEAT}\n# which ran\n{origin.command}"),
        Heading("To cite it"), Code(origin.citation), Prose(f"The question is that of {PAPER}."),
    )  # fmt: skip
    return Section("method", "How it was measured, and how to cite it", said, blocks)
