"""What a user asked for, checked and put in order before anything is started."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bench.errors import InfrastructureError, UsageError
from bench.machine import devices, processors
from bench.machine.processors import available_threads
from bench.run.sweep import Job
from bench.store import runs
from bench.store.runs import require_same_machine
from bench.sweep import jobs
from bench.sweep.axes import Axis
from bench.sweep.config import Config
from bench.sweep.jobs import for_problem, for_problems, for_resumed, for_sweep
from bench.sweep.overrides import Overrides, from_options
from bench.worker import settings
from impls import ConvError, ConvProblem, names, registry

SMALL = "mb1ic4ih8oc4kh3ph1"
PLUGIN = """
import impls


@impls.register
class Mine(impls.Implementation):
    name = "mine"

    def plan(self, case, weight, bias):
        return lambda x: x
"""


@pytest.fixture(autouse=True)
def _own_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one test registers, the next does not see."""
    monkeypatch.setattr(registry, "_registered", dict(registry._registered))


@pytest.fixture
def cpu_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "available", lambda: ("cpu",))


@pytest.fixture
def with_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "available", lambda: ("cpu", "cuda"))


def _devices(job: Job) -> list[str]:
    return list(dict.fromkeys(p.case.device for p in job.cases))


def test_a_sweep_by_name(cpu_only: None) -> None:
    job = for_sweep("stride", Overrides(), "convcost sweep stride")
    assert (job.config.name, len(job.cases), job.command) == ("stride", 5, "convcost sweep stride")
    assert job.implementations == names()
    assert (job.settings.threads, job.settings.load) == (available_threads(), ())


def test_a_problem() -> None:
    job = for_problem(SMALL, Overrides(), "")
    assert [p.case.problem for p in job.cases] == [ConvProblem.parse(SMALL)]
    assert (job.cases[0].case.precision, job.cases[0].case.layout, _devices(job)) == ("fp32", "nchw", ["cpu"])


@pytest.mark.parametrize("given", [{"bias": True}, {"seed": 3}, {"max_seconds": 0.5}])
def test_what_is_given_overrides_the_configuration(given: dict[str, Any]) -> None:
    config = for_problem(SMALL, Overrides(**given), "").config
    assert {name: getattr(config, name) for name in given} == given


def test_zero_is_a_seed(tmp_path: Path, cpu_only: None) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(f'base = "{SMALL}"\nseed = 5')
    assert for_sweep(str(path), Overrides(), "").config.seed == 5
    assert for_sweep(str(path), Overrides(seed=0), "").config.seed == 0


def test_choices_multiply() -> None:
    choices = Overrides(precisions=("fp32", "fp64"), layouts=("nchw", "nhwc"), bias=True)
    cases = [p.case for p in for_problem(SMALL, choices, "").cases]
    assert {(c.precision, c.layout) for c in cases} == {(p, m) for p in ("fp32", "fp64") for m in ("nchw", "nhwc")}
    assert all(c.problem.bias for c in cases)


@pytest.mark.parametrize(
    ("axes", "expected"),
    [
        (("stride=3",), {"stride": (3,), "padding": ("same",)}),
        (("stride=3", "kernel=[1:5:2]"), {"stride": (3,), "padding": ("same",), "kernel": (1, 3, 5)}),
        (("stride=3", "stride=1,2"), {"stride": (1, 2), "padding": ("same",)}),
    ],
)
def test_axes_override_those_of_the_file(
    axes: tuple[str, ...], expected: dict[str, tuple[int | str, ...]], cpu_only: None
) -> None:
    config = for_sweep("stride", Overrides(axes=axes), "").config
    assert {axis.name: axis.values for axis in config.axes} == expected


def test_axes_may_be_added_to_a_file_with_a_base_alone(tmp_path: Path, cpu_only: None) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(f'base = "{SMALL}"')
    job = for_sweep(str(path), Overrides(axes=("kernel=3,1",)), "")
    assert [p.case.problem.kernel for p in job.cases] == [(3, 3), (1, 1)]


@pytest.mark.parametrize(
    ("patterns", "chosen"),
    [
        (("torch",), ("torch",)),
        (("torch", "direct", "torch"), ("torch", "direct")),
        (("*", "-loops"), tuple(n for n in names() if n != "loops")),
        (("torch", "*"), ("torch", *(n for n in names() if n != "torch"))),
    ],
)
def test_implementations(patterns: tuple[str, ...], chosen: tuple[str, ...]) -> None:
    assert for_problem(SMALL, Overrides(implementations=patterns), "").implementations == chosen


