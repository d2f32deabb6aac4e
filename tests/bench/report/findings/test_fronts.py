"""The points of a front are those of one case under all settings, by one meter, and measured."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bench.report.findings.fronts import EnergyFront
from bench.report.sections.front import fronts
from bench.report.sections.study import Study
from bench.rows.front import FrontPlace
from bench.store.energy_schema import Energy
from bench.store.schema import Row
from tests.bench.report.synthetic_run import bracketed, make_run, measured, modelled, ok

CASE = "mb1ic8ih8oc8kh3"


def at(clock_mhz: int | None, name: str, time_s: float, **more: Any) -> Row:
    """A row of one case on a GPU whose clock is locked."""
    given: dict[str, Any] = {"device": "cuda", "descriptor": CASE, "gpu_clock_mhz": clock_mhz, **more}
    return ok(f"k|{clock_mhz}{given.get('precision', '')}", name, time_s, time_s / 200, **given)


def joules(row: Row, net_j: float, **more: Any) -> Energy:
    return measured(row, net_j, net_j / 200, **more)


def _fronts(rows: list[Row], energy: list[Energy]) -> tuple[EnergyFront, ...]:
    return fronts(Study.of(make_run(rows, energy=energy)))


ROWS = [at(1980, "torch", 1e-3), at(1980, "direct", 3e-3), at(1200, "torch", 1.5e-3), at(1200, "direct", 4e-3)]
JOULES = [joules(row, value) for row, value in zip(ROWS, (0.6, 0.9, 0.4, 0.7), strict=True)]


def test_all_settings_of_a_case_are_on_one_front() -> None:
    (found,) = _fronts(ROWS, JOULES)
    assert (found.descriptor, found.group.label, found.quantity, found.lost) == (CASE, "cuda · fp32 · nchw", "net", 0)
    assert [(point.label, point.place) for point in found.points] == [
        ("torch at GPU clock 1980 MHz", FrontPlace.ON),
        ("torch at GPU clock 1200 MHz", FrontPlace.ON),
        ("direct at GPU clock 1980 MHz", FrontPlace.BEHIND),
        ("direct at GPU clock 1200 MHz", FrontPlace.BEHIND),
    ]
    assert [point.tuning.gpu_clock_mhz for point in found.front] == [1980, 1200]


def test_other_conditions_have_fronts_of_their_own() -> None:
    half = [replace(row, precision="bf16", case_key=f"{row.case_key}|bf16", time_s=1e-4) for row in ROWS]
    found = _fronts([*ROWS, *half], [*JOULES, *(joules(row, 0.1) for row in half)])
    assert [one.group.precision for one in found] == ["fp32", "bf16"]
    assert [len(one.points) for one in found] == [4, 4]


def test_only_measured_joules_by_one_meter_count() -> None:
    other = joules(ROWS[3], 0.01, source="another")
    (found,) = _fronts(ROWS, [*JOULES[:3], other])
    assert len(found.points) == 3
    assert _fronts(ROWS, [modelled(row, 20.0) for row in ROWS]) == ()
    on_cpu = [ok("a", name, 1e-3, 1e-5) for name in ("torch", "direct")]
    assert _fronts(on_cpu, [bracketed(row) for row in on_cpu]) == ()


def test_joules_lost_in_noise_are_left_out_and_counted() -> None:
    lost = joules(ROWS[1], 1e-6, flags=("lost-in-noise",))
    (found,) = _fronts(ROWS, [JOULES[0], lost, *JOULES[2:]])
    assert (len(found.points), found.lost) == (3, 1)


def test_one_point_is_no_front() -> None:
    assert _fronts(ROWS[:1], JOULES[:1]) == ()
    assert _fronts([], []) == ()


def test_one_that_only_chose_another_is_left_out() -> None:
    chose = at(1980, "auto", 0.9e-3, delegate="torch")
    (found,) = _fronts([*ROWS, chose], [*JOULES, joules(chose, 0.5)])
    assert "auto" not in {point.result.implementation for point in found.points}


def test_without_settings_implementations_have_a_front_too() -> None:
    rows = [ok("a", "torch", 1e-3, 1e-5), ok("a", "direct", 2e-3, 1e-5)]
    (found,) = _fronts(rows, [joules(rows[0], 2e-2), joules(rows[1], 1e-2)])
    assert [point.label for point in found.front] == ["torch", "direct"]
