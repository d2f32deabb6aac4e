"""Calibrations are found by device and threads, choose the fitting level, and survive JSON."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from bench.calibration.value import Calibration, Level, Peak, find

FORGED = Calibration(
    device="cpu",
    threads=2,
    peaks=(Peak("fp32", 1e9, "fma"), Peak("fp64", 5e8, "gemm 512")),
    levels=(
        Level("L1", 1_000, 4e6, "triad"),
        Level("L2", 10_000, None, shared=True),
        Level("L3", 100_000, 2e6, "read", shared=True),
        Level("memory", None, 1e6, "read", shared=True),
    ),
    failed=("bf16 gemm: RuntimeError: not here",),
)


@pytest.mark.parametrize("calibration", [FORGED, Calibration("cuda", None), Calibration("cpu", 1, failed=("why",))])
def test_calibrations_survive_json(calibration: Calibration) -> None:
    assert Calibration.from_dict(json.loads(json.dumps(calibration.to_dict(), allow_nan=False))) == calibration


@pytest.mark.parametrize("data", [{}, {"device": "cpu"}, {**FORGED.to_dict(), "peaks": [{"speed": 1}]}])
def test_other_data_is_refused(data: dict[str, object]) -> None:
    with pytest.raises((KeyError, TypeError)):
        Calibration.from_dict(data)


@pytest.mark.parametrize(
    ("working_set_bytes", "cold", "level"),
    [
        (0, False, "L1"),
        (1_000, False, "L1"),
        (1_001, False, "L2"),
        (10_001, False, "L3"),
        (100_000, False, "L3"),
        (100_001, False, "memory"),
        (1, True, "memory"),
    ],
)
def test_the_smallest_fitting_level_is_chosen(working_set_bytes: int, cold: bool, level: str) -> None:
    found = FORGED.level_for(working_set_bytes, cold=cold)
    assert found is not None
    assert found.name == level


def test_without_levels_no_level_is_chosen() -> None:
    empty = replace(FORGED, levels=())
    assert (empty.level_for(1), empty.level_for(1, cold=True)) == (None, None)


@pytest.mark.parametrize(
    ("device", "threads", "index"), [("cpu", 2, 0), ("cpu", 1, 1), ("cpu", 3, None), ("cuda", None, 2), ("cuda", 2, 2)]
)
def test_calibrations_are_found_by_device_and_threads(device: str, threads: int | None, index: int | None) -> None:
    known = (FORGED, replace(FORGED, threads=1), Calibration("cuda", None))
    assert find(known, device, threads) == (None if index is None else known[index])


@pytest.mark.parametrize(("precision", "method"), [("fp32", "fma"), ("fp64", "gemm 512"), ("bf16", None)])
def test_peaks_are_found_by_precision(precision: str, method: str | None) -> None:
    peak = FORGED.peak(precision)
    assert (None if peak is None else peak.method) == method


def test_ceilings_hold_for_the_settings_that_they_were_measured_with() -> None:
    slow = replace(FORGED, tuning="governor=powersave")
    known = (FORGED, slow)
    assert find(known, "cpu", 2, "governor=powersave") == slow
    assert find(known, "cpu", 2) == FORGED
    assert find(known, "cpu", 2, "governor=performance") is None
    old = {name: value for name, value in FORGED.to_dict().items() if name != "tuning"}
    assert Calibration.from_dict(old) == FORGED
