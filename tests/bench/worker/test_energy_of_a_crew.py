"""The energy of a case from real processes with a simulated counter: shares, and what a lost process costs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bench.energy.plan import Windows
from bench.worker.crew import Crew
from bench.worker.protocol import MeasureEnergy
from bench.worker.settings import Settings
from impls import Case, ConvProblem
from tests.bench.worker.plugins import write_plugin

pytestmark = pytest.mark.full

CASE = Case(ConvProblem.parse("mb1ic4ih8oc4kh3ph1"))
PLAN = Windows("test", window_s=0.1, periods=10, windows=4, idle_s=0.2, warm_up_s=0.5, budget_s=10.0)
# The counter of bench.energy.overhead: 50 W whatever runs.
POWER_W = 50.0
METER = """
import tempfile
from pathlib import Path
from bench.energy.availability import detect
from bench.energy.meter import Method
from bench.energy.overhead import SimulatedMeter, powercap_tree
from bench.worker import energy, integrity

ROOT = powercap_tree(Path(tempfile.mkdtemp()))
energy.meters = lambda: (detect("rapl-powercap", "cpu", Method.COUNTER, lambda: Meter(ROOT, 5e-3)),)
# Replaced code of the harness is found and put back: this is the code now.
integrity._remembered[0].__init__()


class Meter(SimulatedMeter):
    pass
"""
KILLED_IN_A_WINDOW = """
@impls.register
class Tires(Base):
    name = "tires"
    calls = 0

    def call(self, *given):
        Tires.calls += 1
        if Tires.calls > 100:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().call(*given)
"""
# Once, by the first process that idles: as the system does where memory ends.
KILLED_AT_REST = """
MARK = Path(__file__).with_name("killed")


class Meter(SimulatedMeter):
    def conditions(self):
        if not MARK.exists():
            MARK.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return super().conditions()
"""


def _measured(folder: Path, behaviour: str, *names: str) -> dict[str, Any]:
    plugin = write_plugin(folder, METER + behaviour)
    with Crew(Settings(1, load=(plugin,)), 2) as crew:
        return crew.energy(MeasureEnergy(CASE, names, 3, PLAN))


def test_two_processes_share_the_windows(tmp_path: Path) -> None:
    record = _measured(tmp_path, "", "torch", "good")
    for name in ("torch", "good"):
        (figure,) = record["energy"][name]
        assert (figure["processes"], figure["reason"]) == (2, None)
        # On a busy machine a window is taken again.
        assert figure["windows"] >= 4
        assert figure["power_w"] == pytest.approx(POWER_W, rel=0.02)
    windows = [w for raw in record["processes"] for w in raw["windows"]["torch"]]
    if Path("/proc/stat").is_file():
        assert all(0 < w["neighbours"]["all_s"] < 60 for w in windows)
    assert len(record["processes"]) == 2


def test_a_candidate_that_kills_its_process_costs_only_itself(tmp_path: Path) -> None:
    energy = _measured(tmp_path, KILLED_IN_A_WINDOW, "torch", "tires", "good")["energy"]
    (lost,) = energy["tires"]
    assert (lost["gross_j"], lost["reason"]) == (None, "crashed: the worker process ended with signal 9 (SIGKILL)")
    assert [energy[name][0]["processes"] for name in ("torch", "good")] == [2, 2]


def test_a_process_that_is_killed_at_rest_is_replaced_and_costs_no_window(tmp_path: Path) -> None:
    energy = _measured(tmp_path, KILLED_AT_REST, "torch", "good")["energy"]
    assert (tmp_path / "killed").exists()
    for name in ("torch", "good"):
        (figure,) = energy[name]
        assert (figure["processes"], figure["reason"]) == (2, None)
        assert figure["windows"] >= 4
        assert "few-processes" not in figure["flags"]
