"""Settings of clock and power as axes: the cases that they make, and the jobs that ask for them first."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from bench.errors import UsageError
from bench.machine import devices
from bench.sweep import jobs
from bench.sweep.axes import make_axis
from bench.sweep.cases import expand
from bench.sweep.config import Config
from bench.sweep.jobs import for_problem, for_sweep
from bench.sweep.overrides import Overrides, from_options
from bench.tuning.value import Tuning

BASE = "mb1ic4ih8oc4kh3ph1"


@pytest.fixture
def cpu_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "available", lambda: ("cpu",))


@pytest.fixture
def with_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "available", lambda: ("cpu", "cuda"))


@pytest.mark.parametrize(
    ("measured", "expected"),
    [
        (("cpu",), [("cpu", Tuning(governor="performance")), ("cpu", Tuning())]),
        (("cuda",), [("cuda", Tuning(1200, 300)), ("cuda", Tuning(1500, 300)), ("cuda", Tuning(None, 300))]),
    ],
)
def test_settings_make_cases_of_their_own_on_their_device_only(
    measured: tuple[str, ...], expected: list[tuple[str, Tuning]]
) -> None:
    axes = (
        make_axis("gpu_clock", (1200, 1500, "as-is")),
        make_axis("power_limit", (300,)),
        make_axis("governor", ("performance", "as-is")),
    )
    cases = expand(Config("c", base=BASE, axes=axes), measured).cases
    assert [(p.case.device, p.tuning) for p in cases] == expected
    assert len({p.case for p in cases}) == 1
    # Every point is kept: the report finds a case by each of its places.
    assert sum(len(p.points) for p in cases) == 4


@pytest.mark.usefixtures("with_gpu")
def test_settings_are_asked_for_before_anything_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Tuning] = []
    monkeypatch.setattr(jobs, "require_possible", asked.extend)
    job = for_sweep("stride", Overrides(axes=("gpu_clock=1200,as-is", "stride=1"), implementations=("torch",)), "")
    assert asked == [p.tuning for p in job.cases] == [Tuning(), Tuning(1200), Tuning()]
    assert [p.case.device for p in job.cases] == ["cpu", "cuda", "cuda"]


@pytest.mark.usefixtures("cpu_only")
def test_a_setting_without_its_device_is_refused() -> None:
    with pytest.raises(
        UsageError, match="gpu_clock is a setting of cuda, and only cpu is measured here; leave out gpu"
    ):
        for_sweep("stride", Overrides(axes=("gpu_clock=1200",)), "")


@pytest.mark.usefixtures("cpu_only")
def test_a_setting_that_is_not_possible_is_refused_for_one_problem_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(tunings: Iterable[Tuning]) -> None:
        if set(tunings) - {Tuning()}:
            raise UsageError("governor cannot be set here: why")

    monkeypatch.setattr(jobs, "require_possible", refuse)
    with pytest.raises(UsageError, match="governor cannot be set here"):
        for_problem(BASE, from_options(settings=["governor=performance"]), "")
    assert for_problem(BASE, Overrides(), "").cases
