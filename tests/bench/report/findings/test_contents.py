"""Costs by content are collected for one implementation on one layer in one group, and never across these."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from bench.report.findings.contents import ContentFinding
from bench.report.sections.study import Study
from bench.rows.contents import ContentChange
from bench.store.energy_schema import Energy
from bench.store.runs import Run
from bench.store.schema import Row, Sample
from tests.bench.report.sample_pieces import pieces_of
from tests.bench.report.synthetic_run import make_run, measured, ok, without


def on(data: str, name: str, time_s: float, **more: Any) -> Row:
    """A row of one layer on some content."""
    given: dict[str, Any] = {"descriptor": "mb1ic8ih8oc8kh3", "data": data, **more}
    return ok(f"k|{data}{given.get('precision', '')}", name, time_s, time_s / 100, **given)


def run_of(rows: list[Row], energy: Iterable[Energy] = ()) -> Run:
    """A run of these rows, each measured by four processes that differ by a tenth from the first to the last."""
    samples = [
        Sample(row.case_key, row.implementation, process=p, draw=d, block=b, time_s=row.time_s * (1 + p / 30))
        for row in rows if row.time_s is not None
        for p in range(4) for d in range(2) for b in range(3)
    ]  # fmt: skip
    return replace(make_run(rows, energy=energy), pieces=pieces_of(samples))


def _found(rows: list[Row], energy: Iterable[Energy] = ()) -> tuple[ContentFinding, ...]:
    return Study.of(run_of(rows, energy)).contents


def test_each_implementation_is_compared_with_itself_on_one_layer_in_one_group() -> None:
    rows = [
        on("normal", "loops", 1.0), on("normal", "torch", 0.1),
        on("subnormal", "loops", 50.0), on("subnormal", "torch", 0.1),
        on("zeros", "loops", 1.0, precision="bf16"), on("normal", "loops", 1.0, precision="bf16"),
        on("normal", "fft", 1.0), on("zeros", "fft", 1.0, descriptor="mb1ic8ih8oc8kh1"),
        on("normal", "auto", 0.1, delegate="torch"), on("zeros", "auto", 0.1, delegate="torch"),
    ]  # fmt: skip
    found = {(one.implementation, one.group.precision): one for one in _found(rows)}
    assert list(found) == [("torch", "fp32"), ("loops", "fp32"), ("loops", "bf16")]
    loops = found["loops", "fp32"]
    assert (loops.contents, loops.group.data) == (("normal", "subnormal"), "")
    assert loops.time is not None
    assert (loops.time.change, loops.time.most, loops.joules) == (ContentChange.CHANGES, "subnormal", None)
    same = found["torch", "fp32"].time
    assert same is not None
    assert same.change is ContentChange.SAME


def test_weights_of_their_own_are_a_content() -> None:
    rows = [on("normal", "loops", 1.0), on("normal", "loops", 2.0, weights="subnormal", case_key="k|w")]
    (one,) = _found(rows)
    assert one.contents == ("normal", "normal, weights=subnormal")


def test_measured_joules_are_compared_net_unless_one_lacks_its_net_value() -> None:
    rows = [on("normal", "torch", 1e-3), on("zeros", "torch", 1e-3), on("relu", "torch", 1e-3)]
    net = [measured(row, joules, 1e-3 * joules) for row, joules in zip(rows, (1.4, 1.0, 1.1), strict=True)]
    (one,) = _found(rows, net)
    assert one.joules is not None
    assert (one.quantity, one.joules.change, one.joules.most, one.joules.least) == (
        "net", ContentChange.CHANGES, "normal", "zeros",
    )  # fmt: skip
    gross = replace(net[1], net_j=None, gross_j=2.0, u95_j=0.002)
    (one,) = _found(rows, [net[0], gross, net[2]])
    assert (one.quantity, one.joules and one.joules.least) == ("gross", "zeros")


def test_joules_lost_in_noise_or_not_sampled_decide_nothing() -> None:
    rows = [on("normal", "torch", 1e-3), on("zeros", "torch", 1e-3)]
    lost = measured(rows[0], 1.4, 1e-3, flags=("lost-in-noise",))
    (one,) = _found(rows, [lost, measured(rows[1], 1.0, 1e-3)])
    assert one.joules is not None
    assert one.joules.change is ContentChange.UNDECIDED
    (one,) = _found(rows, [without(rows[0]), measured(rows[1], 1.0, 1e-3)])
    assert one.joules is None


def test_a_run_on_one_content_has_no_findings() -> None:
    assert _found([on("normal", "torch", 1.0), on("normal", "loops", 1.0)]) == ()
    assert _found([]) == ()
