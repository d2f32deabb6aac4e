"""The stages of a session: commands of convcost, each with a time limit."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

# Half an hour in all. Each stage, with the start of its processes, fits in nine minutes.
STAGE_S = 530.0
# Timing of one shape. Compilation comes on top for the first shape of a precision.
_KERNEL_S = "0.5"
# The part of a command outside its measurement: Python and torch are loaded before, verdicts are printed after.
_AROUND_S = 20.0
# A hang costs this much, or half the time of its command, and not all of it. The longest regular step is trying all
# blocks of a new kernel: compiling them took 3 s, without a GPU.
_PATIENCE_S = 40.0
# The study of equal FLOPs. On an H200 its times took 120 s, and then the joules of a problem a minute: the counter
# changes every 0.1 s. The largest problems come first; when the stage is run again, the others go on.
_STUDY = (
    "--device", "cuda", "-i", "cudnn", "-i", "implicit-gemm", "-i", "im2col", "-i", "winograd-f4", "--processes", "2",
    "--max-seconds", "1",
)  # fmt: skip
_STUDY_S = 275.0
# Writes the study's problems as `equal-flops.toml`.
_STUDY_MODULE = "bench.report.flops_study.make"


@dataclass(frozen=True, slots=True)
class Step:
    """A command of convcost, or a module of its own, and the time limit.

    Without JSON output, only exit code 0 is a success.
    """

    name: str
    arguments: tuple[str, ...]
    limit_s: float
    prints_json: bool = True
    module: str = "bench.cli"


def stages(work: Path) -> dict[str, tuple[Step, ...]]:
    """All stages in order; runs and other files of the commands are stored below `work`."""
    kept = ("--results", str(work / "kept"))

    def measuring(name: str, words: tuple[str, ...], limit_s: float, *, ends_itself: bool = False) -> Step:
        # A command with --limit keeps its finished results; a command stopped from outside leaves nothing.
        limit = ("--limit", f"{limit_s - _AROUND_S:.0f}s") if ends_itself else ()
        return Step(name, (*words, "--device", "cuda", *limit, *_patience(limit_s), "--json"), limit_s)

    def kernels(kind: str, limit_s: float) -> Step:
        words = ("kernels", "--class", kind, "--max-seconds", _KERNEL_S, *kept)
        return measuring(f"kernels-{kind}", words, limit_s, ends_itself=True)

    places = ("--results", str(work / "runs"), "--reports", str(work / "reports"))
    study = ("sweep", str(work / "study" / "equal-flops.toml"), *_STUDY, *_patience(_STUDY_S), *places)
    return {
        "prove": (
            Step("doctor", ("doctor", "--json"), 40.0),
            measuring("calibration", ("calibrate",), 40.0),
            measuring("validation", ("validate",), 220.0, ends_itself=True),
        ),
        "served": (
            kernels("dense-bf16", 150.0),
            kernels("small-bf16", 90.0),
            kernels("grouped-bf16", 80.0),
            kernels("depthwise-bf16", 80.0),
        ),
        "precise": (
            kernels("dense-fp16", 120.0),
            kernels("dense-tf32", 120.0),
            kernels("dense-fp32", 110.0),
            kernels("winograd-fp32", 90.0),
            kernels("large-kernel", 80.0),
        ),
        "trust": (measuring("qualification", ("qualify", "--quick", *kept), 280.0),),
        "study": (
            Step("problems", ("problems", str(work / "study")), 15.0, prints_json=False, module=_STUDY_MODULE),
            Step("study", _resumed(work) or study, _STUDY_S, prints_json=False),
        ),
    }


def _patience(limit_s: float) -> tuple[str, ...]:
    return ("--step-timeout", f"{min(_PATIENCE_S, limit_s / 2):.0f}s")


def _resumed(work: Path) -> tuple[str, ...] | None:
    """The arguments that resume a stopped sweep, None if there is none."""
    begun = sorted(f for f in (work / "runs").glob("*") if (f / "run.json").is_file())
    return ("sweep", "--resume", str(begun[-1]), "--reports", str(work / "reports")) if begun else None
