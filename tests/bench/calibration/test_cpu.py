"""A calibration of this machine: relations that hold on any machine, however busy."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from bench.calibration import cpu
from bench.calibration.cpu import calibrate_cpu
from bench.calibration.team import Team
from bench.calibration.value import FMA, Calibration
from bench.machine.caches import cpu_levels
from bench.machine.processors import available_threads
from bench.run.ceilings import calibrate
from bench.worker.crew import Crew
from bench.worker.settings import Settings
from impls import Case, ConvProblem
from tests.bench.worker.plugins import write_plugin

pytestmark = pytest.mark.slow

THREADS = min(2, available_threads())
# Without caches, and with 1 MiB of memory: a large cache takes ten seconds to fill.
SMALL_MACHINE = """
import bench.calibration.cpu
bench.calibration.cpu.cpu_levels = tuple
bench.calibration.cpu._FALLBACK_BYTES = 2**20
"""
PROBLEM = ConvProblem.parse("mb1ic4ih8oc4kh3ph1")


@pytest.fixture(scope="module")
def found() -> Calibration:
    return calibrate_cpu(("bf16", "fp64"), THREADS, sample_s=1e-3)


@pytest.mark.full
def test_every_requested_ceiling_is_measured(found: Calibration) -> None:
    assert found.failed == ()
    assert (found.device, found.threads) == ("cpu", THREADS)
    # bf16 may be computed in fp32, so fp32 is measured with it.
    assert [peak.precision for peak in found.peaks] == ["bf16", "fp64", "fp32"]
    assert [level.name for level in found.levels] == [*(f"L{level.level}" for level in cpu_levels()), "memory"]
    assert all(peak.flops_per_s > 0 and peak.method for peak in found.peaks)
    assert all(level.bytes_per_s and level.bytes_per_s > 0 for level in found.levels)
    assert {level.method for level in found.levels} <= {"read", "triad"}


@pytest.mark.full
def test_sixteen_bits_are_at_least_as_fast_as_thirty_two(found: Calibration) -> None:
    narrow, wide = found.peak("bf16"), found.peak("fp32")
    assert narrow is not None
    assert wide is not None
    assert narrow.flops_per_s >= wide.flops_per_s
    # Not FMA, the hard ceiling: special units may be faster.
    assert narrow.method != FMA


@pytest.mark.full
def test_a_calibration_survives_json(found: Calibration) -> None:
    assert Calibration.from_dict(json.loads(json.dumps(found.to_dict(), allow_nan=False))) == found


def test_torch_keeps_its_threads() -> None:
    before = torch.get_num_threads()
    with Team(THREADS) as team, cpu._each_alone(team):
        assert torch.get_num_threads() == 1
        assert team.each(lambda _: torch.get_num_threads()) == [1] * THREADS
    assert torch.get_num_threads() == before


@pytest.mark.parametrize(
    ("rates", "best"),
    [
        ({"fp32 gemm 512": 2.0, "fp32 fma": 1.0, "fp64 fma": 9.0}, (2.0, "gemm 512")),
        ({"fp32 gemm 512": 1.0, "fp32 fma": 2.0}, (2.0, "fma")),
        ({"fp64 fma": 9.0}, None),
    ],
)
def test_the_better_method_is_the_peak(rates: dict[str, float], best: tuple[float, str] | None) -> None:
    assert cpu._best(rates, "fp32") == best


def test_failed_ceilings_are_missing_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*given: object) -> None:
        raise RuntimeError("cannot cache")

    monkeypatch.setattr(cpu, "_chains", fail)
    monkeypatch.setattr(cpu, "_products", fail)
    monkeypatch.setattr(cpu, "cpu_levels", tuple)
    monkeypatch.setattr(cpu, "_FALLBACK_BYTES", 2**20)
    found = calibrate_cpu(("fp64",), 1, sample_s=1e-4)
    assert found.peaks == ()
    assert found.failed == ("fp64 gemm: RuntimeError: cannot cache", "fp64 fma: RuntimeError: cannot cache")
    assert found.levels[-1].bytes_per_s


@pytest.mark.parametrize("machine", ["small", pytest.param("this", marks=pytest.mark.full)])
def test_a_worker_measures_the_ceilings_of_its_cases_once(tmp_path: Path, machine: str) -> None:
    cases = [Case(PROBLEM, "fp64"), Case(PROBLEM, "fp32", "nhwc"), Case(PROBLEM, "fp64", "nhwc")]
    load = (write_plugin(tmp_path, SMALL_MACHINE),) if machine == "small" else ()
    with Crew(Settings(1, load), 1) as crew:
        (first,) = calibrate(crew, cases)
        assert (first.device, first.threads, {p.precision for p in first.peaks}) == ("cpu", 1, {"fp64", "fp32"})
        assert calibrate(crew, cases, (first,)) == (first,)
        assert crew.workers[0].processes_started == 1
