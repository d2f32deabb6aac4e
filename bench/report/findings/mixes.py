"""Mixes of implementations over a network's layers: the fastest, and the fastest within a limit of memory or of error.

Only what was measured takes part; one that only chose another does not, the one that it chose does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from bench.format import byte_count
from bench.report.findings.networks import Network, NetworkLayer
from bench.report.findings.results import Result, Time, add

# The most partial mixes that are followed, each with its own memory; of more, the fastest within each of so many steps.
_STEPS = 1024


@dataclass(frozen=True, slots=True)
class Mix:
    """One implementation for each layer of a network; `missing` names the layers without one, and `why_not` says why.

    `time` is the sum of all layers, None with one missing. `kept_bytes` are those of all plans, which live as long as
    the network, `workspace_bytes` the largest of one call; None where unknown. `error_rms` is the largest of a layer.
    """

    title: str
    chosen: Mapping[str, Result]
    time: Time | None
    kept_bytes: int | None
    workspace_bytes: int | None
    error_rms: float | None
    counts: Mapping[str, int] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    why_not: str | None = None

    @property
    def bytes(self) -> int | None:
        """The memory of the mix: its plans and the largest workspace."""
        if self.kept_bytes is None or self.workspace_bytes is None:
            return None
        return self.kept_bytes + self.workspace_bytes


def fastest(network: Network) -> Mix:
    """The best of each layer."""
    return _mix("best per layer", network, {layer.name: layer.best for layer in network.layers})


def within_error(network: Network, limit_rms: float) -> Mix:
    """The fastest on each layer of those whose measured rms error, relative to the output's rms, is in the limit."""

    def allowed(result: Result) -> bool:
        return result.error_rms is not None and result.error_rms <= limit_rms

    chosen = {layer.name: _least(filter(allowed, _competing(layer))) for layer in network.layers}
    missing = ", ".join(layer for layer, result in chosen.items() if result is None)
    why_not = f"nothing that was measured keeps this limit in {missing}" if missing else None
    return replace(_mix(f"rms error ≤ {limit_rms:g}", network, chosen), why_not=why_not)


def within_memory(network: Network, limit_bytes: int, title: str) -> Mix:
    """The fastest mix whose plans and largest workspace fit together into a limit.

    For each size that the largest workspace may have, the rest of the memory is shared among the plans: a knapsack with
    one item for each layer (S. Martello, P. Toth, "Knapsack Problems", 1990, section 2.6).
    """
    options = [[one for one in _competing(layer) if _memory(one) is not None] for layer in network.layers]
    best: tuple[float, list[Result]] | None = None
    for space in sorted({_known_memory(one)[1] for layer in options for one in layer}):
        if space > limit_bytes:
            break
        fitting = [[one for one in layer if _known_memory(one)[1] <= space] for layer in options]
        found = _packed(network.layers, fitting, limit_bytes - space)
        if found is not None and (best is None or found[0] < best[0]):
            best = found
    results: Iterable[Result | None] = best[1] if best else [None] * len(network.layers)
    mix = _mix(title, network, dict(zip((layer.name for layer in network.layers), results, strict=True)))
    return replace(mix, why_not=None if best else _least_memory(network.layers, options))


def _least_memory(layers: Sequence[NetworkLayer], options: Sequence[Sequence[Result]]) -> str:
    """The sentence on a limit that no mix keeps, with the memory of the smallest one."""
    unknown = ", ".join(layer.name for layer, found in zip(layers, options, strict=True) if not found)
    if unknown:
        return f"no implementation of {unknown} states its memory"
    sizes = []
    for space in {_known_memory(one)[1] for found in options for one in found}:
        plans = [[_known_memory(one)[0] for one in found if _known_memory(one)[1] <= space] for found in options]
        if all(plans):
            sizes.append(space + sum(layer.count * min(own) for layer, own in zip(layers, plans, strict=True)))
    return f"no mix keeps this limit; the smallest takes {byte_count(min(sizes))}"


