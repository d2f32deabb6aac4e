"""Translates kernels, written in a small part of Python, to LLVM's language.

Numba reads all of Python, finds types by trying signatures, and copies every statement in every pass: for an unrolled
kernel of a few hundred lines that takes most of a second; LLVM needs a tenth of it. Kernels need far less:

- integers of 64 bits (all parameters and counters), truth values, and results of operations (impls.cpu.compiler.simd);
- + - * // % << >> & |, comparisons, also chained, `and`, `or`, `not`, `a if c else b` of integers, `min`, `max`;
- assignments, also of tuples, `if`, `while`, `for … in range(…)`, `return` of an integer or a tuple of them;
- functions defined above with @function, or with @part if LLVM shall not copy their code into their callers, which is
  what long code takes LLVM most of its time for; and code at an address: call(address, (…));
- integers in memory: `a[n]` of those at the address `a`, `g.size` where the text's head has g = record("size", …);
- shares of work: fork(function, (…), threads), and `*residual_of(g, …)` among arguments (impls.cpu.compiler.calls).

Every variable has the type of its first value, and is zero before. Both sides of `and`, `or` and a choice are computed.
Overflow, division by zero, and shifts by less than 0 or more than 63 bits are undefined.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from llvmlite import ir

from impls.cpu.compiler.emit import I64
from impls.cpu.compiler.expressions import NO_OVERFLOW, Record, Values, parts_of, refused
from impls.cpu.compiler.simd import vector


def translate(source: str, module: Any, prefix: str) -> tuple[str, ...]:
    """Add the functions of a source to an LLVM module, with a prefix; returns the names of its kernels.

    Raises SyntaxError for code outside the kernel language.
    """
    tree = ast.parse(source)
    names: dict[str, Any] = {"vector": vector, "record": lambda *fields: Record(fields)}
    head = [node for node in tree.body if not isinstance(node, ast.FunctionDef)]
    exec(compile(ast.Module(head, []), prefix, "exec"), names)
    kernels = []
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            is_kernel = _is_kernel(node)
            function = ir.Function(module, _signature(node), prefix + node.name)
            function.linkage = "external" if is_kernel else "internal"
            if _is_part(node):
                function.attributes.add("noinline")
            _Body(function, names).write(node)
            names[node.name] = function
            kernels += [node.name] if is_kernel else []
    return tuple(kernels)


def _is_kernel(node: ast.FunctionDef) -> bool:
    """Whether a function is a @kernel(n) rather than a @function or a @part."""
    match node.decorator_list:
        case [ast.Name(id="function" | "part")]:
            is_kernel = False
        case [ast.Call(func=ast.Name(id="kernel"), args=[ast.Constant(value=count)])] if count == len(node.args.args):
            is_kernel = True
        case _:
            raise refused(node, "allowed: @function, @part, or @kernel with the number of parameters")
    if ast.unparse(node.args) != ", ".join(parameter.arg for parameter in node.args.args):
        raise refused(node, "parameters must be plain names")
    return is_kernel


def _is_part(node: ast.FunctionDef) -> bool:
    return [ast.unparse(one) for one in node.decorator_list] == ["part"]


def _signature(node: ast.FunctionDef) -> Any:
    """The type of a function: it takes integers and returns nothing, an integer, or a tuple of integers."""
    returned = [found.value for found in ast.walk(node) if isinstance(found, ast.Return) and found.value]
    result: Any = ir.VoidType()
    if returned:
        is_tuple = isinstance(returned[0], ast.Tuple)
        result = ir.LiteralStructType([I64] * len(parts_of(returned[0]))) if is_tuple else I64
    return ir.FunctionType(result, [I64] * len(node.args.args))


class _Body:
    """Translates the statements of one function, block by block."""

    def __init__(self, function: Any, names: Mapping[str, Any]) -> None:
        self._function = function
        self._entry, self._b = (ir.IRBuilder(function.append_basic_block(name)) for name in ("entry", "first"))
        self._values = Values(self._entry, self._b, names)

    def write(self, node: ast.FunctionDef) -> None:
        first = self._b.block
        for parameter, value in zip(node.args.args, self._function.args, strict=True):
            self._values.set(parameter.arg, value)
        self._statements(node.body)
        if not self._b.block.is_terminated:
            is_void = isinstance(self._function.function_type.return_type, ir.VoidType)
            self._b.ret_void() if is_void else self._b.unreachable()
        self._entry.branch(first)

    def _statements(self, nodes: Sequence[ast.stmt]) -> None:
        for node in nodes:
            if self._b.block.is_terminated:
                raise refused(node, "this code comes after a return")
            self._statement(node)

    def _statement(self, node: ast.stmt) -> None:
        values = self._values
        match node:
            case ast.Pass() | ast.Expr(value=ast.Constant()):
                pass
            case ast.Expr(value=ast.Call() as call):
                values.call(call)
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                values.set(name, values.value(value))
            case ast.Assign(targets=[ast.Tuple(elts=targets)], value=value):
                made = values.values(value)
                if len(made) != len(targets):
                    raise refused(node, f"there are {len(made)} values")
                for target, each in zip(targets, made, strict=True):
                    if not isinstance(target, ast.Name):
                        raise refused(target, "only variables can be assigned")
                    values.set(target.id, each)
            case ast.AugAssign(target=ast.Name(id=name), op=op, value=value):
                values.set(name, values.value(ast.BinOp(ast.Name(name), op, value)))
            case ast.If():
                self._if(node)
            case ast.While(test=test, body=body, orelse=[]):
                self._loop(lambda: values.truth(test), lambda: self._statements(body))
            case ast.For(
                target=ast.Name(id=name), iter=ast.Call(func=ast.Name(id="range"), args=bounds), body=body, orelse=[]
            ):
                self._for(name, bounds, body)
            case ast.Return(value=None):
                self._b.ret_void()
            case ast.Return(value=ast.Tuple(elts=parts)):
                result = ir.Constant(self._function.function_type.return_type, ir.Undefined)
                for n, part in enumerate(parts):
                    result = self._b.insert_value(result, values.integer(part), n)
                self._b.ret(result)
            case ast.Return(value=ast.expr() as value):
                self._b.ret(self._values.integer(value))
            case _:
                raise refused(node, "allowed: assignments, calls, if, while, for in range, return")

    def _if(self, node: ast.If) -> None:
        then, otherwise, after = self._blocks("then", "else", "after")
        self._b.cbranch(self._values.truth(node.test), then, otherwise)
        for block, body in ((then, node.body), (otherwise, node.orelse)):
            self._b.position_at_end(block)
            self._statements(body)
            self._go_to(after)
        self._b.position_at_end(after)

    def _for(self, name: str, bounds: list[ast.expr], body: Sequence[ast.stmt]) -> None:
        b, zero, one = self._b, ast.Constant(0), ast.Constant(1)
        nodes = {1: (zero, *bounds, one), 2: (*bounds, one), 3: (*bounds,)}[len(bounds)]
        first, end, step = (self._values.integer(node) for node in nodes)
        if isinstance(step, ir.Constant) and step.constant == 0:
            raise refused(nodes[2], "a step must not be 0")
        # The variable is a copy: the body may change it without changing the number of rounds.
        counter = self._entry.alloca(I64)
        b.store(first, counter)

        def goes_on() -> Any:
            at = b.load(counter, typ=I64)
            if isinstance(step, ir.Constant):
                return b.icmp_signed("<" if step.constant > 0 else ">", at, end)
            upwards = b.icmp_signed(">", step, ir.Constant(I64, 0))
            return b.select(upwards, b.icmp_signed("<", at, end), b.icmp_signed(">", at, end))

        def round_of_it() -> None:
            self._values.set(name, b.load(counter, typ=I64))
            self._statements(body)
            b.store(b.add(b.load(counter, typ=I64), step, flags=NO_OVERFLOW), counter)

        self._loop(goes_on, round_of_it)

    def _loop(self, goes_on: Callable[[], Any], write_body: Callable[[], None]) -> None:
        head, inside, after = self._blocks("head", "body", "after")
        self._go_to(head)
        self._b.position_at_end(head)
        self._b.cbranch(goes_on(), inside, after)
        self._b.position_at_end(inside)
        write_body()
        self._go_to(head)
        self._b.position_at_end(after)

    def _blocks(self, *names: str) -> list[Any]:
        return [self._function.append_basic_block(name) for name in names]

    def _go_to(self, block: Any) -> None:
        if not self._b.block.is_terminated:
            self._b.branch(block)
