"""One GPU in NVIDIA's management library: opens it by UUID, queries it, explains errors, reads its conditions."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import psutil

from bench.energy.availability import Unavailable
from bench.energy.meter import MODULE
from bench.timing.frequency import throttle_reasons

# "Part-time Power Measurements", arXiv 2312.02741: a scale some 5 % off an external meter is common.
GAIN_REL = 0.05
_HZ_PER_MHZ, _W_PER_MW = 1e6, 1e-3
# A GPU and a Grace processor on one module, whose sensors cover both (ml-energy/zeus#172).
_SUPERCHIP = re.compile(r"\bG[HB]\d00\b")
_MIG = (
    "the GPU is split into MIG instances, and NVML reports the energy of the whole board only, not of an instance",
    "switch MIG off (sudo nvidia-smi -mig 0) or measure on a GPU that is not split",
)
# Constant: (reason, remedy).
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
        "the GPU is lost: it fell off the bus or can no longer be reached",
        "restart the machine, and see dmesg for Xid errors",
    ),
    "NVML_ERROR_RESET_REQUIRED": ("the GPU needs a reset", "sudo nvidia-smi --gpu-reset"),
    "NVML_ERROR_NOT_FOUND": ("NVML knows no such GPU", "nvidia-smi -L lists the GPUs that it knows"),
    "NVML_ERROR_INVALID_ARGUMENT": ("NVML knows no such GPU", "nvidia-smi -L lists the GPUs that it knows"),
}
# After these errors no value of the GPU can be trusted; all other errors concern one value only.
_FATAL = ("NVML_ERROR_GPU_IS_LOST", "NVML_ERROR_RESET_REQUIRED", "NVML_ERROR_UNINITIALIZED")


@dataclass(frozen=True, slots=True)
class Device:
    """A GPU and the library that queries it (pynvml)."""

    nvml: Any
    handle: Any
    uuid: str
    name: str

    @property
    def scope(self) -> str:
        """The hardware that its sensors cover: gpu-board, or module where GPU and processor share one."""
        return MODULE if _SUPERCHIP.search(self.name) else "gpu-board"

    def query(self, function: str, *given: Any) -> Any:
        """The result of an NVML function for this GPU. Raises Unavailable with a reason and a remedy."""
        try:
            return getattr(self.nvml, function)(self.handle, *given)
        except (AttributeError, self.nvml.NVMLError) as error:
            raise refusal(self.nvml, error, function) from None

    def query_or_none(self, function: str, *given: Any) -> Any:
        """As `query`, but None for a value that is not available. Raises Unavailable if the GPU is lost."""
        try:
            return getattr(self.nvml, function)(self.handle, *given)
        except AttributeError:
            return None
        except self.nvml.NVMLError as error:
            if any(_is(self.nvml, error, name) for name in _FATAL):
                raise refusal(self.nvml, error, function) from None
            return None

    def close(self) -> None:
        """Release the library, which counts its users."""
        try:
            self.nvml.nvmlShutdown()
        except self.nvml.NVMLError:
            # It has shut down already: there is nothing to release.
            return


def open_device(uuid: str | None = None, nvml: Any = None) -> Device:
    """The GPU with this UUID, by default torch's device 0 by CUDA_VISIBLE_DEVICES. Raises Unavailable.

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
        mode = device.query_or_none("nvmlDeviceGetMigMode")
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
        # The first entry: CUDA lists it as device 0.
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
    """The GPU with this UUID or this unique prefix of a UUID, as in CUDA."""
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
    """Refuse indices if GPUs differ: CUDA numbers the fastest GPU first, NVML goes by the bus."""
    if os.environ.get("CUDA_DEVICE_ORDER") == "PCI_BUS_ID":
        return
    handles = [nvml.nvmlDeviceGetHandleByIndex(number) for number in range(nvml.nvmlDeviceGetCount())]
    if len({nvml.nvmlDeviceGetName(handle) for handle in handles}) > 1:
        raise Unavailable(
            "this machine has GPUs of several kinds, which CUDA and NVML number differently",
            "export CUDA_DEVICE_ORDER=PCI_BUS_ID, or name the GPU by its UUID in CUDA_VISIBLE_DEVICES",
        )


