"""Reads the user's own tensors from .npy, .pt and .safetensors files, and refuses those that do not fit a case."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import torch

from bench.errors import UsageError
from bench.format import count
from bench.gate.data import path_of
from impls.errors import in_one_line
from impls.interface import Case
from impls.tensors import dtype_of

# NumPy has no bfloat16.
_NUMPY_LACKS = "bfloat16"


def read(name: str, case: Case, role: str, shape: tuple[int, ...]) -> torch.Tensor:
    """The tensor of "file:PATH" or "file:PATH#TENSOR", as the input or the weights (`role`) of a case.

    Raises UsageError for a file that cannot be read, and for a tensor of another shape or type or with values that are
    not finite.
    """
    path, wanted = path_of(name)
    tensor = _tensor(path, wanted)
    place = f"{path}#{wanted}" if wanted else str(path)
    if tuple(tensor.shape) != shape:
        raise UsageError(
            f"{place} has shape {tuple(tensor.shape)}; allowed: {shape}, the {role} of {case.problem.descriptor}; give "
            "the descriptor of its layer, or another file"
        )
    if tensor.dtype != dtype_of(case):
        given, allowed = (str(dtype).removeprefix("torch.") for dtype in (tensor.dtype, dtype_of(case)))
        how = " in a .pt or .safetensors file" if allowed == _NUMPY_LACKS else ""
        raise UsageError(
            f"{place} is {given}; allowed: {allowed} for {case.precision}; give its precision by -p, or save it as "
            f"{allowed}{how}"
        )
    bad = int((~torch.isfinite(tensor)).sum())
    if bad:
        raise UsageError(f"{place} has {count(bad, 'value')} that {'is' if bad == 1 else 'are'} NaN or infinite; "
                         "allowed: finite values, about which results can be right")  # fmt: skip
    return tensor


def _tensor(path: Path, wanted: str) -> torch.Tensor:
    try:
        found = _READERS[path.suffix](path)
    except UsageError:
        raise
    except Exception as error:
        # Whatever a damaged file makes a reader raise.
        raise UsageError(f"{path} cannot be read: {in_one_line(error)}") from error
    if isinstance(found, torch.Tensor):
        if wanted:
            raise UsageError(f"{path} holds one tensor without a name; leave out #{wanted}")
        return found.detach().contiguous()
    tensors = {str(key): value for key, value in found.items() if isinstance(value, torch.Tensor)}
    if wanted in tensors:
        return tensors[wanted].detach().contiguous()
    if len(tensors) == 1 and not wanted:
        return next(iter(tensors.values())).detach().contiguous()
    names = ", ".join(tensors) or "none"
    given = f"has no tensor {wanted!r}" if wanted else f"holds {count(len(tensors), 'tensor')}"
    raise UsageError(f"{path} {given}; allowed: {names}; name one, as in file:{path.name}#NAME")


def _npy(path: Path) -> torch.Tensor:
    import numpy as np

    return torch.from_numpy(np.load(path, allow_pickle=False).copy())


def _pt(path: Path) -> torch.Tensor | Mapping[str, object]:
    # Tensors alone: a pickle may run any code.
    found = torch.load(path, map_location="cpu", weights_only=True)
    if not isinstance(found, (torch.Tensor, Mapping)):
        raise UsageError(f"{path} holds {type(found).__name__}; allowed: a tensor, or tensors by name")
    return found


def _safetensors(path: Path) -> Mapping[str, object]:
    try:
        from safetensors.torch import load_file
    except ImportError as error:
        raise UsageError(
            f"{path} needs a package that is not installed; type: pip install 'convcost[safetensors]', or save the "
            "tensor by torch.save as a .pt file"
        ) from error
    found: Mapping[str, object] = load_file(path)
    return found


_READERS: dict[str, Callable[[Path], torch.Tensor | Mapping[str, object]]] = {
    ".npy": _npy,
    ".pt": _pt,
    ".safetensors": _safetensors,
}
