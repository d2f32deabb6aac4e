"""Whether runs may be compared: what differs between their machines and libraries, and what else to know of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.bounds import json_value
from bench.compare.sides import ComparedRun
from bench.errors import UsageError
from bench.store import journal

# What must be equal, by its name in `--across`: machine, settings, libraries. The version of convcost may differ:
# changes of it are what is compared.
MUST_AGREE = (
    "cpu", "microarchitecture", "cores", "simd", "memory", "gpu", "threads", "affinity", "governor", "malloc", "omp",
    "torch", "cuda", "cudnn", "onednn", "numba", "numpy", "triton", "python", "seed",
)  # fmt: skip
# What differs wherever another setting does.
_FOLLOWS = {"affinity": "threads", "omp": "threads", "cuda": "torch", "simd": "cpu", "microarchitecture": "cpu"}
# Libraries whose implementations cannot have changed where these are equal.
_OF_CONTROLS = ("cpu", "gpu", "threads", "torch", "cuda", "cudnn", "onednn", "omp", "malloc", "affinity", "governor")
CONTROLS = ("torch", "onednn", "cudnn")
# Two virtual machines of one kind report memory that differs by what their kernels keep.
_SAME_MEMORY = 0.05


@dataclass(frozen=True, slots=True)
class Unlike:
    """Something in the environments of two sides, or before and after a step, that differs; values are words."""

    name: str
    old: str
    new: str

    def as_dict(self) -> dict[str, str]:
        return {"name": self.name, "old": self.old, "new": self.new}


def differences(old: Sequence[ComparedRun], new: Sequence[ComparedRun]) -> list[Unlike]:
    """What differs between the sides, or within one of them, of what must agree."""
    found = []
    for name in MUST_AGREE:
        before, after = ([_value(run, name) for run in side] for side in (old, new))
        if not all(_is_same(name, value, before[0]) for value in (*before, *after)):
            found.append(Unlike(name, _words(before), _words(after)))
    names = {one.name for one in found}
    return [one for one in found if _FOLLOWS.get(one.name) not in names]


def require_comparable(found: Sequence[Unlike], across: Sequence[str]) -> None:
    """Raise UsageError for a difference that `across` does not name, and for a name that there is not."""
    unknown = [name for name in across if name not in MUST_AGREE]
    if unknown:
        raise UsageError(f"--across {unknown[0]} is unknown; allowed: {', '.join(MUST_AGREE)}")
    refused = [one for one in found if one.name not in across]
    if refused:
        what = "; ".join(f"{one.name} is {one.old} on the old side and {one.new} on the new" for one in refused)
        options = " ".join(f"--across {one.name}" for one in refused)
        raise UsageError(
            f"these runs differ in more than what is compared: {what}. Measure both on one machine with the same "
            f"libraries; where this difference is what you want to know, add {options}"
        )


def controls(found: Sequence[Unlike], implementations: Sequence[str], given: Sequence[str] = ()) -> tuple[str, ...]:
    """Implementations that cannot have changed: those that the user gives, else vendors' at equal versions.

    Raises UsageError for a given one that no matched row has.
    """
    for name in given:
        if name not in implementations:
            raise UsageError(f"--control {name} is in no row; allowed: {', '.join(sorted(set(implementations)))}")
    if given:
        return tuple(dict.fromkeys(given))
    if any(one.name in _OF_CONTROLS for one in found):
        return ()
    return tuple(name for name in CONTROLS if name in implementations)


def refuse_itself(old: Sequence[Path], new: Sequence[Path]) -> None:
    """Raise UsageError for a run that is given twice, also as a copy of its folder."""
    seen: dict[str, Path] = {}
    for folder in (*old, *new):
        for mark in (str(folder.resolve()), _content(folder)):
            if mark in seen:
                what = f"{folder} is given twice" if seen[mark] == folder else f"{folder} and {seen[mark]} are one run"
                raise UsageError(f"{what}; a run says nothing about a change from itself: give two that were measured")
        seen |= {str(folder.resolve()): folder, _content(folder): folder}


def _content(folder: Path) -> str:
    """The checksum of a run's journal; the path where it has none."""
    file = journal.file_of(folder) if folder.is_dir() else None
    if file is None:
        return str(folder.resolve())
    # An archive has the same lines, compressed: the time of its beginning is the same.
    try:
        meta = json_value((folder / "run.json").read_text(encoding="utf-8"))
        head = [meta.get("created_utc"), (meta.get("environment") or {}).get("host"), meta.get("wall_s")]
        if None not in head:
            return json.dumps(head)
    except (OSError, ValueError, AttributeError):
        pass
    return hashlib.sha256(file.read_bytes()).hexdigest()


def notes(old: Sequence[ComparedRun], new: Sequence[ComparedRun]) -> Iterator[str]:
    """Sentences on runs that say less than they could."""
    for run in (*old, *new):
        if not run.is_finished:
            yield f"{run.path} was not finished: the cases that it has are compared"
    if all(run.created_utc for run in (*old, *new)):
        if min(run.created_utc for run in old) > max(run.created_utc for run in new):
            yield "the old side was measured after the new one: are the sides swapped?"
        elif len(old) > 1 and len(new) > 1 and max(r.created_utc for r in old) < min(r.created_utc for r in new):
            yield "all old runs came before all new ones: a slow hour looks like a change; measure them in turns"
    hosts = {str(run.environment.get("host")) for run in (*old, *new)}
    if len(hosts) > 1:
        yield f"the runs are of {len(hosts)} hosts: {', '.join(sorted(hosts))}"
    effort = {json.dumps([(r.meta.get("configuration") or {}).get(k) for k in ("max_seconds", "processes", "visits")])
              for r in (*old, *new)}  # fmt: skip
    if len(effort) > 1:
        yield "the runs were not measured for the same time, or not by as many processes"


def _value(run: ComparedRun, name: str) -> Any:
    if name == "memory":
        return run.environment.get("memory_bytes")
    if name == "seed":
        return (run.meta.get("configuration") or {}).get("seed")
    if name == "triton" and run.environment.get("gpu") is None:
        # It computes nothing there.
        return None
    return run.environment.get(name)


def _is_same(name: str, one: Any, other: Any) -> bool:
    if name == "memory" and one and other:
        return bool(abs(one - other) <= _SAME_MEMORY * max(one, other))
    return bool(one == other)


def _words(values: Sequence[Any]) -> str:
    return " and ".join(dict.fromkeys("unknown" if value is None else str(value) for value in values))
