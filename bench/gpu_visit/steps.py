"""What a visit runs, stage by stage: commands of convcost, each with a limit."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

# Half an hour in all, and each stage with the start of its processes in a command of nine minutes.
STAGE_S = 530.0
# Of timing a shape. The first shape of a precision is late by what it compiles.
_KERNEL_S = "0.5"
# Left for the last shape and the end of a table.
_LAST_SHAPE_S = 20.0
# At most a dozen cases have their joules measured: one problem by all but the textbook's loops.
_SWEEP = ("sweep", "quick", "--device", "cuda", "--layout", "nhwc", "-i", "-loops", "--energy", "base")


@dataclass(frozen=True, slots=True)
class Step:
    """A command of convcost, and how long it may take. One that prints no JSON has ended well with exit code 0."""

    name: str
    arguments: tuple[str, ...]
    limit_s: float
    prints_json: bool = True


def stages(work: Path) -> dict[str, tuple[Step, ...]]:
    """All stages in order; runs and other files that commands leave lie below `work`."""
    kept = ("--results", str(work / "kept"))

    def kernels(kind: str, limit_s: float) -> Step:
        # What was measured until then is kept: a step that is stopped from outside leaves nothing.
        limit = ("--limit", f"{limit_s - _LAST_SHAPE_S:.0f}s")
        words = ("kernels", "--device", "cuda", "--class", kind, "--max-seconds", _KERNEL_S, *limit, "--json", *kept)
        return Step(f"kernels-{kind}", words, limit_s)

    sweep = (*_SWEEP, "--max-seconds", "3", "--results", str(work / "runs"), "--reports", str(work / "reports"))
    return {
        "prove": (
            Step("doctor", ("doctor", "--json"), 40.0),
            Step("calibration", ("calibrate", "--device", "cuda", "--json"), 40.0),
            Step("validation", ("validate", "--device", "cuda", "--json"), 220.0),
        ),
        "served": (
            kernels("dense-bf16", 150.0),
            kernels("small-bf16", 90.0),
            kernels("grouped-bf16", 60.0),
            kernels("depthwise-bf16", 60.0),
        ),
        "precise": (
            kernels("dense-fp16", 120.0),
            kernels("dense-tf32", 120.0),
            kernels("dense-fp32", 110.0),
            kernels("winograd-fp32", 90.0),
        ),
        "trust": (
            kernels("large-kernel", 60.0),
            Step("qualification", ("qualify", "--quick", "--device", "cuda", "--json", *kept), 250.0),
            Step("sweep", _resumed(work) or sweep, 200.0, prints_json=False),
        ),
    }


def _resumed(work: Path) -> tuple[str, ...] | None:
    """How to go on with a sweep that was cut off; None if there is none."""
    begun = sorted(f for f in (work / "runs").glob("*") if (f / "run.json").is_file())
    return ("sweep", "--resume", str(begun[-1]), "--reports", str(work / "reports")) if begun else None
