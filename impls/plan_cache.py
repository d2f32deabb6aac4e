"""Keeps plans of `impls.conv2d` and `impls.Conv2d` while their weights are alive and unchanged.

A plan belongs to one weight and one bias: to the tensor object (of a view: the tensor that it is a view of), its place
in memory, and torch's count of changes in place. If any of these differs, the next call plans anew. torch does not
count changes through `.data`, NumPy or DLPack: on the CPU up to 64 elements are compared on each call, which finds such
a change if it touches one of them; after any other, and on CUDA, call `clear_plan_cache()`.

A kept plan holds a weak reference to its weight and bias. `torch.utils.swap_tensors` refuses such tensors: call
`clear_plan_cache()` first.
"""

from __future__ import annotations

import math
import threading
import weakref
from collections import deque
from collections.abc import Callable, Hashable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from impls.errors import ConvError
from impls.planning import PLANNING

if TYPE_CHECKING:
    import torch

    from impls.interface import Plan

# A quarter of the memory that convcost needs. The weights of VGG-16 transformed for winograd-f6 take 0.4 GiB of it.
DEFAULT_LIMIT_BYTES = 2**30
# Elements of a tensor that are compared on each call; NumPy copies so few in a third of a microsecond.
_SAMPLED = 64

# A weight or bias with its owner: the tensor that it is a view of, or itself.
Operand: TypeAlias = "tuple[torch.Tensor, torch.Tensor]"


@dataclass(frozen=True, slots=True)
class PlanCacheInfo:
    """The state of a plan cache.

    `hits` and `misses` count calls since it was cleared; a miss had to plan. It keeps `plans` in `bytes`, of at most
    `limit_bytes` (None: no limit). `left_out` counts the misses whose plan was not kept, because it is larger than the
    limit, or because torch counts no changes of the weights (those made under torch.inference_mode, other classes).
    """

    hits: int
    misses: int
    plans: int
    bytes: int
    limit_bytes: int | None
    left_out: int


class OperandState:
    """A weight or bias as it was when its plan was made; `when_freed` is told when it is freed."""

    __slots__ = ("alias", "elements", "owner", "read", "version")

    def __init__(self, operand: Operand, when_freed: Callable[[Any], None]) -> None:
        tensor, owner = operand
        self.owner = weakref.ref(owner, when_freed)
        self.version = tensor._version
        # `.data` shares the memory and nothing else: it does not keep the owner alive, and its address is not reused.
        self.alias = tensor.data
        self.read = _sample(self.alias)
        self.elements = None if self.read is None else self.read()

    def is_still(self, operand: Operand) -> bool:
        """Whether the operand is this tensor, unchanged as far as can be known."""
        tensor, owner = operand
        return self.owner() is owner and self.version == tensor._version and self.has_its_elements()

    def has_its_elements(self) -> bool:
        """Whether the elements that are compared are as they were."""
        return self.read is None or self.read() == self.elements


@dataclass(slots=True, eq=False)
class _Kept:
    """A plan, the tensors that it was made from, the bytes that it takes, and when it was last used."""

    plan: Plan
    seen: tuple[OperandState, ...]
    bytes: int
    used: int


