"""The names of compiled functions for Linux perf: read from object files, placed by the engine's addresses."""

from __future__ import annotations

import itertools
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from impls.cpu.compiler.generated import compiled, header
from impls.cpu.compiler.perf_map import Recorder, functions, readable

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="perf is a program of Linux")

ROOT = Path(__file__).parents[4]
SOURCE = (
    header("float32", 4, ("load", "store", "add"))
    + """
@kernel(3)
def twice(a, y, n):
    for i in range(0, n, 4):
        store(y, i, add(load(a, i), load(a, i)))


@kernel(3)
def copied(a, y, n):
    for i in range(0, n, 4):
        store(y, i, load(a, i))
"""
)
DIGEST = "0123456789abcdef0123"


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    recorder = Recorder()
    yield recorder
    recorder.stop()


def test_kernels_have_a_line_each_with_their_address_and_size(recorder: Recorder, tmp_path: Path) -> None:
    prefix = f"convcost_perf_{DIGEST}_"
    names, library = compiled(SOURCE, prefix)
    assert names == ("twice", "copied")
    addresses = {f"convcost_perf_{name}": library.get_pointer_to_function(prefix + name) for name in names}
    file = recorder.write(tmp_path / "perf-1.map")
    lines = file.read_text().splitlines()
    assert all(re.fullmatch(r"[0-9a-f]+ [0-9a-f]+ .+", line) for line in lines)
    found = {name: (int(start, 16), int(size, 16)) for start, size, name in (line.split(" ", 2) for line in lines)}
    assert {name: start for name, (start, _) in found.items() if name in addresses} == addresses
    starts = sorted(found.values())
    # Functions do not overlap, and each has a size.
    assert all(start + size <= following for (start, size), (following, _) in itertools.pairwise(starts))
    assert all(size for _, size in starts)


def test_a_map_is_not_written_through_a_link(recorder: Recorder, tmp_path: Path) -> None:
    target = tmp_path / "somebody's"
    target.write_text("precious")
    (tmp_path / "perf-1.map").symlink_to(target)
    with pytest.raises(OSError, match=r"perf-1\.map"):
        recorder.write(tmp_path / "perf-1.map")
    assert target.read_text() == "precious"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (f"convcost_tile_{DIGEST}_block", "convcost_tile_block"),
        ("_ZN5impls3cpu4gemm6driver13convolve_nchwB2v1B38c8tJTExx", "impls.cpu.gemm.driver.convolve_nchw"),
        ("cfunc._ZN5impls3cpu4taps4tapsE", "cfunc.impls.cpu.taps.taps"),
        ("NRT_incref", "NRT_incref"),
        ("_ZN", "_ZN"),
    ],
)
def test_names_are_those_of_the_source(name: str, expected: str) -> None:
    assert readable(name) == expected


@pytest.mark.parametrize("code", [b"", b"\x7fELF\x01\x01", b"MZ" + bytes(100)], ids=["empty", "32 bits", "no ELF"])
def test_other_files_have_no_functions(code: bytes) -> None:
    assert list(functions(code)) == []


@pytest.mark.full
def test_code_that_was_compiled_before_has_names_too(tmp_path: Path) -> None:
    """Machine code from files never passes through LLVM's compiler."""
    words = ["measure", "mb1ic16ih14oc16kh3ph1", "--in-process", "-i", "direct", "--threads", "1", "--seconds", "0.01"]
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-m", "bench.cli", *words], cwd=ROOT, check=True, capture_output=True, text=True
        )
        file = Path(done.stdout.split()[-1])
        text = file.read_text()
        file.unlink()
        assert re.search(r" convcost_\w+$", text, re.MULTILINE)
        assert re.search(r" convcost_direct_tile_driver_pixels$", text, re.MULTILINE)
