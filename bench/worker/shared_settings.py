"""The settings that all candidates of a process share, and how each is read and put back.

Some are asked for between samples (`quick`): those that can change the time of the next call and are read in a fraction
of a microsecond. The others (`slow`) are asked for when a candidate's turn ends. A setting is read through functions
that were bound before any plug-in was loaded, so that a plug-in cannot answer for them.
"""

from __future__ import annotations

import functools
import gc
import locale
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from bench.worker import at_rest
from bench.worker.enforced import allocator_state, heap_changes
from bench.worker.shared_state import Setting, SharedState

# Python's float arithmetic runs in the registers that "flush denormal numbers to zero" applies to: half of it is
# smaller than any normal number, and 0 only where they are flushed.
_SMALLEST_NORMAL = sys.float_info.min
# Readings of malloc until two in a row agree.
_READINGS = 4


@functools.cache
def quick() -> SharedState:
    """The settings to ask for around every sample. Loads torch."""
    return SharedState([*_of_torch(), *_of_python(), _numba_threads(), *_of_the_scheduler()])


@functools.cache
def slow() -> SharedState:
    """The settings to ask for when a turn ends."""
    return SharedState([*_of_libraries(), *of_the_process()])


def of_the_process() -> list[Setting]:
    """The settings of any process, whatever is loaded."""
    found = [
        Setting("environment variable", lambda: dict(os.environ), _set_environment),
        Setting("working directory", _folder, os.chdir),
        Setting("umask", _umask, os.umask),
        Setting("locale", partial(locale.setlocale, locale.LC_ALL), partial(locale.setlocale, locale.LC_ALL)),
        Setting("garbage collector's callbacks", lambda: tuple(gc.callbacks), _set_callbacks),
        Setting("signal handler", _handlers, _set_handlers),
    ]
    if hasattr(signal, "getitimer"):
        timers = {"real": signal.ITIMER_REAL, "virtual": signal.ITIMER_VIRTUAL, "prof": signal.ITIMER_PROF}
        found.append(Setting(
            "interval timer",
            # Only whether one runs: the time left changes by itself.
            lambda: {name: signal.getitimer(which) != (0.0, 0.0) for name, which in timers.items()},
            lambda wanted: [signal.setitimer(which, 0.0) for name, which in timers.items() if not wanted[name]],
        ))  # fmt: skip
    return found


def of_the_parent() -> SharedState:
    """The settings that worker processes inherit from the process that starts them."""
    return SharedState([*of_the_process(), *_of_the_scheduler()])


def _of_torch() -> list[Setting]:
    import torch

    c = torch._C
    flags: list[tuple[str, Callable[[], Any], Callable[[Any], object] | None]] = [
        ("oneDNN in torch", c._get_mkldnn_enabled, c._set_mkldnn_enabled),
        ("deterministic oneDNN", c._get_mkldnn_deterministic, c._set_mkldnn_deterministic),
        ("NNPACK in torch", c._get_nnpack_enabled, c._set_nnpack_enabled),
        ("deterministic algorithms", c._get_deterministic_algorithms, c._set_deterministic_algorithms),
        ("gradients", torch.is_grad_enabled, c._set_grad_enabled),
        ("inference mode", torch.is_inference_mode_enabled, None),
        ("autocast on the CPU", partial(torch.is_autocast_enabled, "cpu"), partial(torch.set_autocast_enabled, "cpu")),
        ("default dtype", torch.get_default_dtype, torch.set_default_dtype),
        ("threads of torch", torch.get_num_threads, torch.set_num_threads),
        ("modes of torch functions", c._len_torch_function_stack, partial(_pop, c, "function")),
        ("modes of torch dispatch", c._len_torch_dispatch_stack, partial(_pop, c, "dispatch")),
        ("denormal numbers flushed", _flushes, torch.set_flush_denormal),
    ]
    flags.append(("float32 matmul precision", _matmul_precision, torch.set_float32_matmul_precision))
    # After the line above, which sets some of these too.
    found = [*(Setting(*flag) for flag in flags), *map(partial(_precision, c), _FP32)]
    return [*found, *_of_cuda(c)] if torch.cuda.is_available() else found


def _matmul_precision() -> str | None:
    """torch's older switch; None where the newer ones, which are read one by one, contradict it."""
    import torch

    try:
        return torch.get_float32_matmul_precision()
    except RuntimeError:
        return None


def _of_cuda(c: Any) -> list[Setting]:
    return [
        Setting("cuDNN in torch", c._get_cudnn_enabled, c._set_cudnn_enabled),
        Setting("cuDNN's benchmark mode", c._get_cudnn_benchmark, c._set_cudnn_benchmark),
        Setting("deterministic cuDNN", c._get_cudnn_deterministic, c._set_cudnn_deterministic),
        *map(partial(_precision, c), _FP32_ON_CUDA),
    ]


# The units whose fp32 precision torch switches: all that a convolution may use.
_FP32 = (("generic", "all"), ("mkldnn", "all"), ("mkldnn", "conv"), ("mkldnn", "matmul"))
_FP32_ON_CUDA = (("cuda", "all"), ("cuda", "conv"), ("cuda", "matmul"))


