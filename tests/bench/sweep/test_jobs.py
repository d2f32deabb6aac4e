"""Jobs from names, files and options: checked before anything is started."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bench.cost.rates import Rates
from bench.errors import InfrastructureError, UsageError
from bench.machine import devices, processors
from bench.machine.processors import available_threads
from bench.store import runs
from bench.sweep import jobs
from bench.sweep.axes import Axis
from bench.sweep.config import Config
from bench.sweep.job import Job
from bench.sweep.jobs import for_problem, for_problems, for_resumed, for_sweep
from bench.sweep.overrides import Overrides, from_options
from bench.worker import settings
from impls import ConvError, ConvProblem, registry

SMALL = "mb1ic4ih8oc4kh3ph1"
ALL = registry.select(["*"])
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
    """Implementations registered by one test are unknown to the next."""
    monkeypatch.setattr(registry, "_registered", dict(registry._registered))


@pytest.fixture
def cpu_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "available", lambda: ("cpu",))


@pytest.fixture
def with_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "available", lambda: ("cpu", "cuda"))


def _devices(job: Job) -> list[str]:
    return list(dict.fromkeys(p.case.device for p in job.cases))


def test_a_sweep_by_name_has_its_cases_and_all_implementations(cpu_only: None) -> None:
    job = for_sweep("stride", Overrides(), "convcost sweep stride")
    assert (job.config.name, len(job.cases), job.command) == ("stride", 5, "convcost sweep stride")
    assert job.implementations == ALL
    assert (job.settings.threads, job.settings.load) == (available_threads(), ())


def test_a_problem_is_one_case_on_the_cpu_in_fp32() -> None:
    job = for_problem(SMALL, Overrides(), "")
    assert [p.case.problem for p in job.cases] == [ConvProblem.parse(SMALL)]
    assert (job.cases[0].case.precision, job.cases[0].case.layout, _devices(job)) == ("fp32", "nchw", ["cpu"])


@pytest.mark.parametrize("given", [{"bias": True}, {"seed": 3}, {"max_seconds": 0.5}])
def test_given_values_replace_those_of_the_configuration(given: dict[str, Any]) -> None:
    config = for_problem(SMALL, Overrides(**given), "").config
    assert {name: getattr(config, name) for name in given} == given


def test_seed_0_replaces_the_seed_of_a_file(tmp_path: Path, cpu_only: None) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(f'base = "{SMALL}"\nseed = 5')
    assert for_sweep(str(path), Overrides(), "").config.seed == 5
    assert for_sweep(str(path), Overrides(seed=0), "").config.seed == 0


def test_precisions_and_layouts_multiply() -> None:
    overrides = Overrides(precisions=("fp32", "fp64"), layouts=("nchw", "nhwc"), bias=True)
    cases = [p.case for p in for_problem(SMALL, overrides, "").cases]
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
        (("*", "-loops"), tuple(n for n in ALL if n != "loops")),
        (("torch", "*"), ("torch", *(n for n in ALL if n != "torch"))),
    ],
)
def test_patterns_select_implementations(patterns: tuple[str, ...], chosen: tuple[str, ...]) -> None:
    assert for_problem(SMALL, Overrides(implementations=patterns), "").implementations == chosen


def test_a_plug_in_is_known_after_loading(tmp_path: Path) -> None:
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


def test_missing_devices_of_a_configuration_are_left_out(cpu_only: None) -> None:
    assert _devices(for_sweep("stride", Overrides(), "")) == ["cpu"]


def test_all_existing_devices_of_a_configuration_are_used(with_gpu: None) -> None:
    assert _devices(for_sweep("stride", Overrides(), "")) == ["cpu", "cuda"]
    assert _devices(for_sweep("stride", Overrides(devices=("cuda",)), "")) == ["cuda"]


def test_a_configuration_without_an_existing_device_is_refused(tmp_path: Path, cpu_only: None) -> None:
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
        ({"load": (Path("missing.py"),)}, "missing.py: there is no such file"),
    ],
    ids=str,
)
def test_impossible_values_are_refused(given: dict[str, Any], message: str, cpu_only: None) -> None:
    for make, name in ((for_sweep, "stride"), (for_problem, SMALL)):
        with pytest.raises((UsageError, ConvError)) as caught:
            make(name, Overrides(**given), "")
        assert message in str(caught.value)


@pytest.mark.parametrize("name", ["lenet-5", "resnet-50"])
def test_layer_sets_have_no_axes(name: str, cpu_only: None) -> None:
    with pytest.raises(UsageError, match=f"{name} is a set of layers; leave out -a"):
        for_sweep(name, Overrides(axes=("kernel=3",)), "")


@pytest.mark.parametrize("size", [10**8, 10**17], ids=["10⁸", "10¹⁷"])
def test_sizes_beyond_the_memory_are_refused_with_the_bytes(size: int, cpu_only: None) -> None:
    with pytest.raises(UsageError, match=r"would need .*EiB of memory; allowed: "):
        for_sweep("stride", Overrides(axes=(f"size={size}",)), "")


# Resuming.

CONFIG = Config(name="mine", base=SMALL, devices=("cpu",), axes=(Axis("kernel", (3, 1)),), implementations=("torch",))
META: dict[str, Any] = {
    "configuration": {**CONFIG.as_dict(), "candidates": ["torch"]},
    "settings": {"threads": 1, "load": [], "step_timeout_s": 9.5},
    "energy": {"model": None, "without": {}},
    "rates": Rates().as_dict(),
}


def test_a_resumed_run_has_the_job_that_it_was_begun_with(tmp_path: Path) -> None:
    job = for_resumed(runs.create(tmp_path, "mine", META), "again")
    assert (job.config, job.implementations, job.settings.threads) == (CONFIG, ("torch",), 1)
    assert [p.case.problem.kernel for p in job.cases] == [(3, 3), (1, 1)]


def test_a_resumed_run_has_the_same_step_timeout(tmp_path: Path) -> None:
    assert for_resumed(runs.create(tmp_path, "mine", META), "again").settings.step_timeout_s == 9.5


def test_a_run_of_an_earlier_schema_is_reported_not_resumed(tmp_path: Path) -> None:
    folder = runs.create(tmp_path, "mine", META)
    runs.write_meta(folder, {**runs.read_meta(folder), "schema_version": "1.5"})
    with pytest.raises(
        UsageError, match=r"has schema 1\.5.* writes 2\.\d.* can be reported, not continued.*convcost report"
    ):
        for_resumed(folder, "again")


def test_the_step_timeout_is_a_setting() -> None:
    assert for_sweep("quick", from_options(devices=["cpu"], step_timeout="1.5m"), "").settings.step_timeout_s == 90.0
    assert for_problem(SMALL, Overrides(), "").settings.step_timeout_s == settings.STEP_TIMEOUT_S


def test_a_resumed_run_has_the_same_candidates(tmp_path: Path) -> None:
    """ "*" may match more implementations now: all cases of a run must have the same candidates."""
    config = {**CONFIG.as_dict(), "implementations": ["*"], "candidates": ["im2col", "torch"]}
    job = for_resumed(runs.create(tmp_path, "mine", {**META, "configuration": config}), "again")
    assert job.implementations == ("im2col", "torch")


def test_a_folder_that_is_no_run_cannot_be_resumed(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not a run"):
        for_resumed(tmp_path, "again")


@pytest.mark.parametrize("lost", ["configuration", "settings", "energy", "rates"])
def test_a_run_without_a_part_of_its_job_cannot_be_resumed(tmp_path: Path, lost: str) -> None:
    folder = runs.create(tmp_path, "mine", {key: value for key, value in META.items() if key != lost})
    with pytest.raises((UsageError, InfrastructureError), match=r"run\.json"):
        for_resumed(folder, "again")


def test_making_a_job_starts_no_process(cpu_only: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*given: object) -> None:
        raise AssertionError("a job starts no process")

    monkeypatch.setattr("subprocess.Popen", never)
    assert jobs.for_sweep("quick", Overrides(), "").cases


# Threads and budgets.


def test_threads_may_be_an_axis(cpu_only: None, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (jobs, processors):
        monkeypatch.setattr(module, "available_threads", lambda: 4)
    job = for_sweep("stride", Overrides(axes=("stride=1", "padding=same", "threads=1,4")), "")
    assert ([p.threads for p in job.cases], job.settings.threads) == ([1, 4], 4)
    assert {p.threads for p in for_sweep("stride", Overrides(threads=3), "").cases} == {3}


def test_threads_that_the_machine_lacks_are_left_out_of_the_job_and_its_configuration(
    cpu_only: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "available_threads", lambda: 2)
    job = for_sweep("stride", Overrides(axes=("stride=1,2", "padding=same", "threads=4,1,2")), "")
    assert [(p.case.problem.stride[0], p.threads) for p in job.cases] == [(1, 1), (2, 1), (1, 2), (2, 2)]
    assert job.skipped == ("threads=4: only 2 processors available here",)
    # A report takes the first value of an axis for the baseline: it must have been measured.
    assert {axis.name: axis.values for axis in job.config.axes}["threads"] == (1, 2)


@pytest.mark.parametrize(
    ("axis", "message"),
    [
        ("threads=8", "axis threads has the value 8; allowed: whole numbers from 1 to 4, the processors"),
        ("threads=8,9", "axis threads has the value 8, 9; allowed: whole numbers from 1 to 4, the processors"),
        ("threads=0", "axis threads has the value 0; allowed: whole numbers of at least 1"),
        ("threads=all", "axis threads has the value 'all'; allowed: whole numbers of at least 1"),
    ],
)
@pytest.mark.usefixtures("cpu_only")
def test_impossible_threads_are_refused(axis: str, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (jobs, processors):
        monkeypatch.setattr(module, "available_threads", lambda: 4)
    with pytest.raises(UsageError, match=message):
        for_sweep("stride", Overrides(axes=(axis,)), "")


def test_a_budget_is_a_duration(cpu_only: None) -> None:
    assert for_sweep("stride", from_options(budget="1.5m"), "").config.budget_s == 90.0
    assert for_sweep("stride", Overrides(), "").config.budget_s is None
    with pytest.raises(UsageError, match="'soon' is not a duration above 0; allowed: 90 or 90s"):
        for_sweep("stride", from_options(budget="soon"), "")
