"""The settings that all candidates share are read, named and put back."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from bench.worker import shared_settings

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="a setting of Linux")
# Each line of Python changes one setting; the words are those of the change.
QUICK = {
    "torch.set_num_threads(torch.get_num_threads() + 1)": "threads of torch",
    "torch.backends.mkldnn.enabled = False": "oneDNN in torch on → off",
    "torch._C._set_mkldnn_enabled(False)": "oneDNN in torch on → off",
    "torch.backends.mkldnn.conv.fp32_precision = 'tf32'": "fp32 precision of mkldnn conv none → tf32",
    # torch then refuses to tell its older switch.
    "torch.backends.mkldnn.matmul.fp32_precision = 'bf16'": "fp32 precision of mkldnn matmul none → bf16",
    "torch.set_float32_matmul_precision('medium')": "fp32 precision of mkldnn matmul none → bf16",
    "torch.use_deterministic_algorithms(True)": "deterministic algorithms off → on",
    "torch.set_default_dtype(torch.float64)": "default dtype torch.float32 → torch.float64",
    "torch.set_default_device('meta')": "modes of torch functions 0 → 1",
    "torch.set_grad_enabled(not torch.is_grad_enabled())": "gradients",
    "torch.set_autocast_enabled('cpu', True)": "autocast on the CPU off → on",
    "torch.set_flush_denormal(True)": "denormal numbers flushed off → on",
    "gc.disable()": "garbage collector on → off",
    "gc.set_threshold(1, 1, 1)": "garbage collector's thresholds",
    "sys.setswitchinterval(1e-6)": "switch interval of threads",
    "sys.setprofile(lambda *given: None)": "profile function none →",
    "os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})": "processors",
    "numba.set_num_threads(1)": "threads of Numba 2 → 1",
}
SLOW = {
    "os.environ['OMP_WAIT_POLICY'] = 'active'": "environment variable OMP_WAIT_POLICY not set → active",
    "os.environ.pop('PATH')": "environment variable PATH",
    "os.chdir('/')": "working directory",
    "os.umask(0o077)": "umask",
    "signal.signal(signal.SIGUSR1, signal.SIG_IGN)": "signal handler SIGUSR1",
    "signal.setitimer(signal.ITIMER_REAL, 3600)": "interval timer real off → on",
    "gc.callbacks.append(print)": "garbage collector's callbacks",
    "locale.setlocale(locale.LC_ALL, 'C.UTF-8')": "locale",
    "threadpoolctl.threadpool_limits(1, 'blas')": "threads of libscipy_openblas",
    "[os.sched_setaffinity(t, {0}) for t in map(int, os.listdir('/proc/self/task'))]": "processors",
}
PROGRAM = """
import gc, locale, os, signal, sys
import numba, scipy.linalg, threadpoolctl, torch
from bench.worker.shared_settings import quick, slow

os.environ.pop("OMP_WAIT_POLICY", None)
states = quick(), slow()
for line in sys.stdin.read().splitlines():
    before = [state.read() for state in states]
    exec(line)
    words = [str(c) for state, b in zip(states, before) for c in state.changes(b, state.read())]
    left = [str(c) for state, b in zip(states, before) for c in state.restore(b)]
    print(line, words, left, sep="\\t")
"""


@pytest.fixture(scope="module")
def changed() -> dict[str, tuple[str, str]]:
    """The words for each line and what could not be put back, in a process of its own."""
    variables = {**os.environ, "NUMBA_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2", "LC_ALL": "C"}
    done = subprocess.run([sys.executable, "-c", PROGRAM], input="\n".join([*QUICK, *SLOW]), capture_output=True,
                          text=True, check=True, env=variables)  # fmt: skip
    lines = (line.split("\t") for line in done.stdout.splitlines())
    return {line: (words, left) for line, words, left in lines}


@LINUX
@pytest.mark.parametrize(("line", "words"), {**QUICK, **SLOW}.items())
def test_a_changed_setting_is_named_and_put_back(changed: dict[str, tuple[str, str]], line: str, words: str) -> None:
    found, left = changed[line]
    assert words in found
    assert left == "[]"


@pytest.mark.parametrize(
    ("readings", "found"),
    [
        (["pinned", "pinned"], "pinned"),
        (["unknown", "pinned", "pinned"], "pinned"),
        (["pinned", "default", "pinned", "pinned"], "pinned"),
        (["default", "default"], "default"),
        (["unknown"] * 5, None),
    ],
)
def test_a_reading_of_malloc_that_another_thread_disturbed_is_taken_again(
    monkeypatch: pytest.MonkeyPatch, readings: list[str], found: str | None
) -> None:
    """One such reading called torch's malloc changed: "pinned → unknown"."""
    given = iter(readings)
    monkeypatch.setattr(shared_settings, "heap_changes", lambda: None)
    monkeypatch.setattr(shared_settings, "allocator_state", lambda changes: next(given))
    assert shared_settings._malloc() == found
