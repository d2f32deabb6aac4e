"""`convcost calibrate`: the ceilings of the machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.calibration.value import Calibration
from tests.bench.commands.running import Refuse, Run, assert_says, refusals


@refusals(
    ("calibrate --threads 0", "0 threads…; allowed: 1 to"),
    ("calibrate --device tpu", "device 'tpu' does not exist here; allowed on this machine: cpu"),
    ("calibrate --device cuda", "device 'cuda' does not exist here; allowed on this machine: cpu"),
    ("calibrate -p fp8", "precision 'fp8' is unknown; allowed: fp64, fp32"),
    ("calibrate -p tf32", "cpu has no ceiling in tf32; allowed: fp64, fp32, bf16, fp16"),
    ("calibrate --step-timeout 0s", "'0s' is not a duration above 0"),
    ("calibrate --step-timeout 25h", "allowed: a day at most, 24h"),
)
def test_bad_input_is_refused(refuse: Refuse, line: str, sentence: str) -> None:
    assert_says(refuse(line), sentence)


@pytest.mark.usefixtures("forged_ceilings")
def test_json_and_table_have_the_ceilings(convcost: Run, here: Path) -> None:
    assert_json_has_the_ceilings(convcost)
    done = convcost("calibrate", "--device", "cpu", "--threads", "1", "-p", "fp32")
    assert (done.code, done.err) == (0, "")
    assert "Ceilings of cpu (1 thread)" in done.out
    assert "fp32 arithmetic" in done.out
    assert list(here.iterdir()) == []


@pytest.mark.slow
@pytest.mark.full
def test_ceilings_are_measured(convcost: Run) -> None:
    assert_json_has_the_ceilings(convcost)


def assert_json_has_the_ceilings(convcost: Run) -> None:
    (found,) = convcost("calibrate", "--device", "cpu", "--threads", "1", "-p", "fp64", "--json").json
    calibration = Calibration.from_dict(found)
    assert (calibration.device, calibration.threads, calibration.failed) == ("cpu", 1, ())
    assert [peak.precision for peak in calibration.peaks] == ["fp64"]
    assert calibration.levels[-1].name == "memory"
