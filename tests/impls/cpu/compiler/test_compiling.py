"""Machine code of drivers: kept for other processes, and compiled anew when any source of `impls.cpu` changes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from numba.core import config

from impls.cache_folder import cache_folder
from impls.cpu.compiler import compiling

ROOT = Path(__file__).resolve().parents[4]
LOOPS = """
import numba, torch, impls
from impls.cpu import loops_kernel
x, weight = torch.randn(1, 3, 6, 6), torch.randn(2, 3, 3, 3)
torch.testing.assert_close(impls.conv2d(x, weight, implementation="loops"), torch.conv2d(x, weight))
print(sum(loops_kernel.seven_loops("float32").stats.cache_hits.values()), numba.config.CACHE_DIR)
"""


def _loops(cache: Path) -> tuple[str, str]:
    """What a process prints that computes by a driver: how often it loaded machine code, and Numba's own folder."""
    environment = os.environ | {"CONVCOST_CACHE": str(cache), "PYTHONPATH": str(ROOT), "NUMBA_CACHE_DIR": "users-own"}
    done = subprocess.run([sys.executable, "-c", LOOPS], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    hits, folder = done.stdout.split()
    return hits, folder


@pytest.mark.full
def test_a_second_process_loads_the_machine_code(tmp_path: Path) -> None:
    assert _loops(tmp_path) == ("0", "users-own")
    (folder,) = (folder for folder in tmp_path.iterdir() if folder.name.startswith("numba-"))
    assert list(folder.rglob("*.nbc"))
    hits, own_folder = _loops(tmp_path)
    assert int(hits) > 0
    assert own_folder == "users-own"


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that stands for impls/cpu."""
    folder = tmp_path / "sources"
    (folder / "direct").mkdir(parents=True)
    (folder / "direct" / "driver.py").write_text("one = 1\n")
    monkeypatch.setenv("CONVCOST_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(compiling, "_SOURCES", folder)
    cache_folder.cache_clear()
    yield folder
    cache_folder.cache_clear()
    compiling._folder.cache_clear()


def _name() -> str:
    compiling._folder.cache_clear()
    return compiling._folder().name


def test_a_changed_source_means_another_folder(sources: Path) -> None:
    before = _name()
    assert _name() == before
    (sources / "direct" / "steps.py").write_text("two = 2\n")
    with_helper = _name()
    (sources / "direct" / "steps.py").write_text("two = 3\n")
    assert len({before, with_helper, _name()}) == 3


def test_the_users_folder_is_restored(sources: Path) -> None:
    before = vars(config)["CACHE_DIR"]
    compiling.kept()(lambda: 1)
    assert before == vars(config)["CACHE_DIR"]


def _aged(name: str, days: float) -> Path:
    """A folder of machine code in the cache, last written to some days ago."""
    folder = cache_folder() / name
    (folder / "driver").mkdir(parents=True)
    (folder / "driver" / "code.nbc").write_text("machine code")
    written_s = time.time() - days * 24 * 3600
    os.utime(folder, (written_s, written_s))
    return folder


@pytest.mark.usefixtures("sources")
def test_a_new_folder_means_that_old_ones_are_deleted() -> None:
    old, recent, other = _aged("numba-old", 31), _aged("numba-recent", 29), _aged("choices", 31)
    _name()
    assert [folder.exists() for folder in (old, recent, other)] == [False, True, True]


@pytest.mark.usefixtures("sources")
def test_a_folder_in_use_deletes_nothing() -> None:
    own = _aged(_name(), 31)
    old = _aged("numba-old", 31)
    _name()
    assert own.exists()
    assert old.exists()


@pytest.mark.usefixtures("sources")
def test_a_folder_that_is_gone_is_no_error() -> None:
    old = _aged("numba-old", 31)
    # A link to nothing, as if another process had deleted the folder.
    (cache_folder() / "numba-gone").symlink_to(cache_folder() / "nothing")
    _name()
    assert not old.exists()
