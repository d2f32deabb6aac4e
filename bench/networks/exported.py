"""Reads .pt2 files of torch.export, and .pt files of pickled modules where the user trusts them."""

from __future__ import annotations

import warnings
from pathlib import Path

import torch

from bench.errors import UsageError
from bench.networks.inputs import InputShape
from impls.errors import in_one_line


def exported(path: Path) -> tuple[torch.nn.Module, tuple[InputShape, ...]]:
    """The module of a .pt2 file, with the names of its layers, and the shapes of its example.

    Raises UsageError for a file that cannot be read.
    """
    _require_file(path)
    try:
        # torch warns of its own code.
        with warnings.catch_warnings(action="ignore", category=FutureWarning):
            program = torch.export.load(str(path))
            module = torch.export.unflatten(program)
    except Exception as error:
        raise UsageError(
            f"{path} is damaged, or no file of torch.export: {in_one_line(error)}; write it anew: "
            "torch.export.save(torch.export.export(model.eval(), (example,)), path)"
        ) from error
    arguments = program.example_inputs[0] if program.example_inputs else ()
    return module, tuple(_shape(one) for one in arguments if isinstance(one, torch.Tensor))


def pickled(path: Path, *, trust: bool) -> torch.nn.Module:
    """The module of a .pt file. Raises UsageError without trust: reading a pickle can run any code in it."""
    _require_file(path)
    if not trust:
        raise UsageError(
            f"{path} is a pickle, and reading it can run any code in it; if you trust its author, add --trust; "
            "else ask for a .pt2 file (torch.export.save) or an .onnx file"
        )
    try:
        module = torch.load(path, map_location="cpu", weights_only=False)
    except Exception as error:
        raise UsageError(f"{path} cannot be read: {in_one_line(error)}") from error
    if isinstance(module, torch.nn.Module):
        return module
    what = "weights without their model" if isinstance(module, dict) else f"a {type(module).__name__}"
    raise UsageError(f"{path} has {what}; allowed: a whole torch.nn.Module, or package.module:function that makes one")


def _require_file(path: Path) -> None:
    if not path.is_file():
        raise UsageError(f"{path} is not there; allowed: a file that ends in {path.suffix}")


def _shape(value: torch.Tensor) -> InputShape:
    return InputShape(tuple(value.shape), str(value.dtype).removeprefix("torch."))
