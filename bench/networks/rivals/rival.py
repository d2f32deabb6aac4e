"""The small protocol of a rival: another way to run a whole network, which is timed beside the swapped one."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import torch

from bench.networks.rivals.exporting import exported_file

# A call of the whole network on the inputs of its task.
WholeCall = Callable[[], Any]
EXTRA = "pip install 'convcost[rivals]'"


@dataclass(frozen=True)
class RivalTask:
    """A network to run on some inputs and a number of threads: a module in eval mode, or an ONNX file.

    `folder` takes the ONNX file that a module is exported to.
    """

    inputs: tuple[torch.Tensor, ...]
    threads: int
    folder: Path
    module: torch.nn.Module | None = None
    given_file: Path | None = None

    @property
    def known_module(self) -> torch.nn.Module:
        """The module, for rivals that need one."""
        assert self.module is not None, "rivals that need a module are refused for files"
        return self.module

    @cached_property
    def file(self) -> Path:
        """The ONNX file, exported at the first call. Raises what torch.onnx.export raises."""
        return self.given_file or exported_file(self.known_module, self.inputs, self.folder / "network.onnx")


class Rival(Protocol):
    """Another way to run a network.

    `name` is what a user types, `sides` what tables call each way of it, `takes_files` whether an ONNX file will do.
    """

    @property
    def name(self) -> str: ...

    @property
    def sides(self) -> tuple[str, ...]: ...

    @property
    def takes_files(self) -> bool: ...

    def missing(self, *, of_a_file: bool) -> str | None:
        """The sentence on a package that is not installed, None where nothing is missing."""
        ...

    def calls(self, task: RivalTask) -> Mapping[str, WholeCall]:
        """A call for each side, ready to be timed. Raises what the rival raises."""
        ...


def missing_package(*packages: str) -> str | None:
    """The sentence on the first package that is not installed, None where all are."""
    for package in packages:
        if importlib.util.find_spec(package) is None:
            return f"the package {package} is not installed; type: {EXTRA}"
    return None
