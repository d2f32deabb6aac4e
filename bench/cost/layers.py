"""Counts the work of a stack of layers for `convcost count`, as plain data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bench.cost import counts
from bench.errors import UsageError
from impls import Case, ConvProblem, get, registry


def count(descriptors: Sequence[str], *, bias: bool, precision: str, check: bool) -> list[dict[str, Any]]:
    """One mapping per layer. Raises impls.ConvError for an invalid descriptor, UsageError without any."""
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
    """One sentence for each layer in which fvcore counts other MACs."""
    return [
        f"{layer['descriptor']}: {layer['macs']:,} MACs here, {layer['fvcore_macs']:,} by fvcore"
        for layer in layers
        if layer.get("fvcore_macs") not in (None, layer["macs"])
    ]
