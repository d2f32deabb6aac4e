"""Renders a run's page where reports are kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from bench.cost.rates import Rates
from bench.errors import InfrastructureError
from bench.store import runs

if TYPE_CHECKING:
    pass


def render(folder: Path, reports: Path, rates: Rates | None = None) -> Path:
    """The page of a run, reports/<the run's name>/index.html; what `rates` give in place of the run's own."""
    from bench.report.page import render as render_page

    run_read = runs.load(folder)
    if rates is not None:
        own = Rates.from_dict(run_read.meta["rates"]) if "rates" in run_read.meta else Rates()
        run_read = replace(run_read, meta={**run_read.meta, "rates": own.overlaid(rates).as_dict()})
    page = reports / folder.resolve().name
    try:
        return render_page(run_read, page)
    except OSError as error:
        raise InfrastructureError(f"{page} cannot be written: {error}") from error