def _precision(c: Any, unit: tuple[str, str]) -> Setting:
    name = f"fp32 precision of {' '.join(unit)}"
    return Setting(name, partial(c._get_fp32_precision_getter, *unit), partial(c._set_fp32_precision_setter, *unit))


def _pop(c: Any, kind: str, wanted: int) -> None:
    length, pop = getattr(c, f"_len_torch_{kind}_stack"), getattr(c, f"_pop_torch_{kind}_stack")
    while length() > wanted:
        pop()


def _flushes() -> bool:
    return _SMALLEST_NORMAL * 0.5 == 0.0


def _of_python() -> list[Setting]:
    return [
        Setting("garbage collector", gc.isenabled, lambda on: gc.enable() if on else gc.disable()),
        Setting("garbage collector's thresholds", gc.get_threshold, lambda wanted: gc.set_threshold(*wanted)),
        Setting("garbage collector's debugging", gc.get_debug, gc.set_debug),
        Setting("switch interval of threads", sys.getswitchinterval, sys.setswitchinterval),
        Setting("trace function", lambda: sys.gettrace() or "none", lambda f: sys.settrace(None if f == "none" else f)),
        Setting("profile function", lambda: sys.getprofile() or "none",
                lambda f: sys.setprofile(None if f == "none" else f)),
    ]  # fmt: skip


def _numba_threads() -> Setting:
    def read() -> int | None:
        # Loaded later, or never. Asking starts its threads: not before an implementation has done so.
        parallel = sys.modules.get("numba.np.ufunc.parallel")
        if parallel is not None and parallel._is_initialized:
            return int(parallel._get_num_threads())
        numba = sys.modules.get("numba")
        return None if numba is None else int(numba.config.NUMBA_NUM_THREADS)

    return Setting("threads of Numba", read, _set_numba_threads)


def _set_numba_threads(wanted: int) -> None:
    sys.modules["numba"].set_num_threads(wanted)


def _of_the_scheduler() -> list[Setting]:
    found = []
    if hasattr(os, "sched_getaffinity"):
        found.append(Setting("processors", partial(os.sched_getaffinity, 0), partial(os.sched_setaffinity, 0)))
    if hasattr(os, "getpriority"):
        which = (os.PRIO_PROCESS, 0)
        found.append(Setting("niceness", partial(os.getpriority, *which), partial(os.setpriority, *which)))
    if hasattr(os, "sched_getscheduler"):
        found.append(Setting("scheduling policy", partial(os.sched_getscheduler, 0),
                             lambda policy: os.sched_setscheduler(0, policy, os.sched_param(0))))  # fmt: skip
    return found


def _of_libraries() -> list[Setting]:
    """Threads of each OpenMP and BLAS library, processors of each thread, glibc's malloc."""
    from threadpoolctl import ThreadpoolController

    pools = {Path(pool.filepath).name: pool for pool in ThreadpoolController().lib_controllers}
    found = [
        Setting(
            "threads of",
            lambda: {name: pool.get_num_threads() for name, pool in pools.items()},
            lambda wanted: [pools[name].set_num_threads(threads) for name, threads in wanted.items()],
        ),
        # mallopt has no way to ask for the former values.
        Setting("malloc", _malloc, None),
    ]
    if hasattr(os, "sched_getaffinity") and at_rest.threads():
        found.append(Setting("processors of thread", _processors_of_threads, _pin_threads, in_both=True))
    return found


def _malloc() -> str | None:
    """The state of glibc's malloc in two readings that agree; None if it is unknown.

    A reading is wrong where another thread allocates or frees meanwhile.
    """
    last = allocator_state(heap_changes())
    for _ in range(_READINGS):
        found = allocator_state(heap_changes())
        if found == last != "unknown":
            return found
        last = found
    return None


def _processors_of_threads() -> dict[int, frozenset[int]]:
    found = {}
    for thread in at_rest.threads():
        # It may have ended meanwhile.
        with suppress(ProcessLookupError):
            found[thread] = frozenset(os.sched_getaffinity(thread))
    return found


def _pin_threads(wanted: Mapping[int, frozenset[int]]) -> None:
    for thread, processors in wanted.items():
        with suppress(ProcessLookupError):
            os.sched_setaffinity(thread, processors)


def _set_environment(wanted: Mapping[str, str]) -> None:
    for name in os.environ.keys() - wanted.keys():
        del os.environ[name]
    os.environ.update({name: value for name, value in wanted.items() if os.environ.get(name) != value})


def _folder() -> str | None:
    try:
        return str(Path.cwd())
    except FileNotFoundError:
        # The folder was deleted.
        return None


def _umask() -> int:
    # There is no other way to ask.
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _set_callbacks(wanted: Sequence[Any]) -> None:
    gc.callbacks[:] = wanted


# Without the real-time signals of POSIX, which no library of ours uses.
_SIGNALS = tuple(signal.Signals)


def _handlers() -> dict[str, Any]:
    return {number.name: signal.getsignal(number) for number in _SIGNALS}


def _set_handlers(wanted: Mapping[str, Any]) -> None:
    for number in _SIGNALS:
        handler = wanted[number.name]
        # None: set by a library in C; Python cannot put it back.
        if handler is not None and signal.getsignal(number) != handler:
            signal.signal(number, handler)
