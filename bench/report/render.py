"""Renders the page of a run in the folder of reports."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from bench.cost.rates import Rates
from bench.energy.model import SocketPower
from bench.errors import InfrastructureError
from bench.store import runs
from bench.store.sample_table import SampleTable
from bench.store.stored import without_collection

# What the page reads of samples.
OF_SAMPLES = ("process", "draw", "start_s", "time_s", "flags")

if TYPE_CHECKING:
    from bench.report.printing.choices import Printing


def render(
    folder: Path,
    reports: Path,
    rates: Rates | None = None,
    power: SocketPower | None = None,
    energy_model: Path | None = None,
    printing: Printing | None = None,
) -> Path:
    """Writes reports/<name of the run>/index.html and returns its path; tables that do not match are made anew.

    With `printing`, the figures of the page are also files of their own, in the folder `figures` beside it.
    Raises UsageError for a power or model that no row needs, InfrastructureError if the page cannot be written.
    """
    from bench.report import page

    target = reports / folder.resolve().name
    with without_collection():
        run = load(folder, rates, power, energy_model)
        if runs.renew_tables(run, is_assumed=power is not None or energy_model is not None):
            run = replace(run, pieces=SampleTable(run.path, OF_SAMPLES))
        try:
            return page.write(run, target, printing)
        except OSError as error:
            raise InfrastructureError(
                f"{target} cannot be written: {error}; to write the page elsewhere: --reports FOLDER"
            ) from error


def load(
    folder: Path,
    rates: Rates | None = None,
    power: SocketPower | None = None,
    energy_model: Path | None = None,
) -> runs.Run:
    """A run, with given `rates` in place of its own, and `power` or a file in place of its model, in memory only.

    `energy_model` is the file of a model of what was executed. Raises UsageError for a power or file that no row needs,
    and for a file that cannot be used.
    """
    run = runs.load(folder, power, energy_model)
    if rates is None:
        return run
    try:
        own = Rates.from_dict(run.meta["rates"]) if run.meta.get("rates") else Rates()
    except (KeyError, TypeError) as error:
        raise InfrastructureError(f"{folder / runs.META_NAME} is damaged: rates, {error!r}") from error
    new = own.overlaid(rates)
    # The currency of prices that an earlier run was given without one is not known.
    new = new if new == own else new.with_currency()
    return replace(run, meta={**run.meta, "rates": new.as_dict()})
