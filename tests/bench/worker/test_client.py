"""The worker survives every behaviour of a plug-in, blames the right one, and goes on with the others."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.errors import InfrastructureError, OutOfTime, UsageError
from bench.machine.processors import available_threads
from bench.worker.client import Worker
from bench.worker.protocol import Calibrate, Call, Outcome, Task
from bench.worker.settings import Settings
from impls import Case, ConvProblem
from tests.bench.worker.plugins import BEHAVIOURS, write_plugin

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
CASE = Case(ConvProblem.parse("mb1ic4ih8oc4kh3ph1"))
# No plan and no call of these plug-ins takes a tenth of it, even on a loaded machine.
STEP_TIMEOUT_S = 3.0

# (implementation, its status, what its reason says)
EXPECTED = [
    ("exits", "crashed", "exit code 3"),
    ("good", "ok", None),
    ("leaves-in-plan", "crashed", "exit code 1: no more of this"),
    ("killed", "crashed", "signal 9 (SIGKILL): last words"),
    ("hangs", "timeout", "one step took more than 3 s"),
    ("raises", "failed", "RuntimeError: this is why (plugin.py, line "),
    ("raises-later", "failed", "RuntimeError: tired"),
    ("returns-none", "wrong", "NoneType, not a tensor"),
    ("returns-zeros", "wrong", "what its bound allows"),
    ("remembers", "wrong", "does it remember results?"),
    ("prints", "ok", None),
    ("refuses", "unsupported", "not today"),
    ("huge", "unsupported", "its workspace 1 EiB"),
    ("unknown-bound", "failed", "guess"),
]


@pytest.fixture(autouse=True)
def _child_finds_the_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


def _task(*names: str, max_seconds: float | None = 1.0) -> Task:
    return Task(CASE, names, seed=0, max_seconds=max_seconds, target_rel_ci=0.5)


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Outcome]]:
    """All behaviours in one task, and `good` once more afterwards."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT))
        path = write_plugin(tmp_path_factory.mktemp("plugin"), BEHAVIOURS)
        with Worker(Settings(1, (path,), step_timeout_s=STEP_TIMEOUT_S)) as worker:
            found = worker.run(_task(*(name for name, _, _ in EXPECTED)))
            assert [o.implementation for o in found] == [name for name, _, _ in EXPECTED]
            # The first child, and one after each that was lost.
            assert worker.processes_started == 5
            (again,) = worker.run(_task("good"))
            assert worker.processes_started == 5
            assert worker.sampling_s >= sum(sample.time_s for sample in again.samples)
            yield {**{o.implementation: o for o in found}, "good again": again}


@pytest.mark.parametrize(("name", "status", "reason"), EXPECTED, ids=[e[0] for e in EXPECTED])
def test_each_behaviour_has_its_status(
    outcomes: dict[str, Outcome], name: str, status: str, reason: str | None
) -> None:
    outcome = outcomes[name]
    assert outcome.status == status, outcome.reason
    if reason is None:
        assert outcome.reason is None
    else:
        assert reason in (outcome.reason or "")
        assert "\n" not in (outcome.reason or "")


@pytest.mark.parametrize("name", ["good", "good again", "prints"])
def test_right_implementations_are_timed(outcomes: dict[str, Outcome], name: str) -> None:
    outcome = outcomes[name]
    assert (outcome.status, len(outcome.samples) >= 6) == ("ok", True)
    assert all(sample.time_s > 0 for sample in outcome.samples)
    assert outcome.stopped_by in ("target_rel_ci", "max_seconds")
    assert None not in (outcome.plan_s, outcome.first_call_s, outcome.error_rms, outcome.calls_per_sample)


def test_an_outcome_that_is_not_ok_has_no_times(outcomes: dict[str, Outcome]) -> None:
    for outcome in outcomes.values():
        if outcome.status != "ok":
            assert (outcome.samples, outcome.stopped_by) == ((), None), outcome.implementation


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("raise RuntimeError('broken plug-in')", "RuntimeError: broken plug-in"),
        pytest.param(
            "class Twice(Base):\n    name = 'torch'\nimpls.register(Twice)", "'torch' is taken", marks=pytest.mark.full
        ),
    ],
)
def test_a_plugin_that_does_not_load_is_a_usage_error(tmp_path: Path, body: str, message: str) -> None:
    with Worker(Settings(1, (write_plugin(tmp_path, body),))) as worker:
        with pytest.raises(UsageError, match=message):
            worker.start()
        assert worker.environment is None


@pytest.mark.full
def test_a_plugin_that_ends_the_process_during_its_import_is_an_error(tmp_path: Path) -> None:
    with (
        Worker(Settings(1, (write_plugin(tmp_path, "os._exit(7)"),))) as worker,
        pytest.raises((InfrastructureError, UsageError), match="exit code 7"),
    ):
        worker.start()


def test_at_the_end_of_time_no_candidate_is_blamed(tmp_path: Path) -> None:
    """A hang shortly before the end does not delay it, and nothing is started after it."""
    with Worker(Settings(1, (write_plugin(tmp_path, BEHAVIOURS),))) as worker:
        worker.start()
        assert worker._process is not None
        worker._process._ends_at = time.monotonic() + 0.5
        for name in ("hangs", "good"):
            with pytest.raises(OutOfTime):
                worker.run(_task(name))
        assert time.monotonic() - worker._process._ends_at < 10


def test_after_the_end_of_time_no_process_is_awaited() -> None:
    with Worker(Settings(1), ends_at=time.monotonic()) as worker:
        with pytest.raises(OutOfTime):
            worker.start()
        assert worker._process is None


