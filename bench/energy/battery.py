"""Reads the energy that a laptop takes from its batteries, from /sys/class/power_supply, while it runs on them.

It is the energy of the whole machine, screen included, in steps of some 36 J every few seconds: enough for windows of
minutes, and for nothing shorter. With a charger connected, batteries give a part of the energy or none, so it is
refused.

https://docs.kernel.org/power/power_supply_class.html
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.energy import asked
from bench.energy.availability import Unavailable, detect
from bench.energy.background import Background
from bench.energy.cpu_conditions import cpu_conditions
from bench.energy.meter import BATTERY, Found, MeterError, Method, Reading
from bench.energy.plausible import FROZEN_S

ROOT = Path("/sys/class/power_supply")
_CHARGERS = ("Mains", "USB", "Wireless")
_J_PER_UWH = _C_PER_UAH = 3600e-6
_V_PER_UV = 1e-6
# Twenty of these, a window of the shortest plan, are a minute. Most gauges publish a new value more often.
_INTERVAL_S = 3.0
# Twice the power of the largest laptops of 2025. A gauge may publish 1 % of its battery at once, some 3,600 J.
_MOST_W, _LATE_S = 500.0, 10.0
# At 1 W, a step of 10 mWh takes 36 s.
_STILL_S = 60.0


class BatteryMeter:
    """Adds up what all batteries of the machine gave since opening; its only scope is `battery`."""

    source, method, device = "battery", Method.COUNTER, "cpu"
    scopes = (BATTERY,)
    # No uncertainty of its scale is published.
    gain_rel: float | None = None
    # See bench.energy.meter.Slow.
    still_s = _STILL_S

    def __init__(
        self, root: Path = ROOT, clock: Callable[[], float] = time.perf_counter, interval_s: float = _INTERVAL_S
    ) -> None:
        self._root, self._clock = root, clock
        folders = batteries(root)
        if not folders:
            raise Unavailable(f"this machine has no battery in {root}")
        _require_discharging(root, folders)
        self._folders = folders
        self._cells = [_Cell(folder, clock()) for folder in folders]
        self._background = Background("the battery", self._take, interval_s, clock)

    def read(self) -> Reading:
        """See bench.energy.background.Background.read."""
        return self._background.read()

    def step(self) -> None:
        """Read the batteries once, as the thread in the background does. Raises MeterError."""
        self._background.step()

    def conditions(self) -> dict[str, Any]:
        """See bench.energy.cpu_conditions; plus `battery_percent`, the charge of each battery that reports it."""
        percent = {f.name: int(text) for f in self._folders if (text := _text(f / "capacity") or "").isdecimal()}
        return {**cpu_conditions(), "battery_percent": percent}

    def close(self) -> None:
        self._background.close()

    def _take(self) -> dict[str, float]:
        _require_discharging(self._root, self._folders)
        now_s = self._clock()
        joules = sum(cell.used_j(now_s) for cell in self._cells)
        still_s = now_s - max(cell.changed_s for cell in self._cells)
        if still_s > FROZEN_S:
            raise MeterError(f"the battery's gauge has not moved for {still_s:.0f} s, though the battery discharges")
        return {BATTERY: joules}


class _Cell:
    """One battery: the joules that it gave since opening, from its energy, else from its charge and voltage."""

    def __init__(self, folder: Path, time_s: float) -> None:
        self.changed_s = time_s
        self._folder = folder
        self._is_energy = (folder / "energy_now").is_file()
        self._left, self._volts = self._read()
        self._joules = 0.0

    def used_j(self, time_s: float) -> float:
        """Joules since opening. Raises MeterError if the gauge rose, leapt or cannot be read."""
        left, volts = self._read()
        unit_j = _J_PER_UWH if self._is_energy else _C_PER_UAH * (volts + self._volts) / 2
        step_j = (self._left - left) * unit_j
        name = f"the battery {self._folder.name}"
        if step_j < 0:
            raise MeterError(f"{name} gained {-step_j:.6g} J: it was charged, or its gauge corrected itself")
        if step_j > _MOST_W * (time_s - self.changed_s + _LATE_S):
            raise MeterError(
                f"{name} lost {step_j:.6g} J in {time_s - self.changed_s:.3g} s, which needs over {_MOST_W:.0f} W: its "
                "gauge corrected itself, or was reset"
            )
        if step_j:
            self._left, self._volts, self.changed_s = left, volts, time_s
            self._joules += step_j
        return self._joules

    def _read(self) -> tuple[int, float]:
        """What is left, in µWh or µAh, and the voltage, which energy does not need."""
        if self._is_energy:
            return _whole(self._folder / "energy_now"), 0.0
        return _whole(self._folder / "charge_now"), _whole(self._folder / "voltage_now") * _V_PER_UV


def batteries(root: Path = ROOT) -> list[Path]:
    """The folders of the batteries that supply this machine, each battery once, even if two drivers list it."""
    found: dict[tuple[str | None, ...], Path] = {}
    for folder in _supplies(root):
        if _text(folder / "type") != "Battery" or _text(folder / "present") == "0":
            continue
        serial = _text(folder / "serial_number") or ""
        full = _text(folder / "energy_full") or _text(folder / "charge_full")
        known = (_text(folder / "manufacturer"), _text(folder / "model_name"), serial, full)
        # Many firmwares give all batteries the serial number 0 or none.
        found.setdefault(known if serial.strip("0 ") else (folder.name,), folder)
    return list(found.values())


def find(wanted: asked.Asked, root: Path = ROOT) -> Found:
    """Detect the source. It is available only if a user asks for it, because its windows last minutes."""

    def opening() -> BatteryMeter:
        if wanted.kind != asked.BATTERY and batteries(root):
            raise Unavailable(
                "it is used only if asked for, as its windows last a minute or more",
                f"unplug the charger and set {asked.VARIABLE}={asked.BATTERY}",
            )
        return BatteryMeter(root)

    found = detect("battery", "cpu", Method.COUNTER, opening)
    return replace(found, is_asked_for=wanted.kind == asked.BATTERY)


def _supplies(root: Path) -> list[Path]:
    """All supplies of the machine itself; those of mice and keyboards have the scope "Device"."""
    return [folder for folder in sorted(root.glob("*")) if _text(folder / "scope") != "Device"]


def _require_discharging(root: Path, folders: list[Path]) -> None:
    """Raise Unavailable unless the batteries alone supply the machine."""
    unplug = "unplug the charger"
    for supply in _supplies(root):
        if _text(supply / "type") in _CHARGERS and _text(supply / "online") not in (None, "0"):
            raise Unavailable(
                f"the charger {supply.name} is connected, so that the battery gives a part of the power or none", unplug
            )
    states = {folder.name: _text(folder / "status") for folder in folders}
    if gone := [name for name, state in states.items() if state is None]:
        raise Unavailable(f"the state of the battery {gone[0]} can no longer be read")
    if "Charging" in states.values() or "Discharging" not in states.values():
        listed = ", ".join(f"{name} is {str(state).lower()}" for name, state in states.items())
        raise Unavailable(f"the machine does not run on its battery: {listed}", unplug)


def _whole(file: Path) -> int:
    try:
        return int(file.read_text())
    except PermissionError:
        raise Unavailable(f"reading {file} is not permitted", f"sudo chmod a+r {file} (until the next boot)") from None
    except (OSError, ValueError) as error:
        raise MeterError(f"the battery {file.parent.name} can no longer be read: {error}") from None


def _text(file: Path) -> str | None:
    try:
        return file.read_text().strip()
    except (OSError, UnicodeDecodeError):
        return None
