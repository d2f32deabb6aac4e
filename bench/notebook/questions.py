"""Questions of a lesson that check their own answers: a hint for a wrong one, the reason with a right one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

_NOT_ANSWERED = "Not answered yet: put your answer in place of the three dots."


class WrongAnswer(AssertionError):
    """An answer that is not right; the text is a hint, not the answer."""


class LessonReply(str):
    """A sentence that a notebook shows without quotes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


@dataclass(frozen=True, slots=True)
class LessonQuestion:
    """A question with its answer, a number or a word.

    A number is right within `tolerance` as a share, at least `least` in its own unit. `hint` is for any wrong answer,
    `mistakes` for those with a known reason. `why` follows a right one.
    """

    text: str
    answer: float | str
    why: str
    hint: str
    mistakes: Mapping[float | str, str] = field(default_factory=dict)
    tolerance: float = 0.0
    least: float = 0.0

    def check(self, given: object) -> LessonReply:
        """The reason of a right answer. Raises WrongAnswer with a hint; dots are no answer, and no mistake."""
        if given is ...:
            return LessonReply(_NOT_ANSWERED)
        if self._is(given, self.answer):
            return LessonReply(f"Right. {self.why}")
        kind = "a word in quotes" if isinstance(self.answer, str) else "a number"
        if not isinstance(given, str) and isinstance(self.answer, str):
            raise WrongAnswer(f"The answer is {kind}, and {given!r} is none.")
        if not isinstance(self.answer, str) and not _is_number(given):
            raise WrongAnswer(f"The answer is {kind}, and {given!r} is none.")
        known = (hint for mistake, hint in self.mistakes.items() if self._is(given, mistake))
        raise WrongAnswer(next(known, self.hint))

    def _is(self, given: object, value: float | str) -> bool:
        if isinstance(value, str):
            return isinstance(given, str) and given.strip().casefold() == value.casefold()
        if not _is_number(given):
            return False
        near = max(self.least, self.tolerance * abs(value))
        return math.isclose(float(given), value, rel_tol=0.0, abs_tol=near)  # type: ignore[arg-type]


def _is_number(given: object) -> bool:
    """Whether Python or NumPy take it for a real number."""
    try:
        return not isinstance(given, str | bool) and math.isfinite(float(given))  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return False
