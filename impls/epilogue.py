"""What follows a convolution in a network, and can be part of its last write: adding a residual, then a ReLU."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, slots=True)
class Epilogue:
    """y = relu(convolution + bias + residual); false if it does nothing. The bias is always that of the problem.

    The residual has the shape (N, K, OH, OW), type and device of the output. The ReLU keeps NaN. Source of the order:
    K. He, X. Zhang, S. Ren, J. Sun, "Deep Residual Learning for Image Recognition", CVPR 2016 (arXiv 1512.03385),
    figure 2.
    """

    adds_residual: bool = False
    has_relu: bool = False

    def __bool__(self) -> bool:
        return self.adds_residual or self.has_relu

    def applied(self, y: torch.Tensor, residual: torch.Tensor | None = None) -> torch.Tensor:
        """y changed in passes of their own, for implementations that do not fuse; y itself is returned."""
        if residual is not None:
            y.add_(residual)
        return y.relu_() if self.has_relu else y


NO_EPILOGUE = Epilogue()
