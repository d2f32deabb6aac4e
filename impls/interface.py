"""The seam between what is measured and how: Case in, Plan out.

An implementation says in words what it cannot do (`why_not`), counts its own work without tensors
(`work`), does once all that may be done once (`plan`), and then only runs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from impls.errors import ConvError, ProblemError, did_you_mean
from impls.precision import PRECISIONS, Precision
from impls.problem import ConvProblem

if TYPE_CHECKING:
    import torch

LAYOUTS = ("nchw", "nhwc")
DEVICES = ("cpu", "cuda")
DIRECTIONS = ("forward",)


@dataclass(frozen=True, slots=True)
class Case:
    """One cell to compute: a problem in a precision and layout on a device.

    Tensors always have the logical shape (N, C, H, W); `layout` says how they lie in memory and is
    carried here because strides alone cannot tell (one channel, 1 × 1 images).
    Raises ConvError for a precision, layout, device or direction that does not exist.
    """

    problem: ConvProblem
    precision: str = "fp32"
    layout: str = "nchw"
    device: str = "cpu"
    direction: str = "forward"

    def __post_init__(self) -> None:
        for what, given, allowed in (
            ("precision", self.precision, tuple(PRECISIONS)),
            ("layout", self.layout, LAYOUTS),
            ("device", self.device, DEVICES),
            ("direction", self.direction, DIRECTIONS),
        ):
            if given not in allowed:
                raise ConvError(
                    f"{what} {given!r} is unknown{did_you_mean(given, allowed)}; allowed: {', '.join(allowed)}"
                )

    @property
    def numbers(self) -> Precision:
        """The precision as numbers: bytes an element, unit roundoffs."""
        return PRECISIONS[self.precision]

    @property
    def compulsory_bytes(self) -> int:
        return self.problem.compulsory_bytes(self.numbers.bytes)


@dataclass(frozen=True, slots=True)
class Work:
    """What one call of a plan executes, and what the plan keeps; None where it cannot be known.

    `flops` counts additions and multiplications executed (a fused multiply–add is 2), `bytes_moved` all
    reads and writes of arrays if no cache held anything between passes, `workspace_bytes` the largest
    sum of temporaries alive at once, output excluded; `plan_bytes` what the plan keeps between calls (packed
    weights, transformed filters).
    """

    flops: int | None = None
    bytes_moved: int | None = None
    workspace_bytes: int | None = None
    plan_bytes: int | None = None

    @classmethod
    def of_definition(cls, case: Case) -> Work:
        """The definition as it stands: every product once, every array once, no workspace, weights kept."""
        p = case.problem
        return cls(
            flops=p.direct_flops + p.outputs * p.bias,
            bytes_moved=case.compulsory_bytes,
            workspace_bytes=0,
            plan_bytes=case.numbers.bytes * p.parameters,
        )


Run: TypeAlias = "Callable[[torch.Tensor], torch.Tensor]"


@dataclass(frozen=True, slots=True)
class Plan:
    """A convolution ready to run: `plan(x)` returns a fresh output of x's dtype, device and layout.

    `backend` names what a library chose where that can be known; it goes into the row, as does `work`, what a call
    executes where planning decides it; None where the implementation's own `work` says it.
    """

    run: Run
    backend: str | None = None
    case: Case | None = None
    work: Work | None = None

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """Run on x. Raises ProblemError if `prepare` made the plan for tensors of another shape, type or device.

        Compiled kernels trust their sizes; what is timed is `run`, without this check.
        """
        if self.case is not None:
            require_tensor("x", x, self.case, self.case.problem.input_shape)
        return self.run(x)


class Implementation:
    """Base of every implementation; a subclass sets `name` and writes `plan`.

    `algorithm` is None where a vendor library chooses. `bounds` names the error bounds from impls.error_bounds that
    a result is held to, the loosest of them: more than one where a library may choose its algorithm. `modules` names
    what plan() imports, in order: it is loaded and timed apart from planning.
    """

    name: str = ""
    algorithm: str | None = None
    provider: str = "plug-in"
    devices: tuple[str, ...] = ("cpu",)
    precisions: tuple[str, ...] = ("fp32", "fp64")
    bounds: tuple[str, ...] = ("direct",)
    modules: tuple[str, ...] = ()

    def why_not(self, case: Case) -> str | None:
        """The reason in words why this case cannot be computed, or None. Loads no tensors."""
        if case.device not in self.devices:
            return f"runs on {' and '.join(self.devices)}, not on {case.device}"
        if case.precision not in self.precisions:
            return f"computes in {', '.join(self.precisions)}, not in {case.precision}"
        if case.precision.startswith("tf32") and case.device != "cuda":
            return f"{case.precision} exists on cuda only"
        return None

    def bounds_for(self, case: Case) -> tuple[str, ...]:
        """The bounds of this case, where they are not always the same."""
        return self.bounds

    def delegate(self, case: Case) -> str | None:
        """The name of the implementation that a supported case is handed on to; None for one that computes itself."""
        return None

    def provider_for(self, case: Case) -> str:
        """Who computes this case, where it is not always the same."""
        return self.provider

    def modules_for(self, case: Case) -> tuple[str, ...]:
        """The modules of this case, where they are not always the same."""
        return self.modules

    def work(self, case: Case) -> Work:
        """FLOPs, bytes and workspace of one call, without tensors; None where unknown before a plan is made."""
        return Work()

    def plan(self, case: Case, weight: torch.Tensor, bias: torch.Tensor | None) -> Plan | Run:
        """All that may be done once for these weights (packing, transforms, tuning)."""
        raise NotImplementedError(f"{type(self).__name__} has no plan()")


def require_tensor(name: str, tensor: torch.Tensor, case: Case, shape: tuple[int, ...]) -> None:
    dtype = str(tensor.dtype).removeprefix("torch.")
    if tuple(tensor.shape) != shape:
        raise ProblemError(f"{name} has shape {tuple(tensor.shape)}; allowed: {shape}")
    if dtype != case.numbers.dtype:
        raise ProblemError(f"{name} is {dtype}; allowed: {case.numbers.dtype} for {case.precision}")
    if tensor.device.type != case.device:
        raise ProblemError(f"{name} is on {tensor.device.type}; allowed: {case.device}, where the case runs")
