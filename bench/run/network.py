"""Measures a network: a sweep of its layers, then its operations in place and the dense network beside it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.calibration.value import Calibration, find
from bench.errors import UsageError
from bench.machine.bursts import one_busy_core
from bench.networks.dense import dense_network, with_times
from bench.networks.target import NetworkTarget
from bench.run.events import Progress
from bench.run.sweep import Ended, sweep
from bench.store import runs
from bench.sweep.job import Job
from impls.errors import ConvError, did_you_mean, in_one_line
from impls.registry import names
from impls.swap.choice import SwapChoice

if TYPE_CHECKING:
    from bench.networks.rivals.table import ChosenRivals

# The entry of run.json.
ENTRY = "network"
# What chooses for the swap, beside the names of implementations.
MEASURED = "measured"
CHOOSERS = ("auto", MEASURED)
_SEED = 0


def measure(
    target: NetworkTarget,
    job: Job,
    results: Path,
    progress: Progress,
    *,
    max_joules: float | None = None,
    dense: bool = False,
) -> Ended:
    """Sweep the layers of a network, then time its operations in place, and keep all that is known of it in run.json.

    With `dense`, also the dense network on the same image. Raises what `sweep` raises.
    """
    ended = sweep(job, results, progress, max_joules=max_joules)
    _record(target, ended.folder, job.settings.threads, dense=dense)
    return ended


@dataclass(frozen=True, slots=True)
class WholeRace:
    """How a whole network is timed: against which rivals, and swapped by what.

    `using` is "auto", "measured", the name of an implementation or a file; None leaves it to the command.
    """

    chosen: ChosenRivals
    using: str | None
    threads: int
    max_seconds: float | None
    is_one_core_busy: bool


def whole_race(
    target: NetworkTarget,
    against: Sequence[str],
    using: str | None,
    threads: int,
    max_seconds: float | None,
    is_one_core_busy: bool,
) -> WholeRace | None:
    """Check, before anything is measured, against whom and by what choice a network is timed; None without rivals.

    Raises UsageError for unknown names, a missing package or file of weights and a target that cannot run, ConvError
    for a file that is no choice.
    """
    if not against:
        return None
    from bench.networks.rivals.table import chosen_rivals

    if target.make is None and target.file is None:
        raise UsageError("--against needs a network that runs, and a file of layers has none; leave out --against")
    if target.file is not None and using is not None:
        raise UsageError("--using swaps the layers of a module, and an ONNX file has none to swap; leave out --using")
    if target.file is not None:
        from bench.networks.onnx_file import require_weights

        require_weights(target.file)
    chosen = chosen_rivals(against, of_a_file=target.file is not None)
    _require_choice(using)
    return WholeRace(chosen, using, threads, max_seconds, is_one_core_busy)


def run_race(
    target: NetworkTarget, race: WholeRace, otherwise: str | SwapChoice | None, folder: Path | None = None
) -> dict[str, Any]:
    """Time the whole network against rivals, swapped by `otherwise` where the user chose nothing.

    `folder` is that of a run, whose entry keeps the times. A fault of the user's module loses no measurement: it is the
    reason why there are no times.
    """
    try:
        found = _raced(target, race, race.using or otherwise)
    except (ConvError, UsageError) as error:
        found = {"missing": str(error)}
    except Exception as error:
        found = {"missing": in_one_line(error)}
    found |= {"is_one_core_busy": race.is_one_core_busy}
    if folder is not None:
        meta = runs.read_meta(folder)
        runs.add_to_meta(folder, {ENTRY: {**meta[ENTRY], "swap": found}})
    return found


def _raced(target: NetworkTarget, race: WholeRace, using: str | SwapChoice | None) -> dict[str, Any]:
    from bench.networks.rivals.race import MAX_SECONDS, race_file, race_module

    amount_s = race.max_seconds or MAX_SECONDS
    meanwhile = one_busy_core(_SEED) if race.is_one_core_busy else nullcontext()
    if target.file is not None:
        return race_file(
            target.file, target.inputs, race.chosen, race.threads, meanwhile=meanwhile, max_seconds=amount_s
        ).as_dict()  # fmt: skip
    if target.make is None:
        return {"missing": "the file has no module to run"}
    if using is None:
        return {"missing": "some layer has no time"}
    return race_module(
        target.make, target.inputs, using, race.chosen, race.threads, meanwhile=meanwhile, max_seconds=amount_s
    ).as_dict()  # fmt: skip


def _require_choice(using: str | None) -> None:
    """Check the name or the file that chooses for the swap."""
    if using is None or using in CHOOSERS:
        return
    if using.endswith(".json"):
        SwapChoice.load(using)
    elif using not in names("cpu"):
        allowed = (*CHOOSERS, *names("cpu"))
        raise UsageError(
            f"--using {using} is unknown{did_you_mean(using, allowed)}; allowed: {', '.join(allowed)}, or a .json file "
            "that --choice wrote"
        )


def require_choice_file(file: Path | None) -> None:
    """Check, before hours of measuring, that a choice can be written, and that `impls.optimize` knows it by its suffix.

    Raises UsageError for another suffix or a folder, InfrastructureError if the file cannot be written.
    """
    if file is None:
        return
    if file.suffix != ".json" or file.is_dir():
        raise UsageError(f"--choice {file} is no .json file; allowed: a file such as choice.json")
    runs.require_possible(file.parent)


def _record(target: NetworkTarget, folder: Path, threads: int, *, dense: bool) -> None:
    meta = runs.read_meta(folder)
    listing = target.listing
    in_place, why = _in_place(target, threads)
    counted = None
    if dense:
        known = tuple(map(Calibration.from_dict, meta.get("calibration", ())))
        counted = with_times(dense_network(listing), listing, find(known, "cpu", threads), threads).as_dict()
    found = {
        **listing.as_dict(),
        "layer_names": {name: list(names) for name, names in listing.names.items()},
        "in_place": in_place,
        "in_place_missing": why,
        "dense_network": counted,
    }
    runs.add_to_meta(folder, {ENTRY: found})


def _in_place(target: NetworkTarget, threads: int) -> tuple[dict[str, Any] | None, str | None]:
    """The times in place, or the reason why there are none: a fault of the user's module loses no measurement."""
    if target.make is None:
        return None, "the file has no module to run"
    if target.listing.stopped:
        return None, "the network was not listed to its end"
    from bench.networks.in_place import time_in_place

    try:
        found = time_in_place(target.make, target.inputs, threads)
    except Exception as error:
        return None, f"the module failed: {in_one_line(error)}"
    return (None, "the module took different paths") if found is None else (found.as_dict(), None)
