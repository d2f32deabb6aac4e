"""OpenVINO, on the CPU.

Between its calls its threads sleep. Results are shared with it, not copied.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bench.networks.rivals.exporting import NEEDED
from bench.networks.rivals.rival import RivalTask, WholeCall, missing_package


@dataclass(frozen=True, slots=True)
class OpenVino:
    """A model compiled for one call at a time, in fp32: by default OpenVINO takes bf16 where a processor has it."""

    name: str = "openvino"
    sides: tuple[str, ...] = ("OpenVINO",)
    takes_files: bool = True

    def missing(self, *, of_a_file: bool) -> str | None:
        """The sentence on a missing package."""
        return missing_package("openvino", *(() if of_a_file else NEEDED))

    def calls(self, task: RivalTask) -> Mapping[str, WholeCall]:
        """A call of one request on the arrays of the inputs."""
        import openvino

        settings = {
            "PERFORMANCE_HINT": "LATENCY",
            "NUM_STREAMS": 1,
            "INFERENCE_NUM_THREADS": task.threads,
            "INFERENCE_PRECISION_HINT": "f32",
        }
        model = openvino.Core().compile_model(str(task.file), "CPU", settings)
        request = model.create_infer_request()
        given = dict(enumerate(one.numpy() for one in task.inputs))

        def call() -> list[Any]:
            found = request.infer(given, share_inputs=True, share_outputs=True)
            return [found[one] for one in model.outputs]

        return {self.sides[0]: call}
