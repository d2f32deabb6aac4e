"""Evidence of interference: which samples are suspect."""

from __future__ import annotations

import mmap
import os
import sys
from collections.abc import Callable

import pytest

from bench.timing import evidence
from bench.timing.evidence import Evidence, Watch, reasons
from bench.timing.frequency import Clocks

QUIET = Evidence(
    involuntary_switches=0, page_faults=2, pressure_s=0.0, steal_s=0.0, probe_s=20e-6,
    frequency_hz=3e9, sm_clock_hz=1.98e9, throttle_reasons=(),
)  # fmt: skip
DURATION_S = 2e-3


def _with(**changes: float | tuple[str, ...]) -> Evidence:
    return Evidence(**{**{f: getattr(QUIET, f) for f in Evidence.__slots__}, **changes})


@pytest.mark.parametrize(
    ("seen", "duration_s", "expected"),
    [
        (QUIET, DURATION_S, ()),
        (_with(involuntary_switches=1), DURATION_S, ("preempted",)),
        # Once in a fifth of a second is the system's own housekeeping.
        (_with(involuntary_switches=1), 0.2, ()),
        (_with(involuntary_switches=50), 0.2, ("preempted",)),
        (_with(steal_s=0.01), DURATION_S, ("steal",)),
        (_with(steal_s=0.01), 2.0, ()),
        (_with(pressure_s=0.5e-3), DURATION_S, ("pressure",)),
        (_with(pressure_s=0.1e-3), DURATION_S, ()),
        (_with(probe_s=50e-6), DURATION_S, ("slow-probe",)),
        (_with(page_faults=500), DURATION_S, ("page-faults",)),
        (_with(page_faults=60), DURATION_S, ()),
        (_with(frequency_hz=2.8e9), DURATION_S, ("slow-clock",)),
        (_with(frequency_hz=2.9e9), DURATION_S, ()),
        (_with(frequency_hz=3.6e9), DURATION_S, ()),
        (_with(sm_clock_hz=1.4e9, throttle_reasons=("power-cap", "thermal")), DURATION_S, ("slow-clock", "throttled")),
        (_with(throttle_reasons=("thermal",)), DURATION_S, ("throttled",)),
        (QUIET, 0.0, ("no-duration",)),
        (QUIET, -1e-6, ("no-duration",)),
        (_with(involuntary_switches=3, pressure_s=1e-3), DURATION_S, ("preempted", "pressure")),
        # Nothing is known: nothing is suspected.
        (Evidence(), DURATION_S, ()),
    ],
)
def test_each_counter_over_its_limit_is_a_reason(seen: Evidence, duration_s: float, expected: tuple[str, ...]) -> None:
    among = [QUIET] * 8 + [seen]
    found = reasons(among, [DURATION_S] * 8 + [duration_s])
    assert found[-1] == expected
    assert found[:-1] == [()] * 8


def test_a_candidate_that_always_faults_is_not_suspect_for_it() -> None:
    assert reasons([_with(page_faults=900)] * 6, [DURATION_S] * 6) == [()] * 6


def test_a_candidate_that_always_runs_slowly_is_not_suspect_for_it() -> None:
    assert reasons([_with(frequency_hz=1.2e9)] * 6, [DURATION_S] * 6) == [()] * 6


def test_no_samples_have_no_reasons() -> None:
    assert reasons([], []) == []


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_watch_counts_page_faults() -> None:
    watch = Watch()
    watch.open()
    # From the system: malloc may hand out pages that the process has touched before, which fault no more.
    with mmap.mmap(-1, 64 * 2**20) as pages:
        for at in range(0, len(pages), os.sysconf("SC_PAGE_SIZE")):
            pages[at] = 1
    seen = watch.close()
    assert seen.page_faults is not None
    assert seen.page_faults > 10
    assert seen.probe_s is not None
    assert seen.probe_s > 0


def test_missing_counters_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence, "_PRESSURE_FILE", "/nowhere/pressure")
    monkeypatch.setattr(evidence, "_STAT_FILE", "/nowhere/stat")
    monkeypatch.setattr(evidence, "_usage", lambda: (None, None))
    watch = Watch()
    watch.open()
    seen = watch.close()
    assert (seen.involuntary_switches, seen.page_faults, seen.pressure_s, seen.steal_s) == (None,) * 4


def test_the_watch_reads_the_clocks_of_its_device_after_the_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def reader_for(device: str) -> Callable[[], Clocks]:
        return lambda: asked.append(device) or Clocks(3e9, 1.98e9, ("thermal",))

    monkeypatch.setattr(evidence, "reader_for", reader_for)
    watch = Watch("cuda")
    watch.open()
    assert asked == []
    seen = watch.close()
    assert (seen.frequency_hz, seen.sm_clock_hz, seen.throttle_reasons, asked) == (3e9, 1.98e9, ("thermal",), ["cuda"])
