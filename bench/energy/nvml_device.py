"""One GPU as NVIDIA's management library sees it: found by its UUID, asked in sentences, and what holds on it now."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import psutil

from bench.energy.looking import Unavailable
from bench.timing.frequency import throttle_reasons

# "Part-time Power Measurements", arXiv 2312.02741: gains some 5 % off an external meter are usual.
GAIN_REL = 0.05
_HZ_PER_MHZ, _W_PER_MW = 1e6, 1e-3
# Parts that are a GPU and a Grace processor on one module, whose sensors cover both (ml-energy/zeus#172).
_MODULE = re.compile(r"\bG[HB]\d00\b")
_MIG = (
    "the GPU is split into MIG instances, and NVML tells the energy of the whole board only, not that of an instance",
    "switch MIG off (sudo nvidia-smi -mig 0) or measure on a GPU that is not split",
)
# By the constant's name: what the reader is told, and what to do.
_SENTENCES = {
    "NVML_ERROR_LIBRARY_NOT_FOUND": ("there is no NVIDIA driver here: its library NVML is missing", None),
    "NVML_ERROR_DRIVER_NOT_LOADED": ("the NVIDIA driver is not loaded", "sudo modprobe nvidia"),
    "NVML_ERROR_LIB_RM_VERSION_MISMATCH": (
        "the NVIDIA driver and its library are of different versions",
        "restart the machine after the driver's update",
    ),
    "NVML_ERROR_NO_PERMISSION": (
        "the NVIDIA driver refuses permission",
        "run as root, or start the container with the capability utility (NVIDIA_DRIVER_CAPABILITIES=compute,utility)",
    ),
    "NVML_ERROR_NOT_SUPPORTED": ("this GPU or its driver does not support it", None),
    "NVML_ERROR_FUNCTION_NOT_FOUND": ("the NVIDIA driver is too old for it", "install a newer NVIDIA driver"),
    "NVML_ERROR_GPU_IS_LOST": (
        "the GPU is lost: it fell off the bus or cannot be reached any more",
        "restart the machine, and see dmesg for Xid errors",
    ),
    "NVML_ERROR_RESET_REQUIRED": ("the GPU needs a reset", "sudo nvidia-smi --gpu-reset"),
    "NVML_ERROR_NOT_FOUND": ("NVML knows no such GPU", "nvidia-smi -L lists the GPUs that it knows"),
    "NVML_ERROR_INVALID_ARGUMENT": ("NVML knows no such GPU", "nvidia-smi -L lists the GPUs that it knows"),
}
# After these nothing that the GPU tells is worth anything; every other refusal concerns one figure only.
_FATAL = ("NVML_ERROR_GPU_IS_LOST", "NVML_ERROR_RESET_REQUIRED", "NVML_ERROR_UNINITIALIZED")


@dataclass(frozen=True, slots=True)
class Device:
    """A GPU and the library that it is asked through (pynvml)."""

    nvml: Any
    handle: Any
    uuid: str
    name: str

    @property
    def scope(self) -> str:
        """What its sensors cover: gpu-board, or module where GPU and processor share one."""
        return "module" if _MODULE.search(self.name) else "gpu-board"

    def ask(self, function: str, *given: Any) -> Any:
        """What the function says of this GPU. Raises Unavailable with a sentence and a remedy."""
        try:
            return getattr(self.nvml, function)(self.handle, *given)
        except (AttributeError, self.nvml.NVMLError) as error:
            raise refusal(self.nvml, error, function) from None

    def told(self, function: str, *given: Any) -> Any:
        """As `ask`, but None where this figure is not told. Raises Unavailable if the GPU is gone."""
        try:
            return getattr(self.nvml, function)(self.handle, *given)
        except AttributeError:
            return None
        except self.nvml.NVMLError as error:
            if any(_is(self.nvml, error, name) for name in _FATAL):
                raise refusal(self.nvml, error, function) from None
            return None

    def close(self) -> None:
        """Give the library back; it counts who uses it."""
        try:
            self.nvml.nvmlShutdown()
        except self.nvml.NVMLError:
            # It has shut down already: there is nothing to give back.
            return


def open_device(uuid: str | None = None, nvml: Any = None) -> Device:
    """The GPU of that UUID; without one, torch's device 0 by CUDA_VISIBLE_DEVICES. Raises Unavailable.

    `uuid` with or without "GPU-" (torch leaves it out); `nvml` is pynvml by default.
    """
    nvml = _pynvml() if nvml is None else nvml
    try:
        nvml.nvmlInit()
    except nvml.NVMLError as error:
        raise refusal(nvml, error) from None
    try:
        handle = _handle(nvml, uuid)
        device = Device(nvml, handle, nvml.nvmlDeviceGetUUID(handle), nvml.nvmlDeviceGetName(handle))
        mode = device.told("nvmlDeviceGetMigMode")
        if mode is not None and mode[0]:
            raise Unavailable(*_MIG)
    except BaseException as error:
        nvml.nvmlShutdown()
        if isinstance(error, nvml.NVMLError):
            raise refusal(nvml, error) from None
        raise
    return device


def _pynvml() -> Any:
    try:
        import pynvml
    except ImportError:
        raise Unavailable("the Python package nvidia-ml-py is missing", "pip install nvidia-ml-py") from None
    return pynvml


def _handle(nvml: Any, uuid: str | None) -> Any:
    if uuid is not None:
        wanted = uuid if uuid.startswith(("GPU-", "MIG-")) else f"GPU-{uuid}"
    else:
        # Only the first: CUDA shows it as device 0.
        wanted = os.environ.get("CUDA_VISIBLE_DEVICES", "0").split(",")[0].strip()
    if wanted.startswith("MIG-"):
        raise Unavailable(*_MIG)
    if wanted.startswith("GPU-"):
        return _by_uuid(nvml, wanted)
    if not wanted.isdecimal():
        raise Unavailable(
            f"CUDA_VISIBLE_DEVICES={wanted} shows no GPU", "unset CUDA_VISIBLE_DEVICES, or name a GPU by index or UUID"
        )
    _refuse_ambiguous_order(nvml)
    return nvml.nvmlDeviceGetHandleByIndex(int(wanted))


def _by_uuid(nvml: Any, wanted: str) -> Any:
    """By the whole UUID or by a beginning of it that only one GPU has, as CUDA takes it."""
    try:
        return nvml.nvmlDeviceGetHandleByUUID(wanted)
    except nvml.NVMLError as error:
        if not any(_is(nvml, error, name) for name in ("NVML_ERROR_NOT_FOUND", "NVML_ERROR_INVALID_ARGUMENT")):
            raise
    handles = [nvml.nvmlDeviceGetHandleByIndex(number) for number in range(nvml.nvmlDeviceGetCount())]
    matching = [handle for handle in handles if nvml.nvmlDeviceGetUUID(handle).startswith(wanted)]
    if len(matching) != 1:
        raise Unavailable(
            f"{len(matching)} GPUs have a UUID that begins with {wanted}", "nvidia-smi -L lists the GPUs' UUIDs"
        )
    return matching[0]


def _refuse_ambiguous_order(nvml: Any) -> None:
    """CUDA numbers the fastest GPU first, NVML goes by the bus: with unlike GPUs an index may mean another one."""
    if os.environ.get("CUDA_DEVICE_ORDER") == "PCI_BUS_ID":
        return
    handles = [nvml.nvmlDeviceGetHandleByIndex(number) for number in range(nvml.nvmlDeviceGetCount())]
    if len({nvml.nvmlDeviceGetName(handle) for handle in handles}) > 1:
        raise Unavailable(
            "this machine has GPUs of several kinds, which CUDA and NVML number differently",
            "export CUDA_DEVICE_ORDER=PCI_BUS_ID, or name the GPU by its UUID in CUDA_VISIBLE_DEVICES",
        )


def refusal(nvml: Any, error: Exception, function: str = "") -> Unavailable:
    """An error of the library as a sentence for the reader."""
    asked = f" ({function})" if function else ""
    if isinstance(error, AttributeError):
        return Unavailable(f"nvidia-ml-py is too old: it has no {function}", "pip install --upgrade nvidia-ml-py")
    for name, (why_not, remedy) in _SENTENCES.items():
        if _is(nvml, error, name):
            return Unavailable(why_not + asked, remedy)
    return Unavailable(f"NVML failed: {error}{asked}")


def _is(nvml: Any, error: Any, constant: str) -> bool:
    return bool(getattr(error, "value", None) == getattr(nvml, constant))


def device_conditions(device: Device) -> dict[str, Any]:
    """`clocks_hz` {"sm", "memory"}, `p_state` ("P0"), `throttle_reasons` (comma-separated as in Evidence, "" if none),
    `temperature_c`, `power_limit_w`, `persistence`, `driver`, `other_processes` (how many compute on it besides this
    process, its parent and what that started: the other workers of a sweep).

    A key is absent where NVML does not tell. Raises Unavailable if the GPU is gone.
    """
    nvml = device.nvml
    clocks = {
        "sm": device.told("nvmlDeviceGetClockInfo", nvml.NVML_CLOCK_SM),
        "memory": device.told("nvmlDeviceGetClockInfo", nvml.NVML_CLOCK_MEM),
    }
    bits = device.told("nvmlDeviceGetCurrentClocksEventReasons")
    if bits is None:
        # Drivers before 535 know it by this name.
        bits = device.told("nvmlDeviceGetCurrentClocksThrottleReasons")
    state = device.told("nvmlDeviceGetPerformanceState")
    limit_mw = device.told("nvmlDeviceGetEnforcedPowerLimit")
    persistence = device.told("nvmlDeviceGetPersistenceMode")
    processes = device.told("nvmlDeviceGetComputeRunningProcesses")
    told: dict[str, Any] = {
        "clocks_hz": {name: mhz * _HZ_PER_MHZ for name, mhz in clocks.items() if mhz is not None} or None,
        # NVML's number for a state that is unknown.
        "p_state": None if state in (None, nvml.NVML_PSTATE_UNKNOWN) else f"P{state}",
        "throttle_reasons": None if bits is None else throttle_reasons(bits),
        "temperature_c": device.told("nvmlDeviceGetTemperature", nvml.NVML_TEMPERATURE_GPU),
        "power_limit_w": None if limit_mw is None else limit_mw * _W_PER_MW,
        "persistence": None if persistence is None else bool(persistence),
        "driver": _driver(nvml),
        "other_processes": None if processes is None else _others({p.pid for p in processes}),
    }
    return {key: value for key, value in told.items() if value is not None}


def _others(pids: Iterable[int]) -> int | None:
    """How many of these are not of this sweep. None where this process is not among them, though it computes there: in
    a container NVML tells the host's numbers, which say nothing here."""
    pids = set(pids)
    return sum(not _is_ours(pid) for pid in pids) if os.getpid() in pids else None


def _is_ours(pid: int) -> bool:
    parent = os.getppid()
    if pid in (os.getpid(), parent):
        return True
    try:
        return bool(psutil.Process(pid).ppid() == parent)
    except psutil.Error:
        # It has ended since, or is another user's: none of ours.
        return False


def _driver(nvml: Any) -> str | None:
    try:
        return str(nvml.nvmlSystemGetDriverVersion())
    except nvml.NVMLError:
        return None
