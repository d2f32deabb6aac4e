"""ConvProblem: the sizes of a 2-D convolution and everything that follows from them. Loads no library."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from impls.descriptor import MAX_DIGITS, Descriptor, parse, render
from impls.errors import ProblemError
from impls.lattice import pairs_up_to
from impls.padding import PaddingLike, Pair, Sides, extent, resolve
from impls.wording import count

if TYPE_CHECKING:
    import torch

_AXES = ("height", "width")
_LARGEST: int = 10**MAX_DIGITS - 1


@dataclass(frozen=True, slots=True)
class ConvProblem:
    """One forward convolution (cross-correlation) by its sizes.

    Pairs are (height, width); `padding` is ((top, bottom), (left, right)); `dilation` counts from 1.
    Trailing padding has one canonical form, so that problems with equal outputs compare equal: the leading padding
    where that gives the same output size, else the least padding that does.
    `output_size` is the (height, width) of the output: ⌊(n + p − d·(k−1) − 1)/s⌋ + 1 on each axis.

    Raises ProblemError for sizes below 1 (only batch may be 0), groups that do not divide the channels, a kernel
    larger than the padded input, and sizes of more than 18 digits, which no descriptor can hold.
    """

    batch: int
    in_channels: int
    size: Pair
    out_channels: int
    kernel: Pair
    stride: Pair = (1, 1)
    padding: Sides = ((0, 0), (0, 0))
    dilation: Pair = (1, 1)
    groups: int = 1
    bias: bool = False
    # Kept: cost models ask for it thousands of times for one case.
    output_size: Pair = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        _require_integers(self)
        _require_sizes(self)
        canonical = tuple(self._canonical_padding(axis) for axis in (0, 1))
        object.__setattr__(self, "padding", canonical)
        outputs = tuple(self._outputs(axis, sum(self.padding[axis])) for axis in (0, 1))
        object.__setattr__(self, "output_size", outputs)
        _require_bounded(self)

    def _canonical_padding(self, axis: int) -> Pair:
        leading, trailing = self.padding[axis]
        outputs = self._outputs(axis, leading + trailing)
        if self._outputs(axis, 2 * leading) == outputs:
            return leading, leading
        return leading, max(0, self._trailing_for(axis, leading, outputs))

    def _outputs(self, axis: int, total_padding: int) -> int:
        span = extent(self.kernel[axis], self.dilation[axis])
        return (self.size[axis] + total_padding - span) // self.stride[axis] + 1

    def _trailing_for(self, axis: int, leading: int, outputs: int) -> int:
        span = extent(self.kernel[axis], self.dilation[axis])
        return (outputs - 1) * self.stride[axis] + span - self.size[axis] - leading

    @classmethod
    def parse(cls, text: str, *, bias: bool = False) -> ConvProblem:
        """The problem of a benchdnn descriptor, for example "mb1ic64ih56oc64kh3ph1".

        Dilation counts from 0 and without `mb` the batch is 2, as in benchdnn. Raises ProblemError.
        """
        return cls.from_descriptor(parse(text), bias=bias)

    @classmethod
    def from_descriptor(cls, d: Descriptor, *, bias: bool = False) -> ConvProblem:
        """The problem of a descriptor's sizes. Raises ProblemError for impossible ones."""
        return cls(
            d.batch, d.in_channels, d.size, d.out_channels, d.kernel, d.stride, d.padding, d.dilation, d.groups, bias
        )

    @classmethod
    def from_tensors(
        cls,
        x: torch.Tensor,
        weight: torch.Tensor,
        bias: torch.Tensor | None = None,
        *,
        stride: int | Pair = 1,
        padding: PaddingLike = 0,
        dilation: int | Pair = 1,
        groups: int = 1,
    ) -> ConvProblem:
        """The problem of x (N, C, H, W) or (C, H, W) under weight (K, C/groups, KH, KW).

        Arguments are those of torch.nn.functional.conv2d; `padding` may also be ((top, bottom), (left, right)), and
        "same" is allowed with a stride. Raises ProblemError.
        """
        if x.ndim not in (3, 4):
            raise ProblemError(f"x has {x.ndim} dimensions; allowed: (N, C, H, W) or (C, H, W)")
        if weight.ndim != 4:
            raise ProblemError(f"weight has {weight.ndim} dimensions; allowed: (K, C/groups, KH, KW)")
        batch, channels, height, width = (1, *x.shape) if x.ndim == 3 else tuple(x.shape)
        if not isinstance(groups, int):
            raise ProblemError(f"groups is {groups!r}; allowed: a whole number")
        if groups >= 1 and weight.shape[1] * groups != channels:
            raise ProblemError(
                f"weight takes {count(weight.shape[1], 'channel')} a group in {count(groups, 'group')}, "
                f"but x has {count(channels, 'channel')}; allowed: weight.shape[1] == channels / groups"
            )
        if bias is not None and tuple(bias.shape) != (weight.shape[0],):
            raise ProblemError(f"bias has shape {tuple(bias.shape)}; allowed: ({weight.shape[0]},)")
        kernel = (weight.shape[2], weight.shape[3])
        strides, dilations = _pair(stride, "stride"), _pair(dilation, "dilation")
        _require_positive("stride", strides)
        _require_positive("dilation", dilations)
        sides = resolve(padding, (height, width), kernel, strides, dilations)
        return cls(
            batch, channels, (height, width), weight.shape[0], kernel,
            strides, sides, dilations, groups, bias is not None,
        )  # fmt: skip

    def __repr__(self) -> str:
        return f"ConvProblem.parse({self.descriptor!r}{', bias=True' if self.bias else ''})"

    @property
    def descriptor(self) -> str:
        """The shortest benchdnn descriptor of this problem; the bias is not part of it."""
        sizes = Descriptor(
            self.batch, self.in_channels, self.size, self.out_channels,
            self.kernel, self.stride, self.padding, self.dilation, self.groups,
        )  # fmt: skip
        return render(sizes, self.output_size)

    @property
    def padded_shape(self) -> tuple[int, int, int, int]:
        """The input with its padding around it: (N, C, H, W)."""
        height, width = (self.size[axis] + sum(self.padding[axis]) for axis in (0, 1))
        return self.batch, self.in_channels, height, width

    @property
    def input_shape(self) -> tuple[int, int, int, int]:
        return self.batch, self.in_channels, *self.size

    @property
    def weight_shape(self) -> tuple[int, int, int, int]:
        return self.out_channels, self.in_channels // self.groups, *self.kernel

    @property
    def output_shape(self) -> tuple[int, int, int, int]:
        return self.batch, self.out_channels, *self.output_size

    @property
    def most_elements(self) -> int:
        """Elements of the largest tensor: padded input, weight or output."""
        return max(map(math.prod, (self.padded_shape, self.weight_shape, self.output_shape)))

    @property
    def terms(self) -> int:
        """Products summed into one output: C/groups · KH · KW."""
        return self.in_channels // self.groups * self.kernel[0] * self.kernel[1]

    @property
    def parameters(self) -> int:
        """The number of weights, and of biases where the layer has them."""
        return self.out_channels * (self.terms + int(self.bias))

    @property
    def outputs(self) -> int:
        """Elements of the output."""
        return self.batch * self.out_channels * self.output_size[0] * self.output_size[1]

    @property
    def macs(self) -> int:
        """Multiply–accumulates of the definition, products with padding included, bias not."""
        return self.outputs * self.terms

    @property
    def needed_macs(self) -> int:
        """Multiply–accumulates of the definition without products with padding, bias not counted."""
        products = math.prod(map(self._meetings, (0, 1)))
        return self.batch * self.out_channels * (self.in_channels // self.groups) * products

    @property
    def direct_flops(self) -> int:
        """2 × MACs: the FLOPs of the definition, for any algorithm."""
        return 2 * self.macs

    @property
    def is_depthwise(self) -> bool:
        return self.groups == self.in_channels and self.groups > 1

    @property
    def has_symmetric_padding(self) -> bool:
        return all(leading == trailing for leading, trailing in self.padding)

    @property
    def sees_input(self) -> bool:
        """Whether any output reads the input; with wide padding and strides, all may read padding only."""
        return all(map(self._meetings, (0, 1)))

    def _meetings(self, axis: int) -> int:
        """Pairs of an output and a tap that meet the input along one axis."""
        leading = self.padding[axis][0]
        steps = (self.stride[axis], self.output_size[axis]), (self.dilation[axis], self.kernel[axis])
        # Output o reads with tap t the input at o · stride + t · dilation − leading.
        return pairs_up_to(leading + self.size[axis] - 1, *steps) - pairs_up_to(leading - 1, *steps)

    def compulsory_bytes(self, element_bytes: int) -> int:
        """The least bytes that must move: x, weight and bias are read once, the output is written once."""
        x = self.batch * self.in_channels * self.size[0] * self.size[1]
        return element_bytes * (x + self.parameters + self.outputs)


def _pair(value: int | Pair, name: str) -> Pair:
    if isinstance(value, int) and not isinstance(value, bool):
        return value, value
    if isinstance(value, (tuple, list)) and len(value) == 2 and all(isinstance(v, int) for v in value):
        return value[0], value[1]
    raise ProblemError(f"{name} {value!r} is not understood; allowed: an int or a pair (height, width)")


def _require_positive(name: str, pair: Pair) -> None:
    for axis, value in zip(_AXES, pair, strict=True):
        if value < 1:
            raise ProblemError(f"{name} {axis} is {value}; allowed: 1 or more")


def _require_integers(p: ConvProblem) -> None:
    for name in ("size", "kernel", "stride", "dilation", "padding"):
        value = getattr(p, name)
        if not (isinstance(value, tuple) and len(value) == 2):
            raise ProblemError(f"{name} is {value!r}; allowed: a pair (height, width)")
    if not all(isinstance(sides, tuple) and len(sides) == 2 for sides in p.padding):
        raise ProblemError(f"padding is {p.padding!r}; allowed: ((top, bottom), (left, right))")
    pairs = (p.size, p.kernel, p.stride, p.dilation, *p.padding)
    flat = (p.batch, p.in_channels, p.out_channels, p.groups, *(v for pair in pairs for v in pair))
    for value in flat:
        if not isinstance(value, int) or isinstance(value, bool):
            raise ProblemError(f"a size is {value!r}; allowed: whole numbers")


def _require_bounded(p: ConvProblem) -> None:
    values = (p.batch, p.in_channels, p.out_channels, *p.size, *p.kernel, *p.stride, *p.dilation, *p.padding[0],
              *p.padding[1], *p.output_size)  # fmt: skip
    if max(values) > _LARGEST:
        raise ProblemError(f"a size, padding or output has more than {MAX_DIGITS} digits; allowed: {MAX_DIGITS}")


def _require_sizes(p: ConvProblem) -> None:
    if p.batch < 0:
        raise ProblemError(f"batch is {p.batch}; allowed: 0 or more")
    for name, value in (
        ("in_channels", p.in_channels),
        ("out_channels", p.out_channels),
        ("groups", p.groups),
    ):
        if value < 1:
            raise ProblemError(f"{name} is {value}; allowed: 1 or more")
    for name, pair in (
        ("size", p.size),
        ("kernel", p.kernel),
        ("stride", p.stride),
        ("dilation", p.dilation),
    ):
        _require_positive(name, pair)
    for side, value in zip(("top", "bottom", "left", "right"), p.padding[0] + p.padding[1], strict=True):
        if value < 0:
            raise ProblemError(f"padding {side} is {value}; allowed: 0 or more")
    for name, channels in (("in_channels", p.in_channels), ("out_channels", p.out_channels)):
        if channels % p.groups:
            raise ProblemError(
                f"groups {p.groups} does not divide {name} {channels}; allowed: a divisor of both channel counts"
            )
    for axis, name in enumerate(_AXES):
        span = extent(p.kernel[axis], p.dilation[axis])
        padded = p.size[axis] + sum(p.padding[axis])
        if span > padded:
            raise ProblemError(
                f"the kernel spans {span} positions of {name}, but the padded input has {padded} "
                f"({p.size[axis]} + padding {p.padding[axis][0]} + {p.padding[axis][1]}); "
                f"allowed: a kernel span of at most {padded}"
            )
