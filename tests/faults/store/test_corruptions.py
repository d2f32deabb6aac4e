"""A thousand corruptions of a run: each is refused in one sentence or changes nothing; none lets a wrong row in."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from bench.errors import InfrastructureError, UsageError
from bench.store import journal, runs
from bench.store.repair import repair
from tests.faults.conftest import Tried

Lines = list[bytes]
Damage = Callable[[random.Random, Lines, Lines], Lines]
_TIMES = 170


def _record(number: int) -> dict[str, Any]:
    samples = {"torch": {"process": [0, 1], "time_s": [1e-5 * number, 2e-5]}}
    return {"key": f"case-{number % 5}", "rows": [], "samples": samples, "spent_s": 0.5, "visit": number // 5 + 1}


RECORDS = [_record(number) for number in range(20)]


def _made(results: Path) -> Path:
    folder = runs.create(results, "mine", {})
    for record in RECORDS:
        journal.append(folder, record)
    runs.finish(folder, {})
    return folder


def _flip(random: random.Random, own: Lines, other: Lines) -> Lines:
    whole = bytearray(b"".join(own))
    whole[random.randrange(len(whole))] ^= 1 << random.randrange(8)
    return [bytes(whole)]


def _cut(random: random.Random, own: Lines, other: Lines) -> Lines:
    whole = b"".join(own)
    return [whole[: random.randrange(len(whole))]]


def _delete(random: random.Random, own: Lines, other: Lines) -> Lines:
    place = random.randrange(len(own))
    return own[:place] + own[place + random.randrange(1, 4) :]


def _double(random: random.Random, own: Lines, other: Lines) -> Lines:
    place = random.randrange(len(own))
    return [*own[:place], own[place], *own[place:]]


def _swap(random: random.Random, own: Lines, other: Lines) -> Lines:
    one, two = random.sample(range(len(own)), 2)
    swapped = list(own)
    swapped[one], swapped[two] = own[two], own[one]
    return swapped


def _foreign(random: random.Random, own: Lines, other: Lines) -> Lines:
    place = random.randrange(len(own))
    return [*own[:place], other[place], *own[place + random.randrange(2) :]]


DAMAGES: dict[str, Damage] = {
    "flip": _flip, "cut": _cut, "delete": _delete, "double": _double, "swap": _swap, "foreign": _foreign,
}  # fmt: skip


@pytest.mark.parametrize("name", DAMAGES)
def test_no_damage_of_the_journal_gets_in(tmp_path: Path, tried: Tried, name: str) -> None:
    folder, other = _made(tmp_path / "results"), _made(tmp_path / "other")
    file, meta = folder / journal.FILE_NAME, (folder / runs.META_NAME).read_bytes()
    own, foreign = (path.read_bytes().splitlines(keepends=True) for path in (file, other / journal.FILE_NAME))
    numbers = random.Random(name)
    for _ in range(_TIMES):
        tried(f"journal: {name}")
        file.write_bytes(b"".join(DAMAGES[name](numbers, own, foreign)))
        (folder / runs.META_NAME).write_bytes(meta)
        with pytest.raises(InfrastructureError, match=r"journal\.jsonl, line \d+ is damaged: "):
            journal.read(folder)
        repair(folder)
        found = journal.read(folder)
        assert all(record in RECORDS for record in found)
        # Of each case its first visits, so that resuming adds the others.
        for key in {record["key"] for record in found}:
            visits = [record["visit"] for record in found if record["key"] == key]
            assert visits == list(range(1, len(visits) + 1))
        assert len(found) >= (0 if name == "cut" else 8)


def test_no_flipped_bit_of_run_json_gets_in(tmp_path: Path, tried: Tried) -> None:
    folder = runs.create(tmp_path, "mine", {"wall_s": 12.5, "environment": {"cpu": "Example", "threads": 2}})
    file, meta = folder / runs.META_NAME, runs.read_meta(folder)
    whole, numbers = file.read_bytes(), random.Random(0)
    for _ in range(_TIMES):
        tried("run.json: flip")
        flipped = bytearray(whole)
        flipped[numbers.randrange(len(whole))] ^= 1 << numbers.randrange(8)
        file.write_bytes(flipped)
        # Some bits are of no meaning, as in \u00e9 and \u00E9.
        with suppress(InfrastructureError, UsageError):
            assert runs.read_meta(folder) == meta
