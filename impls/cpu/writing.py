"""Runs of plans on the CPU made of their writers: a fresh output, a workspace for one call."""

from __future__ import annotations

from collections.abc import Callable

import numba
import torch

from impls.cpu.team import is_worth_threads
from impls.interface import Case, Run, Write, Writer
from impls.tensors import in_layout, output_maker

# Parts of a workspace begin on a cache line.
LINE_BYTES = 64


def in_lines(size_bytes: int) -> int:
    """The size in whole cache lines."""
    return -(-size_bytes // LINE_BYTES) * LINE_BYTES


def make_writer(case: Case, write: Write, workspace_bytes: Callable[[int], int]) -> Writer:
    """A writer that uses one thread where the case is not worth more."""
    if is_worth_threads(case):
        return Writer(write, workspace_bytes)

    def alone(x: torch.Tensor, residual: torch.Tensor | None, y: torch.Tensor, workspace: int, _threads: int) -> None:
        write(x, residual, y, workspace, 1)

    return Writer(alone, lambda _threads: workspace_bytes(1))


def run_by(writer: Writer, case: Case, threads_of: Callable[[], int] = numba.get_num_threads) -> Run:
    """The run that `writer` does into a new output of the case, for tensors in any layout."""
    output, write, workspace_bytes = output_maker(case), writer.write, writer.workspace_bytes

    def run(x: torch.Tensor, residual: torch.Tensor | None = None) -> torch.Tensor:
        y, threads = output(), threads_of()
        size = workspace_bytes(threads)
        work = torch.empty(size, dtype=torch.uint8) if size else y
        added = None if residual is None else in_layout(residual, case.layout)
        write(in_layout(x, case.layout), added, y, work.data_ptr(), threads)
        return y

    return run
