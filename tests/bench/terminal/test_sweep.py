"""The expectations of a sweep in words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.run.forecast import Forecast
from bench.sweep.cases import PlannedCase
from bench.sweep.config import Config
from bench.sweep.job import Job
from bench.terminal import sweep
from bench.tuning.value import Tuning
from bench.worker.settings import Settings
from impls import Case, ConvProblem
from tests.bench.report.synthetic_run import bracketed, executed, make_run, measured, modelled, ok, without

MIB = 2**20
EXPECTED = Forecast(
    samples_s=144.0,
    checks_s=20.4,
    start_s=10.0,
    energy_s=0.0,
    workers=3,
    libraries_bytes=1200 * MIB,
    case_bytes=300 * MIB,
    largest=Case(ConvProblem.parse("mb1ic64ih56oc64kh3ph1"), "bf16"),
    is_compiled=True,
)


@pytest.mark.parametrize(
    ("usable", "end"),
    [(2000 * MIB, "2.0 GiB are usable here"), (1000 * MIB, "too little, so leave out the largest cases")],
)
def test_time_and_memory_are_told_with_their_parts(usable: int, end: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "usable_bytes", lambda: usable)
    time, memory = sweep._expected(EXPECTED)
    assert time == (
        "time: about 3 min on a quiet machine (2 min of samples, 21 s of checks, 10 s to start, "
        "measure ceilings and write the page); kernels that are new here are compiled on top"
    )
    assert memory.startswith(
        "memory: up to 1.5 GiB (1.2 GiB of libraries with 3 workers, and 300.0 MiB for mb1ic64ih56oc64kh3ph1 in bf16, "
        "the largest case); "
    )
    assert memory.endswith(end)


@pytest.mark.parametrize(
    ("time_s", "said"), [(0.2, "1 s"), (89.0, "89 s"), (91.0, "2 min"), (5399.0, "90 min"), (9000.0, "2.5 h")]
)
def test_durations_are_rough(time_s: float, said: str) -> None:
    assert sweep._rough(time_s) == said


MEASURED = {"device": "cpu", "scope": "package-0", "method": "counter", "source": "rapl-perf", "joules": 1234.5}
BRACKETED = {
    "device": "cpu", "scope": "machine-share", "method": "bracket", "source": "AMD Zen 4 servers, 46 machines",
    "joules": None, "low_j": 900.0, "high_j": 2100.0,
}  # fmt: skip


def test_the_energy_of_a_sweep_has_a_line_for_each_kind_and_a_bracket_its_class_and_count() -> None:
    modelled = MEASURED | {"scope": "socket-share", "method": "model", "source": "model"}
    assert sweep._energy_spent({"own_energy": [MEASURED, modelled, BRACKETED]}) == [
        "its own energy, measured: 1,234 J (package-0, rapl-perf)",
        "its own energy, modelled: 1,234 J (socket-share, model)",
        "its own energy, bracketed: 0.9–2.1 kJ (machine-share, AMD Zen 4 servers, 46 machines)",
    ]
    assert sweep._energy_spent({}) == []


@pytest.mark.parametrize(
    ("own", "said"),
    [
        ([BRACKETED], "stopped by --max-joules, which counts the high end of the bracket"),
        ([MEASURED], "stopped by --max-joules"),
        ([MEASURED, BRACKETED], "stopped by --max-joules"),
    ],
)
def test_a_limit_of_bracketed_joules_says_which_end_counts(own: list[dict[str, object]], said: str) -> None:
    assert sweep._stopped({"own_energy": own}) == said


def test_joules_from_what_was_executed_are_named_so() -> None:
    rows = [ok("a", name, 1e-3) for name in ("direct", "torch")]
    lines = [executed(rows[0], 1e-3, 1e-4), without(rows[1], "no sensor: x; not modelled: y")]
    found = sweep._joules_found(make_run(rows, energy=lines))
    assert found.startswith("energy: 1 modelled from what was executed, 1 missing (no sensor")


def test_rows_are_counted_by_kind_of_energy() -> None:
    rows = [ok("a", name, 1e-3) for name in ("direct", "im2col", "torch", "onednn")]
    lines = [measured(rows[0], 1e-3), modelled(rows[1], 20.0, "cold"), bracketed(rows[2], "cold"), without(rows[3])]
    found = sweep._joules_found(make_run(rows, energy=lines))
    assert found.startswith("energy: ")
    for part in ("1 measured", "1 modelled", "1 bracketed", "1 missing"):
        assert part in found
    assert found.endswith(" (Forged servers, 20 machines; cold, not sampled)")


def test_a_sweep_says_which_settings_it_changes_and_that_it_puts_them_back() -> None:
    planned = PlannedCase(Case(ConvProblem.parse("mb1ic4ih8oc4kh3ph1")))
    job = Job(Config("test"), (planned,), ("torch",), Settings(1), "again")
    assert sweep._changed(job) is None
    governor = replace(planned, tuning=Tuning(governor="performance"))
    said = "this sweep changes governor of this machine and puts them back, however it ends"
    assert sweep._changed(replace(job, cases=(planned, governor))) == said
    both = replace(planned, tuning=Tuning(1200, 300))
    told = sweep._changed(replace(job, cases=(both, replace(planned, tuning=Tuning(1500)))))
    assert told is not None
    assert told.startswith("this sweep changes gpu_clock, power_limit of this machine")
    assert told.endswith("so the clock is free afterwards")
