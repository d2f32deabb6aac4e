"""The first picture is of the axis with the most timed values, without what only stretches it."""

from __future__ import annotations

from typing import Any

from bench.report.findings.main_series import MainSeries, main_series
from bench.report.sections.study import Study
from bench.store.schema import Row
from tests.bench.report.synthetic_run import fault, make_run, ok, points

AXES = {"padding": ["same", "valid"], "kernel": ["3", "1", "5"]}


def _at(axis: str, value: str, name: str, time_s: float, **more: Any) -> Row:
    point = {"padding": "same", "kernel": "3"} | {axis: value}
    kernel = point["kernel"]
    descriptor = f"mb1ic8ih8oc8kh{kernel}" + ("ph1" if point["padding"] == "same" else "")
    given: dict[str, Any] = {"points": points(point), "descriptor": descriptor, "time_low_s": 0.99 * time_s,
             "time_high_s": 1.01 * time_s}  # fmt: skip
    return ok(descriptor, name, time_s, **(given | more))


def _all(name: str, *times_s: float) -> list[Row]:
    places = [("kernel", "3"), ("kernel", "1"), ("kernel", "5"), ("padding", "valid")]
    return [_at(axis, value, name, time_s) for (axis, value), time_s in zip(places, times_s, strict=False)]


def _main(rows: list[Row]) -> MainSeries | None:
    study = Study.of(make_run(rows, axes=AXES))
    return main_series(study.axes, study.results, study.groups[0])


def test_numbers_come_before_words_and_values_are_in_order() -> None:
    main = _main([*_all("fft", 1e-3, 1e-3, 1e-3, 1e-3), *_all("torch", 2e-3, 0.5e-3, 3e-3, 2e-3)])
    assert main is not None
    assert (main.series.axis.name, main.series.values, main.drawn) == ("kernel", ("1", "3", "5"), ("torch", "fft"))
    assert [lead and lead.implementation for lead in main.leads] == ["torch", "fft", "fft"]
    assert all(lead and lead.is_sure for lead in main.leads)


def test_what_is_far_slower_everywhere_is_named_and_not_drawn() -> None:
    main = _main([*_all("torch", 1e-3, 1e-3, 1e-3), *_all("loops", 0.1, 0.1, 0.1), *_all("fft", 0.1, 0.1, 2e-3)])
    assert main is not None
    assert (main.drawn, main.far) == (("torch", "fft"), ("loops",))


def test_what_only_chose_another_is_not_drawn() -> None:
    chosen = [_at("kernel", k, "auto", 1e-3, delegate="torch") for k in ("3", "1")]
    main = _main([*_all("torch", 1e-3, 1e-3), *chosen])
    assert main is not None
    assert (main.drawn, main.choosers) == (("torch",), ("auto",))


def test_without_two_timed_values_there_is_none() -> None:
    assert _main(_all("torch", 1e-3)) is None
    assert _main([*_all("torch", 1e-3), fault("b", "torch", "wrong", "off", points=points({"kernel": "1"}))]) is None
