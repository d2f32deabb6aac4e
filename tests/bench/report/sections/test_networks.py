"""The answer on a network names the fastest total, the best per layer and the choosers."""

from __future__ import annotations

from bench.report.findings.networks import networks_of
from bench.report.findings.results import read
from bench.report.sections.networks import answer
from bench.store.schema import Row
from tests.bench.report.synthetic_run import fault, layers, make_run, ok

A, B = layers(("net", "a", 1)), layers(("net", "b", 3))
TORCH = [ok("a", "torch", 2.0, 0.1, layers=A, points=()), ok("b", "torch", 1.0, 0.1, layers=B, points=())]
DIRECT = [ok("a", "direct", 1.0, 0.1, layers=A, points=()), ok("b", "direct", 4.0, 0.1, layers=B, points=())]
WINOGRAD = [
    ok("b", "winograd-f2", 0.5, 0.1, layers=B, points=()),
    fault("a", "winograd-f2", "unsupported", "7x7", layers=A, points=()),
]


def answer_on(*rows: Row) -> str:
    (network,) = networks_of(read(make_run(rows).measurements))
    return answer(network)


def test_a_chooser_is_compared_with_the_best_per_layer() -> None:
    auto = [
        ok("a", "auto", 0.9, 0.1, layers=A, points=(), delegate="direct"),
        ok("b", "auto", 0.6, 0.1, layers=B, points=(), delegate="winograd-f2"),
    ]
    said = answer_on(*TORCH, *DIRECT, *WINOGRAD, *auto)
    assert said.startswith("torch is the fastest that covers all 4 convolutions (2 different): 5.000 s")
    assert "auto, which chooses on each layer, takes 2.700 s" in said
    assert said.endswith("1.08× the best per layer.")


def test_the_best_per_layer_may_be_the_fastest_total() -> None:
    assert answer_on(*TORCH).endswith("; it is also the fastest on every layer.")


def test_overlapping_intervals_are_a_tie() -> None:
    close = [ok(row.case_key, "onednn", row.time_s or 0.0, 0.1, layers=row.layers, points=()) for row in TORCH]
    assert "(a tie with onednn)" in answer_on(*TORCH, *close)


def test_without_a_whole_total_the_answer_says_so() -> None:
    said = answer_on(*WINOGRAD)
    assert said == "no implementation covers all 4 convolutions (2 different)."
