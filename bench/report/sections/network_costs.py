"""Shows a network that a user brought: what each layer costs, all of its operations, and the whole beside rivals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bench import format
from bench.networks.rivals import SWAPPED
from bench.report.document.blocks import Block, Cell, Details, Heading, Prose, Section, table
from bench.report.findings.layer_costs import LayerCost
from bench.report.sections import network_race
from bench.report.sections.cells import interval
from bench.report.sections.network_race import ratio_between, time_between
from bench.report.sections.network_table import NetworkTable, in_place_over_alone, joules, swapped_over_alone, tables
from bench.report.sections.study import Study
from bench.rows.delegation import label
from bench.rows.undecided import TOOK_LEAST

# The entry of run.json that `convcost network` writes.
_ENTRY = "network"
_HOW_TO_READ = (
    "Share is the part of the time that torch takes for all convolutions. Time, could save, energy and FLOPs are "
    "of all occurrences of a layer, workspace is of one call. Torch takes: its time over that of the fastest, paired "
    "within blocks. A ? means that noise leaves open which is the fastest."
)
_IN_PLACE = (
    "Alone, a layer finds its weights and its input in a cache; in the network those of all other layers pass through "
    "it, memory is new, and threads change hands."
)


def sections(study: Study) -> tuple[Section, ...]:
    """One section on the network of `convcost network`; none for any other run."""
    record: Mapping[str, Any] = study.meta.get(_ENTRY) or {}
    if "layer_names" not in record:
        return ()
    names = {name: tuple(shared) for name, shared in record["layer_names"].items()}
    found = tables(study, names)
    swap: Mapping[str, Any] = record.get("swap") or {}
    blocks: list[Block] = [Prose(_HOW_TO_READ)]
    for one in found:
        blocks += [
            Heading(f"Layers, the most that could be saved first, {one.network.group.label}"),
            _layers(study, one),
        ]
    blocks += [*_kinds(record), *_along(record), *_rivals(swap)]
    title = f"What the layers of {record['name']} cost"
    return (Section("network-costs", title, tuple(_answers(found, record, swap)), tuple(blocks)),)


def _answers(found: tuple[NetworkTable, ...], record: Mapping[str, Any], swap: Mapping[str, Any]) -> Iterator[str]:
    place = record.get("in_place")
    if place:
        share = format.share(place["share_of_convolutions"])
        yield f"Convolutions take {share} of the time of all operations, in place, by eager torch."
    calls = sum(one["kind"] == "convolution" for one in record["operations"])
    for one in found:
        over = in_place_over_alone(one, place, calls) if place else None
        if over is not None:
            yield f"Torch's convolutions take {ratio_between(over)} as long in place as alone, one by one."
    if (over := swapped_over_alone(found, swap)) is not None:
        yield f"The swapped network takes {ratio_between(over)} as long as its convolutions alone, one by one."
    if swap.get("over_base"):
        ratios = ", ".join(f"{name} {ratio_between(ends)}" for name, ends in swap["over_base"].items())
        yield f"The whole network, time over that of {swap['base']}: {ratios}."


def _layers(study: Study, found: NetworkTable) -> Block:
    use = TOOK_LEAST if found.is_busy else "use"
    head = ("layer", "times", "share", use, "time", "torch takes", "could save", "energy", "workspace", "FLOPs")
    return table(head, "lrrlrrrrrr", [_layer(study, cost, is_busy=found.is_busy) for cost in found.layers])


def _layer(study: Study, cost: LayerCost, *, is_busy: bool) -> tuple[Cell | str, ...]:
    more = f", and {format.count(len(cost.names) - 1, 'other')}" if len(cost.names) > 1 else ""
    name = Cell(f"{cost.names[0]}{more}", cost.layer.descriptor)
    best = cost.best
    if best is None or cost.time is None:
        return name, str(cost.count), *[Cell(format.MISSING, look="muted")] * 8
    factor = "itself" if cost.saved_s == 0 and cost.factor is None else _factor(cost)
    workspace = best.other.workspace_bytes
    return (
        name,
        str(cost.count),
        format.share(cost.share),
        label(best) + (" ?" if cost.is_open and not is_busy else ""),
        Cell(format.time(cost.time), interval(best, cost.time)),
        format.MISSING if is_busy else factor,
        format.MISSING if is_busy else format.seconds(cost.saved_s),
        joules(study.energy_of(best), cost.count),
        format.MISSING if workspace is None else format.byte_count(workspace),
        format.flops(best.direct_flops * cost.count),
    )


def _factor(cost: LayerCost) -> Cell | str:
    factor = cost.factor
    if factor is None:
        return format.MISSING
    if factor.low is None or factor.high is None:
        return Cell(format.ratio(factor.value), "no interval")
    return Cell(format.ratio(factor.value), f"{format.significant(factor.low)}–{format.significant(factor.high)}")


def _kinds(record: Mapping[str, Any]) -> Iterator[Block]:
    """The sums of each kind of operation, with their times in place where they were timed."""
    place = record.get("in_place") or {}
    seconds_of = place.get("seconds_by_kind") or {}
    whole_s = sum(seconds_of.values())
    rows = []
    for kind in dict.fromkeys(one["kind"] for one in record["operations"]):
        own = [one for one in record["operations"] if one["kind"] == kind]
        flops, moved = ([one[key] for one in own] for key in ("flops", "bytes_moved"))
        time_s = seconds_of.get(kind)
        rows.append((
            kind, str(len(own)),
            format.MISSING if None in flops else format.flops(sum(flops)),
            format.MISSING if None in moved else format.byte_count(sum(moved)),
            f"{sum(one['parameters'] for one in own):,}",
            format.seconds(time_s), format.share(time_s / whole_s if time_s is not None and whole_s else None),
        ))  # fmt: skip
    yield Heading("All operations, and in place against alone")
    why = record.get("in_place_missing")
    yield Prose(f"Not timed in place: {why}." if why else _IN_PLACE)
    head = ("operations", "calls", "FLOPs", "bytes", "parameters", "in place", "share")
    yield table(head, "lrrrrrr", rows)


def _along(record: Mapping[str, Any]) -> Iterator[Block]:
    """Each operation with its output, and the part of the input that an output sees."""
    rows = [
        (
            one["name"],
            one["kind"],
            _sizes(one["output_shape"]),
            "all" if one["receptive_field"] is None else _sizes(one["receptive_field"]),
            "" if one["macs"] is None else f"{one['macs']:,}",
            one["not_covered"] or "",
        )
        for one in record["operations"]
    ]
    head = ("layer", "operation", "output", "sees of the input", "MACs", "not covered")
    yield Details("Output and receptive field along the network", (table(head, "llrrrl", rows),), in_summary=False)


def _sizes(shape: list[int] | None) -> str:
    return format.MISSING if shape is None else "×".join(map(str, shape))


def _rivals(swap: Mapping[str, Any]) -> Iterator[Block]:
    """The whole network beside other runtimes, where it was timed."""
    if not swap:
        return
    yield Heading("The whole network beside other runtimes")
    if swap.get("missing"):
        yield Prose(f"Not timed: {swap['missing']}.")
        return
    base, limit = swap["base"], format.error(swap["limit_rms"])
    yield Prose(
        f"{network_race.title(swap)}, in randomised blocks in one process. Above 1 {base} is faster. The rms error is "
        f"that of the outputs against the original's, allowed: {limit}."
    )
    rows = [
        (
            Cell(name, look="best" if name == SWAPPED else ""),
            time_between(times),
            ratio_between(swap["over_base"][name]) if name in swap["over_base"] else "",
            format.error(swap["differences_rms"].get(name)),
        )
        for name, times in swap["sides_s"].items()
    ]
    yield table(("", "time", f"over {base}", "rms error"), "lrrr", rows)
    yield Prose(" ".join(network_race.sentences(swap)))
