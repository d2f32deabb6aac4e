"""The schedule of a direct convolution: kernel, tiles, copies. Nothing is compiled and no tensor is touched."""

from __future__ import annotations

from dataclasses import dataclass

from impls.cpu.direct.shapes import LoopSizes


@dataclass(frozen=True, slots=True)
class Schedule:
    """How one problem is computed.

    `path` names what the lanes and the rows of a tile are:

    - "pixels": lanes are output channels, rows are pixels of an output row;
    - "columns": lanes are columns, rows are output channels;
    - "planes": lanes are columns, rows are output rows, of one input channel;
    - "channels": lanes are channels of groups of their own, rows are pixels;
    - "sliding-planes", "sliding-channels": the latter two, with sums that slide along the image. The planes have `rows`
      of the output in a vector, `run` columns of each.

    A tile has `rows` × `vectors` of `lanes`. Output channels come in `blocks` of one tile each; `chunk` blocks at a
    time are computed for each tile of pixels. The loops run over `shape`: the `source` itself or a padded copy of it.
    A thread has `patch_elements` to copy the input of one tile into, where the tile sees padding or always
    (`copies_all`).
    """

    path: str
    source: LoopSizes
    shape: LoopSizes
    lanes: int
    rows: int
    vectors: int
    blocks: int
    chunk: int
    plan_elements: int
    patch_elements: int = 0
    pitch: int = 0
    copies_all: bool = False
    run: int = 0

    @property
    def width(self) -> int:
        return self.lanes * self.vectors

    @property
    def pads_image(self) -> bool:
        return self.shape is not self.source

    @property
    def image_elements(self) -> int:
        """Elements of the padded copy, with room for vectors that reach past its end."""
        return self.shape.batch * self.shape.x_batch + 2 * self.width * self.shape.stride_w if self.pads_image else 0

    @property
    def channels_innermost(self) -> bool:
        """Whether the innermost loop runs over channels: the longest loop should be the innermost."""
        return self.path == "pixels" and (self.shape.channels_last or self.shape.channels >= 8)

    def seen(self, column: int) -> tuple[tuple[int, int], ...]:
        """The rows [from, to) of the tile at an output column that see the image, for each column of the kernel.

        Empty where all rows do, and where the tile reads a copy of its input.
        """
        s = self.shape
        taps = [s.left - column * s.stride_w - tap * s.dilation_w for tap in range(s.kernel_w)]
        inside = [_clipped(-(-at // s.stride_w), -(-(at + s.in_w) // s.stride_w), self.rows) for at in taps]
        return () if self.patch_elements or set(inside) == {(0, self.rows)} else tuple(inside)


def inner_columns(s: LoopSizes) -> tuple[int, int]:
    """The output columns [from, to) that see no padding to their left or right."""
    return _inner(s.left, s.stride_w, s.in_w, (s.kernel_w - 1) * s.dilation_w + 1, s.out_w)


def inner_rows(s: LoopSizes) -> tuple[int, int]:
    """The output rows [from, to) that see no padding above or below them."""
    return _inner(s.top, s.stride_h, s.in_h, (s.kernel_h - 1) * s.dilation_h + 1, s.out_h)


def _inner(before: int, stride: int, size: int, span: int, outputs: int) -> tuple[int, int]:
    low = min(-(-before // stride), outputs)
    return low, max(low, min((size - span + before) // stride + 1, outputs))


def _clipped(low: int, high: int, size: int) -> tuple[int, int]:
    """The range [low, high) inside an axis of `size`."""
    low = min(max(low, 0), size)
    return low, max(low, min(high, size))
