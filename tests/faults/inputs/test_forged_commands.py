"""Commands that read runs meet forged rows and entries of run.json: one sentence, or what they say; no traceback."""

from __future__ import annotations

import copy
import random
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from bench.errors import InfrastructureError, UsageError
from bench.store.schema import Row
from tests.faults.conftest import Tried
from tests.faults.inputs import forged
from tests.faults.inputs.consumers import CONSUMERS

# A page draws all its figures: it costs a hundred times what a refusal does.
ATTEMPTS = {"results": 900, "fit": 900, "export": 300, "compare": 100, "history": 50, "report": 60}
_COLUMNS = [field.name for field in fields(Row)]


@pytest.fixture(scope="module")
def real() -> tuple[dict[str, Any], list[dict[str, Any]]]:
    return forged.meta(), forged.few_rows()


@pytest.mark.parametrize("command", CONSUMERS)
@pytest.mark.parametrize("kind", ["rows", "run.json"])
def test_forged_runs(
    tmp_path: Path, real: Any, tried: Tried, capsys: pytest.CaptureFixture[str], command: str, kind: str
) -> None:
    choose = random.Random(f"{command} {kind}")
    for number in range(ATTEMPTS[command]):
        meta, lines = copy.deepcopy(real)
        if kind == "rows":
            column, value = _COLUMNS[number % len(_COLUMNS)], forged.value(choose)
            for row in lines[0]["rows"][: choose.choice((1, 2))]:
                row[column] = value
        else:
            forged.forge_entry(choose, meta)
        folder = forged.folder(tmp_path / "run", meta, lines)
        tried(f"forged {kind} in {command}")
        with suppress(UsageError, InfrastructureError):
            CONSUMERS[command](folder, tmp_path)
        assert "\x1b" not in capsys.readouterr().out


@pytest.mark.parametrize("command", CONSUMERS)
def test_the_real_run_is_shown(tmp_path: Path, real: Any, command: str) -> None:
    with suppress(UsageError):
        CONSUMERS[command](forged.folder(tmp_path / "run", *real), tmp_path)
