"""Conv2d: torch.nn.Conv2d, computed by any implementation."""

from __future__ import annotations

from typing import Any, Self

import torch
import torch.nn.functional as F

from impls.errors import ConvError
from impls.functional import convolve
from impls.plan_cache import PlanCache, PlanCacheInfo
from impls.registry import get

# Input sizes whose plans a layer keeps: enough for the last, smaller batch and for a few sizes of images.
_MOST_PLANS = 8


class Conv2d(torch.nn.Conv2d):
    """torch.nn.Conv2d (forward pass) computed by the named implementation; it plans once for each size of the input.

    Takes the arguments of torch.nn.Conv2d, with `implementation` and `precision` as in `impls.conv2d`, and has its
    `state_dict`. `Conv2d.from_torch(conv)` makes one of a torch layer. It keeps the plans of the last eight sizes,
    types and layouts of inputs, however large; `plan_cache_info()` shows them, `clear_plan_cache()` frees them. It
    plans anew after its parameters have changed (impls.plan_cache says which changes are noticed). `to`, `double`,
    `load_state_dict` and the like free its plans; copies and pickles have none. Several threads may call it at once.

    There is no backward pass: a call where x or a parameter requires a gradient raises ConvError, unless it is under
    torch.inference_mode() or torch.no_grad(). A new layer's parameters require none; those of `from_torch` are the
    torch layer's own. Raises UnknownImplementation for an unknown name; a call raises what `impls.conv2d` raises.
    """

    def __init__(
        self, *arguments: Any, implementation: str = "direct", precision: str | None = None, **options: Any
    ) -> None:
        get(implementation)
        super().__init__(*arguments, **options)
        self.requires_grad_(False)
        self.implementation = implementation
        self.precision = precision
        self._plans = PlanCache(None, _MOST_PLANS)

    @classmethod
    def from_torch(
        cls, conv: torch.nn.Conv2d, *, implementation: str = "direct", precision: str | None = None
    ) -> Conv2d:
        """The layer `conv` computed by an implementation; both layers share their parameters.

        Each layer sees changes of the shared parameters, but not a new one: after `conv.weight = Parameter(…)` the
        two have different weights. Raises ConvError for anything but a plain torch.nn.Conv2d with its parameters made,
        for a weight or bias that is computed (torch.nn.utils.prune), and for forward hooks.
        """
        if type(conv) not in (torch.nn.Conv2d, cls):
            raise ConvError(f"conv is a {type(conv).__name__}; allowed: a torch.nn.Conv2d itself, not a subclass")
        require_plain(conv)
        made = cls(
            conv.in_channels, conv.out_channels, conv.kernel_size, conv.stride, conv.padding, conv.dilation,
            conv.groups, conv.bias is not None, conv.padding_mode,
            device="meta", implementation=implementation, precision=precision,
        )  # fmt: skip
        made.weight, made.bias = conv.weight, conv.bias
        return made.train(conv.training)

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """(N, C, H, W) or (C, H, W) to (N, K, OH, OW) or (K, OH, OW)."""
        padding: Any = self.padding
        if self.padding_mode != "zeros":
            input, padding = F.pad(input, self._reversed_padding_repeated_twice, mode=self.padding_mode), 0
        options = (self.stride, padding, self.dilation, self.groups, self.precision, self.implementation)
        return convolve(self._plans, input, self.weight, self.bias, options)

    def plan_cache_info(self) -> PlanCacheInfo:
        """The state of this layer's plans: hits, misses, plans, bytes."""
        return self._plans.info()

    def clear_plan_cache(self) -> None:
        """Free this layer's plans; its next call plans anew."""
        self._plans.clear()

    # Both may swap the parameters' tensors, which torch refuses while plans refer to them.
    def _apply(self, *arguments: Any, **options: Any) -> Self:
        self._plans.clear()
        return super()._apply(*arguments, **options)  # type: ignore[no-untyped-call, no-any-return]

    def _load_from_state_dict(self, *arguments: Any, **options: Any) -> None:
        self._plans.clear()
        super()._load_from_state_dict(*arguments, **options)

    def extra_repr(self) -> str:
        precision = f", precision={self.precision!r}" if self.precision else ""
        sizes = super().extra_repr()  # type: ignore[no-untyped-call]
        return f"{sizes}, implementation={self.implementation!r}{precision}"

    def __getstate__(self) -> dict[str, Any]:
        # torch.nn.Module has none of its own: copies and pickles take its __dict__.
        return {name: value for name, value in self.__dict__.items() if name != "_plans"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)  # type: ignore[no-untyped-call]
        self._plans = PlanCache(None, _MOST_PLANS)


def require_plain(conv: torch.nn.Conv2d) -> None:
    """Check that the parameters are all that the layer computes with. Raises ConvError."""
    for name in ("weight", "bias"):
        value = getattr(conv, name)
        if not isinstance(value, torch.nn.Parameter) and not (name == "bias" and value is None):
            raise ConvError(
                f"conv.{name} is a {type(value).__name__} that torch computes at each call (pruning, weight_norm); "
                "allowed: a torch.nn.Parameter; make it one first, for example with torch.nn.utils.prune.remove"
            )
    if conv._forward_hooks or conv._forward_pre_hooks:
        raise ConvError(
            "conv has forward hooks, which the new layer would not call; allowed: a layer without; "
            "remove them, and register them with the new layer"
        )
