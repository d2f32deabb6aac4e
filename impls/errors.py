"""The tree of errors. Users can fix every one, and its message says how.

ConvError (a ValueError)
├── ProblemError            impossible sizes, or a descriptor that cannot be read
├── Unsupported             a valid problem that this implementation does not compute, with the reason
└── UnknownImplementation   a name that is not registered, or a plug-in that cannot be registered
"""

from __future__ import annotations

import difflib
import sys
import traceback
from collections.abc import Iterable
from pathlib import Path


class ConvError(ValueError):
    """Base of all errors caused by a caller's values."""


class ProblemError(ConvError):
    """The sizes are impossible, or the text is not a descriptor."""


class Unsupported(ConvError):
    """This implementation does not compute this case; `reason` says why in words."""

    def __init__(self, implementation: str, reason: str) -> None:
        super().__init__(f"{implementation} cannot run this: {reason}")
        self.implementation = implementation
        self.reason = reason


class UnknownImplementation(ConvError):
    """No implementation of that name, or a class that cannot be registered."""


# Names of the same things in other libraries, and short ones; of a family, its most usual member.
_SYNONYMS = {
    "float64": "fp64", "double": "fp64", "float32": "fp32", "float": "fp32", "bfloat16": "bf16", "float16": "fp16",
    "half": "fp16", "channels_last": "nhwc", "contiguous": "nchw", "gpu": "cuda", "wino": "winograd-f4",
    "winograd": "winograd-f4", "dnnl": "onednn", "mkldnn": "onednn", "gemm": "implicit-gemm",
}  # fmt: skip


def did_you_mean(given: str, allowed: Iterable[str]) -> str:
    """The text " (did you mean 'x'?)" for a name close to one of `allowed` or a synonym of one, else nothing."""
    allowed = tuple(allowed)
    lower = str(given).lower()
    near = [_SYNONYMS[lower]] if _SYNONYMS.get(lower) in allowed else difflib.get_close_matches(lower, allowed, n=1)
    return f" (did you mean {near[0]!r}?)" if near else ""


# Where the line that matters is not: the harness, and the libraries that everybody's code calls.
_NOT_THEIRS = frozenset({"bench", "impls", "torch", "numpy", "numba", "llvmlite", "triton", "scipy"})
# How the place of an error begins.
_NOTE = " ("


def in_one_line(error: BaseException) -> str:
    """An exception as one line, with file and line if a plug-in raised it: "ValueError: no (mine.py, line 3)"."""
    first_line = str(error).strip().split("\n")[0]
    text = f"{type(error).__name__}: {first_line}" if first_line else type(error).__name__
    # A SyntaxError says its place itself.
    if isinstance(error, SyntaxError):
        return text
    noted = (note for note in getattr(error, "__notes__", ()) if note.startswith(_NOTE))
    return text + (_place(error) or next(noted, ""))


def without_frames(error: Exception) -> Exception:
    """The exception without its frames, which hold tensors; the place where it was raised stays, as a note."""
    place = _place(error)
    if place:
        error.add_note(place)
    return error.with_traceback(None)


def _place(error: BaseException) -> str:
    """The innermost line of code that is neither the harness's nor a library's."""
    found = ""
    for frame, line in traceback.walk_tb(error.__traceback__):
        package = str(frame.f_globals.get("__name__", "")).partition(".")[0]
        if package not in _NOT_THEIRS and package not in sys.stdlib_module_names:
            found = f"{_NOTE}{Path(frame.f_code.co_filename).name}, line {line})"
    return found
