"""What the kernel tells in files. Whatever is hidden, absent or switched off is None."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from pathlib import Path

from bench.machine.cpuinfo import cpu_flags, parse_cpuinfo


@dataclass(frozen=True, slots=True)
class System:
    """A tree with /proc and /sys in it: the machine's own, or a forged one."""

    root: Path = Path("/")

    def path(self, name: str) -> Path:
        return self.root / name.lstrip("/")

    def text(self, name: str) -> str | None:
        """A file's text without space around it, None unless it can be read."""
        try:
            return self.path(name).read_text(encoding="utf-8", errors="replace").strip()
        except OSError:
            return None

    def number(self, name: str) -> int | None:
        """A file's whole number; None for words, as in "max"."""
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
        """Names of files that match a pattern, in order, as `text` takes them."""
        found = sorted(self.root.glob(pattern.lstrip("/")))
        return ["/" + path.relative_to(self.root).as_posix() for path in found]

    def processors(self) -> list[dict[str, str]]:
        """/proc/cpuinfo, a mapping a processor; empty where there is none."""
        return parse_cpuinfo(self.text("/proc/cpuinfo") or "")

    def flags(self) -> frozenset[str]:
        """What the first processor says it can do: `flags` on x86, `Features` on Arm."""
        return cpu_flags(next(iter(self.processors()), {}))

    def cpu_name(self) -> str:
        first = next(iter(self.processors()), {})
        return first.get("model name") or platform.processor() or platform.machine()


def listed(text: str | None) -> int | None:
    """How many numbers a kernel's list holds, as in 0-3,8; None if there is none."""
    if not text:
        return None
    count = 0
    for part in text.split(","):
        first, _, last = part.partition("-")
        if not (first.isdigit() and (last or first).isdigit()):
            return None
        count += int(last or first) - int(first) + 1
    return count
