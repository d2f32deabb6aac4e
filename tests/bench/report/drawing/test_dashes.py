"""Lines that differ in colour differ in grey as well: no two have the same marker and the same dashes."""

from __future__ import annotations

from bench.report.drawing.dashes import dashes_for
from bench.report.drawing.marks import BUILT_IN, marks_for


def test_no_two_lines_have_the_same_marker_and_dashes() -> None:
    names = [*BUILT_IN, *(f"plugin-{i:02}" for i in range(30))]
    marks, dashes = marks_for(names), dashes_for(names)
    looks = {(marks[name].marker, marks[name].is_hollow, dashes[name]) for name in names}
    assert len(looks) == len(names)


def test_markers_of_similar_shapes_have_different_dashes() -> None:
    dashes = dashes_for(BUILT_IN)
    for alike in (("winograd-f5", "implicit-gemm", "fft-tiled"), ("cudnn", "auto"), ("winograd-f2", "winograd-f4")):
        assert len({dashes[name] for name in alike}) == len(alike)


def test_dashes_of_a_plugin_depend_on_the_plugins_alone() -> None:
    assert dashes_for(["a", "torch", "b"])["b"] == dashes_for(["b", "a"])["b"]
