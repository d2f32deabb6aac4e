"""`auto` chooses an implementation that computes the case, always the same one, and behaves as that one."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

import impls
from bench.run.validate import default_problems
from impls import Case, ConvProblem, cost_model, registry
from impls.auto import CHOICES, adds_products, cheapest, choose
from impls.cost_model import NAMES, CostModel, built_in, features

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
    plan = impls.prepare(AUTO, case, torch.ones(case.problem.weight_shape), None)
    assert plan.backend is not None
    assert plan.backend.partition(":")[0] == choose(case)


@pytest.mark.parametrize("case", [replace(DENSE, device="cuda"), replace(DENSE, precision="tf32", device="cuda")])
def test_auto_refuses_cuda(case: Case) -> None:
    assert AUTO.why_not(case)


def test_the_choice_is_always_the_same() -> None:
    for case in CASES[::7]:
        assert len({cheapest(case, built_in()) for _ in range(3)}) == 1
        assert cheapest(case, built_in()) == choose(case)


def test_an_empty_batch_is_computed() -> None:
    assert AUTO.why_not(Case(ConvProblem.parse("mb0ic4ih8oc4kh3ph1"))) is None


def _constant(*seconds: tuple[str, float]) -> CostModel:
    """A model by which each implementation always takes the same time."""
    rest = [0.0] * (len(NAMES) - 1)
    coefficients = {cost_model.key(name, DENSE): [math.log2(s), *rest] for name, s in seconds}
    return CostModel({}, coefficients, {"fp32": []}, dict.fromkeys(coefficients, ()))


@pytest.mark.parametrize(
    ("model", "picked"),
    [
        (_constant(("direct", 2.0), ("im2col", 1.0), ("torch", 3.0)), "im2col"),
        (_constant(("direct", 1.0), ("im2col", 2.0)), "direct"),
        # The model is empty: the first of the fixed list that computes the case.
        (CostModel({}, {}, {}, {}), "onednn"),
        # Unknown implementations, and those not among the choices, are not chosen.
        (_constant(("long-gone", 0.1), ("loops", 0.1), ("direct", 1.0)), "direct"),
    ],
)
def test_the_least_expected_time_decides(model: CostModel, picked: str) -> None:
    assert cheapest(DENSE, model) == picked


def test_a_refusing_implementation_is_not_chosen_however_cheap() -> None:
    strided = Case(ConvProblem.parse("mb1ic64ih28oc64kh3sh2ph1"))
    assert cheapest(strided, _constant(("winograd-f4", 0.001), ("direct", 1.0))) == "direct"


def test_measurements_nearby_correct_the_trend() -> None:
    """Half the trend's time at the measured shape, the trend's own time far away."""
    rest, key = [0.0] * (len(NAMES) - 1), cost_model.key("direct", DENSE)
    model = CostModel({}, {key: [1.0, *rest]}, {"fp32": [cost_model.place(DENSE)]}, {key: [-1.0]})
    far = Case(ConvProblem.parse("g1024mb8ic1024ih224oc1024kh31ph15"))
    for case, expected in ((DENSE, 1.0), (far, 2.0)):
        assert model.seconds("direct", case, registry.get("direct").work(case)) == pytest.approx(expected, rel=0.05)


def test_the_built_in_model_is_plausible() -> None:
    model = built_in()
    assert {"by", "measured_utc", "cpu", "threads", "shapes", "seeds"} <= set(model.made)
    assert all(len(c) == len(NAMES) and all(map(math.isfinite, c)) for c in model.coefficients.values())
    for key, weights in model.weights.items():
        assert len(weights) == len(model.places[key.split()[0]])
        assert all(map(math.isfinite, weights))
    for precision in ("fp32", "fp64", "bf16", "fp16"):
        for layout in ("nchw", "nhwc"):
            case = Case(DENSE.problem, precision, layout)
            known = [n for n in CHOICES if model.knows(n, case) and registry.get(n).why_not(case) is None]
            assert "torch" in known
            for name in known:
                # Between a microsecond and ten seconds, for a layer of a tenth of a millisecond to a second.
                assert 1e-6 < model.seconds(name, case, registry.get(name).work(case)) < 10


def test_more_work_costs_more() -> None:
    small, large = (Case(ConvProblem.parse(f"mb1ic{c}ih28oc{c}kh3ph1")) for c in (16, 128))
    for name in ("torch", "direct"):
        low, high = (built_in().seconds(name, c, registry.get(name).work(c)) for c in (small, large))
        assert high > 3 * low


def test_features_have_names_and_are_finite() -> None:
    for case in CASES[::5]:
        found = features(case, registry.get(choose(case) or "").work(case))
        assert len(found) == len(NAMES)
        assert found[0] == 1.0
        assert all(map(math.isfinite, found))


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
