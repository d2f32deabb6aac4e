"""How long first calls take on a new processor: python -m bench.kernels.first_use [-i NAME] [--repeat N] [DESCRIPTOR…]

A new processor finds no machine code of its own. So each implementation of ours plans and calls once in a fresh process
with an empty folder of machine code (CONVCOST_CACHE), in each layout. Libraries are imported before; our own modules
count, as some compile when they are imported. Of several repetitions the shortest counts: other programs only add. On a
busy machine the processor time tells how long it would be on a quiet one. Exit 1 if a first call takes longer than
LIMIT_S.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass

from bench.errors import InfrastructureError, UsageError
from bench.kernels.suite import SUITES
from impls import Case, ConvError, ConvProblem, prepare, registry
from impls.interface import LAYOUTS

LIMIT_S = 2.0
# A dense, a depthwise and a grouped layer: they have kernels of their own.
PROBLEMS = ("mb1ic64ih28oc64kh3ph1", "g96mb1ic96ih28oc96kh3ph1", "g32mb1ic128ih28oc128kh3ph1")
_CACHE = "CONVCOST_CACHE"
# No kernel, but compiled, too.
_TEXTBOOK = "loops"
_MODULE = "bench.kernels.first_use"


@dataclass(frozen=True, slots=True)
class FirstCall:
    """Seconds of the first plan and call of an implementation, and of all processors meanwhile."""

    implementation: str
    layout: str
    descriptor: str
    time_s: float
    processor_s: float

    @property
    def is_fast(self) -> bool:
        return self.time_s <= LIMIT_S


def first_calls(
    patterns: Sequence[str] = (), descriptors: Sequence[str] = PROBLEMS, repetitions: int = 1
) -> list[FirstCall]:
    """The first calls of implementations, each in processes of its own; those that they do not compute are left out.

    Raises UsageError or ConvError for unknown names or descriptors, InfrastructureError for a process that fails.
    """
    own = SUITES["cpu"].own(patterns)
    names, found = own if patterns else (*own, _TEXTBOOK), []
    for descriptor in descriptors:
        problem = ConvProblem.parse(descriptor)
        for name in names:
            for layout in LAYOUTS:
                if registry.get(name).why_not(Case(problem, "fp32", layout)) is None:
                    times_s = min(_in_process(name, layout, descriptor) for _ in range(repetitions))
                    found.append(FirstCall(name, layout, descriptor, *times_s))
    return found


def _in_process(name: str, layout: str, descriptor: str) -> tuple[float, float]:
    with tempfile.TemporaryDirectory(prefix="convcost-first-use-") as folder:
        command = [sys.executable, "-m", _MODULE, "--here", name, layout, descriptor]
        done = subprocess.run(command, env=os.environ | {_CACHE: folder}, capture_output=True, text=True, check=False)
    if done.returncode:
        raise InfrastructureError(f"{name} failed on {descriptor} in {layout}: {done.stderr.strip()}")
    time_s, processor_s = json.loads(done.stdout)
    return time_s, processor_s


def time_here(name: str, layout: str, descriptor: str) -> tuple[float, float]:
    """Seconds of the first plan and call in this process, and of its processors, without the import of libraries."""
    import numba  # noqa: F401
    import scipy.fft  # noqa: F401
    import torch

    from impls.tensors import in_layout

    case = Case(ConvProblem.parse(descriptor), "fp32", layout)
    x, weight = (torch.ones(shape) for shape in (case.problem.input_shape, case.problem.weight_shape))
    started, used = time.perf_counter(), time.process_time()
    with torch.no_grad():
        prepare(registry.get(name), case, weight, None)(in_layout(x, layout))
    return time.perf_counter() - started, time.process_time() - used


def main(arguments: Sequence[str] | None = None) -> int:
    """Print each first call and the limit. 1 above the limit, 2 for a user's mistake, 3 for a process that fails."""
    parser = argparse.ArgumentParser(description="Seconds of first calls on a new processor.")
    parser.add_argument("descriptors", nargs="*", metavar="DESCRIPTOR", default=list(PROBLEMS))
    parser.add_argument("-i", dest="patterns", action="append", metavar="NAME", default=[])
    parser.add_argument("--repeat", type=int, default=1, metavar="N")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.here:
        print(json.dumps(time_here(*given.descriptors)))
        return 0
    if given.repeat < 1:
        parser.error(f"--repeat is {given.repeat}; allowed: a whole number of at least 1")
    try:
        found = first_calls(given.patterns, given.descriptors, given.repeat)
    except (UsageError, ConvError, InfrastructureError) as error:
        print(error, file=sys.stderr)
        return 3 if isinstance(error, InfrastructureError) else 2
    for one in found:
        used = f"{one.processor_s:.2f} s of processors"
        print(f"{one.implementation} {one.layout} {one.descriptor}: {one.time_s:.2f} s ({used})")
    slow = sorted({one.implementation for one in found if not one.is_fast})
    print(f"above the limit of {LIMIT_S:g} s: {', '.join(slow)}" if slow else f"all within the limit of {LIMIT_S:g} s")
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())
