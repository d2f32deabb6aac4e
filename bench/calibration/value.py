"""What a calibration found, as values that go into run.json. Plain numbers: nothing heavy is loaded here."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

# The method that reaches all there is; the other, "gemm" with its size, what a library makes of it.
FMA = "fma"


@dataclass(frozen=True, slots=True)
class Peak:
    """The most FLOP/s reached in a precision by all threads together; `method` is what reached it."""

    precision: str
    flops_per_s: float
    method: str


@dataclass(frozen=True, slots=True)
class Level:
    """A level of the memory as all threads together see it.

    `capacity_bytes` is None for the memory itself, which holds everything; `bytes_per_s` is None where it could not be
    measured; `method` is the stream that was fastest; `shared` says that threads compete for it.
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

    `threads` is None on a GPU; `failed` says in words what could not be measured.
    """

    device: str
    threads: int | None
    peaks: tuple[Peak, ...] = ()
    levels: tuple[Level, ...] = ()
    failed: tuple[str, ...] = ()

    def peak(self, precision: str) -> Peak | None:
        """The peak of a precision, None where it is not known."""
        return next((peak for peak in self.peaks if peak.precision == precision), None)

    def level_for(self, working_set_bytes: int, *, cold: bool = False) -> Level | None:
        """The smallest level that holds so many bytes, with cold caches the memory; None where none is known."""
        fitting = (v for v in self.levels if (v.capacity_bytes is None if cold else v.holds(working_set_bytes)))
        return next(fitting, None)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Calibration:
        """Raises KeyError or TypeError for what `to_dict` did not make."""
        return cls(
            device=data["device"],
            threads=data["threads"],
            peaks=tuple(Peak(**peak) for peak in data["peaks"]),
            levels=tuple(Level(**level) for level in data["levels"]),
            failed=tuple(data["failed"]),
        )


def find(calibrations: tuple[Calibration, ...], device: str, threads: int | None) -> Calibration | None:
    """The calibration of a device and, on the CPU, a number of threads."""
    wanted = threads if device == "cpu" else None
    return next((c for c in calibrations if (c.device, c.threads) == (device, wanted)), None)
