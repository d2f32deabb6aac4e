"""The law of counted work finds the constants that times were made of."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bench.predict.predictors import law_fit
from impls.cost_model import cpu_work, gpu_work
from impls.cost_model.cost_table import SIZES, CostTable, Floats
from impls.cost_model.law import Law, kinds_of
from tests.bench.predict.simulated_times import CPU, GPU, lines, random_table, table

CONSTANTS = {
    "pointwise floor": 2e-4, "spatial floor": 3e-4, "pointwise weights again": 3e-12,
    "pointwise input and output": 8e-12, "spatial MACs": 6e-13, "spatial input and output": 2e-11,
}  # fmt: skip


def of_law(law: Law, asked: CostTable, noise: float = 0.0) -> CostTable:
    scatter = np.random.default_rng(1).normal(0, noise, len(asked)) if noise else 0.0
    return replace(asked, time_s=law.time_s(asked) * np.exp(scatter))


def test_the_constants_of_a_gpu_are_found() -> None:
    made = of_law(Law("gpu", CONSTANTS), table(lines()), noise=0.01)
    found = law_fit.fit(made, "gpu")
    assert found.time_s(made) == pytest.approx(made.time_s, rel=0.05)
    for name in ("pointwise floor", "spatial floor", "spatial MACs"):
        assert found.constants[name] == pytest.approx(CONSTANTS[name], rel=0.1)


def test_the_constants_of_a_cpu_are_found() -> None:
    made = of_law(Law("cpu", {"call": 5e-6, "FLOPs": 1e-11, "output": 1e-10}), random_table(300), noise=0.01)
    found = law_fit.fit(made, "cpu")
    assert found.constants["call"] == pytest.approx(5e-6, rel=0.2)
    assert np.median(np.abs(found.time_s(made) / made.time_s - 1)) < 0.03


def test_no_constant_is_below_zero_and_each_has_unit_and_meaning() -> None:
    for kind, made in (("gpu", table(lines(), noise=0.2)), ("cpu", random_table(200, noise=0.2))):
        described = law_fit.fit(made, kind).described()
        assert described
        assert all(value > 0 and c.unit.startswith("s") and c.meaning for c, value in described)


def test_a_row_that_follows_no_law_does_not_bend_the_others() -> None:
    made = of_law(Law("gpu", CONSTANTS), table(lines()))
    times = made.time_s.copy()
    times[5] *= 40
    found = law_fit.fit(replace(made, time_s=times), "gpu").time_s(made) / made.time_s
    assert np.abs(np.delete(found, 5) - 1).max() < 0.1


def test_a_cpu_computes_large_layers_no_faster_than_the_fastest_rows() -> None:
    asked = random_table(300)
    # By the output alone: a layer with more channels would cost nothing more.
    times = np.maximum(2e-9 * asked.outputs, asked.flops / 1e11)
    found = law_fit.fit(replace(asked, time_s=times), "cpu")
    large = random_table(300).only(np.argsort(-asked.flops)[:20])
    deep = replace(large, sizes=_with_channels(large, 64), flops=64 * large.flops)
    assert (found.time_s(deep) >= deep.flops / 1.16e11).all()


def _with_channels(asked: CostTable, factor: int) -> Floats:
    sizes = asked.sizes.copy()
    sizes[:, SIZES.index("in_channels")] *= factor
    return sizes


def test_the_share_of_work_is_0_at_the_floor_and_1_far_above() -> None:
    (small, large), law = table(lines()[:1] * 2).sizes, Law("gpu", {"spatial floor": 1e-4, "pointwise floor": 1e-4})
    assert small.tolist() == large.tolist()
    assert law.parts(table(lines()))[1] == pytest.approx(0.0, abs=1e-6)
    free = Law("gpu", {"spatial MACs": 1e-12, "pointwise input and output": 1e-12})
    assert free.parts(table(lines()))[1] == pytest.approx(1.0)


def test_the_device_decides_the_law() -> None:
    assert kinds_of(table(lines(), GPU)) == ("gpu",)
    assert kinds_of(random_table(5, subject=CPU)) == ("cpu",)


@pytest.mark.parametrize("module", [gpu_work, cpu_work])
def test_every_counted_constant_is_listed_once(module: object) -> None:
    asked = table(lines()[:3])
    names = [one.constant.name for one in module.counted(asked)]  # type: ignore[attr-defined]
    assert sorted(names) == sorted(c.name for c in module.CONSTANTS)  # type: ignore[attr-defined]
    assert len(set(names)) == len(names)


def test_a_law_is_read_as_it_was_written() -> None:
    law = Law("gpu", CONSTANTS)
    assert Law.from_dict(law.as_dict()) == law
    with pytest.raises(ValueError, match="no law is called 'tpu'"):
        Law.from_dict({"kind": "tpu", "constants": {}})
