"""The plan cache keeps to its limit, and serves any number of threads."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F

import impls
from impls import plan_cache
from impls.plan_cache import DEFAULT_LIMIT_BYTES
from tests.impls.plan_caching import X, check, counts, weights

pytestmark = pytest.mark.usefixtures("own_cache")


def at_once(call: Callable[[], None]) -> None:
    """Call it in four threads; raises what one of them raised."""
    faults: list[BaseException] = []

    def guarded() -> None:
        try:
            call()
        except BaseException as error:
            faults.append(error)

    threads = [threading.Thread(target=guarded) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for fault in faults:
        raise fault


def test_the_least_recently_used_plan_leaves_first() -> None:
    one, two, three = weights(), weights(), weights()
    check(one)
    size = impls.plan_cache_info().bytes
    assert size >= one.nbytes
    impls.limit_plan_cache(2 * size)
    for w in (two, one, three, one):
        check(w)
    info = impls.plan_cache_info()
    assert (info.plans, info.bytes, info.limit_bytes) == (2, 2 * size, 2 * size)
    assert (info.hits, info.misses) == (2, 3)
    check(two)
    assert impls.plan_cache_info().misses == 4


def test_a_plan_beyond_the_limit_is_not_kept() -> None:
    impls.limit_plan_cache(0)
    w = weights()
    check(w)
    check(w)
    info = impls.plan_cache_info()
    assert (info.plans, info.misses, info.left_out) == (0, 2, 2)
    impls.limit_plan_cache()
    assert impls.plan_cache_info().limit_bytes == DEFAULT_LIMIT_BYTES == 2**30


@pytest.mark.parametrize("limit", [-1, 0.5, "1 GiB", True])
def test_impossible_limits_are_refused(limit: Any) -> None:
    with pytest.raises(impls.ConvError, match="allowed: 0 or more bytes, or None"):
        impls.limit_plan_cache(limit)


def test_clearing_frees_the_plans_and_the_counts() -> None:
    w = weights()
    check(w)
    impls.clear_plan_cache()
    assert counts() == (0, 0, 0)
    assert impls.plan_cache_info().bytes == 0
    check(w)
    assert counts() == (0, 1, 1)


def test_threads_plan_once_and_compute_right() -> None:
    made = []

    @impls.register
    class Slow(impls.Implementation):
        name = "slow"

        def plan(self, case: impls.Case, weight: torch.Tensor, bias: torch.Tensor | None) -> Any:
            made.append(weight)
            time.sleep(0.05)
            return lambda x: F.conv2d(x, weight)

    w = weights()

    def call() -> None:
        for _ in range(20):
            check(w, name="slow")

    at_once(call)
    assert len(made) == 1
    assert sum(counts()[:2]) == 80


def test_threads_that_free_weights_leave_an_empty_cache() -> None:
    def call() -> None:
        for _ in range(30):
            check(weights(), torch.randn(6))

    at_once(call)
    gc.collect()
    info = impls.plan_cache_info()
    assert (info.plans, info.bytes, info.misses) == (0, 0, 120)


def test_a_weight_freed_while_the_cache_is_locked_leaves_afterwards() -> None:
    w = weights()
    check(w)
    with plan_cache.SHARED._lock:
        del w
        gc.collect()
    assert counts()[2] == 0


class _FreesBeforeRelease:
    """A lock whose holder frees tensors, as a garbage collection may."""

    def __init__(self, lock: Any, tensors: list[torch.Tensor]) -> None:
        self.lock, self.tensors = lock, tensors
        self.acquire, self.release = lock.acquire, lock.release

    def __enter__(self) -> None:
        self.lock.acquire()

    def __exit__(self, *error: object) -> None:
        self.tensors.clear()
        self.lock.release()


@pytest.mark.parametrize(
    "method",
    [
        lambda cache, kept: check(kept), lambda cache, kept: cache.limit(2**20), lambda cache, kept: cache.clear(),
        lambda cache, kept: cache.leave_out(), lambda cache, kept: cache.info(),
    ],
    ids=["find", "limit", "clear", "leave_out", "info"],
)  # fmt: skip
def test_a_weight_freed_during_a_method_leaves_at_its_end(monkeypatch: pytest.MonkeyPatch, method: Any) -> None:
    kept, freed = weights(), [weights()]
    check(kept)
    check(freed[0])
    cache = plan_cache.SHARED
    monkeypatch.setattr(cache, "_lock", _FreesBeforeRelease(cache._lock, freed))
    method(cache, kept)
    assert not cache._freed
    assert len(cache._kept) <= 1


def test_a_plan_may_plan_others() -> None:
    @impls.register
    class Outer(impls.Implementation):
        name = "outer"

        def plan(self, case: impls.Case, weight: torch.Tensor, bias: torch.Tensor | None) -> Any:
            impls.conv2d(X, weight, implementation="im2col")
            return lambda x: impls.conv2d(x, weight, implementation="im2col")

    check(weights(), name="outer")
