"""Reads /proc/cpuinfo, where Linux describes its processors."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

_FILE = Path("/proc/cpuinfo")


def read_cpuinfo() -> str:
    """The text of /proc/cpuinfo; empty where there is none."""
    return _FILE.read_text(encoding="utf-8", errors="replace") if _FILE.is_file() else ""


def parse_cpuinfo(text: str) -> list[dict[str, str]]:
    """One mapping of field to value per processor."""
    return [found for block in text.split("\n\n") if (found := dict(_fields(block)))]


def cpu_flags(processor: dict[str, str]) -> frozenset[str]:
    """The instruction sets of a processor: the field `flags` on x86, `Features` on Arm."""
    return frozenset((processor.get("flags") or processor.get("Features") or "").split())


def _fields(block: str) -> Iterator[tuple[str, str]]:
    for line in block.splitlines():
        name, colon, value = line.partition(":")
        if colon:
            yield name.strip(), value.strip()
