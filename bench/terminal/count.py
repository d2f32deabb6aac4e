"""Shows the cost of layers on paper."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bench.format import byte_count
from bench.terminal import console
from bench.terminal.console import number


def show(layers: Sequence[dict[str, Any]]) -> None:
    """Print a table of the layers, then a table for each layer with the FLOPs and bytes of each implementation."""
    columns = [
        "layer",
        "output",
        "parameters",
        "MACs",
        "direct FLOPs",
        "compulsory bytes",
        "dense parameters",
        "receptive field",
    ]
    with_check = "fvcore_macs" in layers[0]
    rows = [
        [
            layer["descriptor"],
            "×".join(map(str, layer["output_shape"])),
            number(layer["parameters"]),
            number(layer["macs"]),
            number(layer["direct_flops"]),
            byte_count(layer["compulsory_bytes"]),
            number(layer["dense_parameters"]),
            "×".join(map(str, layer["receptive_field"])),
            *([number(layer["fvcore_macs"])] if with_check else []),
        ]
        for layer in layers
    ]
    console.print_table("On paper (FLOPs = 2 × MACs)", columns + ["fvcore MACs"] * with_check, rows, left=(0, 1))
    for layer in layers:
        _show_executed(layer)


def _show_executed(layer: dict[str, Any]) -> None:
    rows = []
    for e in layer["executed"]:
        if e["reason"]:
            continue
        share = e["flops"] / layer["direct_flops"] if e["flops"] is not None and layer["direct_flops"] else None
        rows.append(
            [
                e["implementation"],
                number(e["flops"]),
                console.MISSING if share is None else f"{share:.2f}×",
                console.MISSING if e["bytes_moved"] is None else byte_count(e["bytes_moved"]),
                console.MISSING if e["workspace_bytes"] is None else byte_count(e["workspace_bytes"]),
            ]
        )
    columns = ["implementation", "executed FLOPs", "of direct", "bytes moved", "workspace"]
    console.print_table(f"Executed for {layer['descriptor']} on cpu, {layer['precision']}", columns, rows)
