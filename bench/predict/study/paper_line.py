"""Five layers of the paper with nearly equal FLOPs, from 1 × 1 kernels on a large image to large ones on a small one.

Times: the data of A. Asperti, D. Evangelista, M. Marzolla, "Dissecting FLOPs along input dimensions for GreenAI cost
estimations" (arXiv 2107.11949), asperti/alpha_flops_dataset, on a Quadro T2000.
"""

from __future__ import annotations

from dataclasses import dataclass

from impls import ConvProblem

_CHANNELS = 150
# 1024 lanes, a multiply–accumulate each, at the highest clock of a T2000, 1.785 GHz.
T2000_MACS_S = 1024 * 1.785e9


@dataclass(frozen=True, slots=True)
class PaperLayer:
    """A square kernel, the side of the output, and the published seconds. Without padding: all products count."""

    kernel: int
    size: int
    t2000_s: float

    @property
    def problem(self) -> ConvProblem:
        side = self.size + self.kernel - 1
        return ConvProblem(1, _CHANNELS, (side, side), _CHANNELS, (self.kernel, self.kernel))

    @property
    def name(self) -> str:
        return f"{self.kernel} × {self.kernel} on {self.size} × {self.size}"

    @property
    def is_possible(self) -> bool:
        """Whether a T2000 can do so many products in the published time."""
        return self.problem.macs / self.t2000_s <= T2000_MACS_S


PAPER_LINE = (
    PaperLayer(1, 300, 0.221e-3),
    PaperLayer(3, 100, 1.230e-3),
    PaperLayer(5, 60, 1.700e-3),
    PaperLayer(10, 30, 3.186e-3),
    PaperLayer(28, 10, 17.75e-3),
)
