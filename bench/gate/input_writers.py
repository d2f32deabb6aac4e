"""Finds the plans that write to their input."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import TypeVar

import torch

from bench.timing.alive import require_alive
from impls import Plan

_Key = TypeVar("_Key", bound=Hashable)
# Some write only now and then.
_CALLS = 3


def writers(
    plans: Mapping[_Key, tuple[Plan, torch.Tensor, torch.Tensor]], before_call: Callable[[_Key], None]
) -> list[_Key]:
    """The plans that change their input, each called alone on it; all plans if no plan does so alone.

    Each plan comes with its input and a copy of the right input, which is put back. `before_call` is
    called with the key of the plan about to run.
    """
    found = []
    for key, (plan, x, original) in plans.items():
        x.copy_(original)
        before_call(key)
        try:
            for _ in range(_CALLS):
                plan(x)
        except Exception as error:
            # The next call that counts will fail too, and report it; here only the input matters.
            require_alive(x.device.type, error)
        if not torch.equal(x, original):
            found.append(key)
        x.copy_(original)
    # If none writes alone, none can be trusted.
    return found or list(plans)
