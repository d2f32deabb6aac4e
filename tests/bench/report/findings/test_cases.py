"""Cases get labels, and axes are read from the configuration and the cases."""

from __future__ import annotations

from bench.report.findings.cases import Axis, axes_of, baseline_text, label
from bench.report.findings.results import read
from tests.bench.report.synthetic_run import AXES, layers, make_run, ok, points, whole_sweep


def test_axes_of_included_sweeps_are_read_from_the_points() -> None:
    listed = [points({"kernel": kernel, "stride": stride}) for kernel, stride in (("3", "1"), ("1", "1"), ("3", "2"))]
    run = make_run([ok(str(i), "torch", 1.0, points=text) for i, text in enumerate(listed)], axes={})
    assert axes_of(run.meta, read(run.measurements)) == (Axis("kernel", ("3", "1")), Axis("stride", ("1", "2")))


def test_numbers_are_sorted_and_words_keep_their_order() -> None:
    assert Axis("channels", ("64", "16", "128")).ordered == ("16", "64", "128")
    assert Axis("padding", ("same", "2", "0")).ordered == ("same", "2", "0")


def test_labels_name_the_difference_from_the_baseline() -> None:
    run = whole_sweep()
    results = read(run.measurements)
    axes = axes_of(run.meta, results)
    names = [label(result, axes) for result in results]
    assert {"baseline", "kernel 11", "padding valid", "resnet-mini res3_1x1"} <= set(names)
    assert baseline_text(axes) == ", ".join(f"{name} {values[0]}" for name, values in AXES.items())


def test_a_label_names_at_most_three_places() -> None:
    (result,) = read(
        make_run(
            [ok("a", "torch", 1.0, points=(), layers=layers(*(("net", f"conv{i}", 1) for i in range(5))))]
        ).measurements
    )
    assert label(result, ()) == "net conv0 = net conv1 = net conv2 and 2 more"
