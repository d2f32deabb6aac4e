"""ONNX Runtime, on the CPU.

Its threads wait by spinning, within a call and, by default, for some time after it: then they take cores from whatever
is timed next. Here they spin within a call alone (`session.force_spinning_stop`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bench.networks.rivals.exporting import NEEDED
from bench.networks.rivals.rival import RivalTask, WholeCall, missing_package

_WARNINGS_AND_BELOW = 3


@dataclass(frozen=True, slots=True)
class OnnxRuntime:
    """A session of ONNX Runtime with all of its optimisations of graphs, as by default."""

    name: str = "onnxruntime"
    sides: tuple[str, ...] = ("ONNX Runtime",)
    takes_files: bool = True

    def missing(self, *, of_a_file: bool) -> str | None:
        """The sentence on a missing package."""
        return missing_package("onnxruntime", *(() if of_a_file else NEEDED))

    def calls(self, task: RivalTask) -> Mapping[str, WholeCall]:
        """A call of a session on the arrays of the inputs."""
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = task.threads
        options.inter_op_num_threads = 1
        options.log_severity_level = _WARNINGS_AND_BELOW
        options.add_session_config_entry("session.force_spinning_stop", "1")
        session = onnxruntime.InferenceSession(str(task.file), options, providers=["CPUExecutionProvider"])
        names = [one.name for one in session.get_inputs()]
        given = dict(zip(names, (one.numpy() for one in task.inputs), strict=True))
        return {self.sides[0]: lambda: session.run(None, given)}