def _packed(
    layers: Sequence[NetworkLayer], options: Sequence[Sequence[Result]], limit_bytes: int
) -> tuple[float, list[Result]] | None:
    """The least time with one option for each layer whose plans fit into a limit; None where none fits."""
    # The least time for each amount of memory, with the choices that take it.
    reached: dict[int, tuple[float, tuple[Result, ...]]] = {0: (0.0, ())}
    for layer, fitting in zip(layers, options, strict=True):
        following: dict[int, tuple[float, tuple[Result, ...]]] = {}
        for used, (time_s, before) in reached.items():
            for one in fitting:
                assert one.time is not None
                total = used + _known_memory(one)[0] * layer.count
                spent_s = time_s + one.time.value_s * layer.count
                if total <= limit_bytes and spent_s < following.get(total, (float("inf"), ()))[0]:
                    following[total] = (spent_s, (*before, one))
        reached = _few(_without_worse(following), limit_bytes)
    if not reached:
        return None
    spent_s, chosen = min(reached.values(), key=lambda entry: entry[0])
    return spent_s, list(chosen)


def _without_worse(
    reached: Mapping[int, tuple[float, tuple[Result, ...]]],
) -> dict[int, tuple[float, tuple[Result, ...]]]:
    """The amounts that take less time than every smaller one."""
    kept: dict[int, tuple[float, tuple[Result, ...]]] = {}
    least_s = float("inf")
    for used in sorted(reached):
        if reached[used][0] < least_s:
            least_s = reached[used][0]
            kept[used] = reached[used]
    return kept


def _few(
    reached: dict[int, tuple[float, tuple[Result, ...]]], limit_bytes: int
) -> dict[int, tuple[float, tuple[Result, ...]]]:
    """At most `_STEPS` and one of them; each keeps its own amount of memory, so that a mix keeps its limit."""
    if len(reached) <= _STEPS:
        return reached
    step = -(-limit_bytes // _STEPS)
    # In the order of memory, which is that of time turned round: the last of each step is its fastest.
    return {used: reached[used] for used in {used // step: used for used in sorted(reached)}.values()}


def _competing(layer: NetworkLayer) -> tuple[Result, ...]:
    return tuple(result for result in layer.ranking.order if result.time is not None)


def _least(results: Iterable[Result]) -> Result | None:
    return min(results, key=lambda one: one.time.value_s if one.time else float("inf"), default=None)


def _memory(result: Result) -> tuple[int, int] | None:
    """The bytes of its plan and of its workspace; None where one is unknown."""
    plan, space = result.other.plan_bytes, result.other.workspace_bytes
    return None if plan is None or space is None else (plan, space)


def _known_memory(result: Result) -> tuple[int, int]:
    found = _memory(result)
    assert found is not None, "results without it were left out"
    return found


def _mix(title: str, network: Network, chosen: Mapping[str, Result | None]) -> Mix:
    found = [(layer, result) for layer in network.layers if (result := chosen[layer.name]) is not None]
    missing = tuple(layer.name for layer in network.layers if chosen[layer.name] is None)
    memories = [(layer.count, _memory(result)) for layer, result in found]
    known = [(count, memory) for count, memory in memories if memory is not None]
    is_whole = bool(found) and len(known) == len(found)
    errors = [result.error_rms for _, result in found]
    counts: Counter[str] = Counter()
    for layer, result in found:
        counts[result.implementation] += layer.count
    return Mix(
        title,
        {layer.name: result for layer, result in found},
        None if missing else add(result.time.scaled(layer.count) for layer, result in found if result.time),
        sum(count * memory[0] for count, memory in known) if is_whole else None,
        max(memory[1] for _, memory in known) if is_whole else None,
        None if None in errors or not errors else max(error for error in errors if error is not None),
        dict(counts.most_common()),
        missing,
    )
