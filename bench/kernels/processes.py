"""The parent's side: a process for a few shapes at a time, outlived when it crashes or hangs.

The candidate that ran last answers for it: the shape is measured again without that one, and the others go on.
"""

from __future__ import annotations

import json
import math
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Generator, Sequence
from dataclasses import replace
from types import TracebackType
from typing import IO, Any

from bench.errors import InfrastructureError, OutOfTime
from bench.kernels.trial import Candidate, Measured, Outcome, Question
from bench.worker.settings import START_TIMEOUT_S, Settings

# Memory layout and code placement are drawn once a process: the shapes of one share them, so there are many.
SHAPES_A_PROCESS = 12
_LAST_WORDS = 300


class _Lost(Exception):
    """The process is no more: crashed or timeout, why, and who ran."""

    def __init__(self, status: str, reason: str, culprit: Candidate | None) -> None:
        super().__init__(reason)
        self.status, self.reason, self.culprit = status, reason, culprit


def answers(
    questions: Sequence[Question],
    settings: Settings,
    shapes_a_process: int = SHAPES_A_PROCESS,
    ends_at: float = math.inf,
) -> Generator[Measured, None, None]:
    """What came of each question, in order, whatever becomes of the processes.

    Raises InfrastructureError if one does not start, OutOfTime at `ends_at` (of time.monotonic).
    """
    waiting: deque[tuple[Question, tuple[Outcome, ...]]] = deque((question, ()) for question in questions)
    while waiting:
        with _Process(settings, ends_at) as process:
            for _ in range(min(shapes_a_process, len(waiting))):
                question, lost = waiting.popleft()
                try:
                    measured = process.ask(question)
                except _Lost as fault:
                    left, lost = _without(question, lost, fault)
                    if left.candidates:
                        waiting.appendleft((left, lost))
                    else:
                        yield Measured(question.shape, lost, 0.0)
                    break
                yield replace(measured, outcomes=(*lost, *measured.outcomes))


def _without(question: Question, lost: tuple[Outcome, ...], fault: _Lost) -> tuple[Question, tuple[Outcome, ...]]:
    """The question without who answers for the fault (all, if none is known), and the outcomes of all such."""
    blamed = (fault.culprit,) if fault.culprit else question.candidates
    left = tuple(c for c in question.candidates if c not in blamed)
    return replace(question, candidates=left), (*lost, *(Outcome(c, fault.status, fault.reason) for c in blamed))


class _Process:
    """One child, as a context manager."""

    def __init__(self, settings: Settings, ends_at: float) -> None:
        self._settings, self._ends_at = settings, ends_at
        self._lines: queue.Queue[str | None] = queue.Queue()

    def __enter__(self) -> _Process:
        plugins = [str(path.resolve()) for path in self._settings.load]
        # Kept open as long as the child lives; __exit__ closes it.
        self._stderr = tempfile.TemporaryFile(mode="w+", errors="replace")
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "bench.kernels.child", str(self._settings.threads), *plugins],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._stderr, text=True, encoding="utf-8",
            env=self._settings.environment(),
        )  # fmt: skip
        assert self._process.stdout is not None
        threading.Thread(target=_pump, args=(self._process.stdout, self._lines), daemon=True).start()
        try:
            self._next(None, START_TIMEOUT_S)
        except BaseException as fault:
            # What is not entered is not left.
            self.__exit__(None, None, None)
            if isinstance(fault, _Lost):
                raise InfrastructureError(f"a process that measures kernels did not start: {fault.reason}") from fault
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._stderr):
            if stream is not None:
                stream.close()

    def ask(self, question: Question) -> Measured:
        """The answer to one question. Raises _Lost if the child dies or a step takes too long, OutOfTime."""
        at: Candidate | None = None
        # All candidates are timed in one step, as long as they were given for it.
        patience_s = self._settings.step_timeout_s + question.max_seconds
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(question.as_dict()) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError as error:
            raise self._died(None) from error
        while (message := self._next(at, patience_s))["event"] != "done":
            at = Candidate(*message["candidate"]) if message["candidate"] else None
        return Measured.from_dict(message["measured"])

    def _next(self, at: Candidate | None, patience_s: float) -> dict[str, Any]:
        left_s = self._ends_at - time.monotonic()
        try:
            line = self._lines.get(timeout=max(0.0, min(patience_s, left_s)))
        except queue.Empty:
            if left_s < patience_s:
                raise OutOfTime from None
            raise _Lost("timeout", f"one step took more than {patience_s:g} s", at) from None
        if line is None:
            raise self._died(at)
        message: dict[str, Any] = json.loads(line)
        return message

    def _died(self, at: Candidate | None) -> _Lost:
        code = self._process.wait()
        how = f"exit code {code}" if code >= 0 else f"signal {-code} ({signal.Signals(-code).name})"
        self._stderr.seek(0)
        words = self._stderr.read().strip().split("\n")[-1][-_LAST_WORDS:]
        return _Lost("crashed", f"the process ended with {how}" + (f": {words}" if words else ""), at)


def _pump(stream: IO[str], lines: queue.Queue[str | None]) -> None:
    try:
        for line in stream:
            lines.put(line)
    except ValueError:
        # The parent closed the pipe while stopping this child.
        pass
    lines.put(None)
