"""The points of the suite's table: the kinds of faults, and the point that an attempt belongs to, by its name."""

from __future__ import annotations

# Each fault that was once found has its point, numbered as in docs/limits.md.
POINTS = {
    1: "a plug-in changes settings that all share",
    2: "a process dies at any moment",
    3: "foreign code hangs, or leaves processes behind",
    4: "two writers of one run",
    5: "the session is ended by a signal",
    6: "a journal or run.json is damaged",
    7: "a resumed run is not as it was asked for",
    8: "tables are missing, torn or stale",
    9: "values that no program of ours would write",
    10: "an innocent implementation is blamed",
    11: "memory without end",
    12: "results that are wrong now and then",
    13: "links and foreign paths in a run's folder",
    14: "sizes and texts without bound",
    15: "runs that grow",
    16: "the surroundings fail: disk, output, folder",
    17: "a machine of a fleet is lost",
}
# Points without attempts in this suite, and the place that has them.
ELSEWHERE = {
    7: "tests/bench/run/test_resume.py",
    15: "measured: docs/limits.md",
}
# The beginning of an attempt's name decides; the longest one that fits.
_BEGINNINGS = {
    "hostile: one thread for torch": 1,
    "hostile: oneDNN off": 1,
    "hostile: double by default": 1,
    "hostile: gradients on": 1,
    "hostile: collector off": 1,
    "hostile: another folder": 1,
    "hostile: a variable": 1,
    "hostile: nice": 1,
    "hostile: keeps a pool": 3,
    "hostile: forks": 3,
    "hostile: child in a session": 3,
    "hostile: closes descriptors": 3,
    "hostile: writes to every descriptor": 3,
    "hostile: alarm": 10,
    "hostile: timer": 10,
    "hostile: clock": 10,
    "hostile: real-time signal": 2,
    "hostile: kills its group": 2,
    "hostile: allocates": 11,
    "kill: ": 2,
    "end: ": 5,
    "two ": 4,
    "journal: ": 6,
    "run.json: ": 6,
    "tables: ": 8,
    "journal rows": 9,
    "journal samples": 9,
    "run.json": 9,
    "forged ": 9,
    "files of models": 9,
    "models of auto": 9,
    "names: ": 9,
    "command of a workflow": 9,
    "wrong on every ": 12,
    "link: ": 13,
    "folder: ": 13,
    "text: ": 9,
    "text: 10 MB": 14,
    "escape: ": 9,
    "descriptors": 14,
    "axes": 14,
    "TOML": 14,
    "CSV": 14,
    "pasted lines": 14,
    "nesting: ": 16,
    "disk: ": 16,
    "folder removed": 16,
    "a Ray node": 17,
}


def point_of(name: str) -> int:
    """The point of an attempt. Raises KeyError for a name that begins as none: give it a point here."""
    fitting = [beginning for beginning in _BEGINNINGS if name.startswith(beginning)]
    if not fitting:
        raise KeyError(f"{name!r} has no point in {__name__}")
    return _BEGINNINGS[max(fitting, key=len)]
