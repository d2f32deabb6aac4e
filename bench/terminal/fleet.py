"""Shows a sweep on many machines: its plan, a line for each shard that ends, and a result for each kind of machine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.fleet.plan import FleetPlan, KindPlan
from bench.fleet.sweep import KindEnded, ShardEnded
from bench.format import count, seconds
from bench.report.sections.study import Study
from bench.run.resume import command_to_resume
from bench.store import runs
from bench.terminal import console, winners

if TYPE_CHECKING:
    from bench.store.runs import Run


def show_plan(plan: FleetPlan) -> None:
    """Print each kind of machine, its shards with their cases, the machines left out, and the engine's own time."""
    for number, kind in enumerate(plan.kinds, 1):
        console.print_line(f"kind {number}: {kind.name}; {_nodes(kind)}")
        rows = [
            [str(shard.number), device, str(len(shard.keys)), "\n".join(shard.keys)]
            for shard in kind.shards
            for device in [_devices(kind, shard.keys)]
        ]
        title = f"{plan.name}: {count(len(kind.told['cases']), 'case')} in {count(len(kind.shards), 'shard')}"
        console.print_table(title, ["shard", "device", "cases", "case"], rows, left=(1, 3))
    _show_terms(plan)


def _show_terms(plan: FleetPlan) -> None:
    for node, reason in plan.left_out:
        console.print_line(f"left out: {node.host} ({reason})")
    for text in dict.fromkeys(text for kind in plan.kinds for text in kind.told["skipped"]):
        console.print_line(f"left out, {text}")
    for text in _low_priority(plan):
        console.print_line(text)
    console.print_line(
        "each kind of machine measures every case; a shard has its machine alone, and a case is measured whole on one"
    )
    console.print_line(f"the engine's own time: {seconds(plan.own_s)} a shard (an empty one, the slowest machine)")


def warn(plan: FleetPlan) -> None:
    """Print, on standard error, the machines that measure and those left out."""
    for kind in plan.kinds:
        console.print_error(
            f"{kind.name}: {count(len(kind.told['cases']), 'case')} in {count(len(kind.shards), 'shard')} on "
            f"{_nodes(kind)}"
        )
    for node, reason in plan.left_out:
        console.print_error(f"left out: {node.host} ({reason})")
    for text in _low_priority(plan):
        console.print_error(text)


def _low_priority(plan: FleetPlan) -> list[str]:
    """A note for each kind of machine whose processes measure with less than the usual priority."""
    return [
        f"note: on {kind.name} a low priority (nice {nice}) lets other programs disturb what is measured; start "
        "Ray there with RAY_worker_niceness=0"
        for kind in plan.kinds
        if (nice := kind.told.get("nice", 0)) > 0
    ]


def _nodes(kind: KindPlan) -> str:
    hosts = [f"{host} × {n}" if n > 1 else host for host, n in Counter(node.host for node in kind.nodes).items()]
    return f"{count(len(kind.nodes), 'machine')}: {', '.join(hosts)}"


def _devices(kind: KindPlan, keys: Sequence[str]) -> str:
    return ", ".join(dict.fromkeys(case["device"] for case in kind.told["cases"] if case["key"] in keys))


class FleetProgress:
    """A line on standard error for each shard that ends."""

    def __init__(self, plan: FleetPlan) -> None:
        self._total = sum(len(kind.shards) for kind in plan.kinds)
        self._done = 0

    def __call__(self, ended: ShardEnded) -> None:
        shard, host = ended.shard, ended.node.host
        if ended.lost is None:
            self._done += 1
            text = f"{count(len(shard.keys), 'case')} measured on {host}; {self._done} of {self._total} done"
        else:
            then = "begun again" if ended.is_tried_again else "its cases are not measured"
            text = f"lost on {host}, {then}: {ended.lost}"
        console.print_error(f"shard {shard.number}: {text}")


def show_kind(ended: KindEnded, found: Run, page: Path) -> None:
    """Print the answer of one kind of machine, its time, its results by status, and its files."""
    console.print_line(f"on {ended.kind.name} ({found.meta['environment']['host']}):")
    winners.show(Study.of(found))
    counts = Counter(str(status) for status in found.measurements.status)
    machine_s, elapsed = found.meta["wall_s"], found.meta["sampling_s"]
    console.print_line(f"machine time {machine_s:.0f} s, {elapsed / machine_s:.0%} of it in samples and warm-up")
    by_status = ", ".join(f"{n} {status}" for status, n in sorted(counts.items()))
    console.print_line(f"results: {ended.folder} ({by_status})")
    console.print_line(f"report:  {page}")


def show_lost(ended: KindEnded) -> None:
    """Print the cases of a kind of machine that were not measured, by reason, and how to go on."""
    for reason in dict.fromkeys(ended.lost.values()):
        keys = [key for key, why in ended.lost.items() if why == reason]
        console.print_line(f"not measured on {ended.kind.name} ({reason}): {', '.join(keys)}")
    if ended.lost and ended.folder is not None and _is_of_one_host(ended.folder):
        console.print_line(f"to measure them there: {command_to_resume(ended.folder)}")


def _is_of_one_host(folder: Path) -> bool:
    """Whether the run can go on: a run is resumed on the machine where it began."""
    return len({shard["host"] for shard in runs.read_meta(folder)["fleet"]["shards"]}) == 1


def as_json(ended: Sequence[KindEnded], shown: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The runs of a sweep on many machines as plain data, with what was not measured by kind of machine."""
    return {"runs": list(shown), "not_measured": {one.kind.name: dict(one.lost) for one in ended if one.lost}}
