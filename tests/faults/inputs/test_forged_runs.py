"""Forged rows, samples and run.json with right checksums: an error of the product, or a page; never a traceback."""

from __future__ import annotations

import copy
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.errors import InfrastructureError, UsageError
from bench.report import page
from bench.report.sections import first_screen, overview
from bench.report.sections.study import Study
from bench.store import runs
from tests.faults.conftest import Tried
from tests.faults.inputs import forged


@pytest.fixture(scope="module")
def real() -> tuple[dict[str, Any], list[dict[str, Any]]]:
    return forged.meta(), forged.records()


def _read(folder: Path) -> None:
    """All that a page and the tables ask of a run, without drawing."""
    run = runs.load(folder)
    runs.write_tables(run)
    study = Study.of(run)
    first_screen.of(study)
    page.sections(study)
    page.in_short(study)
    overview.conditions(study)


def _survives(folder: Path) -> None:
    with suppress(UsageError, InfrastructureError):
        _read(folder)


@forged.ENDLESS
@given(data=st.data())
def test_forged_rows(data: st.DataObject, tmp_path: Path, real: Any, tried: Tried) -> None:
    tried("journal rows")
    meta, lines = copy.deepcopy(real)
    row = data.draw(st.sampled_from(lines[0]["rows"]))
    row[data.draw(st.sampled_from(sorted(row)))] = data.draw(forged.values)
    _survives(forged.folder(tmp_path / "run", meta, lines))


@settings(forged.ENDLESS, max_examples=forged.EXAMPLES // 4)
@given(data=st.data())
def test_forged_samples(data: st.DataObject, tmp_path: Path, real: Any, tried: Tried) -> None:
    tried("journal samples")
    meta, lines = copy.deepcopy(real)
    columns = data.draw(st.sampled_from([*lines[0]["samples"].values()]))
    name = data.draw(st.sampled_from(sorted(columns)))
    if data.draw(st.booleans()):
        columns[name] = data.draw(forged.values)
    else:
        columns[name][0] = data.draw(forged.values)
    _survives(forged.folder(tmp_path / "run", meta, lines))


@forged.ENDLESS
@given(data=st.data())
def test_forged_run_json(data: st.DataObject, tmp_path: Path, real: Any, tried: Tried) -> None:
    tried("run.json")
    meta, lines = copy.deepcopy(real)
    place: Any = meta
    while True:
        key = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
        if not (isinstance(place[key], (dict, list)) and place[key] and data.draw(st.booleans())):
            break
        place = place[key]
    place[key] = data.draw(forged.values)
    _survives(forged.folder(tmp_path / "run", meta, lines))


def test_the_real_run_is_read_whole(tmp_path: Path, real: Any) -> None:
    _read(forged.folder(tmp_path / "run", *real))
    assert len(runs.load(tmp_path / "run").measurements) == len(real[1][0]["rows"]) + len(real[1][1]["rows"])