def refusal(nvml: Any, error: Exception, function: str = "") -> Unavailable:
    """An error of the library as a reason and a remedy."""
    call = f" ({function})" if function else ""
    if isinstance(error, AttributeError):
        return Unavailable(f"nvidia-ml-py is too old: it has no {function}", "pip install --upgrade nvidia-ml-py")
    for name, (why_not, remedy) in _SENTENCES.items():
        if _is(nvml, error, name):
            return Unavailable(why_not + call, remedy)
    return Unavailable(f"NVML failed: {error}{call}")


def _is(nvml: Any, error: Any, constant: str) -> bool:
    return bool(getattr(error, "value", None) == getattr(nvml, constant))


def device_conditions(device: Device) -> dict[str, Any]:
    """The conditions of the GPU now; values that NVML does not report are left out. Raises Unavailable if it is lost.

    `clocks_hz` {"sm", "memory"}, `p_state` ("P0"), `throttle_reasons` (a list, as in Evidence),
    `temperature_c`, `power_limit_w`, `persistence`, `driver`, `other_processes` (the number of processes that compute
    on it, without this one, its parent and the parent's other children: the other workers of a sweep).
    """
    nvml = device.nvml
    clocks = {
        "sm": device.query_or_none("nvmlDeviceGetClockInfo", nvml.NVML_CLOCK_SM),
        "memory": device.query_or_none("nvmlDeviceGetClockInfo", nvml.NVML_CLOCK_MEM),
    }
    bits = device.query_or_none("nvmlDeviceGetCurrentClocksEventReasons")
    if bits is None:
        # Drivers before 535 have this name.
        bits = device.query_or_none("nvmlDeviceGetCurrentClocksThrottleReasons")
    state = device.query_or_none("nvmlDeviceGetPerformanceState")
    limit_mw = device.query_or_none("nvmlDeviceGetEnforcedPowerLimit")
    persistence = device.query_or_none("nvmlDeviceGetPersistenceMode")
    processes = device.query_or_none("nvmlDeviceGetComputeRunningProcesses")
    found: dict[str, Any] = {
        "clocks_hz": {name: mhz * _HZ_PER_MHZ for name, mhz in clocks.items() if mhz is not None} or None,
        # The constant means that the state is unknown.
        "p_state": None if state in (None, nvml.NVML_PSTATE_UNKNOWN) else f"P{state}",
        "throttle_reasons": None if bits is None else list(throttle_reasons(bits)),
        "temperature_c": device.query_or_none("nvmlDeviceGetTemperature", nvml.NVML_TEMPERATURE_GPU),
        "power_limit_w": None if limit_mw is None else limit_mw * _W_PER_MW,
        "persistence": None if persistence is None else bool(persistence),
        "driver": _driver(nvml),
        "other_processes": None if processes is None else _others({p.pid for p in processes}),
    }
    return {key: value for key, value in found.items() if value is not None}


def _others(pids: Iterable[int]) -> int | None:
    """The number of these processes outside this sweep, None if the numbers are not valid here.

    This process computes on the GPU. If it is not listed, NVML lists the host's numbers, as in a container.
    """
    pids = set(pids)
    return sum(not _is_ours(pid) for pid in pids) if os.getpid() in pids else None


def _is_ours(pid: int) -> bool:
    parent = os.getppid()
    if pid in (os.getpid(), parent):
        return True
    try:
        return bool(psutil.Process(pid).ppid() == parent)
    except psutil.Error:
        # It has ended, or belongs to another user.
        return False


def _driver(nvml: Any) -> str | None:
    try:
        return str(nvml.nvmlSystemGetDriverVersion())
    except nvml.NVMLError:
        return None
