"""torch.compile, with its default settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch

from bench.networks.rivals.rival import RivalTask, WholeCall


@dataclass(frozen=True, slots=True)
class CompiledTorch:
    """The module compiled by torch.compile, which needs a compiler of C++ on the machine."""

    name: str = "compile"
    sides: tuple[str, ...] = ("torch.compile",)
    takes_files: bool = False

    def missing(self, *, of_a_file: bool) -> str | None:
        """It comes with torch."""
        del of_a_file
        return None

    def calls(self, task: RivalTask) -> Mapping[str, WholeCall]:
        """The compiled module; it is compiled here, by a first call."""
        compiled = torch.compile(task.known_module)
        compiled(*task.inputs)
        return {self.sides[0]: lambda: compiled(*task.inputs)}
