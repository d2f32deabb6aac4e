"""The first screen says what to use, three numbers and what is missing, for any run."""

from __future__ import annotations

from typing import Any

import pytest

from bench.report.document.first_screen import FirstScreen
from bench.report.sections import first_screen
from bench.report.sections.study import Study
from bench.store.energy_schema import Energy
from bench.store.schema import Row
from tests.bench.report.busy_run import busy_run
from tests.bench.report.synthetic_run import (
    bracketed,
    fault,
    layers,
    make_run,
    measured,
    modelled,
    ok,
    points,
    whole_sweep,
    without,
)


def _screen(*rows: Row, energy: tuple[Energy, ...] = (), **more: Any) -> FirstScreen:
    return first_screen.of(Study.of(make_run(rows, energy=energy, **more)))


def _row(name: str, time_s: float, over: float = 1.0, **more: Any) -> Row:
    ends = {"over_best": over, "over_best_low": 0.98 * over if over > 1 else 1.0,
            "over_best_high": 1.02 * over if over > 1 else 1.0}  # fmt: skip
    return ok("mb1ic8ih8oc8kh3", name, time_s, time_s / 100, **(ends | more))


FFT, TORCH = _row("fft", 1e-3, workspace_bytes=2048, plan_bytes=1024), _row("torch", 2e-3, 2.0, workspace_bytes=0)


def test_the_answer_is_a_name_and_three_numbers() -> None:
    screen = _screen(FFT, TORCH, energy=(measured(FFT, 8e-3, 2e-4), measured(TORCH, 9e-3, 2e-4)))
    assert (screen.headline, screen.conditions) == ("Use fft", "cpu · fp32 · nchw · 2 threads")
    assert screen.detail == "On mb1ic8ih8oc8kh3 a call takes 1.000 ms."
    gain, energy, price = screen.numbers
    assert (gain.name, gain.value) == ("faster than torch", "2.00×")
    assert gain.how == "95 % interval 1.96–2.04×, fft against torch"
    assert (energy.name, energy.value, energy.look) == ("least energy of a call", "8.00 ± 0.20 mJ", "")
    assert energy.how == "measured, net, fft (package-0, rapl-perf, counter)"
    assert price.value == "2.0e-07 · 3.0\u00a0KiB"
    assert price.how == "fft: rms error, 20 % of its bound; workspace and plan. torch: 2.0e-07 · 0\u00a0B"


def test_energy_that_was_not_measured_says_how_it_is_known() -> None:
    looks = []
    for known in (modelled(FFT, 20.0), bracketed(FFT), without(FFT, "no sensor: a virtual machine")):
        number = _screen(FFT, TORCH, energy=(known,)).numbers[1]
        assert "not measured" in f"{number.value} {number.how}"
        looks.append(number.look)
    assert looks == ["modelled", "bracket", "muted"]
    assert _screen(FFT, energy=(bracketed(FFT),)).numbers[1].value == "3.1–41 mJ"


@pytest.mark.parametrize(
    ("rows", "headline", "gain"),
    [
        ([_row("torch", 1e-3), _row("fft", 2e-3, 2.0)], "Use torch", ("against torch", "1×")),
        (
            [_row("fft", 1e-3), _row("torch", 1.01e-3, 1.01)],
            "Use fft or torch: equally fast",
            ("against torch", "equal"),
        ),
        ([_row("torch", 1e-3)], "Only torch was timed", ("against torch", "1×")),
        ([_row("fft", 1e-3), _row("direct", 2e-3, 2.0)], "Use fft", ("faster than torch", "not known")),
    ],
    ids=["torch", "tie", "one implementation", "no torch"],
)  # fmt: skip
def test_the_gain_is_over_what_one_would_have_used(rows: list[Row], headline: str, gain: tuple[str, str]) -> None:
    screen = _screen(*rows)
    assert screen.headline == headline
    assert (screen.numbers[0].name, screen.numbers[0].value) == gain


