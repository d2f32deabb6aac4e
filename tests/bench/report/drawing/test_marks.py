"""A name looks the same in every figure, and no two look alike."""

from __future__ import annotations

from bench.report.drawing.marks import BUILT_IN, marks_for


def test_built_in_marks_differ_from_each_other() -> None:
    assert len({mark.colour for mark in BUILT_IN.values()}) == len(BUILT_IN)
    assert len({mark.marker for mark in BUILT_IN.values()}) == len(BUILT_IN)


def test_a_mark_does_not_depend_on_who_else_is_there() -> None:
    assert marks_for(["fft", "mine", "torch"])["fft"] == marks_for(["fft"])["fft"]
    assert marks_for(["b", "a"]).items() <= marks_for(["a", "torch", "b"]).items()


def test_plugins_have_marks_of_their_own() -> None:
    names = [f"plugin-{i:02}" for i in range(30)]
    assert len(set(marks_for(names).values())) == len(names)
