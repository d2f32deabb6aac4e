"""One line of a journal: a record, and a checksum that also covers the line before and the identity of the run.

A line is {"after": …, "sha256": …, "record": …}. `after` is the checksum of the line before, zeros in the first;
`sha256` is that of the run's identity, `after` and the record, byte for byte as the line has it. So each line proves
itself and its place: one that is changed, doubled, moved, missing or of another run is noticed. Up to schema 2.4 a line
was {"sha256": …, "record": …} with the checksum of the record alone, as compact JSON with sorted keys.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

START = "0" * 64
# The record of a line that closes a journal: the number of records before it.
CLOSED = "closed"

Record = dict[str, Any]

_HEAD = re.compile(rb'\{"after":"([0-9a-f]{64})","sha256":"([0-9a-f]{64})","record":(?=\{)')
_TAIL = b"}}"
# Keys name what was measured, with the paths of its data; longer ones would be in each line of the tables.
_LONGEST_KEY = 10_000
# The beginning of a record: its key, and the name of what it holds.
_BEGINNING = re.compile(rb'\{"key":("(?:[^"\\]|\\.){0,%d}"),"(rows|energy)":' % _LONGEST_KEY)
# Inside a text of JSON a quote has a backslash before it: these bytes are names of entries, and nothing else.
_STATUS = re.compile(rb'"status":"([a-z]+)"')
_SAMPLES, _SPENT, _PROCESSES = b',"samples":', b',"spent_s":', b'"process":['
_CLOSING = b'{"%b":' % CLOSED.encode()
_EARLIER = re.compile(rb'\{"sha256":')


@dataclass(frozen=True, slots=True)
class JournalLine:
    """A line whose own checksum is right. `after` is None in the form up to schema 2.4, which knows no order."""

    after: str | None
    digest: str
    body: bytes

    @property
    def key(self) -> str:
        """The key of its case; empty for a line that ends a journal. Raises ValueError as `record`."""
        return self.beginning()[0]

    def beginning(self) -> tuple[str, str]:
        """The key of its case and what it holds, "rows" or "energy"; empty for others. Raises ValueError."""
        if found := _BEGINNING.match(self.body):
            # All else of a long line need not be read.
            key = json.loads(found[1]) if b"\\" in found[1] else found[1][1:-1].decode()
            return str(key), found[2].decode()
        record = self.head()
        key = str(record.get("key", ""))
        if len(key) > _LONGEST_KEY:
            raise ValueError(f"its key has {len(key):,} characters; allowed: {_LONGEST_KEY:,}")
        return key, next((kind for kind in ("rows", "energy") if kind in record), "")

    def statuses(self) -> frozenset[str]:
        """The different statuses of its rows, which are not parsed. Raises ValueError as `record`."""
        begin, is_there, _ = self.body.partition(_SAMPLES)
        if not is_there:
            return frozenset(str(row.get("status")) for row in self.head().get("rows", ()))
        return frozenset(found.decode() for found in set(_STATUS.findall(begin)))

    def head(self) -> Record:
        """The record without its samples, which are most of it and are not parsed. Raises ValueError as `record`."""
        begin, is_there, rest = self.body.partition(_SAMPLES)
        _, is_last, end = rest.rpartition(_SPENT)
        try:
            found = json.loads(begin + b"}") | json.loads(b'{"spent_s":' + end) if is_there and is_last else None
        except (RecursionError, ValueError):
            # Its entries have another order.
            found = None
        return {name: value for name, value in (found or self.record()).items() if name != "samples"}

    @property
    def is_closing(self) -> bool:
        """Whether the line counts the records before it, and ends the journal."""
        return self.body.startswith(_CLOSING)

    @property
    def last_process(self) -> int:
        """The highest number of a process among its samples; -1 without any."""
        found, at = {b"-1"}, self.body.find(_PROCESSES)
        while at >= 0:
            start = at + len(_PROCESSES)
            end = self.body.index(b"]", start)
            found.update(self.body[start:end].split(b","))
            at = self.body.find(_PROCESSES, end)
        return max(int(number) for number in found if number)

    def record(self) -> Record:
        """What the line says. Raises ValueError for a body that is no JSON object."""
        try:
            found = json.loads(self.body)
        except RecursionError as error:
            raise ValueError("its record is nested too deep") from error
        if not isinstance(found, dict):
            raise ValueError("its record is no object")
        return found


def write(record: Record, after: str, run_id: str) -> JournalLine:
    """The line of a record. Raises ValueError for NaN and infinity."""
    return of_body(body_of(record), after, run_id)


def body_of(record: Record) -> bytes:
    """A record as it is written. Raises ValueError for NaN and infinity."""
    return json.dumps(record, separators=(",", ":"), allow_nan=False).encode("utf-8")


def of_body(body: bytes, after: str, run_id: str) -> JournalLine:
    """The line of a record that is written already."""
    return JournalLine(after, _digest(run_id, after, body), body)


def chained(bodies: Iterable[bytes], after: str, run_id: str) -> Iterator[JournalLine]:
    """The lines of records that are written already, each bound to the one before; the first to `after`."""
    for body in bodies:
        line = of_body(body, after, run_id)
        yield line
        after = line.digest


def encoded(line: JournalLine) -> bytes:
    """A line with its end. Raises ValueError for one of the earlier form, which is no longer written."""
    if line.after is None:
        raise ValueError("lines of the earlier form are no longer written")
    return b'{"after":"%b","sha256":"%b","record":%b}\n' % (line.after.encode(), line.digest.encode(), line.body)


def read(content: bytes, run_id: str) -> JournalLine:
    """A line without its end. Raises ValueError, with the reason, for one that is damaged or of another run."""
    if (parts := _HEAD.match(content)) and content.endswith(_TAIL):
        after, digest, body = parts[1].decode(), parts[2].decode(), content[parts.end() : -1]
        if digest != _digest(run_id, after, body):
            raise ValueError("its checksum does not match: it was changed, or it is of another run")
        return JournalLine(after, digest, body)
    if run_id or not _EARLIER.match(content):
        raise ValueError("it has not the form of a line")
    return _earlier(content)


def _earlier(content: bytes) -> JournalLine:
    try:
        entry = json.loads(content)
        body, digest = canonical(entry["record"]), entry["sha256"]
    except (KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"{error!r}") from error
    if digest != hashlib.sha256(body).hexdigest():
        raise ValueError("its checksum does not match")
    return JournalLine(None, digest, body)


def canonical(record: Any) -> bytes:
    """Compact JSON with sorted keys, over which earlier checksums are."""
    return json.dumps(record, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("utf-8")


def _digest(run_id: str, after: str, body: bytes) -> str:
    found = hashlib.sha256(f"convcost {run_id} {after} ".encode())
    found.update(body)
    return found.hexdigest()
