"""Generated kernels: compiled once for all processes, and anywhere when nothing can be kept."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]

# Compiles one kernel, runs it, and says where it came from and how long it took.
PROGRAM = """
import ctypes, time, warnings
warnings.simplefilter("always")
import numpy as np
from impls.cpu import generated
from impls.cpu.padded_row import padded_row_kernel
import sys
started = time.perf_counter()
address = padded_row_kernel("float32", 4)
function = ctypes.CFUNCTYPE(None, *[ctypes.c_int64] * 5)(address)
x, y = np.arange(9, dtype=np.float32), np.full(16, -1, np.float32)
function(x.ctypes.data, y.ctypes.data, 2, 9, 3)
assert y.tolist() == [0, 0, *range(9), 0, 0, 0, -1, -1], y
made = [m for n, m in sys.modules.items() if n.startswith("convcost_generated_")]
print(made[0].padded_row.cache_hits, time.perf_counter() - started, made[0].__file__)
"""


def _process(cache: Path, *, temporary: Path | None = None) -> tuple[int, float, Path, str]:
    environment = os.environ | {"CONVCOST_CACHE": str(cache), "PYTHONPATH": str(ROOT)}
    if temporary:
        environment["TMPDIR"] = str(temporary)
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True)
    hits, seconds, file = done.stdout.split()
    return int(hits), float(seconds), Path(file), done.stderr


def test_a_second_process_compiles_nothing(tmp_path: Path) -> None:
    hits, _, file, _ = _process(tmp_path / "kernels")
    assert hits == 0
    again, _, same, errors = _process(tmp_path / "kernels")
    assert again == 1
    assert same == file
    assert "Warning" not in errors


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    # A file in the place of the folder refuses everyone, root too.
    blocked = tmp_path / "file"
    blocked.write_text("")
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    _, _, file, errors = _process(blocked / "kernels", temporary=temporary)
    assert errors.count("CONVCOST_CACHE=FOLDER") == 1
    assert str(blocked / "kernels") in errors
    assert file.is_relative_to(temporary)
    assert not list(temporary.glob("convcost-kernels-*")), "the process has swept up behind itself"


def test_the_name_of_a_file_follows_from_its_text(tmp_path: Path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    from impls.cache_folder import cache_folder
    from impls.cpu import generated

    cache_folder.cache_clear()
    monkeypatch.setenv("CONVCOST_CACHE", str(tmp_path))
    try:
        one, same, other = (generated.module("thing", text) for text in ("x = 1", "x = 1", "x = 2"))
    finally:
        cache_folder.cache_clear()
    assert one is same
    assert (one.x, other.x) == (1, 2)
    assert one.__file__ != other.__file__
    assert not [p for p in tmp_path.iterdir() if p.name.startswith(".")]
