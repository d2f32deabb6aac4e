"""A network as a list of steps, for inputs of one size. Fused operations are one step; results share one arena."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple, TypeAlias

import torch

from impls.plan_cache import OperandState
from impls.swap.arena import Tenant, offsets
from impls.swap.steps import ProgramStep, Values, filled, numbers_in

# Told of each step once, with its operands and its result.
Watch: TypeAlias = "Callable[[ProgramStep, list[Any], Any], None]"


class PlanSource(NamedTuple):
    """A parameter or buffer that a plan was made of, as it was then, and the place where its module keeps it."""

    holder: Mapping[str, torch.Tensor | None]
    name: str
    tensor: torch.Tensor
    version: int
    address: int
    state: OperandState | None

    @classmethod
    def of(
        cls, holder: Mapping[str, torch.Tensor | None], name: str, tensor: torch.Tensor, *, is_read: bool
    ) -> PlanSource:
        """The tensor `holder[name]`. With `is_read` some of its elements are compared at each call, too."""
        owner = tensor if tensor._base is None else tensor._base
        state = OperandState((tensor, owner), lambda _: None) if is_read else None
        return cls(holder, name, tensor, tensor._version, tensor.data_ptr(), state)


class Program:
    """Runs the steps of a network. It must record one run before others; its results are the caller's own.

    `inputs` are the numbers of the values that the network is given, `output` is its result with a ValuePlace for each
    value. Calls from several threads take turns: all use one arena. `plan_bytes` and `arena_bytes` are the memory that
    it takes beside the network's own weights.
    """

    def __init__(
        self,
        steps: Sequence[ProgramStep],
        inputs: Sequence[int],
        output: Any,
        sources: Sequence[PlanSource],
        plan_bytes: int,
    ) -> None:
        self.steps = tuple(steps)
        self.plan_bytes = plan_bytes
        self.arena_bytes = 0
        self.threads = 0
        self._inputs = tuple(inputs)
        self._output = output
        self._sources = tuple(sources)
        self._values = 1 + max([*self._inputs, *(step.result for step in steps)], default=0)
        self._schedule: list[tuple[ProgramStep, torch.Tensor | None, int, tuple[int, ...]]] = []
        self._arena: torch.Tensor | None = None
        self._lock = threading.Lock()

    def is_current(self) -> bool:
        """Whether no weight has changed since the plans were made, as far as can be known (impls.plan_cache)."""
        # Of some hundred tensors, at each call: tuples, for they are the fastest to read.
        for holder, name, tensor, version, address, state in self._sources:
            if holder.get(name) is not tensor or tensor._version != version or tensor.data_ptr() != address:
                return False
            if state is not None and not state.has_its_elements():
                return False
        return True

    def record(self, inputs: Sequence[Any], watch: Watch | None = None) -> Any:
        """The network's result by steps that make tensors of their own; places them all in one arena for later runs."""
        values = self._given(inputs)
        last = self._last_reads()
        roots = list(range(self._values))
        storages: dict[int, set[int]] = {number: storages_of(value) for number, value in enumerate(values)}
        results: dict[int, tuple[int, torch.Size, tuple[int, ...], torch.dtype]] = {}
        with one_number_of_threads() as threads:
            self.threads = threads
            for index, step in enumerate(self.steps):
                found = step.run(values, None, 0, threads)
                if watch is not None:
                    watch(step, [values[number] for number in step.reads], found)
                own = step.result
                values[own], storages[own] = found, storages_of(found)
                for number, value in enumerate(values):
                    if number != own and value is not None and storages[number] & storages[own]:
                        roots[own] = roots[number]
                        break
                if isinstance(found, torch.Tensor):
                    results[index] = (found.nbytes, found.shape, found.stride(), found.dtype)
                for number in self._freed(last, index):
                    values[number] = None
        self._place(last, roots, results)
        return filled(self._output, values)

    def __call__(self, inputs: Sequence[Any]) -> Any:
        """The network's result. Raises OtherSizes where an operation gives what it did not give when recorded."""
        with self._lock, one_number_of_threads() as threads:
            values = self._given(inputs)
            for step, y, workspace, freed in self._schedule:
                values[step.result] = step.run(values, y, workspace, threads)
                for number in freed:
                    values[number] = None
            return self._own(filled(self._output, values))

    def step_times_s(self, inputs: Sequence[Any]) -> list[float]:
        """The seconds of each step of one run, where it stands: caches and memory are as in the network."""
        taken = []
        with self._lock, one_number_of_threads() as threads:
            values = self._given(inputs)
            for step, y, workspace, freed in self._schedule:
                begun = time.perf_counter()
                values[step.result] = step.run(values, y, workspace, threads)
                taken.append(time.perf_counter() - begun)
                for number in freed:
                    values[number] = None
        return taken

    def _given(self, inputs: Sequence[Any]) -> Values:
        values: Values = [None] * self._values
        for number, given in zip(self._inputs, inputs, strict=True):
            values[number] = given
        return values

    def _last_reads(self) -> list[int]:
        """The last step that reads each value; all steps for what is returned, its own for what nobody reads."""
        last = [-1] * self._values
        for index, step in enumerate(self.steps):
            for number in (*step.reads, step.result):
                last[number] = index
        for number in numbers_in(self._output):
            last[number] = len(self.steps)
        return last

    @staticmethod
    def _freed(last: Sequence[int], index: int) -> tuple[int, ...]:
        return tuple(number for number, at in enumerate(last) if at == index)

    def _place(self, last: Sequence[int], roots: Sequence[int], results: Mapping[int, Any]) -> None:
        """Make the arena and the schedule; memory is in use until the last read of any value that lies in it."""
        ends = list(last)
        for number, root in enumerate(roots):
            ends[root] = max(ends[root], last[number])
        tenants: list[Tenant] = []
        owners: list[tuple[int, bool]] = []
        for index, step in enumerate(self.steps):
            workspace_bytes = step.workspace_bytes(self.threads)
            if workspace_bytes is None:
                continue
            tenants += [Tenant(results[index][0], index, ends[step.result]), Tenant(workspace_bytes, index, index)]
            owners += [(index, True), (index, False)]
        places, self.arena_bytes = offsets(tenants)
        self._arena = arena = torch.empty(self.arena_bytes, dtype=torch.uint8)
        outputs: dict[int, torch.Tensor] = {}
        workspaces: dict[int, int] = {}
        for (index, is_output), at in zip(owners, places, strict=True):
            if not is_output:
                workspaces[index] = arena.data_ptr() + at
                continue
            size, shape, strides, dtype = results[index]
            outputs[index] = arena[at : at + size].view(dtype).as_strided(shape, strides)
        self._schedule = [
            (step, outputs.get(index), workspaces.get(index, 0), self._freed(last, index))
            for index, step in enumerate(self.steps)
        ]

    def _own(self, found: Any) -> Any:
        """A result without memory of the arena."""
        if isinstance(found, torch.Tensor):
            assert self._arena is not None, "recorded before"
            return found.clone() if self._arena.data_ptr() in storages_of(found) else found
        if isinstance(found, (tuple, list)):
            own = [self._own(one) for one in found]
            return type(found)(*own) if hasattr(found, "_fields") else type(found)(own)
        if isinstance(found, dict):
            return {key: self._own(one) for key, one in found.items()}
        return found


def storages_of(value: Any) -> set[int]:
    """The addresses of the memory of all tensors in a value."""
    if isinstance(value, torch.Tensor):
        try:
            address = value.untyped_storage().data_ptr()
        except (NotImplementedError, RuntimeError):
            # Sparse tensors and the like have none.
            return set()
        return {address} if address else set()
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, (tuple, list)):
        return set().union(*(storages_of(one) for one in value))
    return set()


@contextmanager
def one_number_of_threads() -> Iterator[int]:
    """As many threads for our kernels as torch has: where their numbers differ, OpenMP ends and starts threads."""
    numba: Any = sys.modules.get("numba")
    wanted = torch.get_num_threads()
    if numba is None:
        yield wanted
        return
    before, own = numba.get_num_threads(), min(wanted, numba.config.NUMBA_NUM_THREADS)
    if own == before:
        yield own
        return
    numba.set_num_threads(own)
    try:
        yield own
    finally:
        numba.set_num_threads(before)
