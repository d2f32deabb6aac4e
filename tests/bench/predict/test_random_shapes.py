"""Random shapes: reproducible by their seed, and of every kind."""

from __future__ import annotations

from bench.predict.random_shapes import LEAST_FLOPS, MOST_FLOPS, shapes


def test_random_shapes_depend_on_the_seed_alone() -> None:
    first, again, other = (shapes(150, seed) for seed in (1, 1, 2))
    assert first == again
    assert len({s.problem for s in first} & {s.problem for s in other}) < 20
    assert all(LEAST_FLOPS <= s.problem.direct_flops <= MOST_FLOPS for s in first)
    assert {s.precision for s in first} == {"fp32", "fp64", "bf16", "fp16"}
    assert any(s.problem.is_depthwise for s in first)
    assert any(max(s.problem.kernel) > 20 for s in first)
