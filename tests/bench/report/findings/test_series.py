"""A series has the cases along one axis, and no line mixes groups or problems."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bench.report.findings.cases import axes_of
from bench.report.findings.results import read
from bench.report.findings.series import Series, series_of
from bench.store.runs import Run
from bench.store.schema import Row
from tests.bench.report.synthetic_run import make_run, ok, points, whole_sweep

TWO = {"kernel": ["3", "1", "5"], "stride": ["1", "2"]}


def on_axis(run: Run, name: str) -> tuple[Series, ...]:
    results = read(run.measurements)
    axes = axes_of(run.meta, results)
    (axis,) = (axis for axis in axes if axis.name == name)
    return series_of(axis, results, axes)


def at(kernel: str, stride: str, time_s: float = 1.0, **more: Any) -> Row:
    text = f"mb1ic64ih28oc64kh{kernel}" + (f"sh{stride}" if stride != "1" else "")
    given: dict[str, Any] = {"points": points({"kernel": kernel, "stride": stride}), "descriptor": text, **more}
    return ok(f"{text}{given.get('precision', '')}", "torch", time_s, **given)


def test_in_a_product_only_cases_with_other_axes_at_the_baseline_are_on_the_axis() -> None:
    rows = [at(kernel, stride) for kernel in TWO["kernel"] for stride in TWO["stride"]]
    (series,) = on_axis(make_run(rows, axes=TWO), "kernel")
    assert series.values == ("1", "3", "5")
    assert all(result.points[0]["stride"] == "1" for result in series.results["torch"].values())


def test_one_case_may_have_two_values_of_an_axis() -> None:
    axes = {"padding": ["same", "1", "valid"]}
    rows = [
        ok("a", "torch", 1.0, points=points({"padding": "same"}, {"padding": "1"}), descriptor="mb1ic8ih8oc8kh3ph1"),
        ok("b", "torch", 0.9, points=points({"padding": "valid"}), descriptor="mb1ic8ih8oc8kh3"),
    ]
    (series,) = on_axis(make_run(rows, axes=axes), "padding")
    assert series.values == ("same", "1", "valid")
    assert series.results["torch"]["same"] is series.results["torch"]["1"]


def test_devices_have_separate_series() -> None:
    found = on_axis(whole_sweep(), "kernel")
    assert [series.group.device for series in found] == ["cpu", "cuda"]
    for series in found:
        assert {r.group for row in series.results.values() for r in row.values()} == {series.group}


def test_precision_sets_the_group_and_has_no_series() -> None:
    axes = {"kernel": ["3", "1"], "precision": ["fp32", "bf16"]}
    rows = [
        at(k, "1", points=points({"kernel": k, "precision": p}), precision=p)
        for k in axes["kernel"]
        for p in axes["precision"]
    ]
    run = make_run(rows, axes=axes)
    assert on_axis(run, "precision") == ()
    assert [series.group.precision for series in on_axis(run, "kernel")] == ["fp32", "bf16"]


def test_included_sweeps_with_other_bases_have_separate_series() -> None:
    small = [at(k, "1", points=points({"kernel": k}), descriptor=f"mb1ic8ih28oc8kh{k}") for k in ("3", "1")]
    large = [at(k, "1", points=points({"kernel": k}), descriptor=f"mb1ic64ih56oc64kh{k}") for k in ("3", "7")]
    rows = [replace(row, case_key=row.descriptor) for row in (*small, *large)]
    assert [series.values for series in on_axis(make_run(rows), "kernel")] == [("1", "3"), ("3", "7")]


def test_threads_have_a_series_and_separate_the_series_of_other_axes() -> None:
    axes = {"kernel": ["3", "1"], "threads": ["1", "2"]}
    rows = [
        ok(f"mb1ic8ih8oc8kh{k}|{t}", "torch", 1.0 / t, descriptor=f"mb1ic8ih8oc8kh{k}", threads=t,
           points=points({"kernel": k, "threads": str(t)}))
        for k in axes["kernel"] for t in (1, 2)
    ]  # fmt: skip
    gpu = ok("gpu", "torch", 0.1, device="cuda", points=points(*({"kernel": "3", "threads": t} for t in ("1", "2"))))
    run = make_run([*rows, gpu], axes=axes)
    (series,) = on_axis(run, "threads")
    assert (series.group.label, series.values) == ("cpu · fp32 · nchw", ("1", "2"))
    assert [r.time.value_s for r in series.results["torch"].values() if r.time] == [1.0, 0.5]
    assert [s.group.threads for s in on_axis(run, "kernel")] == [1, 2]