def test_where_the_central_case_is_open_the_gain_is_of_the_middle_case() -> None:
    def at(kernel: str, name: str, time_s: float, over: float) -> Row:
        place = {"points": points({"kernel": kernel}), "descriptor": f"mb1ic8ih8oc8kh{kernel}"}
        low = 0.9 if over < 1.5 else 0.98 * over
        return ok(kernel, name, time_s, time_s / 100, over_best=over, over_best_low=low, over_best_high=1.02 * over,
                  **place)  # fmt: skip

    rows = [at("3", "fft", 1e-3, 1.0), at("3", "torch", 1.3e-3, 1.3), at("1", "fft", 1e-3, 1.0),
            at("1", "torch", 3e-3, 3.0)]  # fmt: skip
    screen = _screen(*rows, axes={"kernel": ["3", "1"]})
    assert screen.headline == "Most often use fft"
    assert screen.detail.startswith("fft is the fastest, or tied with it, in 1 of 2 cases that it computes. On ")
    assert (screen.numbers[0].value, screen.numbers[0].how) == ("3.00×", "95 % interval 2.94–3.06×, fft at kernel 1")


def test_a_network_is_answered_as_a_whole() -> None:
    def layer(case: str, name: str, time_s: float, place: str) -> Row:
        return ok(case, name, time_s, time_s / 100, points=(), layers=layers(("net", place, 2)))

    rows = [layer("a", "fft", 1e-3, "one"), layer("a", "torch", 2e-3, "one"), layer("b", "fft", 3e-3, "two"),
            layer("b", "torch", 1e-3, "two")]  # fmt: skip
    screen = _screen(*rows)
    assert screen.headline == "Use the best of each layer"
    assert screen.detail.startswith("net, 4 convolutions: 2 by ")
    assert screen.numbers[0].how.endswith("over all of net")


def test_a_busy_machine_names_no_winner() -> None:
    screen = first_screen.of(Study.of(busy_run()))
    assert screen.headline == "No winner is named: the machine was busy"
    assert screen.numbers[0].value == "not said"
    assert screen.picture is not None
    assert "strong line" not in screen.picture.caption


@pytest.mark.parametrize(
    ("rows", "headline", "detail"),
    [
        ([], "Nothing was measured yet", "The run has no results. To finish it: convcost sweep --resume"),
        (
            [fault("a", "fft", "wrong", "off by a lot"), fault("a", "loops", "unsupported", None)],
            "Nothing was timed",
            "2 results: 1 wrong, 1 unsupported. Most often: off by a lot (fft, wrong).",
        ),
    ],
    ids=["empty", "only failures"],
)
def test_a_run_without_times_says_what_is_missing(rows: list[Row], headline: str, detail: str) -> None:
    screen = _screen(*rows)
    assert (screen.headline, screen.numbers, screen.picture) == (headline, (), None)
    assert screen.detail.startswith(detail)


def test_the_picture_is_along_the_main_axis_and_has_a_narrow_form() -> None:
    picture = first_screen.of(Study.of(whole_sweep())).picture
    assert picture is not None
    assert picture.wide.alt == picture.narrow.alt
    assert picture.wide.alt.startswith("Time of one call by kernel for ")
    assert picture.caption.startswith("The strong line is the fastest at each kernel")


def test_the_energy_of_a_network_is_that_of_one_inference() -> None:
    rows = [
        ok(case, name, time_s, time_s / 100, points=(), layers=layers(("net", case, 2)))
        for case in ("a", "b") for name, time_s in (("fft", 1e-3), ("torch", 2e-3))
    ]  # fmt: skip
    metered = _screen(*rows, energy=tuple(measured(row, 4e-3, 1e-4) for row in rows)).numbers[1]
    # Gross is twice the net energy, and each of two layers occurs twice.
    assert (metered.name, metered.value) == ("energy of one inference", "32.00 ± 0.40 mJ")
    ranged = _screen(*rows, energy=tuple(map(bracketed, rows))).numbers[1]
    assert (ranged.name, ranged.look) == ("energy of one inference, bracketed", "bracket")
    assert ranged.how == "not measured: best per layer, Forged servers, 20 machines"
    some = _screen(*rows, energy=(measured(rows[0], 4e-3, 1e-4),)).numbers[1]
    assert some.name == "least energy of a call"
