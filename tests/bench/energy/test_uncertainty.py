"""Joules and their uncertainty, compared with values computed by hand."""

from __future__ import annotations

import math

import pytest

from bench.energy.compare import require_same_kind
from bench.energy.figures import EnergyFigure
from bench.energy.meter import Method
from bench.energy.uncertainty import Estimate, Idle, Span, Term, combine, idle_power, joules_per_call, ratio

SPAN = Span(100.0, 1.0, 1000.0, (0.01, 0.01))


def _idle(power_w: float, u_w: float) -> Idle:
    return Idle(Estimate(power_w, Term(u_w)))


def test_edges_are_two_rectangular_distributions() -> None:
    assert SPAN.edge_j == pytest.approx(100.0 * 0.01 / math.sqrt(6))
    assert Span(100.0, 1.0, 1.0, (0.01, 0.0)).edge_j == pytest.approx(100.0 * 0.01 / math.sqrt(12))


@pytest.mark.parametrize(
    ("terms", "u", "freedom"),
    [
        ([Term(3.0, 4), Term(4.0)], 5.0, 625 / (81 / 4)),
        ([Term(1.0, 2), Term(1.0, 2)], math.sqrt(2), 4),
        ([Term(2.0)], 2.0, math.inf),
        ([Term(0.0, 3)], 0.0, math.inf),
    ],
)
def test_terms_combine_by_welch_and_satterthwaite(terms: list[Term], u: float, freedom: float) -> None:
    combined = combine(terms)
    assert (combined.u, combined.freedom) == (pytest.approx(u), pytest.approx(freedom))


@pytest.mark.parametrize(
    ("freedom", "factor"), [(1, 12.706), (2.9, 4.303), (2.9999999999, 3.182), (9, 2.262), (math.inf, 1.960)]
)
def test_the_factor_is_students_at_whole_degrees_of_freedom(freedom: float, factor: float) -> None:
    assert Term(1.0, freedom).u95 == pytest.approx(factor, abs=1e-3)


def test_net_is_gross_without_idle_power() -> None:
    joules = joules_per_call([SPAN, SPAN], _idle(20.0, 0.0))
    assert joules.net is not None
    assert (joules.gross.value, joules.net.value, joules.time_s) == pytest.approx((0.1, 0.08, 1e-3))
    assert joules_per_call([SPAN]).net is None


def test_the_uncertainty_of_idle_power_is_common_to_all_windows() -> None:
    sharp = Span(100.0, 1.0, 1000.0, (0.0, 0.0))
    for n in (1, 4, 16):
        net = joules_per_call([sharp] * n, _idle(20.0, 0.5)).net
        assert net is not None
        assert net.term.u == pytest.approx(0.5 * 1e-3)


def test_the_uncertainty_from_readings_is_common_to_all_windows() -> None:
    polled = Span(100.0, 1.0, 1000.0, (0.0, 0.0), polling_s=3e-3)
    for n in (1, 4):
        assert joules_per_call([polled] * n).gross.term.u == pytest.approx(3e-4 / math.sqrt(3))


def test_one_window_is_flagged_and_uses_its_edges() -> None:
    joules = joules_per_call([SPAN])
    assert joules.flags == ("one-window",)
    assert joules.gross.term.u == pytest.approx(SPAN.edge_j / 1000)


def test_windows_that_agree_by_luck_use_their_edges() -> None:
    joules = joules_per_call([SPAN] * 4)
    assert joules.gross.term.u == pytest.approx(SPAN.edge_j / 1000 / 2)


def test_scatter_larger_than_edges_is_not_added_to_them() -> None:
    spans = [Span(e, 1.0, 1000.0, (0.01, 0.01)) for e in (90.0, 100.0, 110.0)]
    assert joules_per_call(spans).gross.u95 == pytest.approx(4.303 * 0.01 / math.sqrt(3), rel=1e-3)


@pytest.mark.parametrize(("after_w", "flags"), [(20.5, ()), (20.7, ("idle-drift",)), (19.3, ("idle-drift",))])
def test_idle_power_lies_between_its_levels(after_w: float, flags: tuple[str, ...]) -> None:
    before, after = ([Span(w, 1.0, 1.0, (0.0, 0.0))] * 2 for w in (20.0, after_w))
    idle = idle_power(before, after)
    assert idle.power.value == pytest.approx((20.0 + after_w) / 2)
    assert idle.power.term.u == pytest.approx(abs(after_w - 20.0) / math.sqrt(12))
    assert idle.flags == flags


def test_idle_power_needs_windows() -> None:
    assert idle_power([SPAN]).drift_rel is None
    with pytest.raises(ValueError, match="no idle windows"):
        idle_power([])


def test_shared_errors_cancel_in_a_ratio() -> None:
    sharp = [Span(100.0, 1.0, 1000.0, (0.0, 0.0))]
    one = joules_per_call(sharp, _idle(20.0, 1.0))
    same = ratio(one, one)
    assert (same.value, same.u95) == (1.0, 0.0)
    # The same energy in twice the time: 60 J net, with a weight of 2 / 60 for idle power instead of 1 / 80.
    slow = joules_per_call([Span(100.0, 2.0, 1000.0, (0.0, 0.0))], _idle(20.0, 1.0))
    other = ratio(slow, one)
    assert other.value == pytest.approx(0.75)
    assert other.term.u == pytest.approx(0.75 * (2 / 60 - 1 / 80))


def test_a_ratio_needs_joules_above_zero() -> None:
    one, below = (joules_per_call([SPAN], _idle(power_w, 1.0)) for power_w in (20.0, 120.0))
    with pytest.raises(ValueError, match="both must be above zero"):
        ratio(one, below)


@pytest.mark.parametrize("spans", [[], [Span(1.0, 1.0, 0.0, (0.0, 0.0))]], ids=["no window", "no calls"])
def test_joules_need_a_window_with_calls(spans: list[Span]) -> None:
    with pytest.raises(ValueError, match="at least one window"):
        joules_per_call(spans)


@pytest.mark.parametrize(
    ("methods", "text"),
    [
        ({"a": "counter", "b": "model"}, r"a \(nvml\) measured, b \(nvml\) modelled"),
        ({"a": "counter", "b": "unavailable"}, "b has no joules to compare: no sensor"),
        ({"a": "counter", "b": "bracket"}, "b has no joules to compare: they are bracketed; compare times"),
        ({"a": "bracket", "b": "bracket"}, "a has no joules to compare: they are bracketed; compare times"),
        ({"a": "counter", "b": "power_integral"}, None),
        ({"a": "model", "b": "model"}, None),
    ],
)
def test_modelled_joules_are_not_ranked_with_measured_ones_and_brackets_not_at_all(
    methods: dict[str, str], text: str | None
) -> None:
    figures = {n: EnergyFigure(Method(m), "nvml", "gpu-board", "quick", reason="no sensor") for n, m in methods.items()}
    if text is None:
        require_same_kind(figures)
    else:
        with pytest.raises(ValueError, match=text):
            require_same_kind(figures)
