"""The measured peak of calls with known memory."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bench.worker import peak
from bench.worker.peak import peak_bytes, reading
from bench.worker.settings import Settings

KIB, MIB, PAGE = 2**10, 2**20, 4096

# (bytes as tensors one after the other, each freed before the next; or all alive at once)
KNOWN = """
import json
import torch
from bench.worker.peak import peak_bytes

torch.set_num_threads(1)
SIZES = {sizes}


def together(sizes):
    return [torch.ones(size, dtype=torch.uint8) for size in sizes]


def one_by_one(sizes):
    for size in sizes:
        last = None
        last = torch.ones(size, dtype=torch.uint8)
    return last


found = []
for kind, sizes in SIZES:
    call = lambda: globals()[kind](sizes)
    call()
    found.append([peak_bytes(call, "cpu") for _ in range(3)])
print(json.dumps(found))
"""
CASES = [
    ("together", [], None),
    ("together", [16 * KIB], None),
    ("together", [256 * KIB], 256 * KIB),
    ("together", [MIB], MIB),
    ("together", [16 * MIB], 16 * MIB),
    ("together", [64 * MIB], 64 * MIB),
    ("together", [MIB, 16 * MIB, 16 * MIB], 33 * MIB),
    # Freed blocks go back one by one, or are used again: three at once are never taken.
    ("one_by_one", [16 * MIB] * 3, 16 * MIB),
]


@pytest.mark.slow
@pytest.mark.parametrize(
    "pinned", [True, pytest.param(False, marks=pytest.mark.full)], ids=["pinned", "default malloc"]
)
def test_known_allocations_are_found_to_within_pages(tmp_path: Path, pinned: bool) -> None:
    if sys.platform != "linux" or not Path("/proc/self/smaps_rollup").is_file():
        pytest.skip("the system does not tell")
    environment = Settings(1).environment()
    if not pinned:
        environment = {name: value for name, value in environment.items() if not name.startswith("MALLOC_")}
    sizes = [[kind, given] for kind, given, _ in CASES]
    done = subprocess.run(
        [sys.executable, "-c", KNOWN.format(sizes=sizes)], capture_output=True, text=True, check=False, env=environment
    )
    assert done.returncode == 0, done.stderr
    for (kind, given, expected), found in zip(CASES, json.loads(done.stdout), strict=True):
        if expected is None:
            assert found == [None] * 3, (kind, given)
        elif kind == "one_by_one":
            # The heap may put the second block beside the first, and then give the first one's place to the third.
            assert all(expected - 4 * PAGE <= one <= 2 * expected + 4 * PAGE for one in found), found
        else:
            assert all(abs(one - expected) <= 4 * PAGE for one in found), (kind, given, found)


@pytest.mark.parametrize(
    ("resident", "high_water", "processors", "expected"),
    [
        (64 * MIB, 64 * MIB, 2, 64 * MIB),
        # The mark lags: the pages themselves are right.
        (64 * MIB, 63 * MIB, 2, 64 * MIB),
        (64 * MIB, 64 * MIB + 512 * KIB, 2, 64 * MIB),
        (1 * MIB, 16 * MIB, 64, 1 * MIB),
        # Mapped and unmapped within the call: only the mark has seen it.
        (0, 64 * MIB, 2, 64 * MIB),
        (-8 * KIB, 0, 2, None),
        (15 * PAGE, 0, 2, None),
        (16 * PAGE, 0, 2, 16 * PAGE),
    ],
)
def test_the_high_water_mark_counts_only_beyond_its_lag(
    resident: int, high_water: int, processors: int, expected: int | None
) -> None:
    assert reading(resident, high_water, PAGE, processors) == expected


def test_without_counters_the_peak_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peak, "_PROC", tmp_path / "nowhere")
    ran: list[int] = []
    assert peak_bytes(lambda: ran.append(1), "cpu") is None


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_an_exception_of_the_call_passes_through() -> None:
    def call() -> None:
        raise RuntimeError("on purpose")

    with pytest.raises(RuntimeError, match="on purpose"):
        peak_bytes(call, "cpu")


def test_on_cuda_the_peak_is_that_of_the_allocator(monkeypatch: pytest.MonkeyPatch) -> None:
    notes: list[str] = []
    cuda: Any = SimpleNamespace(
        synchronize=lambda: notes.append("wait"),
        reset_peak_memory_stats=lambda: notes.append("reset"),
        memory_allocated=lambda: 1000,
        max_memory_allocated=lambda: 5096,
    )
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=cuda))
    assert peak_bytes(lambda: notes.append("call"), "cuda") == 4096
    assert notes == ["wait", "reset", "call", "wait"]
