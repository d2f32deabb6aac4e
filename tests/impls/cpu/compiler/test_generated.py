"""Generated kernels are compiled once for all processes, and also where no folder is writable."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from impls.cache_folder import cache_folder
from impls.cpu.compiler import generated

ROOT = Path(__file__).resolve().parents[4]

# Compiles and runs one kernel; prints whether its file existed already, and the file.
PROGRAM = """
import ctypes, warnings
warnings.simplefilter("always")
import numpy as np
from impls.cpu.compiler import generated
from impls.cpu.direct import padded_row
made, module = [], generated.module
generated.module = lambda *given: made.append(module(*given)) or made[0]
function = ctypes.CFUNCTYPE(None, *[ctypes.c_int64] * 5)(padded_row.padded_row_kernel("float32", 4))
x, y = np.arange(9, dtype=np.float32), np.full(16, -1, np.float32)
function(x.ctypes.data, y.ctypes.data, 2, 9, 3)
assert y.tolist() == [0, 0, *range(9), 0, 0, 0, -1, -1], y
print(made[0].padded_row.was_kept, made[0].padded_row.file)
"""


def _process(cache: Path, *, temporary: Path | None = None) -> tuple[bool, Path, str]:
    environment = os.environ | {"CONVCOST_CACHE": str(cache), "PYTHONPATH": str(ROOT)}
    if temporary:
        environment["TMPDIR"] = str(temporary)
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True)
    was_kept, file = done.stdout.split()
    return was_kept == "True", Path(file), done.stderr


def test_a_second_process_compiles_nothing(tmp_path: Path) -> None:
    was_kept, file, _ = _process(tmp_path / "kernels")
    assert not was_kept
    again, same, errors = _process(tmp_path / "kernels")
    assert again
    assert same == file
    assert "Warning" not in errors
    # Damaged machine code is not run.
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    assert _process(tmp_path / "kernels") == (False, file, errors)


def test_kernels_compile_without_a_writable_folder(tmp_path: Path) -> None:
    # A file in place of the folder refuses all users, also root.
    blocked = tmp_path / "file"
    blocked.write_text("")
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    _, file, errors = _process(blocked / "kernels", temporary=temporary)
    assert errors.count("CONVCOST_CACHE=FOLDER") == 1
    assert str(blocked / "kernels") in errors
    assert file.is_relative_to(temporary)
    assert not list(temporary.glob("convcost-kernels-*")), "the process removes its temporary folder"


def test_a_files_name_depends_on_its_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache_folder.cache_clear()
    monkeypatch.setenv("CONVCOST_CACHE", str(tmp_path))
    empty = ["@kernel(1)\ndef nothing(x):\n    pass\n" + "\n" * more for more in (0, 0, 1)]
    try:
        one, same, other = (generated.module("thing", text) for text in empty)
    finally:
        cache_folder.cache_clear()
    assert one is same
    assert one.nothing.file != other.nothing.file
    assert sorted(tmp_path.iterdir()) == sorted((one.nothing.file, other.nothing.file))
