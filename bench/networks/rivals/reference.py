"""Runs an ONNX file by the definitions of its operators: slow, and independent of every runtime."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch

from bench.errors import UsageError
from bench.networks.rivals.outputs import tensors_in
from impls.errors import in_one_line


def reference_outputs(path: Path, inputs: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    """The outputs of an ONNX file on these inputs. Raises UsageError for operators that have no definition."""
    from onnx.reference import ReferenceEvaluator

    try:
        evaluator = ReferenceEvaluator(str(path))
    except NotImplementedError as error:
        raise UsageError(
            f"{path} has an operator without a definition in ONNX, so that no output can be proven right "
            f"({in_one_line(error)}); export the network with standard operators"
        ) from error
    given = dict(zip(evaluator.input_names, (one.numpy() for one in inputs), strict=False))
    return tensors_in(evaluator.run(None, given))
