"""Compiles kernels for an absent GPU, and runs nothing.

Triton compiles without a GPU, and only asks its driver for the target. Here a substitute driver names a target and
records compiled kernels instead of launching them. So the proof covers a plan's own calls of its kernels, with the
constants, types, alignments, warps and stages of its launches.

    with compiled_for(90) as builds:
        plan.run(x)                      # tensors of the CPU; results are not computed
    builds[0].shared_bytes, builds[0].ptx
"""

from __future__ import annotations

import itertools
import re
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from triton import knobs
from triton.backends.compiler import GPUTarget
from triton.runtime import driver

# Shared memory that a program may have, in bytes (CUDA C++ Programming Guide, "Technical Specifications per Compute
# Capability": 163 KiB and 227 KiB).
SHARED_LIMIT = {80: 163 * 1024, 90: 227 * 1024}
# Programs along each axis of a launch, since compute capability 3.0 (the same table).
GRID_LIMIT = (2**31 - 1, 65_535, 65_535)
_WARP = 32
_MOST_THREADS = 1024
# Triton keeps compiled kernels by device number: every proof has a number of its own.
_device_numbers = itertools.count(1_000_000)


@dataclass(frozen=True, slots=True)
class Build:
    """One compiled kernel: its needs of a multiprocessor, and its code.

    `stack_bytes` is memory of a thread outside its registers: the kernels have no arrays of their own, so all of it
    holds spilled registers. `ptx` is Triton's code, before the assembler.
    """

    kernel: str
    warps: int
    shared_bytes: int
    registers: int
    stack_bytes: int
    ptx: str

    def has(self, pattern: str) -> bool:
        """Whether an instruction of the code matches a regular expression."""
        return re.search(pattern, self.ptx) is not None


@contextmanager
def compiled_for(capability: int) -> Iterator[list[Build]]:
    """Inside, launches compile for this compute capability (80, 90) and run nothing; each kernel is listed once.

    Raises Triton's own errors for a kernel that does not compile or needs too much shared memory, and RuntimeError for
    a launch of more programs than CUDA allows.
    """
    builds: list[Build] = []
    stand_in = _StandIn(capability, builds)
    # Private: the public driver.active would start a driver.
    before = driver._active
    driver.set_active(stand_in)
    knobs.runtime.kernel_load_end_hook.add(stand_in.loaded)
    try:
        yield builds
    finally:
        knobs.runtime.kernel_load_end_hook.remove(stand_in.loaded)
        driver.set_active(before)


class _StandIn:
    """What Triton asks of a driver between a launch and the GPU."""

    def __init__(self, capability: int, builds: list[Build]) -> None:
        self._capability, self._builds = capability, builds
        self._device = next(_device_numbers)
        self._resources = (0, 0)
        self._metadata: Any = None
        self._listed: set[str] = set()
        self.utils = self

    def get_current_device(self) -> int:
        return self._device

    def get_current_stream(self, device: int) -> int:
        return 0

    def get_current_target(self) -> GPUTarget:
        return GPUTarget("cuda", self._capability, _WARP)

    def get_device_properties(self, device: int) -> dict[str, int]:
        return {"max_shared_mem": SHARED_LIMIT[self._capability]}

    def launcher_cls(self, source: Any, metadata: Any) -> Any:
        self._metadata = metadata
        return _require_grid

    def load_binary(self, name: str, binary: bytes, shared: int, device: int) -> tuple[None, None, int, int, int]:
        self._resources = registers, stack = _resources(binary)
        # None: no module was loaded, none will be unloaded.
        return None, None, registers, stack, _MOST_THREADS

    def loaded(self, module: None, function: None, name: str, files: dict[str, str], digest: str) -> None:
        # Without a module, every launch loads the kernel again.
        if digest in self._listed:
            return
        self._listed.add(digest)
        ptx = next(Path(path).read_text(encoding="utf-8") for file, path in files.items() if file.endswith(".ptx"))
        self._builds.append(Build(name, self._metadata.num_warps, self._metadata.shared, *self._resources, ptx))


def _require_grid(width: int, height: int, depth: int, *launch: Any) -> None:
    """Takes the place of a launch. Raises RuntimeError where CUDA would say "invalid argument"."""
    if not all(0 < n <= most for n, most in zip((width, height, depth), GRID_LIMIT, strict=True)):
        raise RuntimeError(f"a launch of {width} × {height} × {depth} programs; at most {GRID_LIMIT}")


def _resources(binary: bytes) -> tuple[int, int]:
    """Registers and bytes of stack of a thread."""
    with tempfile.NamedTemporaryFile(suffix=".cubin") as file:
        file.write(binary)
        file.flush()
        command = [knobs.nvidia.cuobjdump.path, "-res-usage", file.name]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.search(r"REG:(\d+) STACK:(\d+)", said)
    assert found is not None, f"cuobjdump names no registers: {said}"
    return int(found[1]), int(found[2])
