"""The measured ceilings of a device, as values stored in run.json. Loads no heavy library."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

# The method that reaches the true peak. The other method, "gemm" with its size, reaches what a library achieves.
FMA = "fma"


@dataclass(frozen=True, slots=True)
class Peak:
    """The highest FLOP/s of all threads together in a precision; `method` names the kernel that reached it."""

    precision: str
    flops_per_s: float
    method: str


@dataclass(frozen=True, slots=True)
class Level:
    """A cache level or the memory, as all threads together see it.

    `capacity_bytes` is None for the memory, which holds everything. `bytes_per_s` is None where it could not be
    measured. `method` is the fastest loop. `shared` is whether threads compete for the level.
    """

    name: str
    capacity_bytes: int | None
    bytes_per_s: float | None
    method: str | None = None
    shared: bool = False

    def holds(self, working_set_bytes: int) -> bool:
        return self.capacity_bytes is None or working_set_bytes <= self.capacity_bytes


@dataclass(frozen=True, slots=True)
class Calibration:
    """The ceilings of a device: peaks by precision, levels from the nearest outwards.

    `threads` is None on a GPU; `failed` holds the reasons for ceilings that could not be measured. `tuning` is the key
    of the settings of clock and power that they were measured with, empty without any.
    """

    device: str
    threads: int | None
    peaks: tuple[Peak, ...] = ()
    levels: tuple[Level, ...] = ()
    failed: tuple[str, ...] = ()
    tuning: str = ""

    def peak(self, precision: str) -> Peak | None:
        """The peak of a precision, None if unknown."""
        return next((peak for peak in self.peaks if peak.precision == precision), None)

    def level_for(self, working_set_bytes: int, *, cold: bool = False) -> Level | None:
        """The smallest level that holds the working set; with cold caches, the memory. None if it is unknown."""
        fitting = (v for v in self.levels if (v.capacity_bytes is None if cold else v.holds(working_set_bytes)))
        return next(fitting, None)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Calibration:
        """The inverse of `to_dict`. Raises KeyError or TypeError for any other data."""
        return cls(
            device=data["device"],
            threads=data["threads"],
            peaks=tuple(Peak(**peak) for peak in data["peaks"]),
            levels=tuple(Level(**level) for level in data["levels"]),
            failed=tuple(data["failed"]),
            # Runs up to schema 2.3 had no settings.
            tuning=data.get("tuning", ""),
        )


def find(
    calibrations: tuple[Calibration, ...], device: str, threads: int | None, tuning: str = ""
) -> Calibration | None:
    """The calibration of a device (and, on the CPU, of a number of threads) with its settings, None if there is none.

    `tuning` is the key of the settings of clock and power: at another clock the ceilings are others.
    """
    wanted = device, threads if device == "cpu" else None, tuning
    return next((c for c in calibrations if (c.device, c.threads, c.tuning) == wanted), None)
