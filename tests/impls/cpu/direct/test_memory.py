"""The counted memory of direct convolution is that of the packed weights and the copies."""

from __future__ import annotations

import pytest
import torch

from impls import Case, ConvProblem
from impls.cpu.direct.choice import schedule_of
from impls.cpu.direct.memory import memory_of
from impls.cpu.direct.packing import pack_weights
from tests.impls.cpu.direct.problems import PROBLEMS


@pytest.mark.parametrize(("path", "layout", "descriptor"), PROBLEMS)
def test_counted_memory_is_that_of_packed_weights_and_copies(path: str, layout: str, descriptor: str) -> None:
    case = Case(ConvProblem.parse(descriptor), "fp32", layout)
    schedule = schedule_of(case, 4)
    memory = memory_of(case, threads=3)
    assert memory.plan_bytes == 4 * pack_weights(schedule, torch.zeros(case.problem.weight_shape)).numel()
    assert memory.workspace_bytes == 4 * (schedule.image_elements + 3 * schedule.patch_elements)
    assert memory.copied_bytes == 8 * schedule.image_elements
