"""Joules from forged batteries in /sys/class/power_supply."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.energy.asked import Asked
from bench.energy.battery import BatteryMeter, batteries, find
from bench.energy.meter import MeterError, Reading
from bench.energy.period import patience_s, update_period

# An interval so long that the background thread reads nothing.
NEVER_S = 3_600.0
ASKED = Asked("battery")
FULL_UWH = 50_000_000


class Clock:
    """A clock that the test advances."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def _supply(root: Path, name: str, **files: object) -> Path:
    folder = root / name
    folder.mkdir()
    for file, content in files.items():
        (folder / file).write_text(f"{content}\n")
    return folder


def _battery(root: Path, name: str = "BAT0", status: str = "Discharging", **files: object) -> Path:
    given = {"energy_now": 40_000_000, "energy_full": FULL_UWH, "present": 1} if "charge_now" not in files else {}
    return _supply(root, name, type="Battery", status=status, **(given | files))


def _write(folder: Path, **files: object) -> None:
    for file, content in files.items():
        (folder / file).write_text(f"{content}\n")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def battery(tmp_path: Path) -> Path:
    """A battery that discharges, and a charger that is not connected."""
    _supply(tmp_path, "AC", type="Mains", online=0)
    return _battery(tmp_path)


def _meter(battery: Path, clock: Clock) -> BatteryMeter:
    return BatteryMeter(battery.parent, clock, NEVER_S)


def test_what_left_the_battery_are_joules(battery: Path, clock: Clock) -> None:
    meter = _meter(battery, clock)
    assert (meter.source, meter.method, meter.device, meter.scopes) == ("battery", "counter", "cpu", ("battery",))
    seen = []
    for energy_uwh in (40_000_000, 39_990_000, 39_990_000, 39_970_000):
        clock.now_s += 3.0
        _write(battery, energy_now=energy_uwh)
        meter.step()
        seen.append(meter.read().joules["battery"])
    assert seen == pytest.approx([0.0, 36.0, 36.0, 108.0])
    meter.close()


def test_charge_times_voltage_where_there_is_no_energy(tmp_path: Path, clock: Clock) -> None:
    folder = _battery(tmp_path, charge_now=3_000_000, charge_full=4_000_000, voltage_now=12_000_000)
    meter = _meter(folder, clock)
    clock.now_s = 10.0
    _write(folder, charge_now=2_999_000, voltage_now=11_000_000)
    meter.step()
    # 1 mAh is 3.6 C, at 11.5 V on average.
    assert meter.read().joules["battery"] == pytest.approx(3.6 * 11.5)
    meter.close()


def test_two_batteries_add_up_while_one_of_them_rests(tmp_path: Path, clock: Clock) -> None:
    first, second = _battery(tmp_path, "BAT0"), _battery(tmp_path, "BAT1", "Not charging")
    meter = _meter(first, clock)
    clock.now_s = 10.0
    _write(first, energy_now=39_990_000, status="Unknown")
    _write(second, energy_now=39_980_000, status="Discharging")
    meter.step()
    assert meter.read().joules["battery"] == pytest.approx(108.0)
    meter.close()


@pytest.mark.parametrize(
    ("first", "second", "names"),
    [
        ({"serial_number": "00123"}, {"serial_number": "00123"}, ["BAT0"]),
        ({"serial_number": "00123"}, {"serial_number": "00124"}, ["BAT0", "BAT1"]),
        ({"serial_number": "0"}, {"serial_number": "0"}, ["BAT0", "BAT1"]),
        ({}, {}, ["BAT0", "BAT1"]),
        ({"serial_number": "7"}, {"serial_number": "7", "energy_full": 60_000_000}, ["BAT0", "BAT1"]),
        ({"present": 0}, {}, ["BAT1"]),
        ({"scope": "Device"}, {"scope": "System"}, ["BAT1"]),
    ],
    ids=["listed twice", "different", "no serial number", "none at all", "different sizes", "absent", "of a mouse"],
)
def test_each_battery_of_the_machine_is_counted_once(
    tmp_path: Path, first: dict[str, object], second: dict[str, object], names: list[str]
) -> None:
    same: dict[str, object] = {"manufacturer": "SMP", "model_name": "5B10"}
    _battery(tmp_path, "BAT0", "Discharging", **(same | first))
    _battery(tmp_path, "BAT1", "Discharging", **(same | second))
    assert [folder.name for folder in batteries(tmp_path)] == names


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"energy_now": 40_010_000}, "the battery BAT0 gained 36 J: it was charged, or its gauge corrected itself"),
        ({"energy_now": 30_000_000}, r"the battery BAT0 lost 36000 J in 3 s, which needs over 500 W"),
        ({"energy_now": ""}, "the battery BAT0 can no longer be read"),
        ({"status": "Charging"}, "the machine does not run on its battery: BAT0 is charging"),
        ({"status": "Full"}, "the machine does not run on its battery: BAT0 is full"),
    ],
    ids=["rises", "leaps", "no number", "charging", "full"],
)
def test_faults_are_named(battery: Path, clock: Clock, change: dict[str, object], text: str) -> None:
    meter = _meter(battery, clock)
    clock.now_s = 3.0
    _write(battery, **change)
    with pytest.raises(MeterError, match=text):
        meter.step()
    meter.close()


