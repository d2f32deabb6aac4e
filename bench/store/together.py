"""run.json of a run that is put together from others: what adds up over them, and what tells of all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bench.energy.own_cost import Spent, together
from bench.store import runs
from bench.store.run_json import LINES

# Of one run alone: its end, and what adds up.
_OF_ONE = (LINES, runs.FINISHED, "wall_s", "sampling_s", "own_energy", "calibration")
# Hosts that are named one by one as the host of a run.
_FEW = 3


def begun(first: Mapping[str, Any]) -> dict[str, Any]:
    """The description of a run that will hold others, by the first of them, which is still to be added."""
    return {name: value for name, value in first.items() if name not in _OF_ONE}


def with_run(meta: Mapping[str, Any], added: Mapping[str, Any], hosts: Sequence[str]) -> dict[str, Any]:
    """The description with the machine time, joules and ceilings of one more run; `hosts` are those of all runs."""
    spent = together(*([Spent(**one) for one in side.get("own_energy") or ()] for side in (meta, added)))
    host = {"host": _named(hosts)} if hosts else {}
    return {
        **meta,
        "environment": {**(meta.get("environment") or {}), **host},
        "wall_s": (meta.get("wall_s") or 0.0) + (added.get("wall_s") or 0.0),
        "sampling_s": (meta.get("sampling_s") or 0.0) + (added.get("sampling_s") or 0.0),
        "own_energy": [one.as_dict() for one in spent],
        "calibration": _ceilings(meta.get("calibration") or (), added.get("calibration") or ()),
    }


def _named(hosts: Sequence[str]) -> str:
    each = sorted(set(hosts))
    return ", ".join(each) if len(each) <= _FEW else f"{len(each)} machines"


def _ceilings(known: Sequence[Mapping[str, Any]], added: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The ceilings of a kind: those of its first run, with the peaks of precisions that it did not measure."""
    found = {_place(one): one for one in known}
    for one in added:
        before = found.setdefault(_place(one), one)
        more = [p for p in one["peaks"] if p["precision"] not in {peak["precision"] for peak in before["peaks"]}]
        found[_place(one)] = {**before, "peaks": [*before["peaks"], *more]}
    return list(found.values())


def _place(ceilings: Mapping[str, Any]) -> tuple[Any, ...]:
    return ceilings["device"], ceilings["threads"], ceilings.get("tuning", "")
