"""What is compared of a row: its time, measured joules, plan time, memory and error."""

from __future__ import annotations

from dataclasses import dataclass

# Any false alarm in one comparison, among all rows and all quantities: at most this probability.
LEVEL = 0.05


@dataclass(frozen=True, slots=True)
class Quantity:
    """A figure that each row has, where less is better; `option` is its name on the command line.

    `is_single` says that a run has it once, so that nothing within a run tells its scatter: such figures jump between
    few values (memory of a library by its choice, plans by cold files), and are tested by divisions of runs alone.
    `run_scatter` is the standard deviation of its logarithm between whole runs of the same code, where nothing else is
    known, after what all rows share was taken out.
    """

    name: str
    option: str
    words: str
    worse: str
    better: str
    run_scatter: float
    is_single: bool = False


# The scatter of times is that of 22 quiet runs of the committed qualification, on two shared cores: 0.0173 in the
# median row. The others are bounds of what twenty sweeps of the same machine had; plans and errors are single figures.
TIME = Quantity("time_s", "time", "time", "slower", "faster", 0.0175)
JOULES = Quantity("gross_j", "joules", "measured joules", "more joules", "fewer joules", 0.0175)
PLAN = Quantity("plan_s", "plan", "plan time", "slower to plan", "faster to plan", 0.1, True)
MEMORY = Quantity("peak_bytes", "memory", "peak memory", "more memory", "less memory", 0.02, True)
ERROR = Quantity("error_rms", "error", "error", "less exact", "more exact", 0.02, True)
QUANTITIES = (TIME, JOULES, PLAN, MEMORY, ERROR)

# The part of LEVEL that times have beside other tested quantities, which share the rest equally; and within each part,
# those of what all rows share and of whole implementations.
_TIME_PART = 0.8
SHARED_PART, IMPLEMENTATION_PART = 0.1, 0.2


def level_of(quantity: Quantity, tested: tuple[Quantity, ...]) -> float:
    """The probability of any false alarm that a quantity may have beside other tested ones; 0 if it is not tested."""
    if quantity not in tested:
        return 0.0
    others = len(tested) - (TIME in tested)
    if quantity is TIME:
        return LEVEL * (_TIME_PART if others else 1.0)
    return LEVEL * ((1 - _TIME_PART) if TIME in tested else 1.0) / others
