"""Reads the limits of control groups, which containers have: the processor time that a process may use.

https://docs.kernel.org/admin-guide/cgroup-v2.html
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

_MOUNT = "/sys/fs/cgroup"
# The text of a file, stripped; None unless it can be read.
Text = Callable[[str], str | None]


def text_of(file: str) -> str | None:
    """The text of a file of this machine, stripped; None unless it can be read."""
    try:
        return Path(file).read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return None


def processor_quota(text: Text = text_of) -> float | None:
    """The processor time in processors, by the tightest limit of this group and its parents; None without a limit."""
    quotas = [_quotient(*(text(f"{folder}/cpu.max") or "").partition(" ")[::2]) for folder in groups(text)]
    for folder in groups(text, "cpu"):
        quotas.append(_quotient(*(text(f"{folder}/cpu.cfs_{name}_us") or "" for name in ("quota", "period"))))
    return min((quota for quota in quotas if quota is not None), default=None)


def groups(text: Text, controller: str = "") -> list[str]:
    """The folders of this process's control group and its parents: of v2, or of a controller of v1.

    In a container the path may be the host's and not exist; the root of the mount then holds the limits.
    """
    mount = f"{_MOUNT}/{controller}".rstrip("/")
    own = ""
    for line in (text("/proc/self/cgroup") or "").splitlines():
        # 4:cpu,cpuacct:/path in v1, 0::/path in v2.
        names, _, path = line.partition(":")[2].partition(":")
        if controller in names.split(","):
            own = path.strip("/")
    parts = own.split("/") if own else []
    return [mount + "".join(f"/{part}" for part in parts[:depth]) for depth in range(len(parts) + 1)]


def _quotient(quota: str, period: str) -> float | None:
    """2.0 for "200000" and "100000"; None for "max", for -1, and for other text."""
    is_limit = quota.isdecimal() and period.isdecimal() and int(quota) and int(period)
    return int(quota) / int(period) if is_limit else None
