"""Reads the sizes of the caches and which processors share them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

_CPU_CACHES = Path("/sys/devices/system/cpu/cpu0/cache")
_UNITS = {"K": 2**10, "M": 2**20, "G": 2**30}


@dataclass(frozen=True, slots=True)
class CacheLevel:
    """One cache level that holds data: the `bytes` of one cache, and the processors that share this cache."""

    level: int
    bytes: int
    cpus: frozenset[int]


def cpu_levels() -> tuple[CacheLevel, ...]:
    """The levels that the first processor sees, nearest first; empty if the system does not report them."""
    folders = [folder for folder in _CPU_CACHES.glob("index*") if _text(folder / "type") != "Instruction"]
    if not all(_text(folder / "size") for folder in folders):
        return ()
    return tuple(sorted(map(_read_level, folders), key=lambda level: level.level))


def last_level_bytes(device: str) -> int | None:
    """Bytes of the last-level cache of a device, None if the system does not report them."""
    if device == "cuda":
        import torch

        return int(torch.cuda.get_device_properties(0).L2_cache_size)
    levels = cpu_levels()
    return levels[-1].bytes if levels else None


def _read_level(folder: Path) -> CacheLevel:
    size = _text(folder / "size")
    count = int(size[:-1]) * _UNITS[size[-1]] if size[-1] in _UNITS else int(size)
    return CacheLevel(int(_text(folder / "level")), count, parse_cpus(_text(folder / "shared_cpu_list") or "0"))


def _text(file: Path) -> str:
    return file.read_text().strip() if file.is_file() else ""


def parse_cpus(text: str) -> frozenset[int]:
    """The processors of a list in the kernel's notation, as in 0-3,8."""
    ends = (part.partition("-") for part in text.split(","))
    return frozenset(cpu for low, _, high in ends for cpu in range(int(low), int(high or low) + 1))
