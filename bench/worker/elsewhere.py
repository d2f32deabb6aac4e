"""Files of `--load` run in a child with limits; the parent registers stand-ins, which ask that child.

So a file that loops, crashes, ends its process or changes settings costs one sentence, and not the command. A stand-in
has the names of an implementation, and passes the questions that are asked before anything runs on to the child.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from weakref import WeakSet

from bench.bounds import json_value
from bench.errors import UsageError
from bench.worker.child import Child
from bench.worker.interpreter import Interpreter
from bench.worker.protocol import case_to_dict
from bench.worker.settings import START_TIMEOUT_S
from impls import Case, Implementation, Unsupported, Work, register

# A question is one of words and sizes; its first may load a library.
_QUESTION_S = 60.0
_POLL_S = 0.1
_LAST_WORDS = 300
# As long as a stand-in of theirs is registered.
_homes: WeakSet[_Home] = WeakSet()


def load(files: Sequence[Path], limit_s: float = START_TIMEOUT_S) -> tuple[str, ...]:
    """Register a stand-in for each implementation that the files add; their names.

    Raises UsageError, with the name of the file, for one that cannot be loaded within the limit.
    """
    if not files:
        return ()
    home = _Home(tuple(files), min(limit_s, START_TIMEOUT_S))
    _homes.add(home)
    return tuple(register(_stand_in(words, home)).name for words in home.descriptions)


def rest() -> None:
    """End the children that run files of `--load`: nothing of theirs runs beside a measurement.

    Asked again, they start anew.
    """
    for home in _homes:
        home.close()


class _Home:
    """The child in which the files are loaded, started when it is needed."""

    def __init__(self, files: tuple[Path, ...], limit_s: float) -> None:
        self._files, self._limit_s = files, limit_s
        self._loading = str(files[0])
        self._child: Child | None = None
        self._fault: str | None = None
        self.descriptions: list[dict[str, Any]] = self._started()

    def ask(self, name: str, method: str, case: Case) -> Any:
        """What a method says of a case. Raises UsageError for an exception of it, and for no answer in time."""
        if self._fault is not None:
            raise UsageError(self._fault)
        try:
            if self._child is None:
                self._started()
            said = self._said({"name": name, "method": method, "case": case_to_dict(case)}, _QUESTION_S)
        except UsageError as error:
            # Not asked again: each question would last as long.
            self._fault = f"{method} of {name}: {error}"
            raise UsageError(self._fault) from error
        if "value" not in said:
            raise UsageError(f"{method} of {name} raised {said.get('raised')}")
        return said["value"]

    def close(self) -> None:
        if self._child is not None:
            self._child.end()
            self._stderr.close()
            self._child = None

    def _started(self) -> list[dict[str, Any]]:
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115
        command = [sys.executable, "-P", "-m", "bench.worker.elsewhere_entry", *map(str, self._files)]
        self._child = Child(command, Interpreter().environment(os.environ), self._stderr)
        # Until the first file is loaded it runs code of ours.
        said = self._said(None, START_TIMEOUT_S)
        while "loading" in said:
            self._loading = str(said["loading"])
            said = self._said(None, self._limit_s)
        if "loaded" not in said:
            self.close()
            raise UsageError(str(said.get("refused")))
        return list(said["loaded"])

    def _said(self, request: dict[str, Any] | None, limit_s: float) -> dict[str, Any]:
        """The next line of the child, after a request. Raises UsageError without one in time, and ends the child."""
        assert self._child is not None
        why, ends_at = f"it took more than {limit_s:g} s", time.monotonic() + limit_s
        try:
            if request is not None and not self._child.send(json.dumps(request), ends_at):
                raise TimeoutError
            line = self._line(self._child, ends_at)
            said = json_value(line)
            if not isinstance(said, dict):
                raise ValueError(line)
            return said
        except (BrokenPipeError, EOFError):
            self._child.ended_within(_POLL_S)
            why = f"it ended its process with {_words(self._child.exit_code)}{self._last_words()}"
        except ValueError:
            why = "it wrote to the output by which its process answers"
        except TimeoutError:
            pass
        self.close()
        raise UsageError(f"{self._loading}: {why}; mend the file, or leave out --load {self._loading}")

    def _line(self, child: Child, ends_at: float) -> str:
        while time.monotonic() < ends_at:
            has_ended = child.exit_code is not None
            try:
                line = child.lines.get(timeout=_POLL_S)
            except queue.Empty:
                if has_ended:
                    raise EOFError from None
                continue
            if line is None:
                raise EOFError
            return line
        raise TimeoutError

    def _last_words(self) -> str:
        end = self._stderr.seek(0, 2)
        self._stderr.seek(max(0, end - 4 * _LAST_WORDS))
        words = self._stderr.read().decode(errors="replace").strip().split("\n")[-1][-_LAST_WORDS:]
        return f": {words}" if words else ""


def _words(code: int | None) -> str:
    if code is None:
        return "its output closed"
    return f"exit code {code}" if code >= 0 else f"signal {-code}"


def _stand_in(words: dict[str, Any], home: _Home) -> type[Implementation]:
    """A class with the words of an implementation, whose questions go to its home."""
    name = str(words["name"])

    def why_not(_self: Implementation, case: Case) -> str | None:
        answer = home.ask(name, "why_not", case)
        return None if answer is None else str(answer)

    def work(_self: Implementation, case: Case) -> Work:
        return Work(*home.ask(name, "work", case))

    def plan(_self: Implementation, *_given: object) -> Any:
        raise Unsupported(name, "it is known here by its words only; it runs in worker processes")

    texts = {key: words[key] for key in ("name", "algorithm", "provider")}
    lists = {key: tuple(words[key]) for key in ("devices", "precisions", "bounds")}
    methods = {
        "why_not": why_not,
        "work": work,
        "plan": plan,
        "__qualname__": words["qualname"],
        "__doc__": words["doc"],
    }
    return type(str(words["class"]), (Implementation,), {**texts, **lists, **methods})