class PlanCache:
    """Plans by key; the least recently used leave first. Any number of threads may use it."""

    def __init__(self, limit_bytes: int | None = DEFAULT_LIMIT_BYTES, most_plans: int | None = None) -> None:
        self._limit_bytes = limit_bytes
        self._most_plans = most_plans
        self._kept: dict[Hashable, _Kept] = {}
        self._lock = threading.Lock()
        # A tensor may be freed at any moment, even while this thread holds the lock: noted here, its plans leave later.
        self._freed: deque[tuple[Hashable, Any]] = deque()
        self._hits = self._misses = self._bytes = self._left_out = 0

    def find(self, key: Hashable, operands: tuple[Operand, ...]) -> Plan | None:
        """The plan of this key if it was made from these tensors, and they are unchanged."""
        kept = self._kept.get(key)
        if kept is None:
            return None
        for seen, operand in zip(kept.seen, operands, strict=True):
            if not seen.is_still(operand):
                return None
        with self._lock:
            self._hits += 1
            kept.used = self._hits + self._misses
        if self._freed:
            self._drop_freed()
        return kept.plan

    def make(self, key: Hashable, operands: tuple[Operand, ...], plan: Callable[[], tuple[Plan, int]]) -> Plan:
        """Plan and keep: `plan` returns the plan and its bytes. Threads that need the same plan wait for one."""
        with PLANNING:
            found = self.find(key, operands)
            if found is not None:
                return found
            # Before planning: a change during planning makes the next call plan anew.
            forget = partial(_forget, weakref.ref(self), key)
            seen = tuple(OperandState(operand, forget) for operand in operands)
            made, size = plan()
        with self._lock:
            self._misses += 1
            self._drop(key)
            if self._limit_bytes is not None and size > self._limit_bytes:
                self._left_out += 1
            else:
                self._kept[key] = _Kept(made, seen, size, self._hits + self._misses)
                self._bytes += size
                self._shrink()
        self._drop_freed()
        return made

    def leave_out(self) -> None:
        """Count a plan that was made for one call."""
        with self._lock:
            self._misses += 1
            self._left_out += 1
        self._drop_freed()

    def limit(self, limit_bytes: int | None) -> None:
        """Set the limit; plans beyond it leave."""
        with self._lock:
            self._limit_bytes = limit_bytes
            self._shrink()
        self._drop_freed()

    def clear(self) -> None:
        """Remove all plans and begin counting anew."""
        with self._lock:
            self._kept.clear()
            self._hits = self._misses = self._bytes = self._left_out = 0
        self._drop_freed()

    def info(self) -> PlanCacheInfo:
        """The state of the cache now."""
        self._drop_freed()
        with self._lock:
            counts = (self._hits, self._misses, len(self._kept), self._bytes, self._limit_bytes, self._left_out)
        self._drop_freed()
        return PlanCacheInfo(*counts)

    def note_freed(self, key: Hashable, owner: Any) -> None:
        """Remove the plan of a tensor that has been freed: now, or when the lock is free."""
        self._freed.append((key, owner))
        self._drop_freed()

    def _drop_freed(self) -> None:
        # Every method calls this after it has released the lock: a tensor may have been freed in the meantime.
        while self._freed and self._lock.acquire(blocking=False):
            try:
                with suppress(IndexError):
                    key, owner = self._freed.popleft()
                    kept = self._kept.get(key)
                    # The key may have a new plan by now.
                    if kept is not None and any(seen.owner is owner for seen in kept.seen):
                        self._drop(key)
            finally:
                self._lock.release()

    def _drop(self, key: Hashable) -> None:
        kept = self._kept.pop(key, None)
        self._bytes -= kept.bytes if kept else 0

    def _shrink(self) -> None:
        while (self._limit_bytes is not None and self._bytes > self._limit_bytes) or (
            self._most_plans is not None and len(self._kept) > self._most_plans
        ):
            self._drop(min(self._kept, key=lambda key: self._kept[key].used))


# The plans of impls.conv2d.
SHARED = PlanCache()


def plan_cache_info() -> PlanCacheInfo:
    """The state of the cache of `impls.conv2d`: hits, misses, plans, bytes, the limit."""
    return SHARED.info()


def clear_plan_cache() -> None:
    """Free all plans that `impls.conv2d` keeps; its next calls plan anew."""
    SHARED.clear()


def limit_plan_cache(limit_bytes: int | None = DEFAULT_LIMIT_BYTES) -> None:
    """Set the most bytes of plans that `impls.conv2d` keeps: 0 keeps none, None all of them; 1 GiB at first.

    Raises ConvError for anything but a whole number from 0 up, or None.
    """
    whole = isinstance(limit_bytes, int) and not isinstance(limit_bytes, bool)
    if limit_bytes is not None and (not whole or limit_bytes < 0):
        raise ConvError(f"limit_bytes is {limit_bytes!r}; allowed: 0 or more bytes, or None for no limit")
    SHARED.limit(limit_bytes)


def _forget(cache: weakref.ref[PlanCache], key: Hashable, owner: Any) -> None:
    alive = cache()
    if alive is not None:
        alive.note_freed(key, owner)


def _sample(tensor: torch.Tensor) -> Callable[[], bytes] | None:
    """Reads the bytes of up to 64 elements of a tensor (K, C, KH, KW) or (K,), spread over it.

    None where reading them would wait for a device.
    """
    import torch

    if tensor.device.type != "cpu":
        return None
    # NumPy has no bf16; only the bits are compared.
    readable = tensor.view(torch.int16) if tensor.dtype == torch.bfloat16 else tensor
    # A step with no factor in common with the number of elements meets as many taps, channels and positions as there
    # are samples: a multiple of the kernel's size would meet one tap only.
    step = max(1, -(-tensor.numel() // _SAMPLED))
    while math.gcd(step, tensor.numel()) != 1:
        step += 1
    if tensor.is_contiguous():
        return readable.as_strided((tensor.numel(),), (1,)).numpy()[::step].tobytes
    # Channels last, or with gaps: the same elements, by their places in memory.
    chosen = torch.unravel_index(torch.arange(0, tensor.numel(), step), tensor.shape)
    places = sum((index * stride for index, stride in zip(chosen, tensor.stride(), strict=True)), torch.tensor(0))
    span = 1 + sum((size - 1) * stride for size, stride in zip(tensor.shape, tensor.stride(), strict=True))
    memory, indices = readable.as_strided((span,), (1,)).numpy(), places.numpy()
    return lambda: memory.take(indices).tobytes()
