"""The columns of energy.parquet: the joules of one implementation on one case, in one scope."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bench.store.column_types import column as _column
from bench.store.column_types import plain_line


@dataclass(frozen=True, slots=True)
class Energy:
    """The joules of one row in one scope: a line of energy.parquet. A row without joules has one line."""

    case_key: str = _column("the row's case_key", default="")
    implementation: str = _column("the row's implementation", default="")
    device: str = _column("the row's device", default="cpu")
    scope: str | None = _column(
        "the part that the joules are of: package-0, packages (their sum), gpu-board, machine-share (bracketed), "
        "system, battery, wall, cpu-rail, module, cpu-clusters …; null without joules"
    )
    method: str = _column(
        "counter or power_integral (measured), model (time × an assumed power; with the source executed-model what was "
        "executed × fitted coefficients), bracket (time × a low and a high power of machines of the same class) or "
        "unavailable",
        default="unavailable",
    )
    source: str | None = _column(
        "the meter, the model or the bracket: nvml, rapl-perf, rapl-powercap, hwmon, powermetrics, wall-meter, "
        "battery, model, executed-model, bracket"
    )
    reason: str | None = _column(
        "the reason why nothing was measured: no sensor, not sampled …; after it, why nothing was modelled"
    )
    gross_j: float | None = _column("measured energy of one call, idle power included", "J")
    gross_u95_j: float | None = _column("half the 95 % interval of gross_j", "J")
    net_j: float | None = _column("the same less idle power over the time of the call", "J")
    u95_j: float | None = _column(
        "half the 95 % interval of net_j, of gross_j where no idle power was subtracted; over processes, or over the "
        "windows of a single one; without gain_rel",
        "J",
    )
    modelled_j: float | None = _column(
        "time_s × an assumed power, no more information than time_s; with the source executed-model from time_s, "
        "executed_flops and bytes_moved",
        "J",
    )
    modelled_half_j: float | None = _column(
        "half the width of the range of modelled_j by an executed-model: by the error that 90 % of rows of "
        "implementations that were left out of its fit do not exceed; null for an assumed power",
        "J",
    )
    gross_j_per_direct_flop: float | None = _column("gross_j over direct_flops", "J/FLOP")
    net_j_per_direct_flop: float | None = _column("net_j over direct_flops", "J/FLOP")
    modelled_j_per_direct_flop: float | None = _column("modelled_j over direct_flops", "J/FLOP")
    low_j: float | None = _column(
        "low end of the bracketed energy of one call: time_low_s (time_s without an interval) × power_low_w; no more "
        "information than the time, and never a value to rank or to add to a measured one",
        "J",
    )
    high_j: float | None = _column("high end of it: time_high_s (time_s without an interval) × power_high_w", "J")
    idle_low_j: float | None = _column("low end of the part of it that the same cores take when idle, too", "J")
    idle_high_j: float | None = _column("high end of that part", "J")
    low_j_per_direct_flop: float | None = _column("low_j over direct_flops", "J/FLOP")
    high_j_per_direct_flop: float | None = _column("high_j over direct_flops", "J/FLOP")
    power_low_w: float | None = _column(
        "low end of the bracketed power of the busy cores, with their share of the whole machine at the wall", "W"
    )
    power_high_w: float | None = _column("high end of it", "W")
    bracket_class: str | None = _column("the machines that the bracket comes from, in words; null without a bracket")
    bracket_machines: int | None = _column("the number of these machines", "machines")
    power_w: float | None = _column("average measured power under load", "W")
    idle_w: float | None = _column("idle power before and after", "W")
    idle_u95_w: float | None = _column("half the 95 % interval of it", "W")
    idle_subtracted: bool = _column("whether net_j is known", default=False)
    gain_rel: float | None = _column(
        "relative standard uncertainty of the meter's scale, the same for all figures of a device; null if unpublished"
    )
    check_rel: float | None = _column("relative difference to a second meter of the same device")
    plan: str | None = _column("length and number of the windows: quick, full, or as given by options")
    tau_s: float | None = _column("measured update period of the counter", "s")
    window_s: float | None = _column("median length of the windows", "s")
    windows: int | None = _column("windows that count", "windows")
    processes: int | None = _column("worker processes in which these windows were measured", "processes")
    rejected: int | None = _column(
        "windows left out, as the device was thermally throttled or other programs kept the processors busy", "windows"
    )
    neighbours_share: float | None = _column(
        "processor time that other programs used during these windows, over that of all processors; null where the "
        "system does not tell"
    )
    idle_neighbours_share: float | None = _column("the same while idle power was measured")
    flags: tuple[str, ...] = _column(
        "warnings about a measured figure: no-plateau, throttled, other-processes (on the GPU), busy-neighbours (other "
        "programs used more than 1 % of the processor time), one-window, few-windows, few-processes, windows-rejected, "
        "target-missed, idle-drift, no-idle-after, lost-in-noise, check-failed, counter-vs-integral, side-effects, "
        "device-waits (calls were launched more slowly than the GPU runs them: gross_j holds its waiting, time_s not)",
        default=(),
    )

    def as_dict(self) -> dict[str, Any]:
        """The line as plain data, as JSON and the tables have it."""
        return plain_line(self)
