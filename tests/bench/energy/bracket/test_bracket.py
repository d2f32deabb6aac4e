"""The bracket of power and energy: its arithmetic, its widenings, and that it never becomes a point."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.energy.bracket import bracket, processor, topology
from bench.energy.bracket.bracket import PowerBracket, bracket_of
from bench.energy.bracket.classes import classes
from bench.energy.bracket.factors import LOAD, TURBO, together
from bench.energy.bracket.processor import Membership
from bench.energy.bracket.ranges import Range
from bench.energy.bracket.topology import Allotment
from bench.errors import UsageError
from tests.bench.energy.bracket.forged import POOL, cpuinfo

WHOLE, PART = Allotment(8, 8, 1, is_whole=True), Allotment(8, None, None, is_whole=False)


def made(allotment: Allotment) -> PowerBracket:
    return PowerBracket(POOL, "forged", allotment)


def test_every_factor_has_a_reason_and_a_source() -> None:
    for one in (LOAD, TURBO):
        assert 0 < one.low <= 1 <= one.high
        assert one.reason
        assert one.source
    assert together([]) == (1.0, 1.0)
    assert together([LOAD, TURBO]) == (0.7, pytest.approx(2.744))


def test_a_whole_machine_with_all_cores_busy_is_widened_for_its_load_alone() -> None:
    found = made(WHOLE)
    assert [one.name for one in found.widenings(8)] == ["load"]
    # 0.7 · 4 W + 0.3 · 1 W, and 1.4 · 8 W − 0.4 · 1 W.
    core = found.core_w(8)
    assert (core.low, core.high) == (pytest.approx(3.1), pytest.approx(10.8))
    power = found.power_w(8)
    assert (power.low, power.high) == (pytest.approx(24.8), pytest.approx(86.4))
    assert found.idle_w(8) == Range(8.0, 16.0)


def test_few_busy_cores_are_widened_for_their_clock() -> None:
    found = made(WHOLE)
    assert [one.name for one in found.widenings(2)] == ["load", "turbo"]
    assert found.core_w(2).high == pytest.approx(TURBO.high * 8 - (TURBO.high - 1) * 1)
    assert found.core_w(2).low == found.core_w(8).low


def test_a_virtual_machine_is_widened_for_its_threads_and_its_neighbours() -> None:
    found = made(PART)
    assert [one.name for one in found.widenings(8)] == ["load", "turbo", "threads"]
    core = found.core_w(8)
    assert found.power_w(8) == core.times(4.0, 8.0)
    assert found.idle_w(8) == Range(4.0, 16.0)


def test_energy_is_power_times_all_of_the_time() -> None:
    found = made(WHOLE)
    assert found.joules(2.0, 8) == found.power_w(8).times(2.0)
    wide = found.joules(2.0, 8, (1.5, 3.0))
    assert (wide.low, wide.high) == (pytest.approx(1.5 * 24.8), pytest.approx(3.0 * 86.4))
    assert found.idle_joules(2.0, 8, (1.5, 3.0)) == Range(12.0, 48.0)


@pytest.mark.parametrize("time_s", [0.0, -1.0])
def test_no_time_has_no_energy(time_s: float) -> None:
    with pytest.raises(ValueError, match="factors above 0"):
        made(WHOLE).joules(time_s, 1)


def test_no_threads_have_no_power() -> None:
    with pytest.raises(UsageError, match="0 threads"):
        made(WHOLE).power_w(0)


@given(
    st.sampled_from(sorted(classes())),
    st.integers(1, 512),
    st.sampled_from([1, 2, None]),
    st.booleans(),
    st.sampled_from([None, 0.5, 3.0]),
    st.integers(1, 1024),
    st.floats(1e-7, 1e4),
)
def test_no_bracket_is_a_point_and_each_holds_the_published_machines(
    name: str,
    processors: int,
    threads_a_core: int | None,
    is_whole: bool,
    quota: float | None,
    threads: int,
    time_s: float,
) -> None:
    cores = None if threads_a_core is None else -(-processors // threads_a_core)
    allotment = Allotment(processors, cores, threads_a_core, is_whole, quota)
    found = bracket_of(Membership((name,), "forged"), allotment)
    joules = found.joules(time_s, threads)
    assert joules.low < joules.high
    assert found.idle_joules(time_s, threads).low < joules.high
    own = classes()[name]
    assert found.core_w(threads).holds(own.load_w.low, own.load_w.high)


@pytest.mark.parametrize("allotment", [WHOLE, PART])
def test_a_bracket_survives_json(allotment: Allotment) -> None:
    found = made(allotment)
    assert PowerBracket.from_dict(json.loads(json.dumps(found.as_dict()))) == found


def test_a_damaged_bracket_is_refused() -> None:
    data = made(WHOLE).as_dict()
    data["pool"]["load_w"] = {"low": 5.0, "high": 5.0}
    with pytest.raises(ValueError, match="is no range"):
        PowerBracket.from_dict(data)


def test_threads_a_core_are_those_that_the_system_shows_or_those_of_the_class() -> None:
    shown, hidden = made(Allotment(8, 4, 2, is_whole=True)).widenings(4), made(PART).widenings(4)
    assert [one.source for one in (shown[-1], hidden[-1])] == [
        "2 threads a core, as the system shows", "2 threads a core, as in most machines of the class",
    ]  # fmt: skip


def test_the_assumption_says_what_is_known_and_what_is_not() -> None:
    said = made(PART).assumption(1)
    assert said.startswith("Bracketed, not measured: time × 1.55 to 20.2 W for 1 busy thread (Forged servers, ")
    assert "20 machines; SPECpower_ssj2008" in said
    assert "widened for load, turbo, threads" in said
    assert said.endswith("it carries no information beyond time.")


def test_the_bracket_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    text = cpuinfo("sapphirerapids", name="Intel(R) Xeon(R) Processor", model=167)
    monkeypatch.setattr(processor, "read_cpuinfo", lambda: text)
    monkeypatch.setattr(topology, "read_cpuinfo", lambda: text)
    found = bracket.here()
    assert found.label.startswith("Intel Sapphire Rapids servers or later, ")
    assert not found.allotment.is_whole
