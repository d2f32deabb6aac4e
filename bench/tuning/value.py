"""The settings of clock and power that a case is measured with: axes, values and words. Loads no library."""

from __future__ import annotations

from dataclasses import dataclass, replace

GPU_CLOCK, POWER_LIMIT, GOVERNOR = "gpu_clock", "power_limit", "governor"
# The axes, each with the device that it is of.
TUNING_AXES = {GPU_CLOCK: "cuda", POWER_LIMIT: "cuda", GOVERNOR: "cpu"}
# The value of an axis that leaves its setting as the machine has it.
AS_IS = "as-is"
# The kernel's governors that need no further value (Documentation/admin-guide/pm/cpufreq.rst); a driver offers some.
GOVERNORS = ("performance", "powersave", "ondemand", "conservative", "schedutil")


@dataclass(frozen=True, slots=True)
class Tuning:
    """The clock of the GPU in MHz, its power limit in W, the governor of the CPU; None for as the machine has it."""

    gpu_clock_mhz: int | None = None
    power_limit_w: int | None = None
    governor: str | None = None

    def on(self, device: str) -> Tuning:
        """The settings that belong to a device: a governor makes no case on the GPU another one."""
        if device == TUNING_AXES[GOVERNOR]:
            return Tuning(governor=self.governor)
        return replace(self, governor=None)

    @property
    def values(self) -> dict[str, int | str]:
        """The values by axis, only those that are set."""
        every = {GPU_CLOCK: self.gpu_clock_mhz, POWER_LIMIT: self.power_limit_w, GOVERNOR: self.governor}
        return {name: value for name, value in every.items() if value is not None}

    @property
    def words(self) -> tuple[str, ...]:
        """The values as a user types them: gpu_clock=1200."""
        return tuple(f"{name}={value}" for name, value in self.values.items())

    @property
    def key(self) -> str:
        """The values as a part of a case's key, empty where nothing is set, so that the keys of older runs stay."""
        return "|".join(self.words)

    @property
    def label(self) -> str:
        """The values in words, empty where nothing is set."""
        parts = [] if self.gpu_clock_mhz is None else [f"GPU clock {self.gpu_clock_mhz} MHz"]
        parts += [] if self.power_limit_w is None else [f"power limit {self.power_limit_w} W"]
        parts += [] if self.governor is None else [f"governor {self.governor}"]
        return ", ".join(parts)