def test_a_charger_that_is_connected_during_a_window_is_named(battery: Path, clock: Clock) -> None:
    meter = _meter(battery, clock)
    # The battery goes on discharging: the charger is too weak for the load.
    _write(battery.parent / "AC", online=1)
    with pytest.raises(MeterError, match="the charger AC is connected, so that the battery gives a part"):
        meter.step()
    meter.close()


def test_a_gauge_that_stands_still_is_named(battery: Path, clock: Clock) -> None:
    meter = _meter(battery, clock)
    clock.now_s = 301.0
    with pytest.raises(MeterError, match="gauge has not moved for 301 s"):
        meter.step()
    meter.close()


def test_a_battery_that_is_taken_out_is_named(battery: Path, clock: Clock) -> None:
    meter = _meter(battery, clock)
    for file in battery.iterdir():
        file.unlink()
    battery.rmdir()
    with pytest.raises(MeterError, match="the state of the battery BAT0 can no longer be read"):
        meter.step()
    meter.close()


def test_it_may_stand_still_for_a_minute(battery: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """A step of a gauge takes longer than one of a counter in a processor; its period is measured all the same."""
    meter = _meter(battery, clock)
    assert patience_s(meter) == 60.0
    read, left = meter.read, 40_000_000

    def reading() -> Reading:
        nonlocal left
        clock.now_s += 1.0
        if clock.now_s % 12 == 0:
            left -= 10_000
            _write(battery, energy_now=left)
            meter.step()
        return read()

    monkeypatch.setattr(meter, "read", reading)
    period = update_period(meter, clock)
    assert period.tau_s == pytest.approx(12.0)
    assert clock.now_s == 4 * 12, "four changes are enough"
    meter.close()


def test_it_is_used_only_if_asked_for(battery: Path) -> None:
    found = find(Asked(), battery.parent)
    assert not found.available
    assert "only if asked for" in str(found.why_not)
    assert "CONVCOST_METER=battery" in str(found.remedy)
    assert found.is_asked_for is False
    found = find(ASKED, battery.parent)
    assert (found.available, found.is_asked_for, found.scopes) == (True, True, ("battery",))


@pytest.mark.parametrize("wanted", [Asked(), ASKED])
def test_a_machine_without_a_battery_is_told_so(tmp_path: Path, wanted: Asked) -> None:
    _supply(tmp_path, "AC", type="Mains", online=1)
    _battery(tmp_path, "hid-mouse", scope="Device")
    found = find(wanted, tmp_path)
    assert "has no battery" in str(found.why_not)
    assert found.remedy is None


def test_a_connected_charger_has_a_remedy(battery: Path) -> None:
    _write(battery.parent / "AC", online=1)
    found = find(ASKED, battery.parent)
    assert (found.available, found.remedy) == (False, "unplug the charger")


def test_denied_permission_has_a_remedy(battery: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Path.read_text

    def denied(self: Path, *given: str) -> str:
        if self.name == "energy_now":
            raise PermissionError(13, "Permission denied", str(self))
        return whole(self, *given)

    monkeypatch.setattr(Path, "read_text", denied)
    found = find(ASKED, battery.parent)
    assert "energy_now is not permitted" in str(found.why_not)
    assert str(found.remedy).startswith("sudo chmod a+r")


def test_the_charge_is_a_condition(battery: Path, clock: Clock) -> None:
    _write(battery, capacity=80)
    meter = _meter(battery, clock)
    assert meter.conditions()["battery_percent"] == {"BAT0": 80}
    meter.close()
