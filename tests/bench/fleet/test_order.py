"""Orders as text, and the files and settings that must be the same on every machine."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bench.cost.rates import Rates
from bench.energy.model import PowerModel
from bench.errors import InfrastructureError, UsageError
from bench.fleet.order import SweepOrder, job_of, order_for
from bench.machine.processors import available_threads
from bench.sweep.config import Config
from bench.sweep.overrides import Overrides

ON_CPU = Overrides(threads=1, devices=("cpu",), implementations=("im2col",))


@pytest.fixture
def layers(tmp_path: Path) -> Path:
    file = tmp_path / "own.txt"
    file.write_text("mb1ic4ih8oc4kh3ph1\nmb1ic5ih8oc4kh3ph1\nmb1ic6ih8oc4kh3ph1\n", encoding="utf-8")
    return file


def _order(layers: Path, overrides: Overrides = ON_CPU) -> SweepOrder:
    return order_for(str(layers), overrides, "convcost sweep own.txt", Rates())


def test_an_order_is_text_and_back(layers: Path) -> None:
    order = replace(_order(layers), keys=("a", "b"), budget_s=1.5)
    back = SweepOrder.from_json(order.to_json())
    # JSON has lists alone.
    assert replace(back, configuration=order.configuration) == order
    assert Config.from_dict(dict(back.configuration)) == Config.from_dict(dict(order.configuration))


def test_an_order_of_another_version_is_refused(layers: Path) -> None:
    text = replace(_order(layers), version="0.0.1").to_json()
    with pytest.raises(UsageError, match=r"the sweep was started by 0\.0\.1; install the same version on every"):
        SweepOrder.from_json(text)


def test_a_shard_has_its_cases_and_its_budget_alone(layers: Path) -> None:
    order = _order(layers)
    whole = job_of(order)
    keys = tuple(whole.key_of(planned) for planned in whole.cases)
    assert len(keys) == 3
    shard = job_of(replace(order, keys=keys[1:], budget_s=20.0, processors=available_threads()))
    assert tuple(shard.key_of(planned) for planned in shard.cases) == keys[1:]
    assert (shard.config.budget_s, shard.implementations) == (20.0, whole.implementations)


def test_a_case_that_the_machine_does_not_plan(layers: Path) -> None:
    with pytest.raises(InfrastructureError, match="plans other cases"):
        job_of(replace(_order(layers), keys=("another",)))


def test_a_machine_with_other_processors_than_planned(layers: Path) -> None:
    with pytest.raises(InfrastructureError, match="and 999 when it was planned"):
        job_of(replace(_order(layers), processors=999))


def test_files_are_the_same_on_every_machine(layers: Path) -> None:
    order = _order(layers)
    assert list(order.files) == [str(layers)]
    layers.write_text("mb1ic4ih8oc4kh5ph2\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"own\.txt is another file there"):
        job_of(order)
    layers.unlink()
    with pytest.raises(UsageError, match="every machine needs it under this path"):
        job_of(order)


def test_plug_ins_and_data_are_among_the_files(tmp_path: Path, layers: Path) -> None:
    files = [tmp_path / name for name in ("own.py", "x.npy")]
    for file in files:
        file.write_bytes(b"")
    order = _order(layers, replace(ON_CPU, load=(files[0],), data=(f"file:{files[1]}",)))
    assert sorted(order.files) == sorted(map(str, (*files, layers)))


def test_figures_of_one_processor_are_refused(layers: Path) -> None:
    power = PowerModel(10.0, 60.0, 4, 1, "given")
    with pytest.raises(UsageError, match="other processors; leave out --cpu-idle-w"):
        _order(layers, replace(ON_CPU, power=power))
