"""Adds up a network's convolutions by implementation: the sum of multiplicity × time over its layers.

A sum over only some layers is never called the network's total: it states its coverage, and a second total has
its gaps filled by torch and says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bench.report.findings.ranking import Ranking, rank
from bench.report.findings.results import Group, Result, Time, add, groups, implementations
from bench.rows.ranking import Ranking as RankingOfTotals
from bench.rows.ranking import rank as rank_totals
from bench.rows.standing import Standing, doubt
from bench.store.status import Flag

FILLER = "torch"
BEST = "best per layer"


@dataclass(frozen=True, slots=True)
class NetworkLayer:
    """A layer of a network: its number of occurrences and its result by implementation."""

    name: str
    count: int
    descriptor: str
    results: Mapping[str, Result]

    def time(self, implementation: str) -> Time | None:
        """The time of all occurrences together, None without a time."""
        result = self.results.get(implementation)
        return result.time.scaled(self.count) if result and result.time else None

    @property
    def ranking(self) -> Ranking:
        (ranking,) = rank(self.results.values())
        return ranking

    @property
    def best(self) -> Result | None:
        return self.ranking.order[0] if self.ranking.order else None


@dataclass(frozen=True, slots=True)
class Total:
    """The time of one implementation over the layers it covers; `filled` has its gaps filled by torch.

    `chooses` is true if it chose another implementation that was timed on the same layer. `flags` say
    whether noise left it without an interval. A whole total is ranked like the result of a case, without paired ratios.
    """

    implementation: str
    covered: int
    layers: int
    own: Time | None
    filled: Time | None
    chooses: bool = False
    flags: tuple[Flag, ...] = ()
    over_best: float | None = None
    over_best_low: float | None = None
    over_best_high: float | None = None
    delegate: str | None = None

    @property
    def time_s(self) -> float | None:
        return self.whole.value_s if self.whole else None

    @property
    def interval_s(self) -> tuple[float, float] | None:
        return self.whole.interval_s if self.whole else None

    @property
    def whole(self) -> Time | None:
        """The network's time, None unless it covers every layer."""
        return self.own if self.covered == self.layers else None


@dataclass(frozen=True, slots=True)
class Network:
    """One layer set in one group; `best` takes the fastest implementation on each layer."""

    name: str
    group: Group
    layers: tuple[NetworkLayer, ...]
    totals: tuple[Total, ...]
    best: Total
    best_counts: Mapping[str, int]

    @property
    def ranking(self) -> RankingOfTotals[Total]:
        """The ranking of the implementations that cover every layer and choose no other."""
        return rank_totals(total for total in self.totals if not total.chooses)

    @property
    def results(self) -> tuple[Result, ...]:
        return tuple(result for layer in self.layers for result in layer.results.values())

    @property
    def convolutions(self) -> int:
        return sum(layer.count for layer in self.layers)


def networks_of(results: Iterable[Result]) -> tuple[Network, ...]:
    """Every layer set in every group that measured it."""
    listed = [result for result in results if result.layers]
    names = dict.fromkeys(layer.layer_set for result in listed for layer in result.layers)
    return tuple(
        _network(name, group, members)
        for name in names
        for group in groups(listed)
        if (members := [r for r in listed if r.group == group and any(p.layer_set == name for p in r.layers)])
    )


def _network(name: str, group: Group, results: Sequence[Result]) -> Network:
    layers = _layers(name, results)
    totals = [_total(implementation, layers) for implementation in implementations(results)]
    chosen = [(layer, fastest) for layer in layers if (fastest := layer.best) is not None]
    best = Total(
        BEST,
        sum(layer.count for layer, _ in chosen),
        sum(layer.count for layer in layers),
        add(fastest.time.scaled(layer.count) for layer, fastest in chosen if fastest.time),
        None,
        flags=_flags(fastest for _, fastest in chosen),
    )
    counts: Counter[str] = Counter()
    for layer, result in chosen:
        counts[result.implementation] += layer.count
    return Network(name, group, layers, tuple(sorted(totals, key=_order)), best, dict(counts.most_common()))


def _layers(name: str, results: Sequence[Result]) -> tuple[NetworkLayer, ...]:
    """The layers in order of appearance; a case that is two layers gives two."""
    found: dict[tuple[str, str], tuple[int, str, dict[str, Result]]] = {}
    for result in results:
        for place in result.layers:
            if place.layer_set != name:
                continue
            key = (result.case_key, place.layer)
            _, _, row = found.setdefault(key, (place.count, result.descriptor, {}))
            row[result.implementation] = result
    return tuple(NetworkLayer(layer, count, descriptor, row) for (_, layer), (count, descriptor, row) in found.items())


def _total(implementation: str, layers: Sequence[NetworkLayer]) -> Total:
    own = [time for layer in layers if (time := layer.time(implementation)) is not None]
    filled = [layer.time(implementation) or layer.time(FILLER) for layer in layers]
    known = [time for time in filled if time is not None]
    return Total(
        implementation,
        sum(layer.count for layer in layers if layer.time(implementation) is not None),
        sum(layer.count for layer in layers),
        add(own),
        add(known) if own and len(known) == len(layers) else None,
        flags=_flags(r for layer in layers if (r := layer.results.get(implementation)) is not None),
        chooses=any(r.implementation == implementation for layer in layers for r in layer.ranking.choosers),
    )


def _flags(results: Iterable[Result]) -> tuple[Flag, ...]:
    """A sum with a term that is too noisy has no interval, for the same reason."""
    is_noisy = any(result.time and doubt(result) is Standing.NOISY for result in results)
    return (Flag.WIDE_INTERVAL,) if is_noisy else ()


def _order(total: Total) -> tuple[bool, bool, float]:
    """Sorts whole totals first, then filled ones, then the rest; each by time."""
    shown = total.whole or total.filled
    return total.whole is None, total.filled is None, shown.value_s if shown else 0.0
