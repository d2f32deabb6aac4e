"""`auto` chooses an implementation that computes the case, always the same one, and behaves as that one."""

from __future__ import annotations

import json
import math
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import impls
from bench.run.validate import default_problems
from impls import Case, ConvProblem, registry
from impls.auto import CHOICES, adds_products, cheapest, choose, expected_times
from impls.cost_model import model as cost_model
from impls.cost_model.cost_table import Subject, table_of
from impls.cost_model.cpu_work import WAYS
from impls.cost_model.law import Law
from impls.cost_model.law_process import FittedLawProcess, places_of
from impls.cost_model.model import CostModel, built_in, file_asked, from_data
from impls.cost_model.plan_work import plan_work
from impls.cost_model.process import CarriedProcess, ProcessReach
from impls.cpu.compiler.host import VectorUnit

AUTO = impls.get("auto")
CASES = [
    Case(replace(problem, bias=bias), precision, layout)
    for problem in default_problems()
    for bias in (False, True)
    for precision in ("fp32", "fp64", "bf16", "fp16")
    for layout in ("nchw", "nhwc")
]
DENSE = Case(ConvProblem.parse("mb1ic64ih28oc64kh3ph1"))


def test_auto_computes_every_case_by_an_implementation_that_does() -> None:
    for case in CASES:
        assert AUTO.why_not(case) is None
        picked = choose(case)
        assert picked in CHOICES
        assert registry.get(picked).why_not(case) is None


def test_bounds_and_work_are_those_of_the_chosen_implementation() -> None:
    for case in CASES:
        picked = registry.get(choose(case) or "")
        assert AUTO.delegate(case) == picked.name
        assert picked.delegate(case) is None
        assert AUTO.bounds_for(case) == picked.bounds_for(case)
        assert AUTO.work(case) == picked.work(case)


@pytest.mark.parametrize("descriptor", ["mb1ic64ih28oc64kh3ph1", "g8mb2ic8ih9oc8kh3", "mb1ic1ih40oc1kh31ph15"])
@pytest.mark.parametrize("layout", ["nchw", "nhwc"])
def test_a_plan_names_the_chosen_implementation(descriptor: str, layout: str) -> None:
    case = Case(ConvProblem.parse(descriptor), layout=layout)
    # Before: the choice depends on torch's number of threads.
    picked = choose(case)
    plan = impls.prepare(AUTO, case, torch.ones(case.problem.weight_shape), None)
    assert plan.backend is not None
    assert plan.backend.partition(":")[0] == picked


@pytest.mark.parametrize("case", [replace(DENSE, device="cuda"), replace(DENSE, precision="tf32", device="cuda")])
def test_auto_refuses_cuda(case: Case) -> None:
    assert AUTO.why_not(case)


def test_the_choice_is_always_the_same() -> None:
    for case in CASES[::7]:
        assert len({cheapest(case, built_in()) for _ in range(3)}) == 1
        assert cheapest(case, built_in()) == choose(case)


def test_an_empty_batch_is_computed() -> None:
    assert AUTO.why_not(Case(ConvProblem.parse("mb0ic4ih8oc4kh3ph1"))) is None


def _constant(*seconds: tuple[str, float], far: float = math.inf) -> CostModel:
    """A model by which each implementation always takes the same time; all is outside of it where `far` is 0."""
    fits = {}
    for name, time_s in seconds:
        subject = Subject("cpu", name, "fp32", 2)
        carrier = table_of(Subject("cpu", "torch", "fp32", 2), [DENSE])
        law = Law("cpu", {"call": time_s})
        _, places = places_of(law, carrier)
        process = CarriedProcess(places, np.zeros(1), ProcessReach(3.0, 0.1))
        fits[subject] = FittedLawProcess(law, carrier, process, 1.0, far, (0, 1, 2, 3, 4), ("", *WAYS), 0.1, 0.0, 3)
    return CostModel({}, fits)


@pytest.mark.parametrize(
    ("model", "picked"),
    [
        (_constant(("direct", 2.0), ("im2col", 1.0), ("torch", 3.0)), "im2col"),
        (_constant(("direct", 1.0), ("im2col", 2.0)), "direct"),
        # The model is empty: the first of the fixed list that computes the case.
        (CostModel({}, {}), "direct"),
        # The layer is unlike all that it was fitted to.
        (_constant(("im2col", 1.0), far=0.0), "direct"),
        # Unknown implementations, and those not among the choices, are not chosen.
        (_constant(("long-gone", 0.1), ("loops", 0.1), ("direct", 1.0)), "direct"),
    ],
)
def test_the_least_expected_time_decides(model: CostModel, picked: str) -> None:
    assert cheapest(DENSE, model) == picked


