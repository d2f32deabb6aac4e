"""The comparison of two sides: what is wrong, what all rows share, what each row does, and what that comes to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from bench.compare import comparable, foreign_runs, sides
from bench.compare.comparable import Unlike
from bench.compare.pairs import MatchedRows, match
from bench.compare.quantities import JOULES, LEVEL, QUANTITIES, TIME, Quantity, level_of
from bench.compare.quantity_changes import QuantityChanges, quantity_changes
from bench.compare.shared import RunThreshold
from bench.compare.sides import ComparedRun
from bench.compare.verdicts import MARGIN, ChangeVerdict
from bench.errors import UsageError

# The first part is raised when a key changes its meaning or goes, the second when one is added.
FORMAT_VERSION = "1.0"


class GateOutcome(StrEnum):
    """What a comparison comes to."""

    WORSE = "worse"
    FINE = "fine"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class ComparisonTerms:
    """What the user asks of a comparison.

    `across` names what may differ, `controls` implementations that cannot have changed, `gate` the quantities that are
    tested, whose changes for the worse are regressions; `margin` is the share within which changes are the same.
    `threshold` tells how far two runs of a host and device lie apart.
    """

    across: tuple[str, ...] = ()
    controls: tuple[str, ...] = ()
    gate: tuple[Quantity, ...] = (TIME, JOULES)
    margin: float = MARGIN
    threshold: Callable[[str, str], RunThreshold | None] = lambda *_: None


@dataclass(frozen=True, slots=True)
class SideComparison:
    """Two sides compared. `unlike` are the differences that `--across` allowed, `notes` sentences on the runs."""

    old: tuple[ComparedRun, ...]
    new: tuple[ComparedRun, ...]
    terms: ComparisonTerms
    unlike: tuple[Unlike, ...]
    notes: tuple[str, ...]
    matched: MatchedRows
    quantities: tuple[QuantityChanges, ...]

    def of(self, quantity: Quantity) -> list[QuantityChanges]:
        """The changes of a quantity, on each device."""
        return [found for found in self.quantities if found.quantity is quantity]

    @property
    def gated(self) -> list[QuantityChanges]:
        """The quantities that decide, of those that both sides have."""
        return [found for found in self.quantities if found.quantity in self.terms.gate]

    @property
    def outcome(self) -> GateOutcome:
        if self.matched.broken or any(found.is_worse for found in self.gated):
            return GateOutcome.WORSE
        if not self.gated or any(found.is_undecided for found in self.gated):
            return GateOutcome.UNDECIDED
        return GateOutcome.FINE

    @property
    def has_alarm(self) -> bool:
        """Whether anything is said to have changed: of the same code, a false alarm."""
        changed = {ChangeVerdict.SLOWER, ChangeVerdict.FASTER}
        return bool(self.matched.broken or self.matched.mended) or any(
            found.called & changed for found in self.quantities
        )

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready; docs/reference describes each key."""
        return {
            "format_version": FORMAT_VERSION,
            "outcome": self.outcome,
            "old": [run.as_dict() for run in self.old],
            "new": [run.as_dict() for run in self.new],
            "across": [one.as_dict() for one in self.unlike],
            "notes": list(self.notes),
            "level": LEVEL,
            "margin": self.terms.margin,
            "gate": [quantity.name for quantity in self.terms.gate],
            "broken": [fate.as_dict() for fate in self.matched.broken],
            "mended": [fate.as_dict() for fate in self.matched.mended],
            "quantities": [found.as_dict() for found in self.quantities],
            "only_old": [{"case_key": key, "implementation": name} for key, name in self.matched.only_old],
            "only_new": [{"case_key": key, "implementation": name} for key, name in self.matched.only_new],
        }


def compare_folders(old: Sequence[Path], new: Sequence[Path], terms: ComparisonTerms) -> SideComparison:
    """Read the runs of both sides and compare them.

    Raises UsageError for runs that may not be compared or have nothing in common, InfrastructureError for damage.
    """
    if not old or not new:
        raise UsageError("a comparison has two sides; type: convcost compare OLD NEW, or --old A B --new C D")
    comparable.refuse_itself(old, new)
    return compare([foreign_runs.read(path) for path in old], [foreign_runs.read(path) for path in new], terms)


def compare(old: Sequence[ComparedRun], new: Sequence[ComparedRun], terms: ComparisonTerms) -> SideComparison:
    """Compare runs that were read."""
    unlike = comparable.differences(old, new)
    comparable.require_comparable(unlike, terms.across)
    matched = match(old, new, across_threads=any(one.name == "threads" for one in unlike))
    names = list(dict.fromkeys(name for _, name in matched.keys))
    steady = comparable.controls(unlike, names, terms.controls)
    found = sides.present(old, new)
    tested = tuple(quantity for quantity in found if quantity in terms.gate)
    host = str(old[0].environment.get("host"))
    # A slow hour of the processor is none of the GPU: each device has its own.
    quantities = [
        quantity_changes(
            matched.on(device), quantity, level_of(quantity, tested) / len(matched.devices), controls=steady,
            threshold=terms.threshold(host, device), margin=terms.margin,
        )
        for quantity in found
        for device in matched.devices
    ]  # fmt: skip
    return SideComparison(
        tuple(old), tuple(new), terms, tuple(unlike), tuple(comparable.notes(old, new)), matched,
        tuple(one for one in quantities if one.rows),
    )  # fmt: skip


def quantity_named(name: str) -> Quantity:
    """The quantity of an option. Raises UsageError for an unknown name."""
    known = {quantity.option: quantity for quantity in QUANTITIES}
    if name not in known:
        raise UsageError(f"--gate {name} is unknown; allowed: {', '.join(known)}")
    return known[name]
