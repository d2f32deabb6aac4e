"""Shows the cost of layers on paper."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bench.cost.layers import EXECUTED_UP_TO, disagreements
from bench.format import byte_count, count, problem
from bench.terminal import console
from bench.terminal.console import number

# Layers of a table; the rest is in the JSON.
_SHOWN = 100
_SUMS = ("MACs", "parameters", "bytes")
_WIDE = ("direct FLOPs", "receptive field", "dense parameters")


def show(counted: Mapping[str, Any], *, wide: bool = False) -> None:
    """Print a table of the layers with totals, the work of each implementation, and last whether the layers chain.

    The table fits 80 columns; with `wide` it has every column.
    """
    layers, total = counted["layers"], counted["total"]
    _show_layers(counted, wide=wide)
    if len(layers) > _SHOWN:
        console.print_line(f"The first {_SHOWN} of {len(layers):,} layers; --json has all.")
    if total["executed"] is None:
        console.print_line(
            f"The work of each implementation is not counted for more than {EXECUTED_UP_TO} different layers "
            "(--executed counts it)."
        )
    elif len(layers) == 1:
        _show_executed_by_one(layers[0])
    else:
        _show_executed_by_all(total, ", ".join(dict.fromkeys(layer["precision"] for layer in layers)))
    _show_verdicts(counted)


def _show_layers(counted: Mapping[str, Any], *, wide: bool) -> None:
    """The layers; the output, and after it the bytes, are left out where one table has no room for them."""
    layers, lists = counted["layers"], counted["lists"]
    is_repeated = any(layer["count"] > 1 for layer in layers)
    names = ["layer", *["times"] * is_repeated, "output", *_SUMS, *(_WIDE if wide else ()),
             *["fvcore MACs"] * (wide and "fvcore_macs" in layers[0])]  # fmt: skip
    rows = [
        [
            problem(layer["descriptor"], bias=layer["bias"]),
            *[number(layer["count"])] * is_repeated,
            "×".join(map(str, layer["output_shape"])),
            *_sums(layer),
            number(layer["direct_flops"]),
            "×".join(map(str, layer["receptive_field"] or [console.MISSING])),
            number(layer["dense_parameters"]),
            number(layer.get("fvcore_macs")),
        ]
        for layer in layers[:_SHOWN]
    ]
    totals = [(f"{one['name'] or 'typed layers'} in total", one["total"]) for one in lists] if len(lists) > 1 else []
    if len(layers) > 1 or is_repeated:
        totals.append(("total", counted["total"]))
    for name, sums in totals:
        direct_flops = number(sums["direct_flops"])
        rows.append([name, *[number(sums["layers"])] * is_repeated, "", *_sums(sums), direct_flops, "", "", ""])
    output = 1 + is_repeated
    console.print_table(
        "On paper (direct FLOPs = 2 × MACs; bytes: input, weights and output once)",
        names,
        [row[: len(names)] for row in rows],
        left=(0, output),
        spare=() if wide else (output, output + len(_SUMS)),
        under_names=True,
    )
    if not wide:
        console.print_line("More columns: --wide")
    else:
        console.print_line("Dense parameters: those of a fully connected layer that computes the same.")


def _show_verdicts(counted: Mapping[str, Any]) -> None:
    """Whether fvcore counts the same, the places where layers do not simply follow each other, and if they chain."""
    layers, lists = counted["layers"], counted["lists"]
    named = [(f"{one['name']}: " if one["name"] and len(lists) > 1 else "", one) for one in lists]
    for name, one in named:
        for note in one["notes"]:
            console.print_line(f"{name}{note}")
    if "fvcore_macs" in layers[0]:
        others = len(disagreements(layers))
        text = f"other MACs for {others:,} of {count(len(layers), 'layer')}, named above" if others else "the same MACs"
        console.print_line(f"Checked: fvcore counts {text}.")
    for name, one in named:
        if one["verdict"]:
            console.print_line(f"{name}{one['verdict']}")


def _sums(of: Mapping[str, Any]) -> list[str]:
    return [number(of["macs"]), number(of["parameters"]), byte_count(of["compulsory_bytes"])]


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
