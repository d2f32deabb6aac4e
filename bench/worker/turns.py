"""Takes turns among the candidates of a process, and finds what each changed that all of them share.

Before a candidate's turn and after it the shared settings (bench.worker.shared_settings) are asked for. A change is put
back before the next candidate runs and is named in the row of the candidate whose turn it was.

While candidates are timed, the settings that can change the next call are asked for between samples: around each sample
of a candidate that has changed any before, else as often as costs at most `ASKING` of the time. If several candidates
ran since the last time, nobody knows which of them made the change, and their samples are worth nothing: the change is
`unassigned` until each was called alone, and those that did not make it are timed again.

A change that cannot be put back, and a thread that runs on, end the process: the parent gives the reason to their
author and measures the others again in a new process.
"""

from __future__ import annotations

import _thread
import os
import time
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

from bench.timing.alive import require_alive
from bench.worker import at_rest
from bench.worker.beacon import DISTURBED, HARNESS, Beacon
from bench.worker.shared_settings import quick, slow
from bench.worker.shared_state import Change
from impls import registry

# The share of the time of sampling that asking may take. A reading is some 3 µs with the processor's caches warm and
# several times that after a call that has filled them.
ASKING = 0.005
# Some change settings only now and then.
_CALLS = 3

_Key = TypeVar("_Key", bound=Hashable)

# What the files of plug-ins changed when they were loaded, by the implementations that they registered.
_at_loading: dict[str, tuple[str, ...]] = {}


