"""The table of `convcost overhead`."""

from __future__ import annotations

import pytest

from bench.energy.overhead import MeterOverhead, Overhead
from bench.estimates.intervals import Ratio
from bench.terminal.overhead import show


def test_the_table_shows_the_interval_and_says_that_counters_are_simulated(capsys: pytest.CaptureFixture[str]) -> None:
    show([MeterOverhead("rapl-perf", False, Overhead(Ratio(1.0123, 1.01, 1.015), 0.012))])
    shown = capsys.readouterr().out
    assert all(text in shown for text in ("rapl-perf", "1.200 %", "+1.23 %", "+1.00 % to +1.50 %"))
    assert "simulated" not in shown
    assert "busy" not in shown
    show([MeterOverhead("files", True, Overhead(Ratio(1.0, None, None), 0.0))])
    assert "the counters are simulated by files on disk" in capsys.readouterr().out
    show([], 1.5)
    assert capsys.readouterr().out.startswith("The machine was busy: other programs used its processors, 1.5 of them")
