"""The child's work on one candidate: whether it can run, its plan and first call, the peak memory of a call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from bench.gate.gate import gate
from bench.gate.inputs import Inputs
from bench.machine.memory import Demand, demand_of
from bench.store.status import Status
from bench.timing.alive import require_alive
from bench.worker import loading
from bench.worker.admission import counted, refusal
from bench.worker.judging import Proven, with_verdict
from bench.worker.launched import launched
from bench.worker.peak import peak_bytes
from bench.worker.protocol import Outcome, Task
from bench.worker.turns import Turns
from impls import Case, Implementation, Plan
from impls.errors import in_one_line


@dataclass(frozen=True, slots=True)
class Session:
    """A task, the function that sends an outcome, and the turns of the candidates."""

    task: Task
    send: Callable[[Outcome], None]
    turns: Turns[str]

    def show(self, name: str | None) -> None:
        """Begin the turn of the candidate that runs next; None: the worker's own code."""
        self.turns.begin(name)

    def emit(self, outcome: Outcome) -> None:
        """Send an outcome, with what its implementation changed that all candidates share."""
        self.turns.end()
        self.send(replace(outcome, side_effects=self.turns.words(outcome.implementation)))


@dataclass(frozen=True, slots=True)
class Candidate:
    """An implementation that can run the case, and the memory that it needs."""

    implementation: Implementation
    demand: Demand


def admitted(name: str, session: Session) -> Candidate | None:
    """The candidate if it can run the case; if not, send an outcome that says why."""
    session.show(name)
    case = session.task.case
    try:
        implementation = loading.make(name)
        reason, work = refusal(implementation, case)
        if reason:
            session.emit(_without_result(implementation, Status.UNSUPPORTED, reason))
            return None
        loading.load_modules(implementation, case)
        return Candidate(implementation, demand_of(work, case))
    except Exception as error:
        require_alive(case.device, error)
        session.emit(Outcome(name, Status.FAILED, in_one_line(error)))
        return None


def gated(implementation: Implementation, session: Session, inputs: Inputs) -> Proven | None:
    """The candidate with its plan if its first results are right; if not, send its outcome."""
    session.show(implementation.name)
    task = session.task
    try:
        with loading.JitTimer() as jit:
            made = gate(implementation, task.case, inputs, tricks=task.tricks, compiled_s=lambda: jit.seconds or 0.0)
        if task.tricks:
            # One process does it for each candidate; the others, for all together after the timing.
            session.turns.require_rest()
        work = counted(made.plan.work or implementation.work(task.case))
        outcome = with_verdict(_right(implementation, task.case), made.verdict)
    except Exception as error:
        # An exception of a plug-in or a library is the result of this implementation; the others go on.
        require_alive(task.case.device, error)
        session.emit(_without_result(implementation, Status.FAILED, in_one_line(error)))
        return None
    if not made.verdict.ok:
        session.emit(outcome)
        return None
    outcome = replace(
        outcome,
        backend=_backend(implementation, made.plan, task, inputs),
        executed_flops=work.flops,
        bytes_moved=work.bytes_moved,
        workspace_bytes=work.workspace_bytes,
        plan_bytes=work.plan_bytes,
        plan_s=made.plan_s,
        plan_cached_s=made.plan_cached_s,
        first_call_s=made.first_call_s,
        import_s=loading.loading(implementation.name).import_s,
        jit_s=_jit_s(outcome.provider, implementation, jit.seconds),
    )
    return Proven(implementation, made, outcome)


def with_peak(candidate: Proven, session: Session, inputs: Inputs) -> Proven | None:
    """The candidate with the peak memory of one call. This gives back free memory; the warm-up takes it again."""
    session.show(candidate.implementation.name)
    device = session.task.case.device
    before = inputs.x.clone()
    try:
        peak = peak_bytes(lambda: candidate.gated.plan.run(inputs.x), device)
    except Exception as error:
        require_alive(device, error)
        session.emit(replace(candidate.outcome, status=Status.FAILED, reason=in_one_line(error)))
        return None
    finally:
        inputs.x.copy_(before)
    return replace(candidate, outcome=replace(candidate.outcome, peak_bytes=peak))


def _without_result(implementation: Implementation, status: Status, reason: str) -> Outcome:
    """The outcome of a case that is refused, where only why_not answers, or in which any method may have raised."""
    return Outcome(
        implementation.name, status, reason, algorithm=implementation.algorithm, provider=implementation.provider
    )


def _right(implementation: Implementation, case: Case) -> Outcome:
    """The outcome of a right result. Raises whatever the implementation raises."""
    return Outcome(
        implementation.name,
        Status.OK,
        algorithm=implementation.algorithm,
        provider=implementation.provider_for(case),
        delegate=implementation.delegate(case),
    )


def _backend(implementation: Implementation, plan: Plan, task: Task, inputs: Inputs) -> str | None:
    """The plan's own words; where a vendor chose on a GPU, in one process also the kernels that ran."""
    words = [] if plan.backend is None else [str(plan.backend)]
    if task.case.device == "cuda" and implementation.algorithm is None and task.tricks:
        words += filter(None, [_launched(plan, inputs)])
    return "; ".join(words) or None


def _launched(plan: Plan, inputs: Inputs) -> str | None:
    """The kernels of one call; None if the profiler fails, since a measurement does not need their names."""
    try:
        x = inputs.x.clone()
        return launched(lambda: plan.run(x))
    except Exception as error:
        require_alive("cuda", error)
        return None


def _jit_s(provider: str, implementation: Implementation, planning_s: float | None) -> float | None:
    """Seconds of compilation during loading, planning and first call; None if others may have compiled unseen."""
    seconds = loading.loading(implementation.name).jit_s + (planning_s or 0.0)
    # Only Numba and Triton are observed: 0 s of theirs says nothing about oneDNN or a plug-in's own compiler.
    return seconds if seconds or provider in ("numba", "triton") else None
