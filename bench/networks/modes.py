"""Puts a module into eval mode for a while."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


@contextmanager
def in_eval_mode(module: torch.nn.Module) -> Iterator[None]:
    """Inside, the module and all its parts are in eval mode; afterwards each has its own mode again."""
    before = [(part, part.training) for part in module.modules()]
    module.eval()
    try:
        yield
    finally:
        for part, mode in before:
            part.training = mode
