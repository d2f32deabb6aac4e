"""The truth about inputs, computed when it is first needed.

Code under test runs in the same process and can search its memory. So the truth about an input is computed after the
first call on that input, and where plug-ins take part it is forgotten again before the timing: whatever they find in
memory, they do not find the right result of the input that they are timed on.
"""

from __future__ import annotations

from collections.abc import Callable

from impls.oracle import Truth


class LateTruth:
    """A truth that `compute` makes when `get` is called first, and again after `forget`.

    `compute` must not depend on tensors that code under test can change.
    """

    def __init__(self, compute: Callable[[], Truth]) -> None:
        self._compute = compute
        self._known: Truth | None = None

    def get(self) -> Truth:
        if self._known is None:
            self._known = self._compute()
        return self._known

    def forget(self) -> None:
        self._known = None
