"""GPUs in a forged management library."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from bench.doctor import gpu


class NvmlError(Exception):
    pass


def _nvml(names: list[str | bytes], fails_at: str | None = None) -> Any:
    def answer(name: str, value: Any) -> Any:
        def asked(*given: Any) -> Any:
            if name == fails_at:
                raise NvmlError("it refused")
            return value(*given) if callable(value) else value

        return asked

    answers: dict[str, Any] = {
        "nvmlInit": None,
        "nvmlShutdown": None,
        "nvmlSystemGetDriverVersion": "570.1",
        "nvmlDeviceGetCount": len(names),
        "nvmlDeviceGetHandleByIndex": lambda index: index,
        "nvmlDeviceGetName": lambda index: names[index],
        "nvmlDeviceGetMemoryInfo": SimpleNamespace(total=80 * 2**30),
    }
    return SimpleNamespace(NVMLError=NvmlError, **{name: answer(name, value) for name, value in answers.items()})


@pytest.mark.parametrize(
    ("nvml", "reason", "expected"),
    [
        (_nvml([], "nvmlInit"), None, [("none (NVML: it refused)", "fine")]),
        (_nvml([]), None, [("none (driver 570.1)", "fine")]),
        (
            _nvml(["H100", b"A100"]),
            None,
            [("H100, 80.0 GiB, driver 570.1", "fine"), ("A100, 80.0 GiB, driver 570.1", "fine")],
        ),
        (_nvml(["H100"]), "this torch has no CUDA", [("H100, 80.0 GiB, driver 570.1", "mind")]),
        (_nvml(["H100"], "nvmlDeviceGetName"), None, [(None, "missing")]),
    ],
)
def test_each_gpu_has_a_finding(
    monkeypatch: pytest.MonkeyPatch, nvml: Any, reason: str | None, expected: list[tuple[str | None, str]]
) -> None:
    monkeypatch.setattr(gpu, "torch_error", lambda: reason)
    assert [(f.value, f.verdict) for f in gpu.gpus(nvml)] == expected
