"""Gives torch a number of threads for a while: tiles, and thereby the choice of `auto`, depend on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def torch_threads(threads: int) -> Iterator[None]:
    """Inside, torch has a number of threads; afterwards its own again."""
    # Commands that only read do not load torch.
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)
