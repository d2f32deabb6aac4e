"""Plans a case with an implementation, after checking that the implementation and the tensors fit the case."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from impls.epilogue import NO_EPILOGUE, Epilogue
from impls.errors import ProblemError, Unsupported
from impls.interface import Case, Implementation, Plan, require_tensor

if TYPE_CHECKING:
    import torch

    from impls.interface import Run

_Operands = ParamSpec("_Operands")
_Result = TypeVar("_Result")

# One thread plans at a time: compiling and tuning change what the whole process shares. A plan may plan others.
PLANNING = threading.RLock()
# Held by runs where Numba cannot run two threads' loops at once.
_RUNNING = threading.RLock()


def prepare(
    implementation: Implementation,
    case: Case,
    weight: torch.Tensor,
    bias: torch.Tensor | None,
    epilogue: Epilogue = NO_EPILOGUE,
) -> Plan:
    """Plan `case` once, to be called often: `impls.prepare(impls.get("winograd-f4"), case, weight, bias)(x)`.

    weight is (K, C/groups, KH, KW) and bias (K,), of the case's type and device; bias is None where the problem has
    none. The plan takes x of exactly the case's shape, type and device. It keeps packed copies of the weights, or the
    weights themselves: after a change of them, prepare anew. Several threads may call one plan at once.

    With an epilogue, a ReLU and a residual follow: `prepare(…, Epilogue(adds_residual=True))(x, residual)`. Where the
    implementation fuses it, the kernel applies it before it writes an output; elsewhere torch does afterwards.

    Raises Unsupported with the reason, ProblemError for tensors that do not fit the case.
    """
    reason = implementation.why_not(case)
    if reason:
        raise Unsupported(implementation.name, reason)
    require_tensor("weight", weight, case, case.problem.weight_shape)
    if (bias is not None) != case.problem.bias:
        given, has = ("missing", "one") if bias is None else ("given", "none")
        raise ProblemError(f"bias is {given}, but the problem has {has}")
    if bias is not None:
        require_tensor("bias", bias, case, (case.problem.out_channels,))
    if case.problem.outputs == 0:
        return _plan_nothing(case, epilogue)
    is_fused = bool(epilogue) and implementation.fuses(case)
    with PLANNING:
        made = (
            implementation.plan_fused(case, weight, bias, epilogue)
            if is_fused
            else implementation.plan(case, weight, bias)
        )
    plan = made if isinstance(made, Plan) else Plan(made)
    follows = bool(epilogue) and not is_fused
    run = _followed_by(epilogue, plan.run) if follows else plan.run
    # What follows in passes of its own is no part of a writer.
    writer = None if follows or plan.writer is None else replace(plan.writer, write=_for_threads(plan.writer.write))
    return replace(plan, run=_for_threads(run), case=case, epilogue=epilogue, writer=writer)


def _followed_by(epilogue: Epilogue, run: Run) -> Run:
    def both(x: torch.Tensor, residual: torch.Tensor | None = None) -> torch.Tensor:
        return epilogue.applied(run(x), residual)

    return both


def _for_threads(run: Callable[_Operands, _Result]) -> Callable[_Operands, _Result]:
    """A run that several threads may call at once: one after the other where Numba would end the process.

    Numba's "workqueue" layer, its last resort where neither OpenMP nor TBB is found, aborts on concurrent calls.
    """
    numba = sys.modules.get("numba")
    if numba is None:
        return run
    # The layer is chosen when threads are started, which asking for their number does.
    numba.get_num_threads()
    if numba.threading_layer() != "workqueue":
        return run

    def alone(*operands: _Operands.args, **named: _Operands.kwargs) -> _Result:
        with _RUNNING:
            return run(*operands, **named)

    return alone


def _plan_nothing(case: Case, epilogue: Epilogue) -> Plan:
    """A plan for an empty batch, which most libraries refuse or divide by."""
    from impls.tensors import empty_output

    return Plan(lambda *_: empty_output(case), case=case, epilogue=epilogue)
