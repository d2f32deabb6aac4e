"""Plans a case with an implementation, after checking that the implementation and the tensors fit the case."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from impls.errors import ProblemError, Unsupported
from impls.interface import Case, Implementation, Plan, require_tensor

if TYPE_CHECKING:
    import torch


def prepare(implementation: Implementation, case: Case, weight: torch.Tensor, bias: torch.Tensor | None) -> Plan:
    """Plan `case` after checking that it is supported and that the tensors fit it.

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
        return _plan_nothing(case)
    plan = implementation.plan(case, weight, bias)
    return replace(plan, case=case) if isinstance(plan, Plan) else Plan(plan, case=case)


def _plan_nothing(case: Case) -> Plan:
    """A plan for an empty batch, which most libraries refuse or divide by."""
    from impls.tensors import empty_output

    return Plan(lambda _: empty_output(case), case=case)
