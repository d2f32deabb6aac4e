"""The steps of a program: an operation of a network each, on values that have numbers.

A step with a `writer` writes its result to memory of the program's; others make tensors of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

import torch
from torch import nn

from impls.interface import Case, Plan
from impls.modes import precision_mode
from impls.tensors import dtype_of, in_layout

Values: TypeAlias = "list[Any]"


class OtherSizes(Exception):
    """An operation is given a tensor of another shape or type than the example's."""


@dataclass(frozen=True, slots=True)
class ValuePlace:
    """Where an argument is found: the number of a value."""

    number: int


class ProgramStep(Protocol):
    """Computes value number `result` from the values `reads`."""

    @property
    def result(self) -> int: ...

    @property
    def reads(self) -> tuple[int, ...]: ...

    def workspace_bytes(self, threads: int) -> int | None:
        """Bytes that `run` needs at `workspace`; None for a step that makes its own tensors, and is given no y."""

    def run(self, values: Values, y: torch.Tensor | None, workspace: int, threads: int) -> Any:
        """The result; y, where it is given. Raises OtherSizes."""


@dataclass(frozen=True, slots=True)
class ConvolutionStep:
    """A convolution by its plan, with what is fused into it; `residual` is the number of the map that it adds."""

    layer: str
    implementation: str
    case: Case
    plan: Plan
    result: int
    x: int
    residual: int | None
    norm: str | None
    dtype: torch.dtype = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "dtype", dtype_of(self.case))

    @property
    def reads(self) -> tuple[int, ...]:
        return (self.x,) if self.residual is None else (self.x, self.residual)

    def workspace_bytes(self, threads: int) -> int | None:
        return None if self.plan.writer is None else self.plan.writer.workspace_bytes(threads)

    def run(self, values: Values, y: torch.Tensor | None, workspace: int, threads: int) -> torch.Tensor:
        # Compiled kernels trust their sizes.
        x = self._checked(values[self.x], self.case.problem.input_shape)
        added = None
        if self.residual is not None:
            added = self._checked(values[self.residual], self.case.problem.output_shape)
        if y is not None and self.plan.writer is not None:
            self.plan.writer.write(x, added, y, workspace, threads)
            return y
        operands = (x,) if added is None else (x, added)
        if self.case.device == "cpu":
            return self.plan.run(*operands)
        with precision_mode(self.case):
            return self.plan.run(*operands)

    def _checked(self, given: Any, shape: tuple[int, ...]) -> torch.Tensor:
        if not isinstance(given, torch.Tensor) or given.shape != shape or given.dtype != self.dtype:
            raise OtherSizes(self.layer)
        return in_layout(given, self.case.layout)


@dataclass(frozen=True, slots=True)
class PoolingStep:
    """Max pooling by our own kernel, channels last."""

    write: Callable[[torch.Tensor, torch.Tensor, int], None]
    x_shape: tuple[int, ...]
    y_shape: tuple[int, ...]
    dtype: torch.dtype
    result: int
    x: int

    @property
    def reads(self) -> tuple[int, ...]:
        return (self.x,)

    def workspace_bytes(self, threads: int) -> int | None:
        return 0

    def run(self, values: Values, y: torch.Tensor | None, workspace: int, threads: int) -> torch.Tensor:
        x = values[self.x]
        if x.shape != self.x_shape or x.dtype != self.dtype:
            raise OtherSizes("max pooling")
        if y is None:
            y = torch.empty(self.y_shape, dtype=self.dtype, memory_format=torch.channels_last)
        self.write(in_layout(x, "nhwc"), y, threads)
        return y


@dataclass(frozen=True, slots=True)
class CallStep:
    """Any other operation, called as in the network's code."""

    call: Callable[..., Any]
    arguments: tuple[Any, ...]
    named: dict[str, Any]
    result: int

    @property
    def reads(self) -> tuple[int, ...]:
        return tuple(numbers_in((self.arguments, self.named)))

    def workspace_bytes(self, threads: int) -> int | None:
        return None

    def run(self, values: Values, y: torch.Tensor | None, workspace: int, threads: int) -> Any:
        named = {name: filled(value, values) for name, value in self.named.items()}
        return self.call(*(filled(value, values) for value in self.arguments), **named)


def filled(argument: Any, values: Values) -> Any:
    """An argument with values in their places."""
    if isinstance(argument, ValuePlace):
        return values[argument.number]
    if isinstance(argument, tuple):
        return tuple(filled(one, values) for one in argument)
    if isinstance(argument, list):
        return [filled(one, values) for one in argument]
    if isinstance(argument, dict):
        return {key: filled(one, values) for key, one in argument.items()}
    if isinstance(argument, slice):
        return slice(*(filled(one, values) for one in (argument.start, argument.stop, argument.step)))
    return argument


def numbers_in(argument: Any) -> Iterator[int]:
    """The numbers of the values that an argument contains."""
    if isinstance(argument, ValuePlace):
        yield argument.number
    elif isinstance(argument, (tuple, list)):
        for one in argument:
            yield from numbers_in(one)
    elif isinstance(argument, dict):
        yield from numbers_in(list(argument.values()))
    elif isinstance(argument, slice):
        yield from numbers_in([argument.start, argument.stop, argument.step])


def attribute(network: nn.Module, target: str) -> Any:
    """A parameter, buffer or value of a network by its dotted name."""
    part: Any = network
    for name in target.split("."):
        part = getattr(part, name)
    return part
