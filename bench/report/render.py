"""Renders the page of a run in the folder of reports."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from bench.cost.rates import Rates
from bench.energy.model import SocketPower
from bench.errors import InfrastructureError
from bench.store import runs


def render(folder: Path, reports: Path, rates: Rates | None = None, power: SocketPower | None = None) -> Path:
    """Writes reports/<name of the run>/index.html and returns its path.

    Given `rates` replace those of the run, and `power` replaces its model of power; the run's files do not change.
    Raises UsageError for a power that no row needs, InfrastructureError if the page cannot be written.
    """
    from bench.report import page

    run_read = runs.load(folder, power)
    if rates is not None:
        own = Rates.from_dict(run_read.meta["rates"]) if "rates" in run_read.meta else Rates()
        new = own.overlaid(rates)
        # The currency of prices that an earlier run was given without one is not known.
        new = new if new == own else new.with_currency()
        run_read = replace(run_read, meta={**run_read.meta, "rates": new.as_dict()})
    target = reports / folder.resolve().name
    try:
        return page.write(run_read, target)
    except OSError as error:
        raise InfrastructureError(
            f"{target} cannot be written: {error}; to write the page elsewhere: --reports FOLDER"
        ) from error
