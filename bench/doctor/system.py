"""Reads the files of /proc and /sys. Hidden or absent files are None."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from pathlib import Path

from bench.machine.cpuinfo import cpu_flags, parse_cpuinfo


@dataclass(frozen=True, slots=True)
class System:
    """A folder with /proc and /sys in it: the machine's own root, or a forged one."""

    root: Path = Path("/")

    def path(self, name: str) -> Path:
        return self.root / name.lstrip("/")

    def text(self, name: str) -> str | None:
        """A file's text, stripped; None unless it can be read."""
        try:
            return self.path(name).read_text(encoding="utf-8", errors="replace").strip()
        except OSError:
            return None

    def number(self, name: str) -> int | None:
        """The integer in a file; None for other text, such as "max"."""
        try:
            return int(self.text(name) or "")
        except ValueError:
            return None

    def exists(self, name: str) -> bool:
        try:
            return self.path(name).exists()
        except OSError:
            return False

    def is_writable(self, name: str) -> bool:
        return os.access(self.path(name), os.W_OK)

    def matching(self, pattern: str) -> list[str]:
        """The sorted names of the files that match a pattern, as `text` takes them."""
        found = sorted(self.root.glob(pattern.lstrip("/")))
        return ["/" + path.relative_to(self.root).as_posix() for path in found]

    def processors(self) -> list[dict[str, str]]:
        """/proc/cpuinfo as one mapping per processor; empty without that file."""
        return parse_cpuinfo(self.text("/proc/cpuinfo") or "")

    def flags(self) -> frozenset[str]:
        """The instruction sets of the first processor."""
        return cpu_flags(next(iter(self.processors()), {}))

    def cpu_name(self) -> str:
        first = next(iter(self.processors()), {})
        return first.get("model name") or platform.processor() or platform.machine()


def listed(text: str | None) -> int | None:
    """The length of a list in the kernel's notation, as in 0-3,8; None if the text is no such list."""
    if not text:
        return None
    count = 0
    for part in text.split(","):
        first, _, last = part.partition("-")
        if not (first.isdigit() and (last or first).isdigit()):
            return None
        count += int(last or first) - int(first) + 1
    return count
