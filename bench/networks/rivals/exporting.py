"""Writes a module as an ONNX file, for rivals that read one."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import torch

# What torch.onnx.export imports.
NEEDED = ("onnx", "onnxscript")


def exported_file(module: torch.nn.Module, inputs: Sequence[torch.Tensor], path: Path) -> Path:
    """Write the module, as it runs on these inputs, to `path`. Raises what torch.onnx.export raises."""
    with torch.no_grad(), _in_silence():
        torch.onnx.export(module, tuple(inputs), str(path), dynamo=True, verbose=False)
    return path


@contextmanager
def _in_silence() -> Iterator[None]:
    """Inside, torch logs and warns of nothing: of torchvision, which may be missing, and of its own code."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(action="ignore"):
            yield
    finally:
        logging.disable(before)
