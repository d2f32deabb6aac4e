"""Sums that slide along one axis of the image, for kernels with taps next to each other.

    out[i] = bias + Σ x[i · stride − padding + tap] · w[tap]

Along the axis on which a kernel slides, each step reads the `stride` inputs that output i is the first to need, and
adds them to the sums of all outputs that see them: of output i, which is then finished, and of the pending outputs
after it. So an input is read once for all taps of that axis. Inputs outside the image are skipped.

An output is summed in the same order wherever a kernel begins to slide.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Slide:
    """One axis of a kernel: its `taps`, and the inputs by which a step moves on."""

    taps: int
    stride: int

    @property
    def pending(self) -> int:
        """Outputs that are being summed at one time."""
        return -(-self.taps // self.stride)

    def reads(self) -> Iterator[tuple[int, list[tuple[int, int]]]]:
        """The inputs of a step, and for each input the pairs (output, tap) that see it.

        Inputs are counted from tap 0 of the output that the step finishes, outputs from that output.
        """
        for phase in range(self.stride):
            at = self.taps - self.stride + phase
            seen_by = [(t, at - t * self.stride) for t in range(self.pending)]
            seen_by = [(t, tap) for t, tap in seen_by if 0 <= tap < self.taps]
            if seen_by:
                yield at, seen_by


def run_columns(lanes: int, kernel_w: int, stride_w: int) -> int:
    """The output columns of a vector: at most all of its lanes, and 0 or less if there are none.

    With a stride of 2, every two taps have two vectors of inputs; with others, all taps have the same two.
    """
    if stride_w == 2:
        return lanes
    return min(lanes, (2 * lanes - kernel_w) // stride_w + 1)


def folds(lanes: int, out_w: int, kernel_w: int, stride_w: int) -> bool:
    """Whether one vector holds two output rows, and one holds all inputs that either row sees."""
    return 2 * out_w <= lanes and (out_w - 1) * stride_w + kernel_w <= lanes


def moved_on(pending: int, parts: list[str]) -> list[str]:
    """The lines by which each sum becomes that of the output before it."""
    lines = [f"sum_{t}_{part} = sum_{t + 1}_{part}" for t in range(pending - 1) for part in parts]
    return [*lines, *(f"sum_{pending - 1}_{part} = start" for part in parts)]


def kernel_text(head: str, arguments: str, lines: list[str]) -> str:
    """The text of a module with the kernel `slide`."""
    text = [f"@kernel({arguments.count(',') + 1})", f"def slide({arguments}):", *(f"    {line}" for line in lines), ""]
    return head + "\n".join(text)
