"""Puts the settings of cases in force, one group of cases after another; a guard puts those of before back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

from bench.energy.meter import MeterError
from bench.errors import InfrastructureError
from bench.machine.processors import available_cpus
from bench.tuning.before import Before
from bench.tuning.governors import Governors, governors_of, read
from bench.tuning.gpu_controls import MW_PER_W, GpuControls, open_controls
from bench.tuning.guard import Guard
from bench.tuning.value import GOVERNOR, GPU_CLOCK, POWER_LIMIT, TUNING_AXES, Tuning


class Tuner:
    """Sets clock and power for the cases of a job, as a context manager; does nothing if no case has a setting.

    `root` is the folder with /sys in it, `processors` are those that may run the cases, by default all that this
    process may use; `nvml` is pynvml by default. Its methods raise InfrastructureError where a setting cannot be read,
    set or put back.
    """

    def __init__(
        self,
        tunings: Iterable[Tuning],
        root: Path = Path("/"),
        processors: Sequence[int] | None = None,
        nvml: Any = None,
    ) -> None:
        self._names = {name for tuning in tunings for name in tuning.values}
        self._root, self._nvml = root, nvml
        self._processors = sorted(available_cpus()) if processors is None else processors
        self._gpu: GpuControls | None = None
        self._governors: Governors | None = None
        self._guard: Guard | None = None
        self._before, self._now = Before(), Tuning()
        self._open = ExitStack()

    def __enter__(self) -> Tuner:
        if self._names:
            with ExitStack() as opened:
                try:
                    self._open_controls(opened)
                except (MeterError, OSError) as error:
                    raise InfrastructureError(f"{', '.join(sorted(self._names))} cannot be set: {error}") from error
                # From here on everything is put back.
                self._guard = Guard(self._before)
                self._open = opened.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # The GPU stays open until the guard has ended: a driver without users forgets, and loads anew.
        with self._open:
            failures = [] if self._guard is None else self._guard.end()
        if failures:
            raise InfrastructureError("; ".join(failures)) from error

    def apply(self, tuning: Tuning) -> None:
        """Put the settings of the next cases in force; what they leave out is as it was before."""
        if self._guard is None or tuning == self._now:
            return
        try:
            if self._gpu is not None:
                self._apply_to_gpu(self._gpu, tuning)
            if self._governors is not None:
                self._apply_to_processors(self._governors, tuning.governor)
        except (MeterError, OSError) as error:
            raise InfrastructureError(f"{tuning.label or 'the settings of before'} cannot be set: {error}") from error
        self._now = tuning
        self.require_in_force()

    def require_in_force(self) -> None:
        """Raise InfrastructureError if another program has changed a setting meanwhile. The GPU's clock tells nothing.

        A lock of the clock cannot be read; the clock after each sample is in the table of samples.
        """
        if self._guard is None:
            return
        try:
            wrong = [*self._wrong_limit(), *self._wrong_governors()]
        except (MeterError, OSError) as error:
            raise InfrastructureError(f"the settings of clock and power can no longer be read: {error}") from error
        if wrong:
            raise InfrastructureError(
                f"{wrong[0]}: another program changed it, or the machine refuses it, so this visit does not count; "
                "end that program and continue the run"
            )

    def _open_controls(self, opened: ExitStack) -> None:
        """Open what will be set, and read what it is now."""
        files: tuple[tuple[str, str], ...] = ()
        limit_mw = None
        if any(TUNING_AXES[name] == "cuda" for name in self._names):
            self._gpu = open_controls(nvml=self._nvml)
            opened.callback(self._gpu.close)
            limit_mw = self._gpu.power_limit_mw() if POWER_LIMIT in self._names else None
        if GOVERNOR in self._names:
            found = self._governors = governors_of(self._root, self._processors)
            files = tuple((str(file), read(file)) for file in (*found.files, *found.preferences))
        uuid = None if self._gpu is None else self._gpu.uuid
        self._before = Before(files, uuid, limit_mw, unlock_clock=GPU_CLOCK in self._names)

    def _apply_to_gpu(self, gpu: GpuControls, tuning: Tuning) -> None:
        if tuning.gpu_clock_mhz != self._now.gpu_clock_mhz:
            if tuning.gpu_clock_mhz is None:
                gpu.unlock_clock()
            else:
                gpu.lock_clock(tuning.gpu_clock_mhz)
        wanted_mw = self._wanted_mw(tuning)
        if wanted_mw is not None and tuning.power_limit_w != self._now.power_limit_w:
            gpu.limit_power(wanted_mw)

    def _apply_to_processors(self, governors: Governors, governor: str | None) -> None:
        if governor == self._now.governor:
            return
        if governor is not None:
            governors.put(governor)
            return
        for path, content in self._before.files:
            if read(Path(path)) != content:
                Path(path).write_text(f"{content}\n", encoding="ascii")

    def _wanted_mw(self, tuning: Tuning) -> int | None:
        return self._before.power_limit_mw if tuning.power_limit_w is None else tuning.power_limit_w * MW_PER_W

    def _wrong_limit(self) -> list[str]:
        wanted_mw = self._wanted_mw(self._now)
        if self._gpu is None or wanted_mw is None:
            return []
        now_mw = self._gpu.power_limit_mw()
        shown = [f"{limit_mw / MW_PER_W:g} W" for limit_mw in (now_mw, wanted_mw)]
        return [] if now_mw == wanted_mw else [f"the power limit of the GPU is {shown[0]} and not {shown[1]}"]

    def _wrong_governors(self) -> list[str]:
        if self._governors is None:
            return []
        found = self._governors.now()
        wanted = [text for _, text in self._before.files[: len(found)]]
        wanted = wanted if self._now.governor is None else [self._now.governor] * len(found)
        wrong = [(is_now, should) for is_now, should in zip(found, wanted, strict=True) if is_now != should]
        return [f"a governor is {wrong[0][0]} and not {wrong[0][1]}"] if wrong else []
