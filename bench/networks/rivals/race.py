"""Times a whole network by ours and by its rivals, side by side in randomised blocks, in this process.

A rival's threads must be at rest when another one is timed. Those of ours and of torch are the same; a file of each
other rival says how its own wait. The calls before each sample, which are not timed, take the rest.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

import torch

from bench.machine.torch_threads import torch_threads
from bench.networks.in_place import values_of
from bench.networks.inputs import InputShape
from bench.networks.modes import in_eval_mode
from bench.networks.rivals import SWAPPED
from bench.networks.rivals.outputs import difference_of, tensors_in
from bench.networks.rivals.reference import reference_outputs
from bench.networks.rivals.rival import RivalTask, WholeCall
from bench.networks.rivals.table import ChosenRivals
from bench.timing.blocks import time_blocks
from impls.errors import in_one_line
from impls.swap.choice import SwapChoice
from impls.swap.network import OptimizedNetwork
from impls.swap.optimize import optimize

# For all sides together: long enough for networks of tens of milliseconds.
MAX_SECONDS = 30.0
_SEED = 0
# The relative rms error that a file's rivals may have: some 50 layers of what Winograd's algorithm in fp32 may lose.
_FILE_LIMIT_RMS = 1e-4
# An output that the input changes by less than so many times the limit shows no error.
_LEAST_CHANGE = 10.0
_NOTHING: AbstractContextManager[Any] = nullcontext()
# A value with both ends of its interval, None without enough blocks.
Ends: TypeAlias = "tuple[float, float | None, float | None]"


@dataclass(frozen=True, slots=True)
class RaceTimes:
    """The times of a whole network by each side in blocks, and how far their outputs are from the original's.

    `sides_s` are median seconds by name. `over_base` is each side's time over that of `base`, paired within blocks;
    above 1 the base is faster. `differences_rms` are relative rms differences of the outputs, at most `limit_rms`.
    `failed` has the reason for each side that could not run or is not right (`wrong`). `swapped` is ours, None for a
    file. `notes` are sentences on the swap and on the comparison.
    """

    base: str
    sides_s: Mapping[str, Ends]
    over_base: Mapping[str, Ends]
    differences_rms: Mapping[str, float]
    limit_rms: float
    failed: Mapping[str, str]
    threads: int
    swapped: OptimizedNetwork | None = None
    notes: tuple[str, ...] = ()

    @property
    def wrong(self) -> tuple[str, ...]:
        return tuple(name for name, off in self.differences_rms.items() if not off <= self.limit_rms)

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        ours = self.swapped
        return {
            "base": self.base,
            "sides_s": {name: list(times) for name, times in self.sides_s.items()},
            "over_base": {name: list(ratio) for name, ratio in self.over_base.items()},
            "differences_rms": dict(self.differences_rms),
            "limit_rms": self.limit_rms,
            "failed": dict(self.failed),
            "wrong": list(self.wrong),
            "threads": self.threads,
            "choice": ours and ours.choice.as_dict(),
            "notes": list(self.notes),
            "proof": ours and ours.proof and asdict(ours.proof),
        }


def race_module(
    make: Callable[[], torch.nn.Module],
    inputs: Sequence[InputShape],
    using: str | Path | SwapChoice,
    chosen: ChosenRivals,
    threads: int,
    *,
    meanwhile: AbstractContextManager[Any] = _NOTHING,
    max_seconds: float = MAX_SECONDS,
) -> RaceTimes:
    """Swap a network as `impls.optimize` does, prove it, and time it with its rivals; `meanwhile` holds while timing.

    The number of torch's threads is put back. Raises ConvError for a network that cannot be swapped.
    """
    with torch_threads(threads), tempfile.TemporaryDirectory() as folder:
        torch.manual_seed(_SEED)
        module = make()
        given = tuple(values_of(one) for one in inputs)
        with torch.no_grad(), in_eval_mode(module):
            fast = optimize(module, given, using=using)
            assert fast.proof is not None, "optimize proves what it returns"
            right, limit = tensors_in(module(*given)), fast.proof.output_limit
            notes = _weak(difference_of(tensors_in(module(*(-one for one in given))), right), limit)
            task = RivalTask(given, threads, Path(folder), module)
            ours = {SWAPPED: lambda: fast(*given)}
            raced = _race(task, ours, chosen, right, limit, meanwhile, max_seconds)
            return replace(raced, swapped=fast, notes=(*fast.notes, *notes))


def race_file(
    path: Path,
    inputs: Sequence[InputShape],
    chosen: ChosenRivals,
    threads: int,
    *,
    meanwhile: AbstractContextManager[Any] = _NOTHING,
    max_seconds: float = MAX_SECONDS,
) -> RaceTimes:
    """Time an ONNX file by the runtimes that read it; the first of them is the base.

    Raises UsageError for operators without a definition, and what onnx raises on a file that it cannot run.
    """
    with torch_threads(threads), tempfile.TemporaryDirectory() as folder:
        torch.manual_seed(_SEED)
        given = tuple(values_of(one) for one in inputs)
        right = reference_outputs(path, given)
        task = RivalTask(given, threads, Path(folder), given_file=path)
        return _race(task, {}, chosen, right, _FILE_LIMIT_RMS, meanwhile, max_seconds)


def _race(
    task: RivalTask,
    ours: Mapping[str, WholeCall],
    chosen: ChosenRivals,
    right: list[torch.Tensor],
    limit_rms: float,
    meanwhile: AbstractContextManager[Any],
    max_seconds: float,
) -> RaceTimes:
    calls, failed = dict(ours), dict(chosen.left_out)
    for rival in chosen.rivals:
        try:
            calls |= rival.calls(task)
        except Exception as error:
            # Of other people's code: it is named, and the others are timed.
            failed |= dict.fromkeys(rival.sides, in_one_line(error))
    differences = _differences(calls, right, limit_rms, failed)
    able = {name: call for name, call in calls.items() if name not in failed}
    if not able:
        return RaceTimes("", {}, {}, differences, limit_rms, failed, task.threads)
    with meanwhile:
        blocks = time_blocks(able, max_seconds=max_seconds)
    failed |= {name: in_one_line(timing.error) for name, timing in blocks.items() if timing.error is not None}
    timed = {name: timing for name, timing in blocks.items() if timing.error is None and timing.median_s is not None}
    base = next(iter(timed), "")
    ratios = {name: blocks.ratio(name, over=base) for name in timed if name != base}
    return RaceTimes(
        base,
        {name: (timing.median_s or 0.0, *(timing.ci95_s or (None, None))) for name, timing in timed.items()},
        {name: (ratio.estimate, ratio.low, ratio.high) for name, ratio in ratios.items()},
        differences,
        limit_rms,
        failed,
        task.threads,
    )


def _weak(change: float, limit_rms: float) -> Iterator[str]:
    """A note where the outputs on other inputs, which differ by `change` of their rms, are nearly the same."""
    if change < _LEAST_CHANGE * limit_rms:
        yield (
            f"the network's output hardly depends on its input (its sign changes {change:.1g} of it), as with random "
            "weights in many layers: comparing outputs proves little; each swapped layer is proven by itself"
        )


def _differences(
    calls: Mapping[str, WholeCall], right: list[torch.Tensor], limit_rms: float, failed: dict[str, str]
) -> dict[str, float]:  # fmt: skip
    """How far the outputs of each side are from the right ones; a side that fails or is not right is noted."""
    found: dict[str, float] = {}
    for name, call in calls.items():
        try:
            found[name] = difference_of(tensors_in(call()), right)
        except Exception as error:
            failed[name] = in_one_line(error)
        else:
            if not found[name] <= limit_rms:
                failed[name] = (
                    f"its outputs differ from the original's by {found[name]:.3g} of their rms, more than the "
                    f"{limit_rms:.3g} that rounding may leave"
                )
    return found
