"""The governors of the processors, which choose their clock: files of the kernel's cpufreq."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.energy.availability import Unavailable

# Below the root of the machine, or of a forged one.
_FOLDER = "sys/devices/system/cpu/cpu{}/cpufreq"
_ALL = f"/{_FOLDER.format('*')}/scaling_governor"
_AS_ROOT = f"run convcost as root (sudo), or until the next boot: sudo chmod a+w {_ALL}"


@dataclass(frozen=True, slots=True)
class Governors:
    """The governor files of some processors; `allowed` are the governors that the driver offers for all of them.

    `preferences` are the files of their preference between speed and energy, which the governor performance changes on
    some drivers; only those that may be written.
    """

    files: tuple[Path, ...]
    allowed: tuple[str, ...]
    preferences: tuple[Path, ...] = ()

    def now(self) -> tuple[str, ...]:
        """The governor of each processor. Raises OSError."""
        return tuple(map(read, self.files))

    def put(self, governor: str) -> None:
        """Set the governor of all of them. Raises OSError."""
        for file in self.files:
            file.write_text(f"{governor}\n", encoding="ascii")

    def require_permission(self) -> None:
        """Raises Unavailable where the files may not be written."""
        closed = [file for file in self.files if not os.access(file, os.W_OK)]
        if closed:
            raise Unavailable(f"{closed[0]} may not be written", _AS_ROOT)


def governors_of(root: Path, processors: Iterable[int]) -> Governors:
    """The governors of these processors. Raises Unavailable where no frequency driver offers any."""
    folders = [root / _FOLDER.format(number) for number in processors]
    files = tuple(folder / "scaling_governor" for folder in folders)
    try:
        for file in files:
            read(file)
        offered = [read(folder / "scaling_available_governors").split() for folder in folders]
    except OSError:
        raise Unavailable(
            "no frequency driver offers a governor for these processors",
            "on bare metal load the processor's frequency driver; in a virtual machine only the host sets the clock",
        ) from None
    preferences = (folder / "energy_performance_preference" for folder in folders)
    return Governors(files, _in_all(offered), tuple(file for file in preferences if os.access(file, os.R_OK | os.W_OK)))


def _in_all(offered: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """The names that every processor has, in the order of the first."""
    return tuple(name for name in (offered or [()])[0] if all(name in names for names in offered))


def read(file: Path) -> str:
    """The text of a file of the kernel, stripped. Raises OSError."""
    return file.read_text(encoding="utf-8", errors="replace").strip()
