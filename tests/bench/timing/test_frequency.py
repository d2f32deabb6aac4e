"""Clocks and throttle reasons, from forged files and a fake of NVIDIA's library."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bench.timing import frequency
from bench.timing.frequency import Clocks, mean_frequency_hz, nvidia_reader, reader_for, throttle_reasons


@pytest.mark.parametrize(
    ("texts", "hz"),
    [
        (["3000000\n"], 3e9),
        (["3000000\n", "1000000\n"], 2e9),
        ([], None),
        (["3000000\n", None], None),
        (["<unknown>\n"], None),
    ],
)
def test_the_mean_frequency_needs_all_files(tmp_path: Path, texts: list[str | None], hz: float | None) -> None:
    files = [tmp_path / str(number) for number in range(len(texts))]
    for file, content in zip(files, texts, strict=True):
        if content is not None:
            file.write_text(content)
    assert mean_frequency_hz(files) == hz


def test_only_processors_of_this_process_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number, khz in ((0, 9), (2, 3), (5, 5)):
        folder = tmp_path / f"cpu{number}" / "cpufreq"
        folder.mkdir(parents=True)
        (folder / "scaling_cur_freq").write_text(str(khz))
    monkeypatch.setattr(frequency, "_CPUS", tmp_path)
    monkeypatch.setattr("os.sched_getaffinity", lambda pid: {2, 5}, raising=False)
    assert reader_for("cpu")() == Clocks(frequency_hz=4e3)


@pytest.mark.parametrize(
    ("bits", "words"),
    [
        (0, ()),
        (0x1, ()),
        (0x2 | 0x100, ()),
        (0x4, ("power-cap",)),
        (0x1 | 0x4 | 0x20, ("power-cap", "thermal")),
        (0x8, ("hardware",)),
    ],
)
def test_throttle_bits_become_words(bits: int, words: tuple[str, ...]) -> None:
    assert throttle_reasons(bits) == words


class Nvml:
    """A fake of pynvml."""

    NVML_CLOCK_SM = 1

    class NVMLError(Exception):
        pass

    def nvmlInit(self) -> None:
        pass

    def nvmlDeviceGetHandleByUUID(self, uuid: str) -> str:
        if uuid != "GPU-1":
            raise self.NVMLError
        return "handle"

    def nvmlDeviceGetClockInfo(self, handle: str, kind: int) -> int:
        assert (handle, kind) == ("handle", self.NVML_CLOCK_SM)
        return 1980

    def nvmlDeviceGetCurrentClocksEventReasons(self, handle: str) -> int:
        return 0x4


class NoDriver(Nvml):
    def nvmlInit(self) -> None:
        raise self.NVMLError


class OlderDriver(Nvml):
    def nvmlDeviceGetCurrentClocksEventReasons(self, handle: str) -> int:
        raise self.NVMLError

    def nvmlDeviceGetCurrentClocksThrottleReasons(self, handle: str) -> int:
        return 0x20


class SupportsNothing(Nvml):
    def nvmlDeviceGetClockInfo(self, handle: str, kind: int) -> int:
        raise self.NVMLError

    def nvmlDeviceGetCurrentClocksEventReasons(self, handle: str) -> int:
        raise self.NVMLError


@pytest.mark.parametrize(
    ("nvml", "uuid", "clocks"),
    [
        (Nvml(), "GPU-1", Clocks(None, 1.98e9, ("power-cap",))),
        (OlderDriver(), "GPU-1", Clocks(None, 1.98e9, ("thermal",))),
        (SupportsNothing(), "GPU-1", Clocks()),
        (NoDriver(), "GPU-1", Clocks()),
        (Nvml(), "GPU-2", Clocks()),
    ],
    ids=["current", "older", "nothing", "no driver", "another gpu"],
)
def test_unsupported_values_are_missing(nvml: Any, uuid: str, clocks: Clocks) -> None:
    assert nvidia_reader(nvml, uuid)() == clocks


def test_pynvml_has_the_used_names() -> None:
    import pynvml

    for name in (*frequency._REASONS, "nvmlInit", "nvmlDeviceGetHandleByUUID", "nvmlDeviceGetClockInfo"):
        assert callable(getattr(pynvml, name))
    assert pynvml.NVML_CLOCK_SM == Nvml.NVML_CLOCK_SM
    bits = {
        "SwPowerCap": "power-cap", "HwSlowdown": "hardware", "SyncBoost": "sync-boost", "SwThermalSlowdown": "thermal",
        "HwThermalSlowdown": "hardware-thermal", "HwPowerBrakeSlowdown": "power-brake", "GpuIdle": "",
        "ApplicationsClocksSetting": "", "DisplayClockSetting": "",
    }  # fmt: skip
    for name, word in bits.items():
        assert throttle_reasons(getattr(pynvml, f"nvmlClocksThrottleReason{name}")) == ((word,) if word else ())
