"""Runs of the study with times that follow known rules, as folders."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bench.predict.study.paper_line import PAPER_LINE
from bench.predict.study.problems import CHANNELS, KERNEL, SPACE, StudyProblem, problems
from bench.store import journal, runs
from bench.store.column_types import LayerPlace
from bench.store.samples import to_columns
from bench.store.schema import Row, Sample
from impls import Case, ConvProblem, registry

Rule = Callable[[StudyProblem], float]
ENVIRONMENT = {"host": "here", "cpu": "A Processor", "simd": "AVX512", "cores": 2, "threads": 2, "torch": "2.13.0",
               "convcost": "0.1.0", "commit": "c0ffee" * 6}  # fmt: skip
MAC_S = 1e-11
METERED: dict[str, Any] = {"without": {}, "model": None, "bracket": None, "allotted_cores": 2}
UNMETERED = {**METERED, "without": {"cpu": "no sensor"}}


def by_flops(one: StudyProblem) -> float:
    """FLOPs are the cost."""
    return MAC_S * one.problem.macs


def by_place(one: StudyProblem) -> float:
    """FLOPs in space are cheap, in the kernel dear."""
    return by_flops(one) * {SPACE: 0.2, CHANNELS: 1.0, KERNEL: 5.0}.get(one.where, 0.7)


def write(
    folder: Path,
    rules: Mapping[str, Rule],
    joules: float | Callable[[StudyProblem], float | None] | None = None,
    **environment: Any,
) -> Path:
    """A run of these implementations, with joules of so many watts, or by a rule; returns its folder."""
    run = runs.create(folder, "equal-flops", {
        "name": "equal-flops", "command": "convcost sweep results/study/equal-flops.toml",
        "configuration": {"name": "equal-flops"}, "settings": {"threads": 2},
        "energy": UNMETERED if joules is None else METERED, "environment": {**ENVIRONMENT, **environment},
    })  # fmt: skip
    named = [(one, f"level {one.level + 1}: {one.where}") for one in problems()]
    named += [(StudyProblem(layer.problem, 0, SPACE), f"paper: {layer.name}") for layer in PAPER_LINE]
    for one, layer in named:
        rows = [row for name, rule in rules.items() if (row := _row(one, layer, name, rule(one))) is not None]
        samples = {row.implementation: to_columns([Sample(process=n, time_s=row.time_s or 0.0) for n in range(6)])
                   for row in rows}  # fmt: skip
        key = rows[0].case_key
        journal.append(run, {"key": key, "rows": [row.as_record() for row in rows], "samples": samples, "spent_s": 1.0})
        given = joules(one) if callable(joules) else joules
        if given is not None:
            each_j = {row.implementation: given if callable(joules) else (row.time_s or 0.0) * given for row in rows}
            figures = {name: [_figure(value)] for name, value in each_j.items()}
            journal.append(run, {"key": key, "energy": figures, "processes": [], "spent_s": 1.0})
    return run


def _row(one: StudyProblem, layer: str, name: str, time_s: float) -> Row | None:
    """The row of a problem; None where the implementation refuses it."""
    p, case = one.problem, Case(one.problem)
    implementation = registry.get(name)
    if implementation.why_not(case):
        return None
    return Row(
        case_key=p.descriptor, descriptor=p.descriptor, **_sizes(p), threads=2, implementation=name, time_s=time_s,
        time_low_s=0.99 * time_s, time_high_s=1.01 * time_s, macs=p.macs, direct_flops=p.direct_flops,
        executed_flops=implementation.work(case).flops, layers=(LayerPlace("equal-flops", layer, 1),),
    )  # fmt: skip


def _sizes(p: ConvProblem) -> dict[str, Any]:
    return {"batch": p.batch, "ic": p.in_channels, "ih": p.size[0], "iw": p.size[1], "oc": p.out_channels,
            "oh": p.output_size[0], "ow": p.output_size[1], "kh": p.kernel[0], "kw": p.kernel[1], "stride": p.stride,
            "padding": tuple(side for axis in p.padding for side in axis), "dilation": p.dilation,
            "groups": p.groups}  # fmt: skip


def _figure(joules: float) -> dict[str, Any]:
    return {"scope": "package-0", "method": "counter", "source": "rapl-perf", "gross_j": joules, "net_j": joules / 2,
            "flags": []}  # fmt: skip
