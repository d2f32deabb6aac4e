"""The table of a network, from its run: what each layer costs, the totals, and mixes within limits."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench import format
from bench.format import byte_count
from bench.networks.rivals import SWAPPED
from bench.report.findings.against import TORCH
from bench.report.findings.joules import EnergyKind, RowEnergy
from bench.report.findings.layer_costs import LayerCost, costs_of
from bench.report.findings.mixes import Mix, fastest, within_error, within_memory
from bench.report.findings.networks import Network, Total
from bench.report.findings.results import Result, Time
from bench.report.sections.study import Study
from impls.swap.choice import SwapChoice


@dataclass(frozen=True, slots=True)
class NetworkTable:
    """A network in one group of conditions: its layers, the most that could be saved first, and its mixes.

    `is_busy` is whether most times are noisy: then no winner is named.
    """

    network: Network
    layers: tuple[LayerCost, ...]
    mixes: tuple[Mix, ...]
    is_busy: bool


def tables(
    study: Study, names: Mapping[str, tuple[str, ...]], most_bytes: int | None = None, most_error: float | None = None
) -> tuple[NetworkTable, ...]:
    """The table of each group; `names` has all names that share the shape of a layer, by the first of them."""
    return tuple(
        NetworkTable(
            network,
            costs_of(network, names),
            _mixes(network, most_bytes, most_error),
            study.is_busy(network.group),
        )
        for network in study.networks
    )


def _mixes(network: Network, most_bytes: int | None, most_error: float | None) -> tuple[Mix, ...]:
    found = [fastest(network)]
    if most_bytes is not None:
        found.append(within_memory(network, most_bytes, f"plans and workspace ≤ {byte_count(most_bytes)}"))
    if most_error is not None:
        found.append(within_error(network, most_error))
    return tuple(found)


def joules(energy: RowEnergy, calls: int = 1) -> str:
    """The energy of some calls with its kind, unless it was measured; a dash without any."""
    if energy.kind is EnergyKind.MEASURED:
        figure = energy.measured[0].gross or energy.measured[0].net
        return format.MISSING if figure is None else format.joules(*_times(calls, figure.value_j, figure.u95_j))
    if energy.modelled is not None:
        return f"{format.joules(*_times(calls, energy.modelled.value_j, energy.modelled.half_j))} modelled"
    if energy.bracketed is not None:
        bracket = energy.bracketed.energy_j.times(calls)
        return format.joules_between(bracket.low, bracket.high)
    return format.MISSING


def _times(calls: int, value: float, half: float | None) -> tuple[float, float | None]:
    return calls * value, None if half is None else calls * half


def as_dict(table: NetworkTable, study: Study, record: Mapping[str, Any]) -> dict[str, Any]:
    """JSON-ready; `record` is what run.json has of the network."""
    in_place = record.get("in_place")
    calls = sum(one["kind"] == "convolution" for one in record["operations"])
    over_alone = in_place_over_alone(table, in_place, calls) if in_place else None
    return {
        "in_place_over_alone": None if over_alone is None else list(over_alone),
        "conditions": table.network.group.label,
        "is_busy": table.is_busy,
        "layers": [_layer(cost, study) for cost in table.layers],
        "totals": [_total(total) for total in table.network.totals],
        "mixes": [_mix(mix) for mix in table.mixes],
    }


def swapped_over_alone(
    found: Sequence[NetworkTable], swap: Mapping[str, Any]
) -> tuple[float, float | None, float | None] | None:
    """The time of the whole swapped network over the sum of its best layers alone, with its interval.

    What is above 1 is all between the convolutions and other operations, and what caches, memory and waiting threads
    cost in place. None without a swap, and without a whole sum in its layout and on as many threads.
    """
    if SWAPPED not in swap.get("sides_s", ()):
        return None
    for table in found:
        group, alone = table.network.group, table.mixes[0].time
        alike = ("cpu", "fp32", swap["choice"]["layout"], swap["threads"])
        if (group.device, group.precision, group.layout, group.threads) == alike and alone and not table.is_busy:
            return _over(swap["sides_s"][SWAPPED], alone)
    return None


def in_place_over_alone(
    table: NetworkTable, in_place: Mapping[str, Any], calls: int
) -> tuple[float, float | None, float | None] | None:
    """Torch's convolutions timed in the network over the sum of the same ones timed alone, with its interval.

    The interval divides opposite ends of both, so it is too wide rather than too narrow. None unless both are of all
    `calls`, in NCHW, fp32, on as many threads and with normal data: those of the network itself.
    """
    group = table.network.group
    alone = next((one.whole for one in table.network.totals if one.implementation == TORCH), None)
    is_alike = (group.device, group.precision, group.layout, group.threads) == ("cpu", "fp32", "nchw",
                                                                                in_place["threads"])  # fmt: skip
    if alone is None or not is_alike or group.data or table.is_busy or table.network.convolutions != calls:
        return None
    return _over(in_place["convolutions_s"], alone)


def _over(whole: Sequence[float | None], alone: Time) -> tuple[float, float | None, float | None]:
    """A time with both ends over another; the interval divides opposite ends."""
    value_s, low_s, high_s = whole
    assert value_s is not None, "only ends may be missing"
    if alone.interval_s is None or low_s is None or high_s is None:
        return value_s / alone.value_s, None, None
    return value_s / alone.value_s, low_s / alone.interval_s[1], high_s / alone.interval_s[0]


def choice_of(found: Sequence[NetworkTable], run: str) -> SwapChoice | None:
    """The best of each layer, for `impls.optimize`, in the conditions with the least total; None without a total."""
    whole = [table for table in found if table.mixes[0].time is not None]
    if not whole:
        return None
    best = min(whole, key=lambda table: table.mixes[0].time.value_s if table.mixes[0].time else math.inf)
    layers = {
        name: cost.best.implementation
        for cost in best.layers
        if cost.best is not None
        for name in cost.names
    }  # fmt: skip
    return SwapChoice(layers, best.network.group.layout, f"measured by convcost network, {run}")


def _layer(cost: LayerCost, study: Study) -> dict[str, Any]:
    best, factor = cost.best, cost.factor
    return {
        "names": list(cost.names),
        "descriptor": cost.layer.descriptor,
        "count": cost.count,
        "share_of_torch": cost.share,
        "best": best.implementation if best else None,
        "is_open": cost.is_open,
        "time_s": _seconds(cost.time),
        "torch_s": _seconds(cost.torch),
        "saved_s": cost.saved_s,
        "torch_over_best": None if factor is None else [factor.value, factor.low, factor.high],
        "energy": None if best is None else _energy(best, study.energy_of(best)),
        "workspace_bytes": best.other.workspace_bytes if best else None,
        "plan_bytes": best.other.plan_bytes if best else None,
        "error_rms": best.error_rms if best else None,
        "direct_flops": best.direct_flops * cost.count if best else None,
        "all": {
            name: _seconds(result.time) for name, result in cost.layer.results.items() if result.time is not None
        },
    }  # fmt: skip


def _energy(best: Result, energy: RowEnergy) -> dict[str, Any]:
    """The joules of one call of the best implementation; measured, modelled and bracketed ones have their own keys."""
    measured = energy.measured[0] if energy.measured else None
    bracket = energy.bracketed.energy_j if energy.bracketed else None
    return {
        "implementation": best.implementation,
        "kind": energy.kind.value,
        "net_j": measured.net.value_j if measured and measured.net else None,
        "gross_j": measured.gross.value_j if measured and measured.gross else None,
        "modelled_j": energy.modelled.value_j if energy.modelled else None,
        "bracket_j": None if bracket is None else [bracket.low, bracket.high],
    }


def _total(total: Total) -> dict[str, Any]:
    return {
        "implementation": total.implementation,
        "covered": total.covered,
        "layers": total.layers,
        "time_s": _seconds(total.whole),
        "time_with_gaps_filled_by_torch_s": None if total.whole else _seconds(total.filled),
    }


def _mix(mix: Mix) -> dict[str, Any]:
    return {
        "title": mix.title,
        "time_s": _seconds(mix.time),
        "plan_bytes": mix.kept_bytes,
        "workspace_bytes": mix.workspace_bytes,
        "largest_error_rms": mix.error_rms,
        "implementations": {layer: result.implementation for layer, result in mix.chosen.items()},
        "missing": list(mix.missing),
        "why_not": mix.why_not,
    }


def _seconds(time: Time | None) -> list[float | None] | None:
    """A time with both ends of its interval."""
    return None if time is None else [time.value_s, time.low_s, time.high_s]
