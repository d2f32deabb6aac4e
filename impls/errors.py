"""What can go wrong, as one tree. Every one is the user's to mend, and says how.

ConvError (a ValueError)
├── ProblemError            sizes that make no convolution, a descriptor that cannot be read
├── Unsupported             a right problem that this implementation does not compute; carries the reason
└── UnknownImplementation   a name that is not registered, or a plug-in that cannot be
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class ConvError(ValueError):
    """Base of all errors raised for what a caller gave."""


class ProblemError(ConvError):
    """The sizes make no convolution, or the text is no descriptor."""


class Unsupported(ConvError):
    """This implementation does not compute this case; `reason` says why in words."""

    def __init__(self, implementation: str, reason: str) -> None:
        super().__init__(f"{implementation} cannot run this: {reason}")
        self.implementation = implementation
        self.reason = reason


class UnknownImplementation(ConvError):
    """No implementation of that name, or a class that cannot be registered."""


# What other libraries call the same thing.
_SYNONYMS = {
    "float64": "fp64", "double": "fp64", "float32": "fp32", "float": "fp32", "bfloat16": "bf16", "float16": "fp16",
    "half": "fp16", "channels_last": "nhwc", "contiguous": "nchw", "gpu": "cuda",
}  # fmt: skip


def did_you_mean(given: str, allowed: Iterable[str]) -> str:
    """ " (did you mean 'x'?)" for a name that is near one of `allowed`, or means the same; else nothing."""
    allowed = tuple(allowed)
    lower = str(given).lower()
    near = [_SYNONYMS[lower]] if _SYNONYMS.get(lower) in allowed else difflib.get_close_matches(lower, allowed, n=1)
    return f" (did you mean {near[0]!r}?)" if near else ""
