"""The types of run.json: null is missing, rates are whole, everything else is one sentence."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from bench.errors import InfrastructureError
from bench.store import runs


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return runs.create(tmp_path, "made", {})


@pytest.mark.parametrize(
    "entry", ["configuration", "settings", "environment", "energy", "calibration", "rates", "skipped"]
)
def test_an_entry_of_run_json_may_be_null(run: Path, entry: str) -> None:
    runs.write_meta(run, {**runs.read_meta(run), entry: None})
    assert runs.read_meta(run)[entry] is None
    nulls = {"axes": None, "grid": None, "layers": None, "data": None}
    runs.write_meta(run, {**runs.read_meta(run), "configuration": nulls})
    assert runs.read_meta(run)["configuration"] == nulls


_GRID = {"code": None, "country": None, "g_per_kwh": 50.0, "year": None, "source": "x"}
_RATES = {"grid": _GRID, "price_per_kwh": None, "price_per_hour": None, "pue": 1.0, "currency": None}


@pytest.mark.parametrize(
    ("rates", "says"),
    [
        (_RATES, ""),
        ({}, ""),
        ({"x": 1}, "rates has no grid, price_per_kwh, price_per_hour, pue"),
        ({**_RATES, "pue": None}, "rates has no pue"),
        ({**_RATES, "grid": {}}, "rates.grid has no code, country, g_per_kwh, year, source"),
        ({**_RATES, "grid": {**_GRID, "source": None}}, "rates.grid has no source"),
    ],
)
def test_rates_that_are_not_whole_are_damage(run: Path, rates: dict[str, Any], says: str) -> None:
    runs.write_meta(run, {**runs.read_meta(run), "rates": rates})
    if says:
        with pytest.raises(InfrastructureError, match=re.escape(f"run.json is damaged: {says}") + "$"):
            runs.read_meta(run)
    else:
        assert runs.read_meta(run)["rates"] == rates
