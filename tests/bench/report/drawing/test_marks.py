"""A name has the same mark in every figure, and no two names have the same mark."""

from __future__ import annotations

from bench.report.drawing.marks import BUILT_IN, marks_for


def test_built_in_marks_differ_from_each_other() -> None:
    assert len({mark.colour for mark in BUILT_IN.values()}) == len(BUILT_IN)
    assert len({mark.marker for mark in BUILT_IN.values()}) == len(BUILT_IN)


def test_a_mark_does_not_depend_on_the_other_names() -> None:
    assert marks_for(["fft", "mine", "torch"])["fft"] == marks_for(["fft"])["fft"]
    assert marks_for(["b", "a"]).items() <= marks_for(["a", "torch", "b"]).items()


def test_plugins_have_different_marks() -> None:
    names = [f"plugin-{i:02}" for i in range(30)]
    assert len(set(marks_for(names).values())) == len(names)
