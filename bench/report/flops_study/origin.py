"""Where the times of the study come from: the machine, the date, the command, and how to cite them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import format
from bench.store import runs
from bench.version import __version__

REPEAT = "nox -s study"
PAPER = (
    'A. Asperti, D. Evangelista, M. Marzolla, "Dissecting FLOPs along input dimensions for GreenAI cost estimations", '
    "LOD 2021, arXiv 2107.11949"
)
_SOFTWARE = ("convcost", "commit", "torch", "numba")
_COMMIT_DIGITS = 10


@dataclass(frozen=True, slots=True)
class StudyOrigin:
    """What run.json says of the first run; `names` are those of all."""

    names: tuple[str, ...]
    meta: Mapping[str, Any]

    @classmethod
    def of(cls, folders: Sequence[Path]) -> StudyOrigin:
        """Raises UsageError for a folder that is no run."""
        return cls(tuple(folder.resolve().name for folder in folders), runs.read_meta(folders[0]))

    @property
    def environment(self) -> Mapping[str, Any]:
        return self.meta.get("environment") or {}

    @property
    def day(self) -> str:
        """The day on which the run began."""
        return str(self.meta.get("created_utc") or "")[:10] or format.MISSING

    @property
    def machine(self) -> str:
        """The processor or GPU with its cores, as far as it is recorded."""
        env = self.environment
        cores = format.count(env["cores"], "core") if env.get("cores") else ""
        named = [str(env[key]) for key in ("cpu", "microarchitecture", "gpu") if env.get(key)]
        return ", ".join(filter(None, [*named, cores])) or "a machine that is not recorded"

    @property
    def software(self) -> str:
        """Names with versions."""
        known = {name: str(self.environment[name]) for name in _SOFTWARE if self.environment.get(name)}
        if "commit" in known:
            known["commit"] = known["commit"][:_COMMIT_DIGITS]
        return ", ".join(f"{name} {version}" for name, version in known.items()) or f"convcost {__version__}"

    @property
    def command(self) -> str:
        """The command that measured the run."""
        return str(self.meta.get("command") or format.MISSING)

    @property
    def title(self) -> str:
        return f"Do FLOPs tell the time? Problems of equal FLOPs on {self.machine}"

    @property
    def citation(self) -> str:
        """An entry for BibTeX; braces and backslashes of recorded names are left out, so that none can end it."""
        machine = re.sub(r"[{}\\%]", "", self.machine)
        software = re.sub(r"[{}\\%]", "", self.software)
        year = self.day[:4] if self.day != format.MISSING else ""
        return "\n".join(
            [
                "@misc{convcost-equal-flops,",
                "  author = {{the convcost developers}},",
                f"  title = {{The time of problems of equal FLOPs on {machine}}},",
                f"  year = {{{year}}},",
                f"  note = {{Measured {self.day} with {software}; repeated by `{REPEAT}`}},",
                "}",
            ]
        )
