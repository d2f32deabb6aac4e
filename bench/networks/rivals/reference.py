"""Runs an ONNX file by the definitions of its operators: slow, and independent of every runtime."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch

from bench.networks.rivals.outputs import tensors_in


def reference_outputs(path: Path, inputs: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    """The outputs of an ONNX file on these inputs. Raises what onnx raises for operators that it does not know."""
    from onnx.reference import ReferenceEvaluator

    evaluator = ReferenceEvaluator(str(path))
    given = dict(zip(evaluator.input_names, (one.numpy() for one in inputs), strict=False))
    return tensors_in(evaluator.run(None, given))
