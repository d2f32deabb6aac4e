"""A run's folder, or all results, removed while the sweep measures: exit code 3, one sentence, nobody is left."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.faults.conftest import Tried
from tests.faults.worker.sweeps import Sweeps


@pytest.mark.parametrize(("whole", "visits"), [(False, 1), (True, 5)], ids=["the run", "all results"])
def test_a_removed_folder_is_one_sentence(tmp_path: Path, tried: Tried, whole: bool, visits: int) -> None:
    sweeps = Sweeps(tmp_path)
    sweep = sweeps.start()
    sweeps.wait_for_visits(visits, sweep)
    tried("folder removed in mid-run")
    run = sweeps.run
    assert run is not None
    shutil.rmtree(run.parent if whole else run)
    _, said = sweep.communicate(timeout=60)
    (*_, last) = said.strip().split("convcost: ")
    assert (sweep.returncode, "Traceback" in said) == (3, False), said
    assert "was removed while it was measured; to measure again: a new sweep" in " ".join(last.split())
    assert not run.exists()
    assert not sweeps.left()
