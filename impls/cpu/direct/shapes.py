"""Convolutions as loops see them: the sizes of one group, and steps through memory in elements."""

from __future__ import annotations

from dataclasses import dataclass, replace

from impls.problem import ConvProblem


@dataclass(frozen=True, slots=True)
class LoopSizes:
    """A problem whose tensors are dense in a layout.

    The pixels of a 1 × 1 convolution without stride or padding are one long row (of the whole batch, with channels
    last).
    """

    batch: int
    groups: int
    channels: int
    out_channels: int
    in_h: int
    in_w: int
    out_h: int
    out_w: int
    kernel_h: int
    kernel_w: int
    stride_h: int
    stride_w: int
    dilation_h: int
    dilation_w: int
    top: int
    left: int
    x_batch: int
    x_channel: int
    x_row: int
    x_column: int
    y_batch: int
    y_channel: int
    y_row: int
    y_column: int

    @property
    def channels_last(self) -> bool:
        return self.x_channel == 1

    @property
    def terms(self) -> int:
        return self.channels * self.kernel_h * self.kernel_w

    @property
    def seen_h(self) -> int:
        """Rows of the (padded) input that outputs read."""
        return (self.out_h - 1) * self.stride_h + (self.kernel_h - 1) * self.dilation_h + 1

    @property
    def seen_w(self) -> int:
        """Columns of the (padded) input that outputs read."""
        return (self.out_w - 1) * self.stride_w + (self.kernel_w - 1) * self.dilation_w + 1

    @property
    def sees_padding(self) -> bool:
        return self.top > 0 or self.left > 0 or self.seen_h > self.in_h or self.seen_w > self.in_w

    def padded(self, columns: int, line: int, alias: int) -> LoopSizes:
        """The same problem on a copy of the input with its padding around it, at least `columns` wide.

        Steps that are multiples of `alias` elements make neighbouring reads compete for the same few lines of a cache:
        such steps are made longer by `line` elements.
        """
        high, wide = self.seen_h, max(self.seen_w, columns)
        channels = self.groups * self.channels
        if self.channels_last:
            column = channels + (line if channels % alias == 0 else 0)
            steps = {"x_column": column, "x_row": wide * column, "x_batch": high * wide * column}
        else:
            plane = -(-high * wide // line) * line
            plane += line if plane % alias == 0 else 0
            steps = {"x_row": wide, "x_channel": plane, "x_batch": channels * plane}
        return replace(self, in_h=high, in_w=wide, top=0, left=0, **steps)


def shape_of(p: ConvProblem, channels_last: bool) -> LoopSizes:
    """The sizes and steps of a problem."""
    (h, w), (oh, ow) = p.size, p.output_size
    c, k = p.in_channels, p.out_channels
    batch = p.batch
    if p.kernel == p.stride == (1, 1) and p.padding == ((0, 0), (0, 0)):
        if channels_last:
            batch, w = 1, p.batch * h * w
        else:
            w = h * w
        h, oh, ow = 1, 1, w
    steps = (
        (h * w * c, 1, w * c, c, oh * ow * k, 1, ow * k, k)
        if channels_last
        else (c * h * w, h * w, w, 1, k * oh * ow, oh * ow, ow, 1)
    )
    return LoopSizes(
        batch, p.groups, c // p.groups, k // p.groups, h, w, oh, ow,
        *p.kernel, *p.stride, *p.dilation, p.padding[0][0], p.padding[1][0], *steps,
    )  # fmt: skip
