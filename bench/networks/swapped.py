"""Times a swapped network as a whole, side by side with torch, in this process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch

from bench.errors import UsageError
from bench.networks.in_place import values_of
from bench.networks.inputs import InputShape
from bench.networks.modes import in_eval_mode
from bench.timing.blocks import time_blocks
from impls.errors import did_you_mean
from impls.swap.choice import SwapChoice
from impls.swap.network import SwapProof, laid_out
from impls.swap.optimize import optimize

SWAPPED = "swapped"
# Rivals by the name that a user types, each with what it is called in a table.
RIVALS = {"eager": ("eager torch, NCHW", "eager torch, NHWC"), "compile": ("torch.compile",)}
# For all sides together: long enough for networks of tens of milliseconds.
_MAX_SECONDS = 20.0
_SEED = 0


@dataclass(frozen=True, slots=True)
class SwapTimes:
    """The times of a swapped network and its rivals in blocks, and the proof that its results are right.

    `sides` are by name: the median seconds with both ends of their interval. `over_swapped` is each rival's time over
    the swapped network's, paired within blocks, with its interval; above 1 the swapped one is faster. Ends are None
    without enough blocks. `failed` has the reason for each rival that could not run.
    """

    choice: SwapChoice
    notes: tuple[str, ...]
    proof: SwapProof
    sides: dict[str, tuple[float, float | None, float | None]]
    over_swapped: dict[str, tuple[float, float | None, float | None]]
    failed: dict[str, str]
    threads: int

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "choice": self.choice.as_dict(),
            "notes": list(self.notes),
            "proof": asdict(self.proof),
            "sides_s": {name: list(times) for name, times in self.sides.items()},
            "over_swapped": {name: list(ratio) for name, ratio in self.over_swapped.items()},
            "failed": self.failed,
            "threads": self.threads,
        }


def require_rivals(names: Sequence[str]) -> None:
    """Raise UsageError for a name that is no rival."""
    for name in names:
        if name not in RIVALS:
            raise UsageError(f"--against {name} is unknown{did_you_mean(name, RIVALS)}; allowed: {', '.join(RIVALS)}")


def time_swapped(
    make: Callable[[], torch.nn.Module],
    inputs: Sequence[InputShape],
    choice: SwapChoice,
    rivals: Sequence[str],
    threads: int,
    max_seconds: float = _MAX_SECONDS,
) -> SwapTimes:
    """Swap a network by a choice, prove it, and time it with its rivals in randomised blocks on the CPU.

    The number of torch's threads is put back. Raises ConvError for a network that cannot be swapped.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        torch.manual_seed(_SEED)
        module = make()
        given = [values_of(one) for one in inputs]
        with torch.no_grad(), in_eval_mode(module):
            fast = optimize(module, given, using=choice)
            sides, failed = _sides(module, given, rivals)
            blocks = time_blocks({SWAPPED: lambda: fast(*given), **sides}, max_seconds=max_seconds)
    finally:
        torch.set_num_threads(before)
    assert fast.proof is not None, "optimize proves what it returns"
    ok = {name: timing for name, timing in blocks.items() if timing.error is None and timing.median_s is not None}
    failed |= {name: str(timing.error) for name, timing in blocks.items() if timing.error is not None}
    ratios = {name: blocks.ratio(name, over=SWAPPED) for name in ok if name != SWAPPED}
    return SwapTimes(
        fast.choice,
        fast.notes,
        fast.proof,
        {name: (timing.median_s or 0.0, *(timing.ci95_s or (None, None))) for name, timing in ok.items()},
        {name: (ratio.estimate, ratio.low, ratio.high) for name, ratio in ratios.items()},
        failed,
        threads,
    )


def _sides(
    module: torch.nn.Module, given: Sequence[torch.Tensor], rivals: Sequence[str]
) -> tuple[dict[str, Callable[[], Any]], dict[str, str]]:
    """The calls of the rivals by name, and the reason for each that cannot run."""
    sides: dict[str, Callable[[], Any]] = {}
    failed: dict[str, str] = {}
    nhwc = [laid_out(one, "nhwc") for one in given]
    if "eager" in rivals:
        nchw_name, nhwc_name = RIVALS["eager"]
        sides[nchw_name] = lambda: module(*given)
        sides[nhwc_name] = lambda: module(*nhwc)
    if "compile" in rivals:
        (name,) = RIVALS["compile"]
        compiled = torch.compile(module)
        try:
            # Compiles, which needs a compiler of C++ on the machine.
            with torch.no_grad():
                compiled(*given)
        except Exception as error:
            failed[name] = str(error).strip().split("\n")[0]
        else:
            sides[name] = lambda: compiled(*given)
    return sides, failed
