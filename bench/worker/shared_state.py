"""The state that all candidates of a process share: settings that are read together, compared, and put back.

One plug-in that gives torch one thread, switches oneDNN off or turns the garbage collector off changes the times of
every other candidate, and nothing in the times shows it. `bench.worker.turns` asks for the settings around each
candidate's work; `bench.worker.shared_settings` has the list of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting, how it is read, and how a value is put back; `write` is None where nothing can put it back.

    A value that is a mapping is compared by key; with `in_both` only by keys that both mappings have.
    """

    name: str
    read: Callable[[], Any]
    write: Callable[[Any], object] | None
    in_both: bool = False

    def changes(self, before: Any, after: Any) -> tuple[Change, ...]:
        """What differs; nothing where either value is unknown (None)."""
        if before == after or before is None or after is None:
            return ()
        if not isinstance(before, Mapping):
            return (Change(self.name, before, after),)
        keys = before.keys() & after.keys() if self.in_both else before.keys() | after.keys()
        return tuple(
            Change(f"{self.name} {key}", before.get(key), after.get(key))
            for key in sorted(keys)
            if before.get(key) != after.get(key)
        )


@dataclass(frozen=True, slots=True)
class Change:
    """One setting that differs, with its value before and after."""

    setting: str
    before: Any
    after: Any

    def __str__(self) -> str:
        return f"{self.setting} {_shown(self.before)} → {_shown(self.after)}"


def _shown(value: Any) -> str:
    words = {None: "not set", True: "on", False: "off"}
    text = words[value] if value is None or isinstance(value, bool) else str(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


class SharedState:
    """Settings that are read together. `read` gives their values, in order, as one frozen value."""

    def __init__(self, settings: Sequence[Setting]) -> None:
        self._settings = tuple(settings)
        self._reads = tuple(setting.read for setting in settings)

    def read(self) -> tuple[Any, ...]:
        return tuple([read() for read in self._reads])

    def changes(self, before: Sequence[Any], after: Sequence[Any]) -> tuple[Change, ...]:
        """What differs between two readings, in words when printed."""
        together = zip(self._settings, before, after, strict=True)
        return tuple(change for setting, b, a in together for change in setting.changes(b, a))

    def restore(self, before: Sequence[Any]) -> tuple[Change, ...]:
        """Put back the values of an earlier reading; returns what still differs, as it cannot be put back."""
        for setting, wanted, found in zip(self._settings, before, self.read(), strict=True):
            if setting.write is not None and setting.changes(wanted, found):
                # A value that the system does not let us put back is found by the reading that follows.
                with suppress(OSError, RuntimeError, ValueError):
                    setting.write(wanted)
        return self.changes(before, self.read())


@contextmanager
def undisturbed(state: SharedState) -> Iterator[None]:
    """Put every setting back after the block, as far as the system allows."""
    before = state.read()
    try:
        yield
    finally:
        state.restore(before)
