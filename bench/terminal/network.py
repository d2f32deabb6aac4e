"""Shows a network: the list of its operations, and after measuring what each layer costs and what could be saved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bench import format as text
from bench.format import byte_count, count
from bench.networks.dense import DenseNetwork
from bench.networks.listing import NetworkListing
from bench.report.findings.layer_costs import LayerCost
from bench.report.findings.mixes import Mix
from bench.report.sections.network_race import ratio_between
from bench.report.sections.network_table import NetworkTable, in_place_over_alone, joules
from bench.report.sections.study import Study
from bench.rows.delegation import label
from bench.rows.undecided import TOOK_LEAST
from bench.terminal import console
from bench.terminal.console import number
from impls.swap.choice import SwapChoice

# Rows of a table; the rest is in the JSON.
_SHOWN = 60
_NAMES = 24


def show_listing(listing: NetworkListing) -> None:
    """Print every operation with its output and receptive field, the sums of each kind, and what is not covered."""
    rows = [
        [
            _short(one.name),
            one.kind.value,
            text.MISSING if one.output_shape is None else "×".join(map(str, one.output_shape)),
            number(one.macs) if one.macs is not None else "",
            number(one.parameters) if one.parameters else "",
            "all" if one.receptive_field is None else "×".join(map(str, one.receptive_field)),
        ]
        for one in listing.operations[:_SHOWN]
    ]
    columns = ["layer", "operation", "output", "MACs", "parameters", "sees"]
    console.print_table(_title(listing), columns, rows, left=(0, 1, 2), spare=(4,), under_names=True)
    if (more := len(listing.operations) - _SHOWN) > 0:
        console.print_line(f"{count(more, 'more operation')}: --json has all.")
    show_kinds(listing)
    for line in remarks(listing):
        console.print_line(line)


def _title(listing: NetworkListing) -> str:
    inputs = ", ".join("×".join(map(str, shape)) for shape in listing.inputs)
    known = "" if listing.parameters is None else f", {listing.parameters:,} parameters"
    return f"{listing.name}" + (f", input {inputs}" if inputs else "") + known


def show_kinds(listing: NetworkListing, in_place: Mapping[str, Any] | None = None) -> None:
    """Print the sums of each kind of operation, with their times in place where they were timed."""
    seconds_of = (in_place or {}).get("seconds_by_kind") or {}
    whole_s = sum(seconds_of.values())
    rows = []
    for total in listing.totals():
        time_s = seconds_of.get(total.kind.value)
        rows.append(
            [
                total.kind.value,
                number(total.calls),
                text.MISSING if total.flops is None else text.flops(total.flops),
                text.MISSING if total.bytes_moved is None else byte_count(total.bytes_moved),
                number(total.parameters),
                text.seconds(time_s),
                text.share(time_s / whole_s if time_s is not None and whole_s else None),
            ]
        )
    columns = ["operations", "calls", "FLOPs", "bytes", "parameters", *["in place", "share"] * bool(seconds_of)]
    console.print_table("All operations", columns, [row[: len(columns)] for row in rows])


def remarks(listing: NetworkListing) -> Iterator[str]:
    """What is not covered with its share of MACs, what the last convolution sees, and what was not listed."""
    if left := listing.not_covered:
        share = listing.share_of_macs(left)
        of = "an unknown share" if share is None else text.share(share)
        named = "; ".join(dict.fromkeys(f"{one.name}: {one.reason}" for one in left))
        yield f"Not covered, {of} of the MACs of all convolutions: {named}."
    seen = [one for one in listing.convolutions if one.receptive_field is not None]
    if seen and seen[-1].receptive_field is not None:
        sees = "×".join(map(str, seen[-1].receptive_field))
        yield f"An output of the last convolution ({seen[-1].name}) sees {sees} of the input."
    yield from (f"Note: {note}." for note in listing.notes)
    if listing.stopped:
        yield f"Not whole: {listing.stopped}."


def show(
    found: tuple[NetworkTable, ...], study: Study, listing: NetworkListing, record: Mapping[str, Any]
) -> None:  # fmt: skip
    """Print for each group the layers, most to save first, and the totals; then all operations, and remarks."""
    for table in found:
        _show_layers(table, study)
        _show_totals(table)
    in_place = record.get("in_place")
    show_kinds(listing, in_place)
    for table in found:
        over = in_place_over_alone(table, in_place, len(listing.convolutions)) if in_place else None
        if over is not None:
            console.print_line(
                f"Torch's convolutions take {ratio_between(over)} as long in place as alone, one by one."
            )
    if in_place:
        console.print_line(
            f"In place: eager torch on {count(in_place['threads'], 'thread')}, median of {in_place['passes']} passes; "
            f"convolutions take {text.share(in_place['share_of_convolutions'])} of the operations' time, and the whole "
            f"network {text.seconds(in_place['whole_s'])}."
        )
    elif record.get("in_place_missing"):
        console.print_line(f"Not timed in place: {record['in_place_missing']}.")
    for line in (*_dense(record), *remarks(listing)):
        console.print_line(line)


def _show_layers(table: NetworkTable, study: Study) -> None:
    use = TOOK_LEAST if table.is_busy else "use"
    columns = ["layer", "times", "share", use, "time", "torch takes", "could save", "energy", "workspace", "FLOPs"]
    rows = [_cells(cost, study, is_busy=table.is_busy) for cost in table.layers[:_SHOWN]]
    title = f"{table.network.name}, {table.network.group.label}; the most that could be saved first"
    console.print_table(title, columns, rows, left=(0, 3), spare=(9, 8, 7, 1), under_names=True)
    if (more := len(table.layers) - _SHOWN) > 0:
        console.print_line(f"{count(more, 'more layer')}: --json has all.")


def _cells(cost: LayerCost, study: Study, *, is_busy: bool) -> list[str]:
    names = _short(cost.names[0]) + (f" +{len(cost.names) - 1}" if len(cost.names) > 1 else "")
    best = cost.best
    if best is None:
        return [names, number(cost.count), *[text.MISSING] * 8]
    is_torch = cost.saved_s == 0 and cost.factor is None
    factor = text.ratio(cost.factor.value if cost.factor else None)
    return [
        names,
        number(cost.count),
        text.share(cost.share),
        label(best) + (" ?" if cost.is_open and not is_busy else ""),
        text.seconds(cost.time.value_s if cost.time else None),
        text.MISSING if is_busy else "itself" if is_torch else factor,
        text.MISSING if is_busy else text.seconds(cost.saved_s),
        joules(study.energy_of(best), cost.count),
        text.MISSING if best.other.workspace_bytes is None else byte_count(best.other.workspace_bytes),
        text.flops(best.direct_flops * cost.count),
    ]


def _show_totals(table: NetworkTable) -> None:
    if table.is_busy:
        console.print_line("The machine was busy: no total is formed of times that are mostly noisy.")
        return
    rows = [_mix(mix) for mix in table.mixes]
    for total in table.network.totals:
        gaps = "" if total.whole else f"{total.covered} of {count(total.layers, 'layer')}, the others by torch"
        shown = total.whole or total.filled
        rows.append([total.implementation, text.time(shown), "", "", "", gaps])
    columns = ["all convolutions by", "time", "plans", "workspace", "rms error", "made of"]
    console.print_table("Totals", columns, rows, left=(0, 5), spare=(4, 3, 2))
    for mix in table.mixes:
        if mix.why_not:
            console.print_line(f"{mix.title}: {mix.why_not}.")


def _mix(mix: Mix) -> list[str]:
    return [
        mix.title,
        text.time(mix.time),
        text.MISSING if mix.kept_bytes is None else byte_count(mix.kept_bytes),
        text.MISSING if mix.workspace_bytes is None else byte_count(mix.workspace_bytes),
        text.error(mix.error_rms),
        ", ".join(f"{times} {name}" for name, times in mix.counts.items()),
    ]


def show_choice(choice: SwapChoice | None, file: Path | None) -> None:
    """Print how to run the network with the best of each layer, where that was written into a file."""
    if file is None:
        return
    if choice is None:
        console.print_line(f"{file} was not written: some layer has no time.")
        return
    console.print_line(f'choice:  {file}; in Python: fast = impls.optimize(model.eval(), example, using="{file}")')


def _dense(record: Mapping[str, Any]) -> Iterator[str]:
    """The dense network beside this one."""
    if (plain := record.get("dense_network")) is None:
        return
    known = {name: value for name, value in plain.items() if name not in ("flops", "weight_bytes")}
    dense = DenseNetwork(**known)
    times = [f"{text.seconds(dense.measured_s)} measured"] if dense.measured_s is not None else []
    if dense.modelled_s is not None:
        times.append(f"{text.seconds(dense.modelled_s)} modelled by the ceilings of this machine")
    yield (
        f"A dense network between the same maps: {dense.parameters:,} parameters ({byte_count(dense.weight_bytes)}), "
        f"{dense.parameters / max(1, dense.convolution_parameters):,.0f} times those of the convolutions; "
        f"{text.flops(2 * dense.macs)}, {dense.macs / max(1, dense.convolution_macs):,.0f} times theirs; "
        f"{', '.join(times) or 'no time: no ceiling is known'}."
    )


def _short(name: str) -> str:
    """The end of a long name, which tells layers of one block apart."""
    return name if len(name) <= _NAMES else f"…{name[1 - _NAMES :]}"
