"""Fits the model of executed work (bench.energy.executed.model) to the measured joules of a run.

The coefficients solve a non-negative least-squares problem (C. L. Lawson, R. J. Hanson, "Solving Least Squares
Problems", 1974, chapter 23) in relative residuals, (predicted − measured) / measured: short calls count as much as long
ones. A coefficient that a single implementation determines could not be told from that implementation, so rows that
need one are left out. How well the model predicts is found by leaving out each implementation in turn.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.optimize import nnls

from bench.energy.executed import files
from bench.energy.executed.model import MOST_ERROR, ExecutedModel, ExecutedWork, LeftOutError
from bench.errors import InfrastructureError, UsageError
from bench.format import count
from bench.predict.tables.energy_rows import MeasuredRun, MeasuredWork, measured_run

# With fewer, the error on implementations that are left out says nothing.
LEAST_ROWS, LEAST_IMPLEMENTATIONS = 20, 4
_ROWS_A_COEFFICIENT = 3
_LEAST_OWNERS = 2
_QUANTILE = 0.9
_DIGITS = 6
_IDLE, _FLOP, _BYTE = "idle_w", "flop_j", "byte_j"
_ONE_OWNER = "only one implementation has such FLOPs, or bytes at such a level"

# A coefficient: idle_w; flop_j with instructions and precision; byte_j with a level.
Coefficient = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FittedEnergy:
    """A written model: its file, and the number of measured rows that were left out, by reason."""

    file: Path
    model: ExecutedModel
    left_out: Mapping[str, int]


def fit_run(folder: Path, write: Path) -> FittedEnergy:
    """Fit a model to a run and write its file.

    Raises UsageError for a run without measured joules, of too few rows or implementations, of several devices, and for
    one that the model does not describe; InfrastructureError if the file cannot be written.
    """
    run = measured_run(folder)
    rows = told_apart(run.rows)
    _require_enough(folder, run, rows)
    model = _model(run, rows)
    error = model.left_out_error.quantile_90
    if error >= MOST_ERROR:
        raise UsageError(
            f"{folder} gives no model that predicts: of rows whose implementation was left out, a tenth is more than "
            f"{error:.0%} off; allowed: less than {MOST_ERROR:.0%}; measure more cases and implementations on a quiet "
            "machine"
        )
    try:
        write.write_text(files.text_of(model), encoding="utf-8")
    except OSError as failed:
        raise InfrastructureError(f"{write} cannot be written: {failed.strerror or failed}") from failed
    alone = len(run.rows) - len(rows)
    return FittedEnergy(write, model, {**run.left_out, **({_ONE_OWNER: alone} if alone else {})})


def amounts(work: ExecutedWork) -> dict[Coefficient, float]:
    """What each coefficient is multiplied by: seconds, FLOPs, bytes."""
    return {
        (_IDLE,): work.time_s,
        (_FLOP, work.instructions, work.precision): work.flops,
        (_BYTE, work.level): work.bytes_moved,
    }


def told_apart(rows: Sequence[MeasuredWork]) -> list[MeasuredWork]:
    """The rows whose coefficients at least two implementations determine."""
    kept = list(rows)
    while True:
        owners: dict[Coefficient, set[str]] = {}
        for row in kept:
            for coefficient in amounts(row.work):
                owners.setdefault(coefficient, set()).add(row.implementation)
        fine = [row for row in kept if all(len(owners[c]) >= _LEAST_OWNERS for c in amounts(row.work))]
        if len(fine) == len(kept):
            return kept
        # The rows that went may have been the second of another coefficient.
        kept = fine


def fit(rows: Sequence[MeasuredWork]) -> dict[Coefficient, float]:
    """The coefficients, none below 0, in W, J/FLOP and J/byte."""
    names = list(dict.fromkeys(name for row in rows for name in amounts(row.work)))
    shares = np.array([[amounts(row.work).get(name, 0.0) / row.joules for name in names] for row in rows])
    # Columns of one length: watts and picojoules differ by twelve orders of magnitude.
    length = np.linalg.norm(shares, axis=0)
    length[length == 0] = 1.0
    solved, _ = nnls(shares / length, np.ones(len(rows)))
    return {name: float(value) for name, value in zip(names, solved / length, strict=True)}


def left_out_errors(rows: Sequence[MeasuredWork]) -> dict[str, list[float]]:
    """|predicted − measured| / measured by implementation, each predicted by the fit to all others."""
    found: dict[str, list[float]] = {}
    for name in dict.fromkeys(row.implementation for row in rows):
        own = [row for row in rows if row.implementation == name]
        known = fit([row for row in rows if row.implementation != name])
        found[name] = [abs(_predicted(known, row.work) / row.joules - 1) for row in own]
    return found


def _predicted(known: Mapping[Coefficient, float], work: ExecutedWork) -> float:
    return math.fsum(known[name] * amount for name, amount in amounts(work).items())


def _require_enough(folder: Path, run: MeasuredRun, rows: Sequence[MeasuredWork]) -> None:
    """Raise UsageError for too few rows or implementations, with the reasons of those that were left out."""
    implementations = {row.implementation for row in rows}
    coefficients = {name for row in rows for name in amounts(row.work)}
    least = max(LEAST_ROWS, _ROWS_A_COEFFICIENT * len(coefficients))
    if len(rows) >= least and len(implementations) >= LEAST_IMPLEMENTATIONS:
        return
    others = {**run.left_out, _ONE_OWNER: len(run.rows) - len(rows)}
    why = "; ".join(f"{number} left out: {reason}" for reason, number in others.items() if number)
    given = f"{count(len(rows), 'row')} of {count(len(implementations), 'implementation')}"
    raise UsageError(
        f"{folder} has {given} with measured joules and known work{f' ({why})' if why else ''}; allowed: "
        f"{count(least, 'row')} of {count(LEAST_IMPLEMENTATIONS, 'implementation')} or more; "
        "type convcost sweep full --energy all"
    )


def _model(run: MeasuredRun, rows: Sequence[MeasuredWork]) -> ExecutedModel:
    known, errors = fit(rows), left_out_errors(rows)
    flop_j: dict[str, dict[str, float]] = {}
    byte_j: dict[str, float] = {}
    for (kind, *names), value in known.items():
        if kind == _FLOP:
            flop_j.setdefault(names[0], {})[names[1]] = _rounded(value)
        elif kind == _BYTE:
            byte_j[names[0]] = _rounded(value)
    return ExecutedModel(
        device=run.device,
        microarchitecture=run.microarchitecture,
        processor=run.processor,
        threads=run.threads,
        source=run.source,
        method=run.method,
        scope=run.scope,
        rows=len(rows),
        implementations=len(errors),
        idle_w=_rounded(known[(_IDLE,)]),
        flop_j=flop_j,
        byte_j=byte_j,
        left_out_error=_error([error for own in errors.values() for error in own]),
        left_out_error_by_implementation={name: _error(own) for name, own in errors.items()},
    )


def _error(errors: Sequence[float]) -> LeftOutError:
    """The median, and the least error that 90 % of the rows do not exceed."""
    highest = sorted(errors)[math.ceil(_QUANTILE * len(errors)) - 1]
    return LeftOutError(_rounded(statistics.median(errors)), _rounded(highest), len(errors))


def _rounded(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")
