"""The Python that a worker runs: this one, or that of another environment, with variables of its own."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

# Where `bench` and `impls` were imported from, so that the child imports the same.
PACKAGES = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python, the folder from which it imports `bench` and `impls`, and variables for its environment.

    `packages` is None for a Python that has its own convcost. `variables` are (name, value) pairs; they come last.
    """

    python: str = sys.executable
    packages: Path | None = PACKAGES
    variables: tuple[tuple[str, str], ...] = ()

    def environment(self, inherited: Mapping[str, str]) -> dict[str, str]:
        """The variables of a child: those inherited, the path of the packages, and its own.

        The path of this Python's libraries is not that of another one: PYTHONPATH is inherited by this Python alone.
        """
        kept = {name: value for name, value in inherited.items() if name != "PYTHONPATH"}
        path = [] if self.packages is None else [str(self.packages)]
        if self.python == sys.executable and (own := inherited.get("PYTHONPATH")):
            path.append(own)
        return {**kept, **({"PYTHONPATH": os.pathsep.join(path)} if path else {}), **dict(self.variables)}
