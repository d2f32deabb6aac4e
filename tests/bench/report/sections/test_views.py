"""Every view has a sentence that follows from its data, and a picture of it; none where it has nothing to say."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import pytest
from matplotlib.colors import to_hex

from bench.report.document.blocks import Gallery, Section
from bench.report.drawing.marks import BUILT_IN
from bench.report.sections import (
    view_correctness,
    view_crossover,
    view_error,
    view_fronts,
    view_interference,
    view_network,
    view_plan,
    view_roofline,
    view_speed_up,
    views,
)
from bench.report.sections.study import Study
from bench.store.runs import Run
from bench.store.schema import Row
from tests.bench.report.busy_run import busy_run
from tests.bench.report.drawing.drawn import axes_of, points_of
from tests.bench.report.grid_run import grid_run
from tests.bench.report.synthetic_run import fault, layers, make_run, ok, points, whole_sweep


def _only(found: Iterable[Section]) -> Section:
    (section,) = tuple(found)
    assert any(isinstance(block, Gallery) and block.images for block in section.blocks)
    return section


def _pair(kernel: str, name: str, time_s: float, over: float) -> Row:
    ends = {"over_best": over, "over_best_low": 0.98 * over if over > 1.1 else min(over, 0.95),
            "over_best_high": 1.02 * over}  # fmt: skip
    ends = ends if over > 1 else {"over_best": 1.0, "over_best_low": 1.0, "over_best_high": 1.0}
    return ok(f"mb1ic8ih8oc8kh{kernel}", name, time_s, time_s / 100, points=points({"kernel": kernel}), **ends)


def _three_cases() -> Run:
    rows = [_pair("3", "fft", 1e-3, 1.0), _pair("3", "torch", 4e-3, 4.0), _pair("1", "fft", 1e-3, 1.0),
            _pair("1", "torch", 2e-3, 2.0), _pair("5", "torch", 1e-3, 1.0), _pair("5", "fft", 3e-3, 3.0)]  # fmt: skip
    return make_run(rows, axes={"kernel": ["3", "1", "5"]})


def test_speed_ups_are_sorted_bars_from_1(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = axes_of(monkeypatch)
    section = _only(view_speed_up.sections(Study.of(_three_cases())))
    assert section.answers == (
        "Something is faster than torch in 2 of 3 cases, at most 4.00× [3.92–4.08] (fft, baseline); over all of them "
        "the middle is 2.00×; in 1 torch is the fastest or tied with it.",
    )
    (axes,) = drawn
    assert [bar.get_x() + bar.get_width() for bar in axes.patches] == pytest.approx([4.0, 2.0, 1.0])  # type: ignore[attr-defined]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["baseline", "kernel 1", "kernel 5"]
    assert [text.get_text() for text in axes.texts] == ["4.00× fft", "2.00× fft", "1.00× torch"]


def test_the_crossover_map_hatches_ties(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = axes_of(monkeypatch)
    section = _only(view_crossover.sections(Study.of(grid_run())))
    assert section.answers == (
        "Over kernel × channels, 5 cases: clearly fastest is direct in 2 and winograd-f4 in 1; 1 tie; 1 undecided. The "
        "winner changes along kernel in 1 of 1 line and along channels in 0 of 1 line.",
    )
    (axes,) = drawn
    assert [text.get_text() for text in axes.texts] == [
        "direct\n2.00×", "direct\n1.50×", "direct\n= winograd-f4", "winograd-f4\n2.00×", "direct?", "–",
    ]  # fmt: skip
    cells = [(to_hex(cell.get_facecolor()), cell.get_hatch()) for cell in axes.patches]
    direct, winograd = BUILT_IN["direct"].colour.lower(), BUILT_IN["winograd-f4"].colour.lower()
    assert cells == [(direct, None), (direct, None), ("#ffffff", "///"), (winograd, None), ("#ffffff", None)]


def test_fronts_name_their_two_ends() -> None:
    rows = [ok("a", "winograd-f6", 1e-3, 1e-5, error_rms=4e-6, workspace_bytes=2048, plan_bytes=0),
            ok("a", "direct", 2e-3, 1e-5, error_rms=1e-7, workspace_bytes=0, plan_bytes=0)]  # fmt: skip
    section = _only(view_fronts.sections(Study.of(make_run(rows))))
    assert section.answers[0] == (
        "On a winograd-f6 takes the least time (1.000 ms, 4.00e-06) and direct is the most exact (2.000 ms, 1.00e-07); "
        "on the front of time and error: winograd-f6 and direct."
    )
    assert "direct is the leanest (2.000 ms, 0 B)" in section.answers[1]


def test_the_plan_view_says_from_how_many_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = axes_of(monkeypatch)
    rows = [ok("a", "torch", 2e-3, 1e-5, plan_s=0.0), ok("a", "direct", 1e-3, 1e-5, plan_s=0.0105)]
    section = _only(view_plan.sections(Study.of(make_run(rows))))
    assert section.answers == ("On a torch finishes first from the first call on, direct from 11 calls on.",)
    (strong,) = (line for line in drawn[0].lines if line.get_gid() == "envelope")
    x, y = zip(*points_of(strong), strict=True)
    assert (x[0], y[0]) == (1.0, pytest.approx(2e-3))
    assert y[-1] == pytest.approx(1e-3 + 0.0105 / x[-1])
    assert all(later <= before * (1 + 1e-9) for before, later in pairwise(y))


CALIBRATION = [{
    "device": "cpu", "threads": 2, "peaks": [{"precision": "fp32", "flops_per_s": 1e11, "method": "fma"}],
    "levels": [{"name": "memory", "capacity_bytes": None, "bytes_per_s": 1e10}], "failed": [],
}]  # fmt: skip


def test_the_roofline_has_every_case_and_its_ceilings(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = axes_of(monkeypatch)
    rows = [ok("a", "fft", 5e-3, 1e-5, compulsory_bytes=10**7), ok("b", "torch", 20e-3, 1e-5, compulsory_bytes=10**9)]
    section = _only(view_roofline.sections(Study.of(make_run(rows, calibration=CALIBRATION))))
    assert section.answers == (
        "The highest rate is 200 GFLOP/s, 200 % of the measured peak (fft, baseline); 1 of 2 results above the peak, "
        "as they execute fewer FLOPs; 1 of 2 cases would wait for memory if no cache held their data.",
    )
    dots = {line.get_label(): points_of(line)[0] for line in drawn[0].lines if not line.get_gid()}
    assert dots == {
        "fft": (pytest.approx(100), pytest.approx(200)), "torch": (pytest.approx(1), pytest.approx(50)),
    }  # fmt: skip
    assert {line.get_gid() for line in drawn[0].lines if line.get_gid()} == {"peak", "level memory"}
    assert view_roofline.sections(Study.of(make_run(rows))) == ()


def test_errors_stand_against_their_bounds() -> None:
    rows = [ok("a", "fft", 1e-3, error_rms=5e-7, error_rms_limit=1e-6), ok("b", "fft", 1e-3, error_rms=1e-7),
            fault("b", "loops", "wrong", "off", error_rms=5e-6)]  # fmt: skip
    section = _only(view_error.sections(Study.of(make_run(rows))))
    assert section.answers == (
        "1 of 3 errors above the bound; the middle of 2 right results uses 30 % of it, the one nearest to it 50 % "
        "(fft, baseline).",
    )


def test_a_network_is_broken_down_by_layers(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = axes_of(monkeypatch)

    def layer(case: str, name: str, time_s: float, count: int) -> Row:
        return ok(case, name, time_s, time_s / 100, points=(), layers=layers(("net", f"conv-{case}", count)))

    rows = [layer("a", "fft", 1e-3, 3), layer("a", "torch", 2e-3, 3), layer("b", "fft", 3e-3, 1),
            layer("b", "torch", 1e-3, 1)]  # fmt: skip
    section = _only(view_network.sections(Study.of(make_run(rows))))
    assert section.answers == ("In net conv-a and conv-b take 100 % of 4.000 ms (best per layer, 2 different layers).",)
    (axes,) = drawn
    assert [bar.get_width() for bar in axes.patches] == pytest.approx([3e-3, 1e-3, 3e-3, 3e-3, 6e-3, 1e-3])  # type: ignore[attr-defined]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["best per layer", "fft", "torch"]


def test_the_correctness_matrix_has_a_mark_for_every_status(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = axes_of(monkeypatch)
    rows = [ok("a", "fft", 1e-3), fault("b", "fft", "wrong", "off"), fault("a", "loops", "unsupported", "no"),
            ok("b", "loops", 1e-3)]  # fmt: skip
    section = _only(view_correctness.sections(Study.of(make_run(rows))))
    assert section.answers == ("2 of 3 results are right, 1 wrong; 1 not supported.",)
    marks = {(line.get_marker(), *point) for line in drawn[0].lines for point in points_of(line)}
    assert marks == {("s", 0, 0), ("s", 1, 1), ("x", 1, 0), ("_", 0, 1)}


def test_nothing_that_ran_is_said_so() -> None:
    (section,) = view_correctness.sections(Study.of(make_run([fault("a", "fft", "unsupported", "no")])))
    assert section.answers == ("Nothing ran on 1 case.",)


def test_interference_needs_samples() -> None:
    assert view_interference.sections(Study.of(_three_cases())) == ()


def test_a_busy_machine_has_no_view_that_names_a_winner() -> None:
    study = Study.of(busy_run())
    assert list(views.of_choice(study)) == []
    assert [section.anchor for section in views.of_evidence(study)] == ["error-bounds", "correctness"]


@pytest.mark.parametrize("run", [make_run([]), make_run([ok("a", "torch", 1e-3)])], ids=["empty", "one case"])
def test_a_small_run_has_the_views_that_it_can_have(run: Run) -> None:
    study = Study.of(run)
    anchors = [section.anchor for section in (*views.of_choice(study), *views.of_evidence(study))]
    assert anchors == ([] if not study.results else ["error-bounds", "correctness"])


def test_a_whole_sweep_has_all_views_but_those_of_what_it_did_not_measure() -> None:
    study = Study.of(whole_sweep())
    anchors = [section.anchor for section in (*views.of_choice(study), *views.of_evidence(study))]
    assert anchors == ["speed-up", "network-layers", "fronts", "error-bounds", "correctness"]


def test_titles_have_conditions_only_where_there_are_several() -> None:
    one, several = Study.of(_three_cases()), Study.of(whole_sweep())
    assert one.titled("T", one.groups[0]) == "T"
    assert several.titled("T", several.groups[0]) == f"T, {several.groups[0].label}"
    assert several.said_of(several.groups[0], "words.") == f"{several.groups[0].label}: words."
