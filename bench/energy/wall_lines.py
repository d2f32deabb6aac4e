"""Reads lines of a time stamp and watts, as a wall meter's logger writes them: from a file or from a program.

Columns are separated by semicolons, tabs, commas or blanks. A first line may name them; else the first two are the time
stamp and the watts. A time stamp is in Unix seconds or milliseconds, or as in ISO 8601; without an offset from UTC it
is in the time zone of this machine.
"""

from __future__ import annotations

import os
import queue
import shlex
import subprocess
import threading
from datetime import datetime
from pathlib import Path
from typing import IO, NamedTuple, Protocol

from bench.energy.availability import Unavailable
from bench.energy.meter import MeterError

EXAMPLE = "2025-03-01T12:00:00+01:00,57.3"
_TIMES = ("time", "timestamp", "time stamp", "datetime", "date", "unix", "time_s")
_WATTS = ("w", "watt", "watts", "power", "power_w", "power (w)", "power [w]")
_SEPARATORS = (";", "\t", ",")
# Unix seconds of 2001 to 5138, and milliseconds of the same times.
_UNIX_S, _UNIX_MS = (1e9, 1e11), (1e12, 1e14)
_MS_PER_S = 1e3
_END_TIMEOUT_S = 2.0


class WallValue(NamedTuple):
    """A power, with the meter's own time stamp in Unix seconds."""

    stamp_s: float
    power_w: float


class Lines(Protocol):
    """A source of lines. `name` is shown in errors, `header` is the line that may name the columns, "" for none."""

    @property
    def name(self) -> str: ...
    @property
    def header(self) -> str: ...

    def new(self) -> list[str]:
        """The lines that came since the last call, without waiting. Raises MeterError if no more can come."""
        ...

    def close(self) -> None:
        """Close the file, or end the program."""
        ...


class Parser:
    """Turns lines into samples; `name` is shown in errors. Raises Unavailable for a header without known columns."""

    def __init__(self, name: str, header: str = "") -> None:
        self._name = name
        self._columns = (0, 1)
        self._is_first = True
        if header:
            self.sample(header)

    def sample(self, line: str) -> WallValue | None:
        """The sample of a line; None for a blank line, a comment (#) and the first line if it names the columns.

        Raises MeterError for any other line.
        """
        text = line.strip().lstrip("\ufeff")
        if not text or text.startswith("#"):
            return None
        fields = _fields(text)
        is_first, self._is_first = self._is_first, False
        try:
            stamp, watts = (fields[column] for column in self._columns)
            return WallValue(_stamp_s(stamp), _watts(watts, text))
        except (ValueError, IndexError, OverflowError):
            if not is_first:
                raise MeterError(
                    f"{self._name} wrote {text[:80]!r}, which is no time stamp with watts, such as {EXAMPLE}"
                ) from None
        self._columns = self._named(fields)
        return None

    def _named(self, fields: list[str]) -> tuple[int, int]:
        names = [field.strip("\"' ").lower() for field in fields]
        times, watts = ([place for place, name in enumerate(names) if name in known] for known in (_TIMES, _WATTS))
        if len(times) != 1 or len(watts) != 1:
            raise Unavailable(
                f"{self._name} begins with {','.join(fields)[:80]!r}, which is no line such as {EXAMPLE} and names no "
                "columns that are known",
                f"name one column {_TIMES[0]} or {_TIMES[1]}, and one {_WATTS[2]} or {_WATTS[4]}",
            )
        return times[0], watts[0]


class FollowedFile:
    """What is written to a file from now on; its first line is the header."""

    def __init__(self, path: Path) -> None:
        self.name, self._path = f"the file {path}", path
        try:
            self._file = path.open("rb")
        except OSError as error:
            raise Unavailable(f"{self.name} cannot be opened: {error.strerror}", f"touch {path}") from None
        self.header = self._file.readline().decode(errors="replace")
        self._position = self._file.seek(0, os.SEEK_END)
        # A line that is being written now may have begun long ago: its rest is left out.
        self._rest, self._skips = b"", self._ends_within_a_line()

    def new(self) -> list[str]:
        """See Lines.new. A file that is gone, replaced or cut short has an end."""
        try:
            now, ours = self._path.stat(), os.fstat(self._file.fileno())
        except OSError as error:
            raise MeterError(f"{self.name} is gone: {error.strerror}") from None
        if (now.st_dev, now.st_ino) != (ours.st_dev, ours.st_ino):
            raise MeterError(f"{self.name} was replaced by another while it was read")
        if now.st_size < self._position:
            raise MeterError(f"{self.name} was cut short while it was read")
        read = self._file.read()
        self._position += len(read)
        *whole, self._rest = (self._rest + read).split(b"\n")
        if whole and self._skips:
            self._skips = False
            del whole[0]
        return [line.decode(errors="replace") for line in whole]

    def close(self) -> None:
        self._file.close()

    def _ends_within_a_line(self) -> bool:
        if self._position == 0:
            return False
        self._file.seek(-1, os.SEEK_END)
        return self._file.read(1) != b"\n"


class Command:
    """What a program writes to its standard output; it is started here and ended by `close`."""

    header = ""

    def __init__(self, command: str) -> None:
        self.name = f"the program {command!r}"
        try:
            self._process = subprocess.Popen(
                shlex.split(command),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                encoding="utf-8",
                errors="replace",
            )
        except (OSError, ValueError) as error:
            raise Unavailable(f"{self.name} cannot be started: {error}") from None
        assert self._process.stdout is not None
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._pump = threading.Thread(target=_pump, args=(self._process.stdout, self._lines), daemon=True)
        self._pump.start()

    def new(self) -> list[str]:
        """See Lines.new. A program that has ended has no more lines, once those that it wrote are read."""
        # Asked before the queue is emptied: lines that came meanwhile are left for the next call.
        has_ended = self._process.poll() is not None and not self._pump.is_alive()
        found: list[str] = []
        while not self._lines.empty():
            found.append(self._lines.get())
        if has_ended and not found:
            raise MeterError(
                f"{self.name} has ended with exit code {self._process.returncode}; run it by hand to see why"
            )
        return found

    def close(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(_END_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        # It ends with the pipe, which a program started by this one may hold open.
        self._pump.join(_END_TIMEOUT_S)
        assert self._process.stdout is not None
        if not self._pump.is_alive():
            self._process.stdout.close()


def _pump(stream: IO[str], lines: queue.SimpleQueue[str]) -> None:
    for line in stream:
        lines.put(line)


def _fields(text: str) -> list[str]:
    for separator in _SEPARATORS:
        if separator in text:
            return [field.strip() for field in text.split(separator)]
    # An ISO time stamp may contain a blank.
    return text.rsplit(None, 1)


def _stamp_s(text: str) -> float:
    """Unix seconds. Raises ValueError."""
    text = text.strip("\"' ")
    try:
        number = float(text)
    except ValueError:
        return datetime.fromisoformat(text).timestamp()
    if _UNIX_S[0] <= number < _UNIX_S[1]:
        return number
    if _UNIX_MS[0] <= number < _UNIX_MS[1]:
        return number / _MS_PER_S
    raise ValueError(text)


def _watts(text: str, line: str) -> float:
    """Raises ValueError. Between semicolons or tabs a comma is a decimal comma."""
    number = text.strip("\"' ").removesuffix("W")
    has_decimal_comma = any(separator in line for separator in _SEPARATORS[:2])
    return float(number.replace(",", ".") if has_decimal_comma else number)
