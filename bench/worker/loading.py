"""Times two one-off costs separately: loading an implementation's libraries, and compiling its kernels.

A library is loaded once in a process, by the implementation that needs it first. That time is kept and goes into every
row that this process makes for the implementation.
"""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Any, TypeVar

from impls import Case, Implementation, get

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Loading:
    """Seconds of loading, compilation excluded, and seconds of compilation during it.

    `import_s` is None if everything was loaded already, `jit_s` 0.0 if nothing was compiled.
    """

    import_s: float | None = None
    jit_s: float = 0.0


_loadings: dict[str, Loading] = {}


def make(name: str) -> Implementation:
    """Load the implementation of that name, and time its module's import. Raises whatever loading raises."""
    return _timed(name, lambda: get(name))


def load_modules(implementation: Implementation, case: Case) -> None:
    """Load, and time, the modules that plan() would import for this case. Raises whatever loading raises."""
    for module in implementation.modules_for(case):
        _timed(implementation.name, partial(importlib.import_module, module))


def loading(name: str) -> Loading:
    """How long loading an implementation took, on first use in this process."""
    return _loadings.get(name, Loading())


def _timed(name: str, load: Callable[[], _T]) -> _T:
    modules, started = len(sys.modules), time.perf_counter()
    with JitTimer() as jit:
        loaded = load()
    if len(sys.modules) > modules:
        before, compiled_s = loading(name), jit.seconds or 0.0
        took_s = time.perf_counter() - started - compiled_s
        _loadings[name] = Loading((before.import_s or 0.0) + took_s, before.jit_s + compiled_s)
    return loaded


class JitTimer:
    """Time spent compiling kernels (by Numba, for LLVM, by Triton) inside a `with` block.

    A compilation nested in another counts once. `seconds` is 0.0 if nothing was compiled (or all kernels came from
    files), None if neither library was loaded when the block began: then nothing was observed.
    """

    def __init__(self) -> None:
        self._numba: Any = None
        self._triton: list[float] | None = None
        self._stack = ExitStack()

    def __enter__(self) -> JitTimer:
        if "numba" in sys.modules:
            from numba.core import event

            # Counts the depth of nested compilations, and the time of the outermost.
            self._numba = event.TimingListener()  # type: ignore[no-untyped-call]
            self._stack.enter_context(event.install_listener("numba:compile", self._numba))
        if "triton" in sys.modules:
            self._triton = self._stack.enter_context(_triton_compilations())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def seconds(self) -> float | None:
        if self._numba is None and self._triton is None:
            return None
        by_numba = float(self._numba.duration) if self._numba is not None and self._numba.done else 0.0
        return by_numba + sum(self._triton or ())


@contextmanager
def _triton_compilations() -> Iterator[list[float]]:
    """Seconds of each kernel that Triton compiles inside the block; kernels loaded from files do not count."""
    from triton import knobs

    taken_s: list[float] = []

    def listen(*, times: Any, cache_hit: bool, **_of_the_kernel: Any) -> None:
        if not cache_hit:
            taken_s.append(times.total * 1e-6)

    before, knobs.compilation.listener = knobs.compilation.listener, listen
    try:
        yield taken_s
    finally:
        knobs.compilation.listener = before
