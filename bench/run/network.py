"""Measures a network: a sweep of its layers, then its operations in place and the dense network beside it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.calibration.value import Calibration, find
from bench.errors import UsageError
from bench.networks.dense import dense_network, with_times
from bench.networks.target import NetworkTarget
from bench.run.events import Progress
from bench.run.sweep import Ended, sweep
from bench.store import runs
from bench.sweep.job import Job
from impls.errors import in_one_line
from impls.swap.choice import SwapChoice

# The entry of run.json.
ENTRY = "network"


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


def swap(target: NetworkTarget, folder: Path, choice: SwapChoice | None, rivals: Sequence[str]) -> dict[str, Any]:
    """Swap the network by a choice, time it against rivals, and keep this in the entry of run.json.

    A fault of the user's module loses no measurement: it is the reason why there is no swap.
    """
    meta = runs.read_meta(folder)
    found: dict[str, Any]
    if target.make is None:
        found = {"missing": "the file has no module to run"}
    elif choice is None:
        found = {"missing": "some layer has no time"}
    else:
        from bench.networks.swapped import time_swapped

        try:
            threads = meta["settings"]["threads"]
            found = time_swapped(target.make, target.inputs, choice, rivals, threads).as_dict()
        except Exception as error:
            found = {"missing": in_one_line(error)}
    runs.add_to_meta(folder, {ENTRY: {**meta[ENTRY], "swap": found}})
    return found


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
