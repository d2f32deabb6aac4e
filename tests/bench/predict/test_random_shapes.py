"""Random shapes: reproducible by their seed, and of every kind."""

from __future__ import annotations

from bench.predict.random_shapes import (
    LARGE_ELEMENTS,
    LARGE_EVERY,
    LARGE_FLOPS,
    LEAST_FLOPS,
    MOST_ELEMENTS,
    MOST_FLOPS,
    shapes,
    shapes_to_learn,
)


def test_random_shapes_depend_on_the_seed_alone() -> None:
    first, again, other = (shapes(150, seed) for seed in (1, 1, 2))
    assert first == again
    assert len({s.problem for s in first} & {s.problem for s in other}) < 20
    assert all(LEAST_FLOPS <= s.problem.direct_flops <= MOST_FLOPS for s in first)
    assert {s.precision for s in first} == {"fp32", "fp64", "bf16", "fp16"}
    assert any(s.problem.is_depthwise for s in first)
    assert any(max(s.problem.kernel) > 20 for s in first)


def test_one_in_five_shapes_to_learn_from_is_large_and_the_others_stay() -> None:
    ordinary, mixed = shapes(200, 1), shapes_to_learn(200, 1)
    assert [s for n, s in enumerate(mixed) if n % LARGE_EVERY < LARGE_EVERY - 1] == [
        s for n, s in enumerate(ordinary) if n % LARGE_EVERY < LARGE_EVERY - 1
    ]
    large = mixed[LARGE_EVERY - 1 :: LARGE_EVERY]
    assert len(large) == 40
    for shape in large:
        flops, elements = shape.problem.direct_flops, shape.problem.compulsory_bytes(1)
        assert shape.precision == "fp32"
        assert LEAST_FLOPS <= flops <= LARGE_FLOPS
        assert elements <= LARGE_ELEMENTS
        assert flops > MOST_FLOPS or elements > MOST_ELEMENTS
    assert shapes_to_learn(50, 1) == mixed[:50]
