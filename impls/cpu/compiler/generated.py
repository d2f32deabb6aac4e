"""Compiles kernels from generated source, once for all processes, and keeps their machine code in files.

A file's name is a hash of the source, of the modules that translate it, of the versions of Numba and LLVM, and of the
processor. A second process finds the machine code and compiles nothing. Numba provides its settings of LLVM and its
engine, which holds the machine code; impls.cpu.compiler.translation reads the source.

To add a kernel, write a function that makes its text, with one variable for each register, and get its address:

    text = header("float32", 16, ("load", "store", "add")) + '''
    @kernel(4)
    def add_arrays(a, b, y, n):        # addresses and sizes: kernels take integers and return nothing
        for i in range(0, n, 16):
            store(y, i, add(load(a, i), load(b, i)))
    '''                                # its lines begin at the margin
    address = module("add_arrays", text).add_arrays.address

Drivers call it as `call(address, (a, b, y, n))` (impls.cpu.compiler.drivers), so that one driver serves all
kernels of a signature; Python calls it as `ctypes.CFUNCTYPE(None, *[ctypes.c_int64] * 4)(address)`. Parameters of the
text decide which instructions there are; sizes are arguments, so that a new shape needs no new machine code.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import hashlib
import marshal
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import llvmlite
import numba
from numba.core import event
from numba.core.compiler_lock import global_compiler_lock
from numba.core.registry import cpu_target

from impls.cache_folder import cache_folder, write_whole
from impls.cpu.compiler import emit, expressions, forking, host, simd, translation

_DIGEST_BYTES = 32


@dataclass(frozen=True, slots=True)
class Kernel:
    """Machine code at an address; its file, and whether the file existed already."""

    address: int
    file: Path
    was_kept: bool


def header(dtype: str, lanes: int, operations: Iterable[str], more: Iterable[str] = ()) -> str:
    """The beginning of a generated text: operations of impls.cpu.compiler.simd by their names.

    `more` are lines that define further global names from `v`, the vector type.
    """
    operations_lines = (f"{name} = v.{name}" for name in operations)
    return "\n".join([f'v = vector("{dtype}", {lanes})', *operations_lines, *more, "", "", ""])


def module(name: str, source: str) -> SimpleNamespace:
    """The kernels of a source by their names, each a Kernel; the same object for the same source.

    The names of its file and functions begin with `name`.
    """
    with global_compiler_lock:
        return _made(name, source)


@functools.cache
def _made(name: str, source: str) -> SimpleNamespace:
    codegen = cpu_target.target_context.codegen()
    fingerprint = (source, *_layers(), *map(str, codegen.magic_tuple()))
    digest = hashlib.sha256("\0".join(fingerprint).encode()).hexdigest()[:20]
    file, prefix = cache_folder() / f"{name}_{digest}.kernel", f"convcost_{name}_{digest}_"
    kept = _read(file)
    if kept is None:
        names, library = compiled(source, prefix)
        # On a full disk, kernels are compiled again by each process.
        with contextlib.suppress(OSError):
            _write(file, (names, library.serialize_using_object_code()))
    else:
        names, state = kept
        library = codegen.unserialize_library(state)
    addresses = {kernel: library.get_pointer_to_function(prefix + kernel) for kernel in names}
    assert all(addresses.values()), f"{file} lacks a kernel that it names: {addresses}"
    return SimpleNamespace(**{kernel: Kernel(at, file, kept is not None) for kernel, at in addresses.items()})


def compiled(source: str, prefix: str) -> tuple[tuple[str, ...], Any]:
    """The names of a source's kernels, and the Numba library that holds them; a prefix may be used once."""
    # The harness times compilations by this event.
    told = {"dispatcher": None, "args": (), "return_type": None}
    with global_compiler_lock, event.trigger_event("numba:compile", told), _without_collections():
        library = cpu_target.target_context.codegen().create_library(prefix)
        library.enable_object_caching()
        llvm_module = library.create_ir_module(prefix)
        names = translation.translate(source, llvm_module, prefix)
        library.add_ir_module(llvm_module)
        library.finalize()
    return names, library


@contextlib.contextmanager
def _without_collections() -> Iterator[None]:
    """No collections of garbage: thousands of small objects would start one over all objects of torch and Numba."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@functools.cache
def _layers() -> tuple[str, ...]:
    """All that machine code depends on besides its source and Numba's description of the processor."""
    files = (__file__, *(part.__file__ for part in (translation, expressions, forking, simd, emit, host)))
    layers = [Path(file or "").read_text(encoding="utf-8") for file in files]
    features = (name for name, is_there in sorted(host.features().items()) if is_there)
    return (*layers, numba.__version__, llvmlite.__version__, sys.version, *features)


def _write(file: Path, content: Any) -> None:
    data = marshal.dumps(content)
    write_whole(file, hashlib.sha256(data).digest() + data)


def _read(file: Path) -> Any:
    """The content written to a file; None if there is none, or if it was damaged."""
    try:
        stored = file.read_bytes()
    except OSError:
        return None
    digest, data = stored[:_DIGEST_BYTES], stored[_DIGEST_BYTES:]
    return marshal.loads(data) if hashlib.sha256(data).digest() == digest else None
