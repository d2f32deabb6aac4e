"""Decides whether an implementation can run a case, before anything is allocated."""

from __future__ import annotations

import operator
from dataclasses import astuple

from bench.format import byte_count
from bench.machine.memory import device_bytes, why_not_memory
from impls import Case, Implementation, Work


def refusal(
    implementation: Implementation, case: Case, most_workspace_bytes: int | None = None
) -> tuple[str | None, Work]:
    """Why the case is not run, None if it is; and the work of one call as far as it is known before planning.

    The case must be supported, its workspace within the limit and all of it within memory. Raises whatever the
    implementation raises.
    """
    reason = implementation.why_not(case)
    if reason:
        return reason, Work()
    work = counted(implementation.work(case))
    return why_not_workspace(work, most_workspace_bytes) or why_not_memory(work, case, device_bytes(case.device)), work


def why_not_workspace(work: Work, most_bytes: int | None) -> str | None:
    """The reason not to run a plan with more workspace than a limit, None without one."""
    if most_bytes is None or work.workspace_bytes is None or work.workspace_bytes <= most_bytes:
        return None
    return f"its workspace of {byte_count(work.workspace_bytes)} is more than the limit of {byte_count(most_bytes)}"


def counted(work: Work) -> Work:
    """The same in Python's integers: plug-ins count with NumPy's, which JSON does not know."""
    return Work(*(None if value is None else operator.index(value) for value in astuple(work)))
