"""Runs shares of work on the threads of torch's OpenMP, for drivers (impls.cpu.compiler.forking).

Numba's own loops run on the threads of whatever OpenMP Numba finds, beside those of torch's. A thread that has no work
spins for a while before it sleeps: at every change from torch's operations to ours and back, the waiting threads of one
pool would keep the working ones of the other from the processors. So both use one pool: that of the library which torch
is linked with. Where it cannot be found (Windows), shares run in a loop of Numba's.
"""

from __future__ import annotations

import ctypes
import functools
import sys
from pathlib import Path
from typing import Any

import torch
from llvmlite import binding, ir
from numba.core import cgutils
from numba.core.compiler_lock import global_compiler_lock
from numba.core.registry import cpu_target

from impls.cpu.compiler.emit import I32, I64
from impls.cpu.compiler.forking import ON_THREADS, SHARE, SYMBOL

_LIBRARY = "libtorch_cpu.dylib" if sys.platform == "darwin" else "libtorch_cpu.so"
# Untyped: builders of code have no types.
_build: Any = cgutils


@functools.cache
def _openmp() -> tuple[int, int, int] | None:
    """The addresses of three functions of torch's OpenMP: GOMP_parallel, and the thread's number and their count.

    Found among what torch is linked with: a process may have loaded several.
    """
    try:
        library = ctypes.CDLL(str(Path(torch.__file__).parent / "lib" / _LIBRARY))
        names = ("GOMP_parallel", "omp_get_thread_num", "omp_get_num_threads")
        parallel, number, count = (ctypes.cast(getattr(library, name), ctypes.c_void_p).value for name in names)
    except (OSError, AttributeError):
        return None
    assert parallel is not None, "a function has an address"
    assert number is not None, "a function has an address"
    assert count is not None, "a function has an address"
    return parallel, number, count


def _by_openmp(parallel: int, number: int, count: int) -> tuple[Any, int]:
    """The library and the address of the function that runs shares on the threads of an OpenMP."""
    library = cpu_target.target_context.codegen().create_library(SYMBOL)
    module = library.create_ir_module(SYMBOL)
    place = I64.as_pointer()
    region = ir.Function(module, ir.FunctionType(ir.VoidType(), [place]), f"{SYMBOL}_region")
    b = ir.IRBuilder(region.append_basic_block("entry"))
    share, data, threads = (b.load(b.gep(region.args[0], [ir.Constant(I64, at)])) for at in range(3))
    of_team = ir.FunctionType(I32, [])
    own, team = (b.zext(b.call(_function(b, at, of_team), []), I64) for at in (number, count))
    # A team may have fewer threads than were asked for.
    with _build.for_range_slice(b, own, threads, team) as (thread, _):
        b.call(b.inttoptr(share, SHARE.as_pointer()), [data, thread])
    b.ret_void()
    run = ir.Function(module, ON_THREADS, f"{SYMBOL}_run")
    b = ir.IRBuilder(run.append_basic_block("entry"))
    given = b.alloca(ir.ArrayType(I64, 3))
    for at, value in enumerate(run.args):
        b.store(value, _build.gep_inbounds(b, given, 0, at))
    share, data, threads = run.args
    with b.if_else(b.icmp_signed("==", threads, ir.Constant(I64, 1))) as (alone, together):
        with alone:
            b.call(b.inttoptr(share, SHARE.as_pointer()), [data, ir.Constant(I64, 0)])
        with together:
            kind = ir.FunctionType(ir.VoidType(), [region.type, place, I32, I32])
            asked = [region, b.bitcast(given, place), b.trunc(threads, I32), ir.Constant(I32, 0)]
            b.call(_function(b, parallel, kind), asked)
    b.ret_void()
    library.add_ir_module(module)
    library.finalize()
    return library, library.get_pointer_to_function(f"{SYMBOL}_run")


def _function(b: Any, address: int, kind: Any) -> Any:
    return b.inttoptr(ir.Constant(I64, address), kind.as_pointer())


def _by_numba() -> tuple[Any, int]:
    """As `_by_openmp`, on Numba's threads."""
    from impls.cpu.compiler.numba_threads import on_threads

    function: Any = on_threads
    return function, function.address


def _registered() -> Any:
    """Give the function its name for all machine code of this process; returns what keeps it alive."""
    found = _openmp()
    with global_compiler_lock:
        kept, address = _by_openmp(*found) if found else _by_numba()
    binding.add_symbol(SYMBOL, address)
    return kept


# Keeps alive what the name stands for.
REGISTERED = _registered()
