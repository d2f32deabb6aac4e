"""The candidates that are held in memory together."""

from __future__ import annotations

import pytest

from bench.machine import memory
from bench.machine.memory import Demand, demand_of, shared_bytes
from bench.worker.groups import fit_together, groups_of, why_not_in_first
from impls import Case, ConvProblem, get, names

GIB = 2**30
CASE = Case(ConvProblem.parse("mb1ic4ih8oc4kh3ph1"))
# 80 % of 4 GB.
SMALL = int(0.8 * 4e9)


@pytest.fixture
def usable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "usable_bytes", lambda: 100 * GIB)


def demand(plan: int, passing: int = 0) -> Demand:
    return Demand(plan, plan, passing)


@pytest.mark.usefixtures("usable")
@pytest.mark.parametrize(
    ("plans", "groups"),
    [
        ({}, []),
        ({"a": demand(3 * GIB)}, [("a",)]),
        ({"a": demand(GIB), "b": demand(0), "c": demand(GIB)}, [("a", "b", "c")]),
        # The least first; one too large for the others comes afterwards, alone.
        ({"a": demand(GIB), "big": demand(2 * GIB), "b": demand(0)}, [("a", "b"), ("big",)]),
        (
            {"big": demand(4 * GIB), "a": demand(0), "bigger": demand(5 * GIB)},
            [("a",), ("big",), ("bigger",)],
        ),
        # A large workspace is not held: only one candidate runs at a time.
        ({"a": demand(0, 50 * GIB), "b": demand(0, 50 * GIB), "c": demand(1)}, [("a", "b", "c")]),
    ],
)
def test_as_many_plans_as_fit_are_held_together(plans: dict[str, Demand], groups: list[tuple[str, ...]]) -> None:
    assert groups_of(plans, CASE) == groups


def test_outputs_that_are_kept_count_too(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = {name: Demand(0, GIB, GIB) for name in "abcd"}
    monkeypatch.setattr(memory, "usable_bytes", lambda: shared_bytes(CASE) + 4 * GIB)
    assert groups_of(kept, CASE) == [("a", "b", "c"), ("d",)]
    assert fit_together(kept["a"], kept["b"], CASE)
    monkeypatch.setattr(memory, "usable_bytes", lambda: shared_bytes(CASE) + 3 * GIB - 1)
    assert not fit_together(kept["a"], kept["b"], CASE)


def test_a_pair_may_exceed_the_limit_of_plans_where_the_machine_has_room(monkeypatch: pytest.MonkeyPatch) -> None:
    own = demand(19 * GIB // 10)
    monkeypatch.setattr(memory, "usable_bytes", lambda: 100 * GIB)
    assert groups_of({"a": own, "b": own}, CASE) == [("a",), ("b",)]
    assert fit_together(own, own, CASE)
    monkeypatch.setattr(memory, "usable_bytes", lambda: SMALL)
    assert not fit_together(own, own, CASE)


def test_the_reason_names_the_limit_that_excludes_a_candidate(monkeypatch: pytest.MonkeyPatch) -> None:
    plans = {"mid": demand(3 * GIB // 2), "mid2": demand(3 * GIB // 2)}
    monkeypatch.setattr(memory, "usable_bytes", lambda: 100 * GIB)
    assert why_not_in_first({}, CASE) == {}
    assert why_not_in_first(plans, CASE) == {
        "mid2": "with its plan of 1.5 GiB, the plans held at once would exceed their limit of 2.0 GiB; "
        "measure it alone: -i mid2"
    }
    # Without room the memory is the reason.
    monkeypatch.setattr(memory, "usable_bytes", lambda: shared_bytes(CASE) + 3 * GIB - 1)
    assert why_not_in_first(plans, CASE) == {"mid2": "its plan does not fit in memory beside those of the others"}


@pytest.mark.parametrize("kernel", [3, 5])
@pytest.mark.parametrize("channels", [16, 32, 64, 128, 256, 512])
def test_the_sweep_of_channels_fits_a_machine_with_4_gb(
    monkeypatch: pytest.MonkeyPatch, channels: int, kernel: int
) -> None:
    """The README asks for 4 GB: each case of `channels[pow2]=[4:9]` is held in less, or refused with its bytes."""
    monkeypatch.setattr(memory, "usable_bytes", lambda: SMALL)
    case = Case(ConvProblem.parse(f"mb1ic{channels}ih56oc{channels}kh{kernel}ph{kernel // 2}"))
    works = {n: get(n).work(case) for n in names("cpu") if get(n).why_not(case) is None}
    reasons = {n: reason for n, work in works.items() if (reason := memory.why_not_memory(work, case, SMALL))}
    whole_image = {"fft"} if kernel == 3 else {"fft", "fft-tiled"}
    # `auto` needs what its choice needs, which depends on the processor.
    whole_image |= {name for name in works if get(name).delegate(case) in whole_image}
    assert set(reasons) == (whole_image if channels == 512 else set())
    assert all("its plan 3.8 GiB" in reason and "3.0 GiB are usable" in reason for reason in reasons.values())
    demands = {n: demand_of(work, case) for n, work in works.items() if n not in reasons}
    for group in groups_of(demands, case):
        held = sum(demands[n].kept for n in group) + max(demands[n].passing for n in group)
        assert shared_bytes(case) + held <= SMALL
