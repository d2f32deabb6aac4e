"""Shows the cost of layers on paper."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bench.cost.layers import EXECUTED_UP_TO
from bench.format import byte_count, problem
from bench.terminal import console
from bench.terminal.console import number

# Layers of a table; the rest is in the JSON.
_SHOWN = 100


def show(counted: Mapping[str, Any]) -> None:
    """Print a table of the layers with totals, notes on how they chain, and the work of each implementation."""
    layers, total = counted["layers"], counted["total"]
    _show_layers(counted)
    if len(layers) > _SHOWN:
        console.print_line(f"The first {_SHOWN} of {len(layers):,} layers; --json has all.")
    for one in counted["lists"]:
        name = f"{one['name']}: " if one["name"] and len(counted["lists"]) > 1 else ""
        for note in one["notes"]:
            console.print_line(f"{name}{note}")
    if total["executed"] is None:
        console.print_line(
            f"The work of each implementation is not counted for more than {EXECUTED_UP_TO} different layers "
            "(--executed counts it)."
        )
    elif len(layers) == 1:
        _show_executed_by_one(layers[0])
    else:
        _show_executed_by_all(total, ", ".join(dict.fromkeys(layer["precision"] for layer in layers)))


def _show_layers(counted: Mapping[str, Any]) -> None:
    layers, lists = counted["layers"], counted["lists"]
    is_repeated = any(layer["count"] > 1 for layer in layers)
    with_check = "fvcore_macs" in layers[0]
    columns = ["layer", *["times"] * is_repeated, "output", "MACs", "parameters", "direct FLOPs", "compulsory bytes",
               "dense parameters", "receptive field", *["fvcore MACs"] * with_check]  # fmt: skip
    rows = [
        [
            problem(layer["descriptor"], bias=layer["bias"]),
            *[number(layer["count"])] * is_repeated,
            "×".join(map(str, layer["output_shape"])),
            *_sums(layer),
            number(layer["dense_parameters"]),
            "×".join(map(str, layer["receptive_field"] or [console.MISSING])),
            *([number(layer["fvcore_macs"])] if with_check else []),
        ]
        for layer in layers[:_SHOWN]
    ]
    totals = [(f"{one['name'] or 'typed layers'} in total", one["total"]) for one in lists] if len(lists) > 1 else []
    if len(layers) > 1 or is_repeated:
        totals.append(("total", counted["total"]))
    for name, sums in totals:
        rows.append([name, *[number(sums["layers"])] * is_repeated, "", *_sums(sums), "", "", *[""] * with_check])
    left = (0, 1 + is_repeated)
    console.print_table("On paper (FLOPs = 2 × MACs)", columns, rows, left=left)


def _sums(of: Mapping[str, Any]) -> list[str]:
    return [*(number(of[key]) for key in ("macs", "parameters", "direct_flops")), byte_count(of["compulsory_bytes"])]


def _show_executed_by_one(layer: Mapping[str, Any]) -> None:
    rows = [_work(e, layer["direct_flops"]) for e in layer["executed"] if not e["reason"]]
    name = problem(layer["descriptor"], bias=layer["bias"])
    if not rows:
        console.print_line(f"No implementation computes {name} on cpu in {layer['precision']}.")
        return
    columns = ["implementation", "executed FLOPs", "of direct", "bytes moved", "workspace"]
    console.print_table(f"Executed for {name} on cpu, {layer['precision']}", columns, rows)


def _show_executed_by_all(total: Mapping[str, Any], precisions: str) -> None:
    rows = []
    for e in total["executed"]:
        name, *work = _work(e, e["direct_flops"])
        if e["layers"]:
            rows.append([name, f"{e['layers']:,} of {total['layers']:,}", *work])
    columns = ["implementation", "layers", "executed FLOPs", "of direct", "bytes moved", "most workspace"]
    console.print_table(f"Executed by all layers together on cpu, {precisions}", columns, rows)


def _work(e: Mapping[str, Any], direct_flops: int) -> list[str]:
    """The work of an implementation; the share of the definition's FLOPs is that of the layers it computes."""
    share = e["flops"] / direct_flops if e["flops"] is not None and direct_flops else None
    return [
        e["implementation"],
        number(e["flops"]),
        console.MISSING if share is None else f"{share:.2f}×",
        *(console.MISSING if e[key] is None else byte_count(e[key]) for key in ("bytes_moved", "workspace_bytes")),
    ]
