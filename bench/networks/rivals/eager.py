"""Eager torch, in both layouts."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass

import torch

from bench.networks.rivals.rival import RivalTask, WholeCall
from impls.swap.network import laid_out


@dataclass(frozen=True, slots=True)
class EagerTorch:
    """The module as it is."""

    name: str = "eager"
    sides: tuple[str, ...] = ("eager torch, NCHW", "eager torch, NHWC")
    takes_files: bool = False

    def missing(self, *, of_a_file: bool) -> str | None:
        """Torch is always there."""
        del of_a_file
        return None

    def calls(self, task: RivalTask) -> Mapping[str, WholeCall]:
        """The module on its inputs in each layout, with its weights in the same one."""
        module = task.known_module
        turned = copy.deepcopy(module).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        nchw, nhwc = self.sides
        laid = [laid_out(one, "nhwc") for one in task.inputs]
        return {nchw: lambda: module(*task.inputs), nhwc: lambda: turned(*laid)}
