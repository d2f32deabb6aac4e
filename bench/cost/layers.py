"""Counts the work of lists of layers for `convcost count`, as plain data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from bench.cost import chain, counts
from bench.cost.layer import Layer, LayerSet
from bench.errors import UsageError
from impls import Case, Implementation, get, registry
from impls.padding import Pair

# With more different layers, the work of each implementation is counted on request only: it takes milliseconds a layer.
EXECUTED_UP_TO = 200


def count(sets: Sequence[LayerSet], *, precision: str, check: bool, executed: bool = False) -> dict[str, Any]:
    """The counts of all layers, of each list, and in total.

    `precision` is that of layers without their own. `executed` counts the work of each implementation whatever the
    number of layers. Raises UsageError without a layer, impls.ConvError for an unknown precision.
    """
    different = {layer.problem for one in sets for layer in one.layers}
    if not different:
        raise UsageError('name at least one layer, for example "mb1ic64ih56oc64kh3ph1"')
    is_executed = executed or len(different) <= EXECUTED_UP_TO
    implementations = [get(name) for name in registry.names()] if is_executed else None
    found: list[dict[str, Any]] = []
    lists: list[dict[str, Any]] = []
    for one in sets:
        joined = chain.joints(one.layers)
        fields = chain.receptive_fields(one.layers)
        own = [
            {"list": one.name or None, **_describe(layer, precision, joint, field, implementations, check)}
            for layer, joint, field in zip(one.layers, joined, fields, strict=True)
        ]
        left_out = [f"left out: {', '.join(one.left_out)}"] if one.left_out else []
        notes, verdict = [*left_out, *chain.notes(one.layers, joined)], chain.verdict(joined)
        lists.append({"name": one.name or None, "total": total(own), "notes": notes, "verdict": verdict})
        found += own
    return {"layers": found, "lists": lists, "total": total(found)}


def _describe(
    layer: Layer,
    precision: str,
    joint: chain.Joint,
    field: Pair | None,
    implementations: Sequence[Implementation] | None,
    check: bool,
) -> dict[str, Any]:
    p, case = layer.problem, Case(layer.problem, layer.precision or precision)
    dense = counts.dense_equivalent(p)
    executed = None if implementations is None else list(map(asdict, counts.executed(case, implementations)))
    described = {
        "name": layer.name,
        "descriptor": p.descriptor,
        "count": layer.count,
        "bias": p.bias,
        "precision": case.precision,
        "output_shape": list(p.output_shape),
        "parameters": p.parameters,
        "macs": p.macs,
        "direct_flops": p.direct_flops,
        "compulsory_bytes": case.compulsory_bytes,
        "dense_parameters": dense.parameters,
        "dense_macs": dense.macs,
        "input_from": asdict(joint),
        "receptive_field": None if field is None else list(field),
        "executed": executed,
    }
    if check:
        described["fvcore_macs"] = counts.fvcore_macs(p)
    return described


def total(layers: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The sums over layers, each as often as it occurs."""
    keys = ("parameters", "macs", "direct_flops", "compulsory_bytes")
    return {
        "layers": sum(layer["count"] for layer in layers),
        "different_layers": len({(layer["descriptor"], layer["bias"]) for layer in layers}),
        **{key: sum(layer["count"] * layer[key] for layer in layers) for key in keys},
        "executed": _executed_total(layers),
    }


def _executed_total(layers: Sequence[dict[str, Any]]) -> list[dict[str, Any]] | None:
    """For each implementation the work of the layers that it computes; the workspace is the largest of them."""
    if any(layer["executed"] is None for layer in layers):
        return None
    found: list[dict[str, Any]] = []
    for rows in zip(*(layer["executed"] for layer in layers), strict=True):
        pairs = [(layer, row) for layer, row in zip(layers, rows, strict=True) if row["reason"] is None]
        spaces = [row["workspace_bytes"] for _, row in pairs]
        found.append(
            {
                "implementation": rows[0]["implementation"],
                "layers": sum(layer["count"] for layer, _ in pairs),
                "flops": _sum_of((layer["count"], row["flops"]) for layer, row in pairs),
                "bytes_moved": _sum_of((layer["count"], row["bytes_moved"]) for layer, row in pairs),
                "workspace_bytes": None if None in spaces or not spaces else max(spaces),
                "direct_flops": sum(layer["count"] * layer["direct_flops"] for layer, _ in pairs),
            }
        )
    return found


def _sum_of(values: Iterable[tuple[int, int | None]]) -> int | None:
    """The sum of count × value; None where a value is unknown, or there is none."""
    found = list(values)
    if not found or any(value is None for _, value in found):
        return None
    return sum(count * value for count, value in found if value is not None)


def disagreements(layers: Sequence[dict[str, Any]]) -> list[str]:
    """One sentence for each layer in which fvcore counts other MACs."""
    return [
        f"{layer['descriptor']}: {layer['macs']:,} MACs here, {layer['fvcore_macs']:,} by fvcore"
        for layer in layers
        if layer.get("fvcore_macs") not in (None, layer["macs"])
    ]
