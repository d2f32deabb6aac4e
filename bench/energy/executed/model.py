"""Models the joules of a call from its time, the FLOPs that it executed and the bytes that it moved.

E = P_idle · t + Σ e_flop(instructions, precision) · executed FLOPs + Σ e_byte(level) · bytes moved

Source: J. W. Choi, D. Bedard, R. Fowler, R. Vuduc, "A roofline model of energy", IPDPS 2013, doi 10.1109/IPDPS.2013.77:
the energy of FLOPs, of memory traffic and of a constant power; here by kind of FLOP and by cache level.

Which traffic is assumed at which level: all bytes that a call moves count at one level, the smallest that holds its
working set. The working set is what the call reads and writes once (input, weights, bias and output) with its
workspace. The bytes are those of all passes over arrays. So the coefficient of a level is that of a byte on its whole
way between that level and the registers. Caches are warm: nothing counts at a level further out. Loads that a kernel
repeats from its nearest cache are no passes: they are a part of the energy of a FLOP.

The coefficients are those of one machine in the scope of its meter (a package, a board). `idle_w` is what time alone
costs there: the idle power of the whole scope, and whatever the counted work does not explain.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bench.format import count, significant

# What stands in the column `source` of joules by this model.
SOURCE = "executed-model"
# The command that writes a file.
COMMAND = "convcost energy-fit RUN --write FILE"
# With a larger left-out error a model is neither written nor used: it says less than the time does.
MOST_ERROR = 0.5


class NotModelled(Exception):
    """A row whose joules this model does not know. The text is shown to readers as the reason why they are null."""


@dataclass(frozen=True, slots=True)
class ExecutedWork:
    """What one call executes: its seconds, its FLOPs with their instructions and precision, its bytes at one level.

    `threads` is None on a GPU.
    """

    time_s: float
    threads: int | None
    instructions: str
    precision: str
    flops: int
    level: str
    bytes_moved: int


@dataclass(frozen=True, slots=True)
class LeftOutError:
    """|predicted − measured| / measured of rows whose implementation was left out of the fit.

    The median of `rows` rows, and the error that 90 % of them do not exceed.
    """

    median: float
    quantile_90: float
    rows: int


@dataclass(frozen=True, slots=True)
class ExecutedModel:
    """The coefficients of a machine, in W, J/FLOP and J/byte, and how well they predict.

    `microarchitecture` is archspec's name, on a GPU the name of the board. `source`, `method` and `scope` are those of
    the meter behind the fit. `flop_j` is by instructions, then by precision; `byte_j` is by level.
    """

    device: str
    microarchitecture: str
    processor: str
    threads: int | None
    source: str
    method: str
    scope: str
    rows: int
    implementations: int
    idle_w: float
    flop_j: Mapping[str, Mapping[str, float]]
    byte_j: Mapping[str, float]
    left_out_error: LeftOutError
    left_out_error_by_implementation: Mapping[str, LeftOutError]

    @property
    def label(self) -> str:
        """As in "zen4, fitted to 96 rows of 8 implementations by rapl-perf (package-0, counter)"."""
        rows, implementations = count(self.rows, "row"), count(self.implementations, "implementation")
        return (
            f"{self.microarchitecture}, fitted to {rows} of {implementations} by {self.source} "
            f"({self.scope}, {self.method})"
        )

    @property
    def assumption(self) -> str:
        """The sentence shown beside every figure of this model."""
        return (
            "Modelled from what was executed, not measured: power × time + energy of FLOPs + energy of bytes by cache "
            f"level ({self.label}, on {self.processor}); 90 % of the rows of implementations that were left out of "
            f"the fit were within {significant(100 * self.left_out_error.quantile_90, 2)} % of their measured joules."
        )

    def joules(self, work: ExecutedWork) -> float:
        """The energy of one call, in J, idle power included. Raises NotModelled for work that has no coefficient."""
        if work.threads != self.threads:
            raise NotModelled(f"the model is of {_threads(self.threads)}, and this is {_threads(work.threads)}")
        flop_j = self.flop_j.get(work.instructions, {}).get(work.precision)
        if flop_j is None:
            raise NotModelled(f"the model has no energy of a FLOP in {work.precision} by {work.instructions}")
        byte_j = self.byte_j.get(work.level)
        if byte_j is None:
            raise NotModelled(f"the model has no energy of a byte at the level {work.level}")
        found = self.idle_w * work.time_s + flop_j * work.flops + byte_j * work.bytes_moved
        if found <= 0:
            raise NotModelled("all coefficients of this work are 0")
        return found

    def half_width_j(self, joules: float) -> float:
        """Half the width of the range of modelled joules, by the error that 90 % of left-out rows do not exceed.

        Where |predicted − measured| ≤ e · measured, the measured joules are predicted / (1 − e) at most, which is
        further away than the least, predicted / (1 + e).
        """
        error = self.left_out_error.quantile_90
        return joules * error / (1 - error)


def _threads(threads: int | None) -> str:
    return "a GPU" if threads is None else count(threads, "thread")
