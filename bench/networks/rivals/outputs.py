"""Compares the outputs of a network by several runtimes: their tensors in order, whatever they are packed into."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch.utils._pytree import tree_leaves

from impls.swap.proving import difference


def tensors_in(result: Any) -> list[torch.Tensor]:
    """Copies of the tensors and arrays of a result, in order: runtimes write the next result over the last."""
    leaves = [torch.from_numpy(one) if isinstance(one, np.ndarray) else one for one in tree_leaves(result)]
    return [one.detach().clone() for one in leaves if isinstance(one, torch.Tensor)]


def difference_of(found: list[torch.Tensor], right: list[torch.Tensor]) -> float:
    """The largest rms difference of a tensor over the rms of the right one. Raises ValueError for other shapes."""
    shapes, allowed = ([tuple(one.shape) for one in tensors] for tensors in (found, right))
    if shapes != allowed:
        raise ValueError(f"its outputs have the shapes {shapes}, and the network's {allowed}")
    return difference(found, right)
