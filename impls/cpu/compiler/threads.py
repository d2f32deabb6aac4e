"""Runs parts of work on the threads of torch's OpenMP, for drivers (impls.cpu.compiler.forking).

Work has several parts for each thread. A thread takes its own first, neighbours whose data its cache holds since the
call before, then those that slower threads have not begun: with equal halves, a call took as long as the slower core,
which another program may keep busy.

Numba's own loops run on the threads of whatever OpenMP Numba finds, beside those of torch's. A thread that has no work
spins for a while before it sleeps: at every change from torch's operations to ours and back, the waiting threads of one
pool would keep the working ones of the other from the processors. So both use one pool: that of the library which torch
is linked with. Where it cannot be found (Windows), parts run in a loop of Numba's.
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
from impls.cpu.compiler.forking import IN_PARTS, PARTS_A_THREAD, SHARE, SYMBOL

# Integers on a cache line.
_LINE = 8
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
    """The library and the address of the function that runs parts of work on the threads of an OpenMP."""
    library = cpu_target.target_context.codegen().create_library(SYMBOL)
    module = library.create_ir_module(SYMBOL)
    region = _region(module, number, count)
    run = ir.Function(module, IN_PARTS, f"{SYMBOL}_run")
    b = ir.IRBuilder(run.append_basic_block("entry"))
    share, data, threads = run.args
    zero, one = (ir.Constant(I64, value) for value in (0, 1))
    with b.if_else(b.icmp_signed("==", threads, one)) as (alone, together):
        with alone:
            b.call(b.inttoptr(share, SHARE.as_pointer()), [data, zero, zero, one])
        with together:
            # Taken parts by thread, each on a cache line of its own.
            taken = b.alloca(I64, size=b.mul(threads, ir.Constant(I64, _LINE)))
            taken.align = _LINE * 8
            with _build.for_range(b, threads) as loop:
                b.store(zero, _taken_by(b, taken, loop.index))
            given = b.alloca(ir.ArrayType(I64, 4))
            for at, value in enumerate((share, data, threads, b.ptrtoint(taken, I64))):
                b.store(value, _build.gep_inbounds(b, given, 0, at))
            kind = ir.FunctionType(ir.VoidType(), [region.type, I64.as_pointer(), I32, I32])
            asked = [region, b.bitcast(given, I64.as_pointer()), b.trunc(threads, I32), ir.Constant(I32, 0)]
            b.call(_function(b, parallel, kind), asked)
    b.ret_void()
    library.add_ir_module(module)
    library.finalize()
    return library, library.get_pointer_to_function(f"{SYMBOL}_run")


def _region(module: Any, number: int, count: int) -> Any:
    """The function of each thread of a team: its own parts in order, then those that others have not begun."""
    region = ir.Function(module, ir.FunctionType(ir.VoidType(), [I64.as_pointer()]), f"{SYMBOL}_region")
    b = ir.IRBuilder(region.append_basic_block("entry"))
    share, data, threads, places = (b.load(b.gep(region.args[0], [ir.Constant(I64, at)])) for at in range(4))
    taken = b.inttoptr(places, I64.as_pointer())
    of_team = ir.FunctionType(I32, [])
    # A team may have fewer threads than were asked for.
    own, team = (b.zext(b.call(_function(b, at, of_team), []), I64) for at in (number, count))
    parts = b.mul(threads, ir.Constant(I64, PARTS_A_THREAD))
    with _build.for_range(b, team) as turn:
        other = b.urem(b.add(own, turn.index), team)
        first, end = (b.udiv(b.mul(parts, at), team) for at in (other, b.add(other, ir.Constant(I64, 1))))
        place = _taken_by(b, taken, other)
        head, body, after = (region.append_basic_block(name) for name in ("head", "body", "after"))
        b.branch(head)
        b.position_at_end(head)
        # Reading first: a thread that looks for work leaves the cache lines of exhausted ones with their owners.
        seen = b.load_atomic(place, "monotonic", 8)
        b.cbranch(b.icmp_signed("<", b.add(first, seen), end), body, after)
        b.position_at_end(body)
        part = b.add(first, b.atomic_rmw("add", place, ir.Constant(I64, 1), "monotonic"))
        with b.if_then(b.icmp_signed("<", part, end)):
            b.call(b.inttoptr(share, SHARE.as_pointer()), [data, own, part, parts])
        b.branch(head)
        b.position_at_end(after)
    b.ret_void()
    return region


def _taken_by(b: Any, taken: Any, thread: Any) -> Any:
    return b.gep(taken, [b.mul(thread, ir.Constant(I64, _LINE))])


def _function(b: Any, address: int, kind: Any) -> Any:
    return b.inttoptr(ir.Constant(I64, address), kind.as_pointer())


def _by_numba() -> tuple[Any, int]:
    """As `_by_openmp`, on Numba's threads."""
    from impls.cpu.compiler.numba_threads import in_parts

    function: Any = in_parts
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
