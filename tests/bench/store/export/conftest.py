"""The run that exporters write, and its content."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.store.export import content
from bench.store.export.content import RunContent
from tests.bench.store.export.made_run import make_run


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return make_run(tmp_path / "results")


@pytest.fixture
def made(run: Path) -> RunContent:
    return content.read(run)
