"""Two whole resumes of one run at once: one measures, the other is refused, and no sample is there twice."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from bench.store import runs
from tests.faults.conftest import Tried
from tests.faults.worker.sweeps import CASES, VISITS, Sweeps


def test_one_of_two_resumes_is_refused(tmp_path: Path, tried: Tried) -> None:
    sweeps = Sweeps(tmp_path)
    begun = sweeps.start()
    sweeps.wait_for_visits(1, begun)
    begun.kill()
    begun.communicate()
    tried("two resumes at once")
    both = [sweeps.start() for _ in range(2)]
    said = {one.communicate(timeout=120)[1]: one.returncode for one in both}
    assert sorted(said.values()) == [0, 3], said
    (refused,) = (words for words, code in said.items() if code == 3)
    assert "is being written by process" in " ".join(refused.split())
    assert "Traceback" not in refused
    assert sweeps.run is not None
    visits = sweeps.visits()
    assert len(visits) == CASES * VISITS
    assert max(Counter(visits).values()) == 1
    assert runs.FINISHED in runs.read_meta(sweeps.run)
    samples = runs.load(sweeps.run).samples
    assert not samples.duplicated(["case_key", "implementation", "process", "draw", "block"]).any()
    assert not sweeps.left()
