"""Translates expressions of the kernel language: variables, integer arithmetic, records, calls of operations."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any

from llvmlite import ir

from impls.cpu.compiler import forking
from impls.cpu.compiler.calls import RESIDUAL
from impls.cpu.compiler.emit import I1, I64, pointer
from impls.cpu.compiler.simd import Operation

# LLVM may then count in whichever way is cheaper.
NO_OVERFLOW = ("nsw",)
_INTEGER_BYTES = 8
_COMPARISONS = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!="}


@dataclass(frozen=True, slots=True)
class Record:
    """Names of the integers that lie, one after the other, at the address that the variable of the same name holds."""

    fields: tuple[str, ...]


def refused(node: ast.AST, why: str) -> SyntaxError:
    """The error for code outside the kernel language."""
    return SyntaxError(f"not in the kernel language: {ast.unparse(node)}: {why}")


def parts_of(node: ast.expr) -> list[ast.expr]:
    """The elements of a tuple."""
    if not isinstance(node, ast.Tuple):
        raise refused(node, "expected a tuple")
    return node.elts


class Values:
    """Translates the values of one function with the builder `b`; variables are allocated in the block of `entry`.

    Variables live on the stack until LLVM promotes them to registers.
    """

    def __init__(self, entry: Any, b: Any, names: Mapping[str, Any]) -> None:
        self.b = b
        self._entry, self._names = entry, names
        self._variables: dict[str, tuple[Any, Any]] = {}

    def set(self, name: str, value: Any) -> None:
        if value is None or isinstance(value.type, ir.VoidType):
            raise SyntaxError(f"a variable needs a value: {name}")
        if name not in self._variables:
            self._variables[name] = self._entry.alloca(value.type, name=name), value.type
            self._entry.store(ir.Constant(value.type, None), self._variables[name][0])
        place, kind = self._variables[name]
        if kind != value.type:
            raise SyntaxError(f"a variable has one type: {name} is {kind} and {value.type}")
        self.b.store(value, place)

    def get(self, name: str) -> Any:
        place, kind = self._variables[name]
        return self.b.load(place, typ=kind)

    def value(self, node: ast.expr) -> Any:
        match node:
            case ast.Constant(value=int(number)) if not isinstance(number, bool):
                return ir.Constant(I64, number)
            case ast.Constant(value=float(number)):
                return ir.Constant(ir.DoubleType(), number)
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=number)):
                return self.value(ast.Constant(-number))  # type: ignore[operator]
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return self.b.sub(ir.Constant(I64, 0), self.integer(operand), flags=NO_OVERFLOW)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return self.b.not_(self.truth(operand))
            case ast.Name(id=name) if name in self._variables:
                return self.get(name)
            case ast.Name(id=name) if isinstance(self._names.get(name), (int, float)):
                return self.value(ast.Constant(self._names[name]))
            case ast.BinOp(left=left, op=op, right=right):
                return self.arithmetic(op, self.integer(left), self.integer(right))
            case ast.Compare(left=left, ops=ops, comparators=others):
                if not all(type(op) in _COMPARISONS for op in ops):
                    raise refused(node, "allowed: < <= > >= == !=")
                sides = [self.integer(side) for side in (left, *others)]
                pairs = zip(ops, sides, sides[1:], strict=False)
                return reduce(self.b.and_, [self.b.icmp_signed(_COMPARISONS[type(op)], x, y) for op, x, y in pairs])
            case ast.BoolOp(op=op, values=values):
                join = self.b.and_ if isinstance(op, ast.And) else self.b.or_
                return reduce(join, map(self.truth, values))
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return self.b.select(self.truth(test), self.integer(body), self.integer(orelse))
            case ast.Attribute(value=ast.Name(id=name), attr=field) if isinstance(self._names.get(name), Record):
                fields = self._names[name].fields
                if field not in fields or name not in self._variables:
                    raise refused(node, "this value is unknown")
                return self._element(self.get(name), ir.Constant(I64, fields.index(field)))
            case ast.Subscript(value=array, slice=number):
                return self._element(self.integer(array), self.integer(number))
            case ast.Call():
                return self.call(node)
        raise refused(node, "this value is unknown")

    def values(self, node: ast.expr) -> list[Any]:
        """The values of a tuple or of a call, all computed before any is assigned."""
        if isinstance(node, ast.Tuple):
            return [self.value(part) for part in node.elts]
        made = self.value(node)
        return [self.b.extract_value(made, n) for n in range(len(made.type))]

    def _element(self, address: Any, number: Any) -> Any:
        """Integer `number` of those at an address."""
        return self.b.load(pointer(self.b, address, number, _INTEGER_BYTES, I64), align=_INTEGER_BYTES)

    def integers(self, node: ast.expr) -> list[Any]:
        """The integers of a tuple, with those of `*residual_of(record, …)` among them."""
        found = []
        for part in parts_of(node):
            match part:
                case ast.Starred(value=ast.Call(func=ast.Name(id="residual_of"), args=[ast.Name(id=name), *before])):
                    found += self._residual(part, name, before)
                case _:
                    found.append(self.integer(part))
        return found

    def _residual(self, node: ast.expr, name: str, before: list[ast.expr]) -> list[Any]:
        record = self._names.get(name)
        if not isinstance(record, Record):
            raise refused(node, f"{name} is no record")
        own = ast.Attribute(ast.Name(name), RESIDUAL)
        return [self.integer(value) for value in (*before, own)] if RESIDUAL in record.fields else []

    def integer(self, node: ast.expr) -> Any:
        value = self.value(node)
        if value.type == I1:
            return self.b.zext(value, I64)
        if value.type != I64:
            raise refused(node, "expected an integer")
        return value

    def truth(self, node: ast.expr) -> Any:
        value = self.value(node)
        return value if value.type == I1 else self.b.icmp_signed("!=", value, ir.Constant(I64, 0))

    def arithmetic(self, op: ast.operator, x: Any, y: Any) -> Any:
        b = self.b
        match op:
            case ast.Add():
                return b.add(x, y, flags=NO_OVERFLOW)
            case ast.Sub():
                return b.sub(x, y, flags=NO_OVERFLOW)
            case ast.Mult():
                return b.mul(x, y, flags=NO_OVERFLOW)
            case ast.LShift():
                return b.shl(x, y)
            case ast.RShift():
                return b.ashr(x, y)
            case ast.BitAnd():
                return b.and_(x, y)
            case ast.BitOr():
                return b.or_(x, y)
            case ast.FloorDiv():
                return b.sub(b.sdiv(x, y), b.zext(self._leaves_wrong_sign(b.srem(x, y), y), I64))
            case ast.Mod():
                left = b.srem(x, y)
                return b.select(self._leaves_wrong_sign(left, y), b.add(left, y), left)
        raise SyntaxError(f"the kernel language has no operator {type(op).__name__}")

    def _leaves_wrong_sign(self, left: Any, divisor: Any) -> Any:
        """Whether the signs of remainder and divisor differ: Python rounds down, processors towards zero."""
        b, zero = self.b, ir.Constant(I64, 0)
        return b.and_(b.icmp_signed("!=", left, zero), b.icmp_signed("<", b.xor(left, divisor), zero))

    def call(self, node: ast.Call) -> Any:
        """The value of a call: of an operation, a function, or code at an address."""
        if not isinstance(node.func, ast.Name) or node.keywords:
            raise refused(node, "only names can be called, with positional values")
        name, called = node.func.id, self._names.get(node.func.id)
        if isinstance(called, Operation):
            values = [self.value(argument) for argument in node.args]
            if tuple(value.type for value in values) != called.arguments:
                raise refused(node, f"{name} takes {', '.join(map(str, called.arguments))}")
            return called.emit(self.b, values)
        if isinstance(called, ir.Function):
            if len(node.args) != len(called.args):
                raise refused(node, f"{name} takes {len(called.args)} integers")
            return self.b.call(called, [self.integer(argument) for argument in node.args])
        if name in ("min", "max"):
            order = "<" if name == "min" else ">"
            integers = [self.integer(argument) for argument in node.args]
            return reduce(lambda x, y: self.b.select(self.b.icmp_signed(order, x, y), x, y), integers)
        if name == "call" and len(node.args) == 2:
            address, packed = node.args
            integers = self.integers(packed)
            signature = ir.FunctionType(ir.VoidType(), [I64] * len(integers))
            return self.b.call(self.b.inttoptr(self.integer(address), signature.as_pointer()), integers)
        if name == "fork" and len(node.args) == 3:
            return self._fork(node)
        raise refused(node, f"{name} is unknown")

    def _fork(self, node: ast.Call) -> None:
        share, packed, threads = node.args
        called = self._names.get(share.id) if isinstance(share, ast.Name) else None
        if not isinstance(called, ir.Function):
            raise refused(node, "only functions can be shared")
        arguments = self.integers(packed)
        if len(called.args) != len(arguments) + 3:
            given = f"{len(arguments)} are given, and fork adds the thread, the part and the number of parts"
            raise refused(node, f"the share takes {len(called.args)} integers; {given}")
        forking.fork(self._entry, self.b, called, arguments, self.integer(threads))
