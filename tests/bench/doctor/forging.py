"""Forged machines made of files: the type of the fixture `forge`, and a forged /proc/cpuinfo."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bench.doctor.system import System

Forge = Callable[[Mapping[str, str]], System]


def cpuinfo(
    sockets: int = 1, cores: int = 2, threads: int = 1, flags: str = "fpu sse2 avx avx2", name: str = "Zen"
) -> str:
    """/proc/cpuinfo with `sockets` sockets, `cores` cores per socket and `threads` threads per core."""
    blocks = [
        f"model name\t: {name}\nphysical id\t: {socket}\ncore id\t\t: {core}\nflags\t\t: {flags}"
        for _ in range(threads)
        for socket in range(sockets)
        for core in range(cores)
    ]
    return "\n\n".join(f"processor\t: {number}\n{block}" for number, block in enumerate(blocks))