def test_plugins_are_known_once_loaded(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(PLUGIN)
    with pytest.raises(ConvError, match="'mine' is unknown"):
        for_problem(SMALL, Overrides(implementations=("mine",)), "")
    job = for_problem(SMALL, Overrides(implementations=("mine",), load=(path,)), "")
    assert (job.implementations, job.settings.load) == (("mine",), (path,))
    assert "mine" in for_problem(SMALL, Overrides(load=(path,)), "").implementations


def test_problems_keep_their_bias_and_order() -> None:
    problems = [ConvProblem.parse(SMALL, bias=True), ConvProblem.parse(SMALL), ConvProblem.parse("mb1ic1ih1oc1kh1")]
    job = for_problems(problems, Overrides(devices=("cpu",), precisions=("fp64", "bf16")), "")
    assert [p.case.problem for p in job.cases[::2]] == problems
    assert [p.case.precision for p in job.cases] == ["fp64", "bf16"] * 3


def test_devices_of_a_configuration_that_are_not_there_are_left_out(cpu_only: None) -> None:
    assert _devices(for_sweep("stride", Overrides(), "")) == ["cpu"]


def test_all_devices_of_a_configuration_that_are_there_are_used(with_gpu: None) -> None:
    assert _devices(for_sweep("stride", Overrides(), "")) == ["cpu", "cuda"]
    assert _devices(for_sweep("stride", Overrides(devices=("cuda",)), "")) == ["cuda"]


def test_a_configuration_for_devices_that_are_not_there(tmp_path: Path, cpu_only: None) -> None:
    path = tmp_path / "gpu.toml"
    path.write_text(f'base = "{SMALL}"\ndevices = ["cuda"]')
    with pytest.raises(UsageError, match="none of the devices cuda exists here; allowed: cpu"):
        for_sweep(str(path), Overrides(), "")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"devices": ("cuda",)}, "device 'cuda' does not exist here; allowed on this machine: cpu"),
        ({"devices": ("tpu",)}, "device 'tpu' does not exist here; allowed on this machine: cpu"),
        ({"devices": ("cpu", "tpu")}, "'tpu'"),
        ({"precisions": ("fp8",)}, "precision 'fp8' is unknown; allowed: fp64, fp32"),
        ({"layouts": ("chwn",)}, "layout 'chwn' is unknown (did you mean 'nchw'?); allowed: nchw, nhwc"),
        ({"implementations": ("drect",)}, "'drect' is unknown (did you mean 'direct'?)"),
        ({"implementations": ("loops", "-loops")}, "no implementation is left"),
        ({"threads": 0}, f"cannot use 0 threads; allowed: 1 to {available_threads()}"),
        ({"threads": -1}, "-1 threads"),
        ({"threads": 10**6}, "1000000 threads"),
        ({"load": (Path("missing.py"),)}, "--load missing.py: there is no such file"),
    ],
    ids=str,
)
def test_what_cannot_be_is_refused_for_sweep_and_problem(given: dict[str, Any], message: str, cpu_only: None) -> None:
    for make, what in ((for_sweep, "stride"), (for_problem, SMALL)):
        with pytest.raises((UsageError, ConvError)) as caught:
            make(what, Overrides(**given), "")
        assert message in str(caught.value)


@pytest.mark.parametrize("what", ["lenet-5", "resnet-50"])
def test_layers_have_no_axes(what: str, cpu_only: None) -> None:
    with pytest.raises(UsageError, match=f"{what} is a set of layers; leave out -a"):
        for_sweep(what, Overrides(axes=("kernel=3",)), "")


@pytest.mark.parametrize("size", [10**8, 10**17], ids=["10⁸", "10¹⁷"])
def test_absurd_sizes_are_refused_with_the_bytes(size: int, cpu_only: None) -> None:
    with pytest.raises(UsageError, match=r"would need .*EiB of memory; allowed: "):
        for_sweep("stride", Overrides(axes=(f"size={size}",)), "")


# Resuming.

CONFIG = Config(name="mine", base=SMALL, devices=("cpu",), axes=(Axis("kernel", (3, 1)),), implementations=("torch",))
META: dict[str, Any] = {
    "configuration": {**CONFIG.as_dict(), "candidates": ["torch"]},
    "settings": {"threads": 1, "load": []},
    "environment": {"host": "here", "cpu": "fast", "gpu": None, "threads": 1, "torch": "2", "numba": "0"},
}


