"""The response of a convolution's outputs to one input element, by the definition."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from impls.problem import ConvProblem

Index = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Response:
    """The outputs that read one input element, and the weights that they multiply it by.

    `weights` (K/groups, rows, columns), float64, belongs to image `image`, output channels `first` and up, and the
    given output rows and columns; all other outputs are 0. `filter_norms` (K/groups) are the norms of the filters of
    those channels on the element's channel.
    """

    image: int
    first: int
    rows: torch.Tensor
    columns: torch.Tensor
    weights: torch.Tensor
    filter_norms: torch.Tensor

    @classmethod
    def of(cls, problem: ConvProblem, weight: torch.Tensor, index: Index) -> Response:
        """The response to element (n, c, h, w) of the input, by the definition of the convolution."""
        image, channel, row, column = index
        per_in, per_out = problem.in_channels // problem.groups, problem.out_channels // problem.groups
        group, own = divmod(channel, per_in)
        first = group * per_out
        taps_h, rows = _reading(problem, 0, row)
        taps_w, columns = _reading(problem, 1, column)
        filters = weight.detach()[first : first + per_out, own].to(device="cpu", dtype=torch.float64)
        norms = torch.linalg.vector_norm(filters, dim=(1, 2))
        return cls(image, first, rows, columns, filters[:, taps_h[:, None], taps_w], norms)

    def read(self, y: torch.Tensor) -> torch.Tensor:
        """A copy of the outputs (N, K, OH, OW) that read the element: (K/groups, rows, columns)."""
        return self._channels(y)[:, self.rows[:, None], self.columns]

    def write(self, y: torch.Tensor, values: torch.Tensor) -> None:
        """Write the values of `read`, or others, into the outputs that read the element."""
        self._channels(y)[:, self.rows[:, None], self.columns] = values

    def add(self, y: torch.Tensor, factor: float, weights: torch.Tensor) -> None:
        """Add `factor` · `weights` to the outputs (N, K, OH, OW) that read the element."""
        self.write(y, self.read(y) + factor * weights)

    def _channels(self, y: torch.Tensor) -> torch.Tensor:
        return y[self.image, self.first : self.first + self.weights.shape[0]]


def _reading(problem: ConvProblem, axis: int, position: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The taps of one axis that meet an input position, and the output position of each."""
    taps = torch.arange(problem.kernel[axis])
    offsets = position + problem.padding[axis][0] - taps * problem.dilation[axis]
    outputs = offsets.div(problem.stride[axis], rounding_mode="floor")
    is_met = (outputs * problem.stride[axis] == offsets) & (outputs >= 0) & (outputs < problem.output_size[axis])
    return taps[is_met], outputs[is_met]
