"""Perf events for energy, with a forged folder and descriptors that the test writes to."""

from __future__ import annotations

import errno
import os
import struct
from pathlib import Path

import pytest

from bench.energy.meter import MeterError
from bench.energy.perf_event import perf_event_open
from bench.energy.rapl_perf import PerfMeter, find

SCALE = 2.0**-32


class Events:
    """Pipes instead of perf descriptors: each reading takes the next count."""

    def __init__(self) -> None:
        self.opened: list[tuple[int, int, int]] = []
        self.writers: list[int] = []
        self.error: OSError | None = None

    def open(self, kind: int, config: int, cpu: int) -> int:
        if self.error is not None:
            raise self.error
        self.opened.append((kind, config, cpu))
        reader, writer = os.pipe()
        self.writers.append(writer)
        os.write(writer, struct.pack("=Q", 1_000))
        return reader

    def feed(self, *counts: int) -> None:
        for writer, count in zip(self.writers, counts, strict=True):
            os.write(writer, struct.pack("=Q", count))


@pytest.fixture
def events() -> Events:
    return Events()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "power"
    (folder / "events").mkdir(parents=True)
    (folder / "type").write_text("19\n")
    (folder / "cpumask").write_text("0,28\n")
    for name, config in (("pkg", 2), ("ram", 3), ("cores", 1), ("psys", 5)):
        (folder / "events" / f"energy-{name}").write_text(f"event=0x{config:02x}\n")
        (folder / "events" / f"energy-{name}.scale").write_text(f"{SCALE:.22e}\n")
        (folder / "events" / f"energy-{name}.unit").write_text("Joules\n")
    return folder


def _level(tmp_path: Path, level: int) -> Path:
    file = tmp_path / "perf_event_paranoid"
    file.write_text(f"{level}\n")
    return file


def test_each_package_is_counted_and_the_platform_once(root: Path, events: Events) -> None:
    meter = PerfMeter(root, events.open)
    assert events.opened == [(19, 2, 0), (19, 2, 28), (19, 3, 0), (19, 3, 28), (19, 5, 0)]
    assert meter.scopes == ("packages", "package-0", "package-1", "dram-0", "dram-1", "psys")
    assert (meter.source, meter.method, meter.device) == ("rapl-perf", "counter", "cpu")
    meter.close()


def test_joules_count_from_opening(root: Path, events: Events) -> None:
    now_s = [5.0]
    meter = PerfMeter(root, events.open, clock=lambda: now_s[0])
    # Long enough for so many joules.
    now_s[0] = 1_005.0
    # More than 32 bits: the kernel has 64.
    counts = [1_000 + int(joules * 2**32) for joules in (10.5, 1e6, 2.25, 0.5, 3e6)]
    events.feed(*counts)
    reading = meter.read()
    assert reading.time_s == 1_005.0
    assert reading.joules == pytest.approx(
        {"packages": 1_000_010.5, "package-0": 10.5, "package-1": 1e6, "dram-0": 2.25, "dram-1": 0.5, "psys": 3e6}
    )
    meter.close()


def test_a_single_package_needs_no_sum(root: Path, events: Events) -> None:
    (root / "cpumask").write_text("0\n")
    assert find(root, events.open).scopes == ("package-0", "dram-0", "psys")


def test_a_platform_that_stands_still_is_lost_and_packages_are_kept(root: Path, events: Events) -> None:
    now_s = [0.0]
    meter = PerfMeter(root, events.open, clock=lambda: now_s[0])
    now_s[0] = 10.0
    step = 1_000 + 2**32
    events.feed(step, step, step, step, 1_000)
    reading = meter.read()
    assert tuple(reading.joules) == ("packages", "package-0", "package-1", "dram-0", "dram-1")
    assert "RAPL psys has not moved for 10.0 s" in reading.lost["psys"]
    meter.close()


def test_a_counter_that_falls_or_ends_is_an_error(root: Path, events: Events) -> None:
    meter = PerfMeter(root, events.open)
    events.feed(1, 1_000, 1_000, 1_000, 1_000)
    with pytest.raises(MeterError, match="RAPL package-0 ran backwards"):
        meter.read()
    os.close(events.writers[0])
    with pytest.raises(MeterError, match="package-0 gave 0 bytes"):
        meter.read()
    meter.close()


def test_without_a_memory_counter_no_memory_is_listed(root: Path, events: Events) -> None:
    for name in ("ram", "psys"):
        (root / "events" / f"energy-{name}").unlink()
    found = find(root, events.open)
    assert (found.available, found.scopes) == (True, ("packages", "package-0", "package-1"))


@pytest.mark.parametrize(
    ("level", "says", "remedy"),
    [
        (4, "kernel.perf_event_paranoid is 4", "sudo sysctl kernel.perf_event_paranoid=0"),
        (1, "kernel.perf_event_paranoid is 1", "sudo sysctl kernel.perf_event_paranoid=0"),
        (-1, "a container filters them", "--cap-add PERFMON"),
    ],
)
@pytest.mark.parametrize("code", [errno.EACCES, errno.EPERM])
def test_denied_permission_has_a_remedy(
    root: Path, tmp_path: Path, events: Events, code: int, level: int, says: str, remedy: str
) -> None:
    events.error = OSError(code, os.strerror(code))
    found = find(root, events.open, _level(tmp_path, level))
    assert says in str(found.why_not)
    assert remedy in str(found.remedy)
    assert (found.scopes, found.open) == ((), None)


def test_other_errors_are_explained(root: Path, events: Events) -> None:
    events.error = OSError(errno.ENODEV, os.strerror(errno.ENODEV))
    assert "package-0 cannot be opened: No such device" in str(find(root, events.open).why_not)


@pytest.mark.parametrize(
    ("file", "text", "says"),
    [
        ("events/energy-pkg.unit", "Watts", "'event=0x02' in 'Watts'"),
        ("events/energy-pkg", "umask=1", "'umask=1'"),
        ("cpumask", "", "cannot be read"),
    ],
)
def test_an_invalid_description_is_reported(root: Path, events: Events, file: str, text: str, says: str) -> None:
    (root / file).write_text(text)
    assert says in str(find(root, events.open).why_not)


def test_a_missing_folder_is_explained(tmp_path: Path, events: Events) -> None:
    assert "virtual machine" in str(find(tmp_path / "none", events.open).why_not)


def test_descriptors_are_closed_when_opening_fails(root: Path) -> None:
    opened = []

    def opening(kind: int, config: int, cpu: int) -> int:
        if cpu == 28:
            raise OSError(errno.ENODEV, "No such device")
        reader, writer = os.pipe()
        os.write(writer, struct.pack("=Q", 1))
        os.close(writer)
        opened.append(reader)
        return reader

    with pytest.raises(MeterError):
        PerfMeter(root, opening)
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(opened[0])


def test_the_system_call_counts() -> None:
    # An event that every Linux has: nanoseconds of the processor's clock.
    software, cpu_clock = 1, 0
    try:
        descriptor = perf_event_open(software, cpu_clock, 0)
    except (OSError, MeterError) as error:
        pytest.skip(f"perf events cannot be opened here: {error}")
    counts = [struct.unpack("=Q", os.read(descriptor, 8))[0] for _ in range(3)]
    os.close(descriptor)
    assert 0 < counts[0] < counts[1] < counts[2]


def test_processors_without_a_known_system_call_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    with pytest.raises(MeterError, match="riscv64"):
        perf_event_open(0, 0, 0)
