"""The clock and the power limit of a GPU in NVIDIA's management library: what is allowed, set, reset."""

from __future__ import annotations

import os
from typing import Any

from bench.energy.availability import Unavailable
from bench.energy.nvml_device import Device, open_device, refusal

MW_PER_W = 1000
_ONLY_ROOT = "the NVIDIA driver lets only root set clocks and power limits"
_AS_ROOT = "run convcost as root (sudo); in a container also with --cap-add SYS_ADMIN"


class NotPermitted(Unavailable):
    """The driver could set it, and refuses this user."""


class GpuControls:
    """One GPU whose clock and power limit can be asked for and set. Every method raises Unavailable."""

    def __init__(self, gpu: Device) -> None:
        self._gpu = gpu

    @property
    def uuid(self) -> str:
        return self._gpu.uuid

    @property
    def name(self) -> str:
        return self._gpu.name

    def clocks_mhz(self) -> tuple[int, ...]:
        """The clocks to which its multiprocessors can be locked at its fastest memory clock, lowest first, in MHz."""
        memory_mhz = self._gpu.query("nvmlDeviceGetSupportedMemoryClocks")
        clocks_mhz = self._gpu.query("nvmlDeviceGetSupportedGraphicsClocks", max(memory_mhz)) if memory_mhz else []
        if not clocks_mhz:
            raise Unavailable(f"the driver lists no clock to which {self.name} could be locked")
        return tuple(sorted(clocks_mhz))

    def power_limits_w(self) -> tuple[float, float]:
        """The lowest and the highest power limit, in W."""
        low_mw, high_mw = self._gpu.query("nvmlDeviceGetPowerManagementLimitConstraints")
        return low_mw / MW_PER_W, high_mw / MW_PER_W

    def power_limit_mw(self) -> int:
        """The power limit now, in mW."""
        return int(self._gpu.query("nvmlDeviceGetPowerManagementLimit"))

    def limit_power(self, limit_mw: int) -> None:
        self._change("nvmlDeviceSetPowerManagementLimit", limit_mw)

    def lock_clock(self, mhz: int) -> None:
        """Keep the clock of the multiprocessors at one value, as far as heat and the power limit allow."""
        self._change("nvmlDeviceSetGpuLockedClocks", mhz, mhz)

    def unlock_clock(self) -> None:
        self._change("nvmlDeviceResetGpuLockedClocks")

    def require_root(self) -> None:
        """Raises NotPermitted for any other user, without asking the driver."""
        if os.geteuid() != 0:
            raise NotPermitted(_ONLY_ROOT, _AS_ROOT)

    def require_permission_for_power(self) -> None:
        """Raises NotPermitted, or Unavailable without a limit. Sets the limit that it has: nothing changes."""
        self.limit_power(self.power_limit_mw())

    def require_permission_for_clock(self) -> None:
        """Raises NotPermitted. The driver asks for the same right as for the power limit, which can be tried."""
        try:
            self.require_permission_for_power()
        except NotPermitted:
            raise
        except Unavailable:
            # A GPU without a power limit: nothing that changes nothing can be tried.
            return

    def close(self) -> None:
        self._gpu.close()

    def _change(self, function: str, *given: Any) -> None:
        nvml = self._gpu.nvml
        try:
            getattr(nvml, function)(self._gpu.handle, *given)
        except (AttributeError, nvml.NVMLError) as error:
            if getattr(error, "value", None) == nvml.NVML_ERROR_NO_PERMISSION:
                raise NotPermitted(f"{_ONLY_ROOT} ({function})", _AS_ROOT) from None
            raise refusal(nvml, error, function) from None


def open_controls(uuid: str | None = None, nvml: Any = None) -> GpuControls:
    """The controls of the GPU with this UUID, by default torch's device 0; `nvml` is pynvml by default.

    Raises Unavailable.
    """
    return GpuControls(open_device(uuid, nvml))
