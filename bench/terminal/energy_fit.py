"""Prints the result of `convcost energy-fit`."""

from __future__ import annotations

from bench.energy.executed.model import LeftOutError
from bench.format import count, joules, significant, watts
from bench.predict.energy_fit import FittedEnergy
from bench.terminal.console import print_line, print_table


def show(fitted: FittedEnergy) -> None:
    """Print the coefficients, the error on implementations that were left out, the rows left out, and the file."""
    model = fitted.model
    known = [["time", watts(model.idle_w)]]
    known += [
        [f"FLOP in {precision}, {instructions}", joules(value)]
        for instructions, table in model.flop_j.items()
        for precision, value in table.items()
    ]
    known += [[f"byte, {level}", joules(value)] for level, value in model.byte_j.items()]
    print_table(f"Joules on {model.label}", ["of each", "costs"], known)
    errors = {**model.left_out_error_by_implementation, "all": model.left_out_error}
    print_table(
        "How far off it is on an implementation that was left out of the fit",
        ["implementation", "rows", "median", "90 % are within"],
        [[name, *_cells(error)] for name, error in errors.items()],
    )
    for reason, number in fitted.left_out.items():
        print_line(f"{count(number, 'row')} left out: {reason}")
    print_line(f"written: {fitted.file}")


def _cells(error: LeftOutError) -> list[str]:
    return [str(error.rows), *(f"{significant(100 * value, 2)} %" for value in (error.median, error.quantile_90))]
