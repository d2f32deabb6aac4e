"""The caption of a figure: what is drawn, how to read it, how and where it was measured, and how sure that is."""

from __future__ import annotations

from bench.report.document.drawings import Drawing
from bench.report.sections import method, overview
from bench.report.sections.study import Study

# Versions of the environment that a caption names.
_SOFTWARE = ("convcost", "torch", "numba")


def caption(study: Study, drawing: Drawing) -> str:
    """One paragraph; it says so where the machine was busy or the run is not finished."""
    configuration = study.meta.get("configuration") or {}
    unfinished = "" if study.meta.get("finished_utc") else "The run is not finished; these are its results so far."
    # The page says the conditions once where all results share them.
    shared = f"On {study.groups[0].label}." if study.has_one_group and study.groups else ""
    sentences = (
        f"{drawing.heading}.",
        shared if shared[3:-1] not in drawing.heading else "",
        drawing.reading,
        overview.conditions(study),
        method.answer(configuration),
        overview.machine(study),
        _software(study),
        overview.busy(study),
        unfinished,
    )
    return " ".join(" ".join(sentences).split())


def _software(study: Study) -> str:
    known = [f"{name} {study.environment[name]}" for name in _SOFTWARE if study.environment.get(name)]
    return f"With {', '.join(known)}." if known else ""
