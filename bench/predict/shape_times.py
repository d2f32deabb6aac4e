"""Reads the times of shapes that `convcost learn`, `convcost kernels` and `convcost regret` wrote, also compressed."""

from __future__ import annotations

import lzma
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bench.bounds import json_value
from bench.errors import UsageError
from bench.predict import fit_times
from bench.predict.tables.from_runs import RunTimes
from bench.predict.tables.timed import TimedCase
from impls import Case, ConvProblem
from impls.cost_model.cost_table import Subject

SUFFIXES = (".jsonl", ".json", ".xz")
# These only choose another implementation, and their times are its times.
_CHOOSING = ("auto", "auto-safe")


def read(file: Path) -> RunTimes:
    """The times of a file: lines of shapes (.jsonl), or the result of kernels or regret (.json), also as .xz.

    Raises UsageError for a file with other contents.
    """
    if not file.is_file():
        raise UsageError(f"{file} is not there; allowed: a file of times, a .csv table, or a folder of a run")
    if ".jsonl" in file.suffixes:
        kept = fit_times.read(file)
        return _times(file, _of_lines(kept), kept.machine)
    try:
        raw = lzma.decompress(file.read_bytes()) if file.suffix == ".xz" else file.read_bytes()
        data = json_value(raw)
        return _times(file, _of_result(data), data["environment"])
    except (lzma.LZMAError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(
            f"{file} holds no times of shapes; allowed: files of convcost learn, kernels, regret"
        ) from error


# Implementation, case, seconds.
_Found = tuple[str, Case, float]


def _times(file: Path, found: Iterator[_Found], machine: Mapping[str, Any]) -> RunTimes:
    threads = int(machine["threads"])
    timed = tuple(
        TimedCase(
            Subject(case.device, name, case.precision, threads if case.device == "cpu" else None),
            case,
            time_s,
            float("nan"),
            f"{file.name}: {case.problem.descriptor}",
        )
        for name, case, time_s in found
        if name not in _CHOOSING
    )
    names = ("cpu", "simd", "gpu", "torch", "numba", "convcost")
    return RunTimes(timed, {name: machine.get(name) for name in names}, {}, ())


def _of_lines(kept: fit_times.Kept) -> Iterator[_Found]:
    for one in kept.timed:
        for name, time_s in one.times_s.items():
            yield name, one.case, time_s


def _of_result(data: Mapping[str, Any]) -> Iterator[_Found]:
    for shape in data["shapes"]:
        problem = ConvProblem.parse(shape["descriptor"])
        for name, layout, time_s in _of_shape(shape):
            yield name, Case(problem, shape["precision"], layout, shape["device"]), time_s


def _of_shape(shape: Mapping[str, Any]) -> Iterator[tuple[str, str, float]]:
    if "times_s" in shape:
        for name, time_s in shape["times_s"].items():
            yield name, shape["layout"], time_s
        return
    for one in shape["candidates"]:
        if one["status"] == "ok" and one["median_s"]:
            yield one["implementation"], one["layout"], one["median_s"]
