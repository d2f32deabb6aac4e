"""`convcost count`: what layers cost on paper, as plain data and as tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bench import terminal
from bench.cost import counts
from bench.errors import UsageError
from bench.format import byte_count
from bench.terminal import number
from impls import Case, ConvProblem, get, registry


def count(descriptors: Sequence[str], *, bias: bool, precision: str, check: bool) -> list[dict[str, Any]]:
    """One mapping a layer. Raises impls.ConvError for a descriptor that is none."""
    stack = [ConvProblem.parse(text, bias=bias) for text in descriptors]
    if not stack:
        raise UsageError('name at least one descriptor, for example "mb1ic64ih56oc64kh3ph1"')
    fields = counts.receptive_fields(stack)
    implementations = [get(name) for name in registry.names()]
    return [
        _describe(Case(p, precision), field, implementations, check) for p, field in zip(stack, fields, strict=True)
    ]


def _describe(case: Case, field: tuple[int, int], implementations: Sequence[Any], check: bool) -> dict[str, Any]:
    p = case.problem
    dense = counts.dense_equivalent(p)
    described = {
        "descriptor": p.descriptor,
        "bias": p.bias,
        "precision": case.precision,
        "output_shape": list(p.output_shape),
        "parameters": p.parameters,
        "macs": p.macs,
        "direct_flops": p.direct_flops,
        "compulsory_bytes": case.compulsory_bytes,
        "dense_parameters": dense.parameters,
        "dense_macs": dense.macs,
        "receptive_field": list(field),
        "executed": [
            {
                "implementation": e.implementation,
                "flops": e.flops,
                "bytes_moved": e.bytes_moved,
                "workspace_bytes": e.workspace_bytes,
                "reason": e.reason,
            }
            for e in counts.executed(case, implementations)
        ],
    }
    if check:
        described["fvcore_macs"] = counts.fvcore_macs(p)
    return described


def disagreements(layers: Sequence[dict[str, Any]]) -> list[str]:
    """Where fvcore counts otherwise, in words."""
    return [
        f"{layer['descriptor']}: {layer['macs']:,} MACs here, {layer['fvcore_macs']:,} by fvcore"
        for layer in layers
        if layer.get("fvcore_macs") not in (None, layer["macs"])
    ]


def show(layers: Sequence[dict[str, Any]]) -> None:
    """Tables: a row a layer, then what each implementation executes."""
    columns = [
        "layer",
        "output",
        "parameters",
        "MACs",
        "direct FLOPs",
        "compulsory bytes",
        "dense parameters",
        "sees",
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
    terminal.print_table("On paper (FLOPs = 2 × MACs)", columns + ["fvcore MACs"] * with_check, rows, left=(0, 1))
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
                terminal.MISSING if share is None else f"{share:.2f}×",
                terminal.MISSING if e["bytes_moved"] is None else byte_count(e["bytes_moved"]),
                terminal.MISSING if e["workspace_bytes"] is None else byte_count(e["workspace_bytes"]),
            ]
        )
    columns = ["implementation", "executed FLOPs", "of direct", "bytes moved", "workspace"]
    terminal.print_table(f"Executed for {layer['descriptor']} on cpu, {layer['precision']}", columns, rows)
