"""The interface of an implementation: it takes a Case and returns a Plan.

An implementation says in words why it refuses a case (`why_not`), counts its work without tensors (`work`), prepares
once (`plan`: packing, transforms, tuning), and then only runs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from impls.epilogue import NO_EPILOGUE, Epilogue
from impls.errors import ConvError, ProblemError, did_you_mean
from impls.precision import PRECISIONS, Precision
from impls.problem import ConvProblem

if TYPE_CHECKING:
    import torch

LAYOUTS = ("nchw", "nhwc")
DEVICES = ("cpu", "cuda")
# In float64 they fill the 2^62 bytes that libraries can count.
MOST_ELEMENTS = 2**59
DIRECTIONS = ("forward",)


@dataclass(frozen=True, slots=True)
class Case:
    """One case to compute: a problem in a precision and layout on a device.

    Tensors always have the logical shape (N, C, H, W); `layout` is their order in memory, stored here because strides
    alone are ambiguous (one channel, 1 × 1 images). Raises ConvError for an unknown precision, layout, device or
    direction.
    """

    problem: ConvProblem
    precision: str = "fp32"
    layout: str = "nchw"
    device: str = "cpu"
    direction: str = "forward"

    def __post_init__(self) -> None:
        for name, given, allowed in (
            ("precision", self.precision, tuple(PRECISIONS)),
            ("layout", self.layout, LAYOUTS),
            ("device", self.device, DEVICES),
            ("direction", self.direction, DIRECTIONS),
        ):
            if given not in allowed:
                raise ConvError(
                    f"{name} {given!r} is unknown{did_you_mean(given, allowed)}; allowed: {', '.join(allowed)}"
                )

    def __repr__(self) -> str:
        names = ("precision", "layout", "device", *(() if self.direction == DIRECTIONS[0] else ("direction",)))
        return f"Case({self.problem!r}, {', '.join(f'{name}={getattr(self, name)!r}' for name in names)})"

    @property
    def numbers(self) -> Precision:
        """The precision as numbers: bytes of an element, unit roundoffs."""
        return PRECISIONS[self.precision]

    @property
    def compulsory_bytes(self) -> int:
        return self.problem.compulsory_bytes(self.numbers.bytes)


@dataclass(frozen=True, slots=True)
class Work:
    """The work of one call of a plan, and the memory that the plan keeps; None where unknown.

    `flops` counts executed additions and multiplications (a fused multiply–add is 2). `bytes_moved` counts all reads
    and writes of arrays, as if no cache held anything between passes. `workspace_bytes` is the largest sum of
    temporaries alive at once, without the output. `plan_bytes` is kept between calls (packed weights, transformed
    filters); `planning_bytes` is the most that is alive while planning, `plan_bytes` included.
    """

    flops: int | None = None
    bytes_moved: int | None = None
    workspace_bytes: int | None = None
    plan_bytes: int | None = None
    planning_bytes: int | None = None

    @classmethod
    def of_definition(cls, case: Case) -> Work:
        """The work of the definition: every product once, every array moved once, no workspace, weights kept."""
        p = case.problem
        return cls(
            flops=p.direct_flops + p.outputs * p.bias,
            bytes_moved=case.compulsory_bytes,
            workspace_bytes=0,
            plan_bytes=case.numbers.bytes * p.parameters,
        )


# Takes x, and behind it the residual where the plan's epilogue adds one.
Run: TypeAlias = "Callable[..., torch.Tensor]"


# (x, residual, y, workspace, threads), see Writer.
Write = Callable[["torch.Tensor", "torch.Tensor | None", "torch.Tensor", int, int], None]


@dataclass(frozen=True, slots=True)
class Writer:
    """A run that writes to memory of the caller's, so that a network may use one block of memory for all layers.

    `write(x, residual, y, workspace, threads)` fills y. x, y and the residual (None where none is added) are dense in
    the case's layout, and are not checked. `workspace` is the address, a multiple of 64, of
    `workspace_bytes(threads)` bytes that nothing else uses during the call.
    """

    write: Write
    workspace_bytes: Callable[[int], int]


@dataclass(frozen=True, slots=True)
class Plan:
    """A convolution ready to run: `plan(x)` returns a fresh output of x's dtype, device and layout.

    `backend` names the library's choice where that is known, and is recorded in the row. `work` is the work of a call
    where only planning determines it; None where the implementation's own `work` holds. A plan whose epilogue adds a
    residual is called as `plan(x, residual)`. `writer` is the same run into memory of the caller's, where there is one.
    """

    run: Run
    backend: str | None = None
    case: Case | None = None
    work: Work | None = None
    epilogue: Epilogue = NO_EPILOGUE
    writer: Writer | None = None

    def __repr__(self) -> str:
        c, backend = self.case, f", {self.backend}" if self.backend else ""
        case = f"{c.problem.descriptor} {c.precision} {c.layout} {c.device}" if c else "of no case"
        return f"<Plan {case}{backend}>"

    def __call__(self, x: torch.Tensor, residual: torch.Tensor | None = None) -> torch.Tensor:
        """Run on x. Raises ProblemError if `prepare` made the plan for tensors of another shape, type or device.

        Compiled kernels trust their sizes, so this check is needed; the harness times `run`, without it.
        """
        if self.case is not None:
            require_tensor("x", x, self.case, self.case.problem.input_shape)
        if (residual is not None) != self.epilogue.adds_residual:
            given, takes = ("missing", "adds one") if residual is None else ("given", "adds none")
            raise ProblemError(f"residual is {given}, but the plan's epilogue {takes}")
        if residual is None:
            return self.run(x)
        if self.case is not None:
            require_tensor("residual", residual, self.case, self.case.problem.output_shape)
        return self.run(x, residual)


class Implementation:
    """Base of every implementation; a subclass sets `name` and writes `plan`.

    `why_not` answers for every case; the other methods are called only for cases that it does not refuse.

    `algorithm` is None where a library chooses it. `bounds` names error bounds of impls.error_bounds, several where a
    library may choose its algorithm; a result must keep the loosest of them. `modules` names the modules that plan()
    imports, in order: loading them is timed separately from planning.
    """

    name: str = ""
    algorithm: str | None = None
    provider: str = "plug-in"
    devices: tuple[str, ...] = ("cpu",)
    precisions: tuple[str, ...] = ("fp32", "fp64")
    bounds: tuple[str, ...] = ("direct",)
    modules: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r} on {', '.join(self.devices)}>"

    def why_not(self, case: Case) -> str | None:
        """The reason why this case is refused, in words for users, or None. Uses no tensors."""
        if case.device not in self.devices:
            return f"runs on {' and '.join(self.devices)}, not on {case.device}"
        if case.precision not in self.precisions:
            return f"computes in {', '.join(self.precisions)}, not in {case.precision}"
        if case.precision.startswith("tf32") and case.device != "cuda":
            return f"{case.precision} exists on cuda only"
        if case.problem.most_elements > MOST_ELEMENTS:
            return f"a tensor, padding included, has {case.problem.most_elements:.1e} elements, too many to address"
        return None

    def bounds_for(self, case: Case) -> tuple[str, ...]:
        """The bounds of this case, where they differ between cases."""
        return self.bounds

    def delegate(self, case: Case) -> str | None:
        """The name of the implementation that computes this case instead; None where this one does."""
        return None

    def provider_for(self, case: Case) -> str:
        """The provider of this case, where it differs between cases."""
        return self.provider

    def modules_for(self, case: Case) -> tuple[str, ...]:
        """The modules of this case, where they differ between cases."""
        return self.modules

    def work(self, case: Case) -> Work:
        """The work of one call, without tensors; None where unknown before planning."""
        return Work()

    def plan(self, case: Case, weight: torch.Tensor, bias: torch.Tensor | None) -> Plan | Run:
        """Prepare a run with these weights: pack, transform and tune, once."""
        raise NotImplementedError(f"{type(self).__name__} has no plan()")

    def fuses(self, case: Case) -> bool:
        """Whether `plan_fused` makes an epilogue part of the last write; elsewhere passes of their own follow."""
        return False

    def plan_fused(self, case: Case, weight: torch.Tensor, bias: torch.Tensor | None, epilogue: Epilogue) -> Plan | Run:
        """Prepare as `plan` does, with an epilogue that does something; called for cases that `fuses` answers for."""
        raise NotImplementedError(f"{type(self).__name__} has no plan_fused()")


def require_tensor(name: str, tensor: torch.Tensor, case: Case, shape: tuple[int, ...]) -> None:
    """Check that a tensor has this shape and the case's type and device. Raises ProblemError."""
    dtype = str(tensor.dtype).removeprefix("torch.")
    if tuple(tensor.shape) != shape:
        raise ProblemError(f"{name} has shape {tuple(tensor.shape)}; allowed: {shape}")
    if dtype != case.numbers.dtype:
        raise ProblemError(f"{name} is {dtype}; allowed: {case.numbers.dtype} for {case.precision}")
    if tensor.device.type != case.device:
        raise ProblemError(f"{name} is on {tensor.device.type}; allowed: {case.device}, where the case runs")