# Plug-ins that are asked or counted before anything runs.
BEFORE_PLANNING = """
import numpy


@impls.register
class AskedWhyNot(Base):
    name = "asked-why-not"

    def why_not(self, case):
        raise RuntimeError("do not ask")


@impls.register
class AskedWork(Base):
    name = "asked-work"

    def work(self, case):
        raise RuntimeError("do not ask")


@impls.register
class Counted(Base):
    name = "counted"

    def work(self, case):
        # The natural result of np.prod is an integer that JSON does not know.
        return impls.Work(flops=numpy.prod(case.problem.output_shape))


@impls.register
class Tuned(Base):
    name = "tuned"

    def work(self, case):
        return impls.Work(flops=1)

    def plan(self, case, weight, bias):
        return impls.Plan(super().plan(case, weight, bias), work=impls.Work(flops=2, workspace_bytes=3))
"""


@pytest.fixture(scope="module")
def proven(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcome]:
    """The outcomes of BEFORE_PLANNING in one task, which measures nothing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT))
        path = write_plugin(tmp_path_factory.mktemp("plugin"), BEFORE_PLANNING)
        with Worker(Settings(1, (path,), step_timeout_s=STEP_TIMEOUT_S)) as worker:
            # First another task: the candidate that the beacon shows from then must not be blamed.
            assert [o.status for o in worker.run(_task("good", max_seconds=None))] == ["ok"]
            found = worker.run(_task("good", "asked-why-not", "asked-work", "counted", "tuned", max_seconds=None))
    return {outcome.implementation: outcome for outcome in found}


@pytest.mark.parametrize("name", ["asked-why-not", "asked-work"])
def test_a_plugin_that_raises_before_planning_affects_no_other(proven: dict[str, Outcome], name: str) -> None:
    assert (proven["good"].status, proven["good"].reason) == ("ok", None)
    assert proven[name].status in ("failed", "crashed")
    assert "do not ask" in (proven[name].reason or "")


def test_a_plugin_may_count_with_numpy_integers(proven: dict[str, Outcome]) -> None:
    assert (proven["counted"].status, proven["counted"].executed_flops) == ("ok", 4 * 8 * 8)


def test_the_work_of_a_plan_overrides_that_of_its_implementation(proven: dict[str, Outcome]) -> None:
    tuned = proven["tuned"]
    assert (tuned.status, tuned.executed_flops, tuned.workspace_bytes) == ("ok", 2, 3)


def test_settings_reach_the_child_and_its_folder_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with Worker(Settings(1)) as worker:
        environment = worker.start()
        assert worker.start() is environment
        assert (environment["threads"], environment["malloc"], worker.processes_started) == (1, "pinned", 1)
        assert list(tmp_path.glob("convcost-*"))
    assert not list(tmp_path.glob("convcost-*"))


def test_files_in_the_working_directory_are_not_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Users have folders with a bench.py or a torch.py of their own."""
    for name in ("bench.py", "impls.py", "torch.py", "queue.py"):
        (tmp_path / name).write_text(f"raise RuntimeError('the wrong {name}')")
    monkeypatch.chdir(tmp_path)
    with Worker(Settings(1)) as worker:
        assert worker.start()["torch"]


@pytest.mark.parametrize("threads", [1, 3])
def test_environment_pins_threads_and_malloc(threads: int) -> None:
    environment = Settings(threads).environment()
    for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
        assert environment[variable] == str(threads)
    assert environment["MALLOC_MMAP_MAX_"] == "0"
    assert environment["PATH"] == os.environ["PATH"]
    assert available_threads() >= 1


@pytest.mark.full
@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("os._exit(4)", "exit code 4"),
        ("raise OSError('no such cache')", "OSError: no such cache"),
    ],
)
def test_a_calibration_that_ends_the_process_is_empty_with_the_reason(tmp_path: Path, how: str, said: str) -> None:
    body = f"""
import bench.calibration.cpu

def end(*given, **named):
    {how}

bench.calibration.cpu.calibrate_cpu = end
"""
    with Worker(Settings(1, (write_plugin(tmp_path, body),))) as worker:
        found = worker.calibrate(Calibrate("cpu", ("fp32",)))
        assert (found.device, found.threads, found.peaks, found.levels) == ("cpu", 1, (), ())
        assert said in found.failed[0]
        (good,) = worker.run(_task("good"))
        assert (good.status, worker.processes_started) == ("ok", 2)


@pytest.mark.full
@pytest.mark.parametrize(
    ("function", "said"),
    [
        ("os:_exit", "exit code 4"),
        ("json:dumps", "missing 1 required positional argument: 'obj'"),
    ],
)
def test_a_call_that_ends_the_process_is_an_error_and_the_next_is_answered(function: str, said: str) -> None:
    with Worker(Settings(1)) as worker:
        with pytest.raises(InfrastructureError, match=said):
            worker.call(Call(function, {"status": 4}))
        assert worker.call(Call("json:dumps", {"obj": [1, None]})) == "[1, null]"
        assert worker.processes_started == 2


@pytest.mark.full
def test_a_call_may_take_its_budget_beyond_the_step_time_out() -> None:
    with Worker(Settings(1, step_timeout_s=0.1)) as worker:
        assert worker.call(Call("tests.bench.worker.plugins:sleep", {"seconds": 1.0}, budget_s=60.0)) == 1.0
        with pytest.raises(InfrastructureError, match=r"one step took more than 0\.2 s"):
            worker.call(Call("tests.bench.worker.plugins:sleep", {"seconds": 60.0}, budget_s=0.1))
