"""What can go wrong, as one tree. Every one is the user's to mend, and says how.

ConvError (a ValueError)
├── ProblemError            sizes that make no convolution, a descriptor that cannot be read
├── Unsupported             a right problem that this implementation does not compute; carries the reason
└── UnknownImplementation   a name that is not registered, or a plug-in that cannot be
"""

from __future__ import annotations


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
