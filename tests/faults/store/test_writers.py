"""Two writers, full disks, kills while lines are written, and links in a run's folder."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from bench.errors import InfrastructureError
from bench.store import journal, lock, runs, tables
from tests.faults.conftest import Tried

_APPEND = """
import sys
from pathlib import Path
from bench.store import journal
number = 0
while True:
    number += 1
    journal.append(Path(sys.argv[1]), {"key": "k", "number": number, "text": "x" * 20_000})
    print(number, flush=True)
"""
_FULL = """
import resource, sys
from pathlib import Path
from bench.errors import InfrastructureError
from bench.store import journal
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
number = 0
try:
    while True:
        journal.append(Path(sys.argv[1]), {"number": number, "text": "x" * 1_000})
        number += 1
except InfrastructureError as error:
    print(number, error)
"""
_HOLD = """
import sys
from pathlib import Path
from bench.errors import InfrastructureError
from bench.store import journal, lock
try:
    with lock.held(Path(sys.argv[1])):
        sys.stdin.readline()
        journal.append(Path(sys.argv[1]), {"key": "k"})
        print("wrote", flush=True)
        sys.stdin.readline()
except InfrastructureError as error:
    print("refused", error, flush=True)
"""


def _python(code: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", code, *arguments], stdin=-1, stdout=-1, text=True)


def test_a_kill_while_lines_are_written_loses_no_line_that_was_told(tmp_path: Path, tried: Tried) -> None:
    folder = runs.create(tmp_path, "mine", {})
    known = 0
    for attempt in range(20):
        tried("kill: the parent during append")
        writer = _python(_APPEND, str(folder))
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(0.002 * attempt)
        writer.kill()
        told = 1 + len(writer.communicate()[0].splitlines())
        found = journal.read(folder)
        # Its lines are there once each, in order, those that it told at least.
        assert [record["number"] for record in found[known:]] == list(range(1, len(found) - known + 1))
        assert len(found) >= known + told
        journal.append(folder, {"key": "after"})
        known = len(found) + 1


def test_a_full_disk_leaves_whole_lines(tmp_path: Path, tried: Tried) -> None:
    for size_bytes in range(5_000, 6_500, 100):
        tried("disk: full during append")
        folder = runs.create(tmp_path, "mine", {})
        out, _ = _python(_FULL, str(folder), str(size_bytes)).communicate()
        number, _, sentence = out.partition(" ")
        assert "cannot be written" in sentence
        assert len(journal.read(folder)) == int(number)
        journal.append(folder, {"number": -1})
        assert len(journal.read(folder)) == int(number) + 1


def test_one_of_two_writers_is_refused(tmp_path: Path, tried: Tried) -> None:
    for _ in range(5):
        tried("two writers at once")
        folder = runs.create(tmp_path, "mine", {})
        both = [_python(_HOLD, str(folder)) for _ in range(2)]
        for one in both:
            assert one.stdin is not None
            one.stdin.write("go\n")
            one.stdin.flush()
        deadline = time.monotonic() + 60
        while lock.owner_of(folder) is None or all(one.poll() is None for one in both):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        said = [one.communicate("end\n")[0].split()[0] for one in both]
        assert sorted(said) == ["refused", "wrote"]
        assert journal.read(folder) == [{"key": "k"}]


@pytest.mark.parametrize("name", [journal.FILE_NAME, "run.json", "measurements.parquet", lock.FILE_NAME])
def test_nothing_is_written_through_a_link(tmp_path: Path, tried: Tried, name: str) -> None:
    tried(f"link: {name}")
    folder, target = runs.create(tmp_path, "mine", {}), tmp_path / "target"
    content = (folder / name).read_bytes() if (folder / name).exists() else b""
    target.write_bytes(content)
    (folder / name).unlink(missing_ok=True)
    (folder / name).symlink_to(target)
    with suppress(InfrastructureError), lock.held(folder):
        runs.add_to_meta(folder, {"wall_s": 1.0})
        journal.append(folder, {"key": "k", "rows": [], "samples": {}})
        runs.write_tables_of(folder)
    assert target.read_bytes() == content


def test_tables_are_made_again_after_a_kill_before_them(tmp_path: Path, tried: Tried) -> None:
    folder = runs.create(tmp_path, "mine", {"energy": {"without": {}, "model": None}})
    journal.append(folder, {"key": "k", "rows": [], "samples": {}, "spent_s": 1.0})
    runs.finish(folder, {})
    for damage in ("missing", "torn", "of another journal"):
        tried(f"tables: {damage}")
        runs.write_tables_of(folder)
        table = folder / "samples.parquet"
        if damage == "missing":
            table.unlink()
        elif damage == "torn":
            table.write_bytes(table.read_bytes()[:50])
        else:
            runs.reopen(folder)
            journal.append(folder, {"key": "k2", "rows": [], "samples": {}, "spent_s": 1.0})
            runs.finish(folder, {})
        runs.renew_tables(runs.load(folder))
        assert tables.are_made_from(folder, runs.fingerprint(folder))
