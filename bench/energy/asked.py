"""The meter that a user asks for with the environment variable CONVCOST_METER: a battery or a wall meter.

They are never used unasked: their windows last minutes, and a wall meter is named only by its file or its program. The
variable reaches the worker processes as all variables do.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

VARIABLE = "CONVCOST_METER"
BATTERY, CSV, COMMAND = "battery", "csv", "command"
ALLOWED = f"{VARIABLE}=battery, {VARIABLE}=csv:FILE or {VARIABLE}=command:PROGRAM"


@dataclass(frozen=True, slots=True)
class Asked:
    """`kind` is BATTERY, CSV, COMMAND, or "" if nothing was asked for; `target` is the file or the command.

    `error` says what is wrong with the variable; None if it is fine.
    """

    kind: str = ""
    target: str = ""
    error: str | None = None


def asked(variables: Mapping[str, str] = os.environ) -> Asked:
    """What the variable asks for. Raises nothing: an error is shown beside the meters."""
    text = variables.get(VARIABLE, "").strip()
    kind, _, target = text.partition(":")
    if not text or text == BATTERY or (kind in (CSV, COMMAND) and target.strip()):
        return Asked(kind, target.strip())
    return Asked(error=f"{VARIABLE} is {text!r}; allowed: {ALLOWED}")
