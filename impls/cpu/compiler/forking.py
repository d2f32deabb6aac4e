"""Writes the code with which a driver runs shares of work on threads (impls.cpu.compiler.threads)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llvmlite import ir

from impls.cpu.compiler.emit import I64, function

# Enough for a thread that started late or is slower to leave work to others, few enough for parts to stay long.
PARTS_A_THREAD = 8
# The name by which machine code kept in files finds the function of this process: (share, data, threads).
SYMBOL = "convcost_in_parts"
IN_PARTS = ir.FunctionType(ir.VoidType(), [I64, I64, I64])
# What it calls for each part of the work: (data, thread, part, parts).
SHARE = ir.FunctionType(ir.VoidType(), [I64, I64, I64, I64])


def fork(entry: Any, b: Any, share: Any, arguments: Sequence[Any], threads: Any) -> None:
    """Call the function `share` with the arguments, the thread, the part and the number of parts, for each part.

    `entry` builds the block in which memory for the arguments is reserved.
    """
    data = entry.alloca(I64, size=max(1, len(arguments)))
    for place, value in enumerate(arguments):
        b.store(value, _element(b, data, place))
    addresses = [b.ptrtoint(pointer, I64) for pointer in (_body(share), data)]
    b.call(function(b, IN_PARTS, SYMBOL), [*addresses, threads])


def _body(share: Any) -> Any:
    """The function that takes the arguments from memory and calls the share."""
    name = f"{share.name}_of_memory"
    if name in share.module.globals:
        return share.module.globals[name]
    body = ir.Function(share.module, SHARE, name)
    body.linkage = "internal"
    b = ir.IRBuilder(body.append_basic_block("entry"))
    data, *of_part = body.args
    kept = b.inttoptr(data, I64.as_pointer())
    arguments = [b.load(_element(b, kept, place)) for place in range(len(share.args) - len(of_part))]
    b.call(share, [*arguments, *of_part])
    b.ret_void()
    return body


def _element(b: Any, data: Any, place: int) -> Any:
    return b.gep(data, [ir.Constant(I64, place)])