def test_a_resumed_run_is_ordered_as_it_was_begun(tmp_path: Path) -> None:
    job = for_resumed(runs.create(tmp_path, "mine", META), "again")
    assert (job.config, job.implementations, job.settings.threads) == (CONFIG, ("torch",), 1)
    assert [p.case.problem.kernel for p in job.cases] == [(3, 3), (1, 1)]


@pytest.mark.parametrize(("said", "expected"), [({}, settings.STEP_TIMEOUT_S), ({"step_timeout_s": 9.5}, 9.5)])
def test_a_resumed_run_is_as_patient_as_it_was(tmp_path: Path, said: dict[str, float], expected: float) -> None:
    meta = {**META, "settings": {**META["settings"], **said}}
    assert for_resumed(runs.create(tmp_path, "mine", meta), "again").settings.step_timeout_s == expected


def test_patience_is_ordered() -> None:
    assert for_sweep("quick", from_options(devices=["cpu"], step_timeout="1.5m"), "").settings.step_timeout_s == 90.0
    assert for_problem(SMALL, Overrides(), "").settings.step_timeout_s == settings.STEP_TIMEOUT_S


def test_candidates_are_those_the_run_was_begun_with(tmp_path: Path) -> None:
    """ "*" may stand for more by now: a run's cases must all have the same candidates."""
    config = {**CONFIG.as_dict(), "implementations": ["*"], "candidates": ["im2col", "torch"]}
    job = for_resumed(runs.create(tmp_path, "mine", {**META, "configuration": config}), "again")
    assert job.implementations == ("im2col", "torch")


def test_a_run_that_is_none_cannot_be_resumed(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is no run"):
        for_resumed(tmp_path, "again")


@pytest.mark.parametrize("lost", ["configuration", "settings"])
def test_a_run_that_lacks_what_it_was_begun_with(tmp_path: Path, lost: str) -> None:
    folder = runs.create(tmp_path, "mine", {key: value for key, value in META.items() if key != lost})
    with pytest.raises((UsageError, InfrastructureError), match=r"run\.json"):
        for_resumed(folder, "again")


@pytest.mark.parametrize(
    "changed", [{}, {"host": "there"}, {"cpu": "slow"}, {"gpu": "H200"}, {"threads": 2}, {"torch": "3"}, {"numba": "1"}]
)
def test_require_same_machine(tmp_path: Path, changed: dict[str, Any]) -> None:
    folder = runs.create(tmp_path, "mine", META)
    if not changed:
        require_same_machine(folder, META["environment"])
        return
    (name,) = changed
    with pytest.raises(UsageError, match=f"was begun with {name} {META['environment'][name]!r}"):
        require_same_machine(folder, {**META["environment"], **changed})


def test_nothing_is_loaded_or_started_by_looking(cpu_only: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*given: object) -> None:
        raise AssertionError("an order starts nothing")

    monkeypatch.setattr("subprocess.Popen", never)
    assert jobs.for_sweep("quick", Overrides(), "").cases


# Threads and budgets.


def test_threads_may_be_an_axis(cpu_only: None, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (jobs, processors):
        monkeypatch.setattr(module, "available_threads", lambda: 4)
    job = for_sweep("stride", Overrides(axes=("stride=1", "padding=same", "threads=1,4"), threads=2), "")
    assert ([p.threads for p in job.cases], job.settings.threads) == ([1, 4], 2)
    assert {p.threads for p in for_sweep("stride", Overrides(threads=3), "").cases} == {3}


@pytest.mark.parametrize(
    ("axis", "message"),
    [
        ("threads=1,8", "axis threads has the value 8; allowed: whole numbers from 1 to 4, the processors available"),
        ("threads=0", "axis threads has the value 0; allowed: whole numbers of at least 1"),
        ("threads=all", "axis threads has the value 'all'; allowed: whole numbers of at least 1"),
    ],
)
def test_threads_that_are_not_to_be_had(
    axis: str, message: str, cpu_only: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (jobs, processors):
        monkeypatch.setattr(module, "available_threads", lambda: 4)
    with pytest.raises(UsageError, match=message):
        for_sweep("stride", Overrides(axes=(axis,)), "")


def test_a_budget_is_a_duration(cpu_only: None) -> None:
    assert for_sweep("stride", from_options(budget="1.5m"), "").config.budget_s == 90.0
    assert for_sweep("stride", Overrides(), "").config.budget_s is None
    with pytest.raises(UsageError, match="'soon' is no duration above 0; allowed: 90 or 90s"):
        for_sweep("stride", from_options(budget="soon"), "")