class Turns(Generic[_Key]):
    """The turns of the candidates `keys`, in the order of their task: the beacon shows their places in it.

    `name_of` is the implementation of a candidate.
    """

    def __init__(self, beacon: Beacon, keys: Sequence[_Key], name_of: Callable[[_Key], str] = str) -> None:
        self._beacon, self._places = beacon, {key: place for place, key in enumerate(keys)}
        self._quick, self._slow = quick(), slow()
        self._quick_wanted, self._slow_wanted = self._quick.read(), self._slow.read()
        self._holder: _Key | None = None
        # Those that ran since the quick settings were asked for, and since the slow ones.
        self._ran_quick: set[_Key] = set()
        self._ran: set[_Key] = set()
        self._due_s = 0.0
        self._suspects: set[_Key] = set()
        self._threads, self._children = at_rest.threads(), at_rest.children()
        self._python_threads = _thread._count()
        self._authors: dict[int, _Key] = {}
        # What each changed, in words, in order and each once.
        self._notes = {key: dict.fromkeys(_at_loading.get(name_of(key), ())) for key in keys}
        # Settings that one of several candidates changed, in words: only running each alone tells which.
        self.unassigned: tuple[str, ...] = ()

    def begin(self, key: _Key | None) -> None:
        """End the turn of the last candidate and begin that of another; None: the worker's own code."""
        self.end()
        self._ran, self._ran_quick = set(), set()
        self._show(key)

    def sample(self, key: _Key) -> None:
        """Begin a sample of a candidate; ask for the quick settings if due, or if it or the last one changes some."""
        started_s = time.perf_counter()
        if started_s >= self._due_s or self._is_changer(self._holder) or self._is_changer(key):
            self._ask_quick()
            ended_s = time.perf_counter()
            self._due_s = ended_s + (ended_s - started_s) / ASKING
        self._show(key)

    def end(self) -> tuple[str, ...]:
        """Ask for all settings; what the candidate whose turn it is changed, in words."""
        changed = self._ask_quick()
        found = self._slow.read()
        if found != self._slow_wanted:
            changes = self._slow.changes(self._slow_wanted, found)
            changed += self._settle(changes, self._slow.restore(self._slow_wanted), self._ran)
            # With the threads that are new.
            self._slow_wanted = self._slow.read()
        self._note_threads(is_certain=len(self._ran) <= 1)
        self._note_children()
        self._ran = set() if self._holder is None else {self._holder}
        self._ran_quick = set(self._ran)
        return changed

    def _settle(self, changes: Sequence[Change], remaining: Sequence[Change], ran: set[_Key]) -> tuple[str, ...]:
        """Give changes to the one that ran, in words, or leave them unassigned; `remaining` could not be put back."""
        words = tuple(map(str, changes))
        if len(ran) > 1:
            self.unassigned += words
            self.note(ran, (f"{change}, by one of the candidates timed together" for change in remaining))
            return ()
        if self._holder is not None:
            self.note((self._holder,), words)
            if remaining:
                self._leave(self._holder, f"it changed what cannot be put back: {'; '.join(map(str, remaining))}")
        return words

    def require_rest(self) -> None:
        """End the process if a thread runs while all candidates rest, and its author is known."""
        running = at_rest.running_at_rest()
        if not running:
            return
        self.end()
        author = next((self._authors[thread] for thread in sorted(running) if thread in self._authors), self._holder)
        if author is not None:
            self._leave(author, "it left a thread running that uses the processor while other candidates run")

    def words(self, key: _Key) -> str | None:
        """What a candidate changed so far; None for nothing."""
        return "; ".join(self._notes[key]) or None

    def _is_changer(self, key: _Key | None) -> bool:
        return key is not None and (key in self._suspects or bool(self._notes[key]))

    def suspect(self, keys: Iterable[_Key], changed: Iterable[str]) -> bool:
        """Ask around every sample of these candidates from now on, as one of them changed something.

        False if that was so already: then the change is noted for all of them.
        """
        keys = set(keys)
        if keys <= self._suspects:
            self.note(keys, (f"{words}, by one of the candidates timed together" for words in changed))
            return False
        self._suspects |= keys
        return True

    def note(self, keys: Iterable[_Key], words: Iterable[str]) -> None:
        """Add words to the notes of candidates."""
        texts = tuple(words)
        for key in keys:
            self._notes[key].update(dict.fromkeys(texts))

    def _show(self, key: _Key | None) -> None:
        self._holder = key
        if key is None:
            self._beacon.show(HARNESS)
        else:
            self._ran.add(key)
            self._ran_quick.add(key)
            self._beacon.show(self._places[key])

    def _ask_quick(self) -> tuple[str, ...]:
        if (more := _thread._count() - self._python_threads) != 0:
            new = at_rest.threads() - self._threads
            # Otherwise threads of libraries began too, in this turn or an earlier one.
            self._note_threads(is_certain=len(new) <= more)
        found = self._quick.read()
        if found == self._quick_wanted:
            self._ran_quick = set()
            return ()
        changes = self._quick.changes(self._quick_wanted, found)
        words = self._settle(changes, self._quick.restore(self._quick_wanted), self._ran_quick)
        # With what was unknown until now.
        self._quick_wanted = self._quick.read()
        self._ran_quick = set()
        return words

    def _leave(self, author: _Key, why: str) -> None:
        self._beacon.show(self._places[author])
        leave(why)

    def _note_threads(self, *, is_certain: bool) -> None:
        """Remember in which turn each thread began."""
        self._python_threads = _thread._count()
        now = at_rest.threads()
        if self._holder is not None and is_certain:
            self._authors.update(dict.fromkeys(now - self._threads, self._holder))
        self._threads = now

    def _note_children(self) -> None:
        now = at_rest.children()
        if self._holder is not None and now - self._children:
            self.note((self._holder,), ["it left a process running"])
        self._children = now


@contextmanager
def loading_plugins() -> Iterator[None]:
    """Put back what the files loaded in the block change, and note it for the implementations that they register.

    Raises nothing for what cannot be put back: `bench.worker.enforced` asks for the settings afterwards.
    """
    states = quick(), slow()
    before, known = [state.read() for state in states], set(registry.names())
    yield
    words = [str(c) for state, b in zip(states, before, strict=True) for c in state.changes(b, state.read())]
    for state, values in zip(states, before, strict=True):
        state.restore(values)
    _at_loading.update(dict.fromkeys(set(registry.names()) - known, tuple(f"{w}, when it was loaded" for w in words)))


def leave(why: str) -> None:
    """End this process at once, without handlers: its parent reads why."""
    os.write(2, f"{why}\n".encode())
    os._exit(DISTURBED)


def changers(turns: Turns[_Key], calls: Mapping[_Key, Callable[[], Any]], device: str) -> dict[_Key, str]:
    """The candidates that change slow settings when they are called alone, each with its changes in words."""
    found = {}
    for key, call in calls.items():
        turns.begin(key)
        try:
            for _ in range(_CALLS):
                call()
        except Exception as error:
            # The next call that counts will fail too, and report it; here only the settings matter.
            require_alive(device, error)
        if changed := turns.end():
            found[key] = "; ".join(changed)
    turns.begin(None)
    return found
