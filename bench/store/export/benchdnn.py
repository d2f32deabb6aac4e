"""Lines of oneDNN's benchdnn in its default performance template, after the line that names the template.

Source: oneDNN, tests/benchdnn/doc/knobs_perf_report.md and driver_conv.md. Times are milliseconds: `-time` is the
least sample, `0time` the mean of all; operations leave out products with padding, as there. `ctime` is the time of the
plan. The problem is as benchdnn would print it, so that its line can be run there, and here after the word benchdnn.
"""

from __future__ import annotations

import re
import statistics
from pathlib import Path

from bench.store.export.content import Exported, RunContent, TimedRow, left_out, require_timed
from bench.store.files import UNKNOWN
from bench.store.schema import Row
from impls import ConvProblem

TEMPLATE = "perf,%engine%,%impl%,%name%,%prb%,%Gops%,%+ctime%,%-time%,%-Gflops%,%0time%,%0Gflops%"
_ENGINES = {"cpu": "cpu", "cuda": "gpu"}
# Options of --dt, and what else a precision needs; tf32x3 has no name there.
_TYPES = {"fp64": "f64", "fp32": None, "bf16": "bf16", "fp16": "f16", "tf32": None}
_TAGS = {"nchw": "abcd", "nhwc": "acdb"}
# What ends a column of a line, and what ends a name in quotes.
_SEPARATORS, _ENDS = re.compile(r"[\s,\"]+"), re.compile(r"[\s\"]+")
_UNNAMED = "have a precision that benchdnn does not name"


def write(content: RunContent, to: Path) -> Exported:
    """Write the lines to the file `to`. Raises UsageError without any timed row, OSError."""
    timed = require_timed(content, "benchdnn")
    named = [one for one in timed if one.row.precision in _TYPES]
    lines = [f"Output template: {TEMPLATE}", *map(_line, named)]
    to.write_text("\n".join(lines) + "\n", encoding="utf-8", errors=UNKNOWN)
    return Exported(to, len(named), left_out(content, [_UNNAMED] * (len(timed) - len(named))))


def problem_words(row: Row) -> str:
    """The problem as options and descriptor of benchdnn, defaults left out."""
    tag = _TAGS[row.layout]
    words = ["--mode=P", "--conv"]
    if row.device == "cuda":
        words.append("--engine=gpu")
    words.append(f"--dir={'FWD_B' if row.bias else 'FWD_I'}")
    if kind := _TYPES[row.precision]:
        words.append(f"--dt={kind}")
    words += [f"--stag={tag}", f"--dtag={tag}"]
    if row.precision == "tf32":
        words.append("--attr-fpmath=tf32")
    return " ".join((*words, row.descriptor + _name(row, "n")))


def _line(timed: TimedRow) -> str:
    row = timed.row
    giga = 2e-9 * ConvProblem.parse(row.descriptor).needed_macs
    least_s, mean_s = min(timed.values_s), statistics.fmean(timed.values_s)
    figures = [giga, _milliseconds(row.plan_s)]
    for time_s in (least_s, mean_s):
        figures += [_milliseconds(time_s), giga / time_s]
    implementation = _SEPARATORS.sub("-", row.implementation)
    words = ["perf", _ENGINES[row.device], implementation, _name(row), problem_words(row)]
    return ",".join((*words, *(f"{figure:g}" for figure in figures)))


def _name(row: Row, prefix: str = "") -> str:
    """The first layer of a network with this case, in quotes as benchdnn prints names; empty without one.

    A quote or a space would end it: what follows would be options.
    """
    if not row.layers:
        return ""
    first = row.layers[0]
    return f'{prefix}"{_ENDS.sub("_", f"{first.layer_set}:{first.layer}")}"'


def _milliseconds(time_s: float | None) -> float:
    """Milliseconds; benchdnn prints 0 for a time that it did not take."""
    return 0.0 if time_s is None else 1e3 * time_s