def test_a_refusing_implementation_is_not_chosen_however_cheap() -> None:
    strided = Case(ConvProblem.parse("mb1ic64ih28oc64kh3sh2ph1"))
    assert cheapest(strided, _constant(("winograd-f4", 0.001), ("direct", 1.0))) == "direct"


def test_the_built_in_model_is_plausible() -> None:
    model = built_in()
    assert {"by", "measured_utc", "cpu", "threads", "shapes", "seeds", "checked"} <= set(model.made)
    for precision in ("fp32", "fp64", "bf16", "fp16"):
        for layout in ("nchw", "nhwc"):
            case = Case(DENSE.problem, precision, layout)
            times = expected_times(case, model)
            # Elsewhere torch computes 16-bit floats by code that the model has no time of.
            (fit,) = (f for s, f in model.fits.items() if (s.implementation, s.precision) == ("torch", precision))
            assert ("torch" in times) == (plan_work("torch", case).way in fit.ways)
            for one in times.values():
                # Between a microsecond and ten seconds, for a layer of a tenth of a millisecond to a second.
                assert 1e-6 < one.time_lo_s < one.time_s < one.time_hi_s < 10


@pytest.mark.parametrize(("width", "simd"), [(64, "AVX512"), (32, "AVX2"), (16, "AVX2")])
def test_each_width_of_vectors_has_a_model(monkeypatch: pytest.MonkeyPatch, width: int, simd: str) -> None:
    monkeypatch.setattr(cost_model, "vector_unit", lambda: VectorUnit(width, 16, has_fma=True))
    assert from_data(json.loads(file_asked().read_text())).made["simd"] == simd
    # `convcost learn` writes no model of another width.
    assert cost_model.file_of_host().name == f"vectors_of_{width}_bytes.json"


def test_a_layer_unlike_all_of_the_fit_is_not_guessed() -> None:
    """A kernel of 501 × 501 on 8,192 groups."""
    far = Case(ConvProblem.parse("g8192mb64ic8192ih1024oc8192kh501ph250"))
    assert expected_times(far, built_in()) == {}
    assert choose(far) == "direct"
    bf16 = replace(far, precision="bf16")
    assert choose(bf16) == ("onednn" if registry.get("onednn").why_not(bf16) is None else "direct")


def test_a_file_of_the_model_that_was_changed_is_refused() -> None:
    data = json.loads(file_asked().read_text())
    data["subjects"][0]["values"]["carriers"]["weights"].pop()
    with pytest.raises(ValueError, match="different numbers of rows"):
        from_data(data)


def test_more_work_costs_more() -> None:
    small, large = (Case(ConvProblem.parse(f"mb1ic{c}ih28oc{c}kh3ph1")) for c in (16, 128))
    for name in ("torch", "direct"):
        low, high = (built_in().times(c, [name])[name].time_s for c in (small, large))
        assert high > 3 * low


def test_auto_safe_chooses_only_sums_of_products() -> None:
    safe = impls.get("auto-safe")
    for case in CASES[::3]:
        assert safe.why_not(case) is None
        picked = safe.delegate(case)
        assert picked == choose(case, is_safe=True)
        assert adds_products(registry.get(picked or ""), case)
        assert safe.bounds_for(case) in (("direct",), ("direct-then-bias",))
    # On this one auto takes Winograd, which overflows earlier.
    assert not adds_products(registry.get(choose(DENSE) or ""), DENSE)
    assert safe.delegate(DENSE) not in (None, choose(DENSE))


def test_auto_safe_takes_the_fastest_of_the_safe_ones() -> None:
    model = _constant(("winograd-f4", 0.1), ("torch", 0.2), ("im2col", 1.0), ("direct", 2.0))
    assert cheapest(DENSE, model) == "winograd-f4"
    # In fp32 torch may call a library that uses Winograd.
    assert cheapest(DENSE, model, is_safe=True) == "im2col"


def test_auto_safe_is_measured_only_where_it_is_named() -> None:
    assert "auto-safe" not in registry.select(["*"])
    assert "auto-safe" not in registry.select(["-loops"])
    assert registry.select(["*", "auto-safe"])[-1] == "auto-safe"


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="the system does not tell what each thread uses")
def test_a_choice_leaves_no_thread_running() -> None:
    """Threads of NumPy's BLAS spin after they had a share: the gate took that for a thread of the candidate."""
    cheapest(Case(ConvProblem.parse("mb1ic67ih28oc61kh3ph1")), built_in())
    before = _ticks()
    time.sleep(0.2)
    # A thread that runs uses 20 ticks of 10 ms.
    assert sum(_ticks().values()) - sum(before.values()) < 5


def _ticks() -> dict[str, int]:
    """The ticks that each thread of this process has used."""
    found = {}
    for task in Path("/proc/self/task").iterdir():
        words = (task / "stat").read_text().rpartition(")")[2].split()
        found[task.name] = int(words[11]) + int(words[12])
    return found
