"""Reads the power of Apple chips, and of Intel processors in Macs, from the program powermetrics of macOS.

It needs root and writes a text for each sample: a line with the time that has passed, and lines of mean power in it.
Power × time is the energy of the sample. On Apple chips there are two scopes, never added: `cpu-clusters`, the clusters
of cores ("CPU Power"), and `cpu-gpu-ane`, which holds them ("Combined Power (CPU + GPU + ANE)"). Memory is in neither.
On Intel it is the package.

Apple calls the values estimates, and warns against comparing devices by them: powermetrics(1),
https://keith.github.io/xcode-man-pages/powermetrics.1.html. The form of the lines is not documented; it is that of
published outputs of macOS 14 (Intel), 15 and 26.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from bench.energy.availability import Unavailable, detect
from bench.energy.background import Background
from bench.energy.cpu_conditions import cpu_conditions
from bench.energy.meter import CPU_GPU_ANE, PACKAGE, Found, MeterError, Method, Reading
from bench.energy.plausible import Frozen, require_plausible
from bench.energy.wall_lines import Command, Lines

PROGRAM, MACOS = "powermetrics", "darwin"
CPU_CLUSTERS = "cpu-clusters"
# Twenty of these, a window of the shortest plan, are five seconds.
_INTERVAL_S = 0.25
# How often new lines are looked for: at most 0.2 % of such a window at each end.
_POLL_S = 0.01
# A program without a new sample for so long has stopped. The first takes longer: it starts.
_SILENT_S, _FIRST_S = 3.0, 15.0
# Samples follow each other without gaps. What they lack of the time that has passed is more than a late line.
_MISSING_S, _MISSING_SHARE = 1.0, 0.01
_MS_PER_S = 1e3

_HEADER = re.compile(r"\*+ Sampled system activity .*\((\d*\.?\d+) ?ms elapsed\)")
_POWER = re.compile(
    r"(CPU Power|Combined Power \(CPU \+ GPU \+ ANE\)|Intel energy model derived package power \(.*\)) *: *"
    r"(-?\d*\.?\d+) *(m?)W"
)
_SCOPES = {"CPU": CPU_CLUSTERS, "Combined": CPU_GPU_ANE, "Intel": f"{PACKAGE}0"}


class PowerSpan(NamedTuple):
    """The mean power of each scope over the seconds since the sample before."""

    elapsed_s: float
    power_w: Mapping[str, float]


class PowerLines:
    """Turns lines into samples. The first sample, which ends where the next begins, tells the scopes of all."""

    def __init__(self) -> None:
        self.scopes: frozenset[str] = frozenset()
        self._elapsed_s: float | None = None
        self._power_w: dict[str, float] = {}

    def samples(self, lines: Iterable[str]) -> Iterator[PowerSpan]:
        """The samples that are complete. Raises MeterError for one that lacks a scope, or has another."""
        for line in lines:
            if header := _HEADER.match(line.strip()):
                yield from self._before_next()
                self._elapsed_s = float(header[1]) / _MS_PER_S
            elif self._elapsed_s is not None and (power := _POWER.match(line.strip())):
                watts = float(power[2]) / (_MS_PER_S if power[3] else 1.0)
                self._power_w[_SCOPES[power[1].split()[0]]] = watts
                if self._power_w.keys() == self.scopes:
                    yield self._ended()

    def _before_next(self) -> Iterator[PowerSpan]:
        """What a new sample ends: the first one, or one that is not complete."""
        if self._elapsed_s is None:
            return
        if self.scopes or not self._power_w:
            lacks = ", ".join(sorted(self.scopes - self._power_w.keys())) or "a processor"
            raise MeterError(f"{PROGRAM} wrote a sample without the power of {lacks}")
        self.scopes = frozenset(self._power_w)
        yield self._ended()

    def _ended(self) -> PowerSpan:
        assert self._elapsed_s is not None, "power counts only after a header"
        sample = PowerSpan(self._elapsed_s, self._power_w)
        self._elapsed_s, self._power_w = None, {}
        return sample


class PowermetricsMeter:
    """Adds up the energy of all samples since opening. Closes `lines`, also if it cannot be opened."""

    source, method, device = PROGRAM, Method.POWER_INTEGRAL, "cpu"
    # Apple publishes none.
    gain_rel: float | None = None

    def __init__(
        self,
        lines: Lines,
        clock: Callable[[], float] = time.perf_counter,
        sleep: Callable[[float], None] = time.sleep,
        poll_s: float = _POLL_S,
    ) -> None:
        self._lines, self._clock, self._parser = lines, clock, PowerLines()
        try:
            first = self._first(sleep)
            # In the order of the table: the part of the processor comes first.
            self._scopes = tuple(scope for scope in _SCOPES.values() if scope in first.power_w)
            self._frozen = {scope: Frozen(f"{PROGRAM} {scope}") for scope in self._scopes}
            self._joules = dict.fromkeys(self._scopes, 0.0)
            self._opened_s = self._heard_s = clock()
            self._sampled_s = 0.0
            self._check(first)
            self._background = Background(PROGRAM, self._take, poll_s, clock)
        except BaseException:
            lines.close()
            raise

    @property
    def scopes(self) -> tuple[str, ...]:
        return self._scopes

    def read(self) -> Reading:
        """See bench.energy.background.Background.read."""
        return self._background.read()

    def step(self) -> None:
        """Read what came, as the thread in the background does. Raises MeterError."""
        self._background.step()

    def conditions(self) -> dict[str, Any]:
        """See bench.energy.cpu_conditions."""
        return cpu_conditions()

    def close(self) -> None:
        self._background.close()
        self._lines.close()

    def _first(self, sleep: Callable[[float], None]) -> PowerSpan:
        end = self._clock() + _FIRST_S
        while self._clock() < end:
            if found := list(self._parser.samples(self._lines.new())):
                return found[-1]
            sleep(_POLL_S)
        raise Unavailable(f"{PROGRAM} wrote no sample of a processor's power in {_FIRST_S:g} s")

    def _take(self) -> dict[str, float]:
        for sample in self._parser.samples(self._lines.new()):
            self._check(sample)
            self._heard_s = self._clock()
            self._sampled_s += sample.elapsed_s
            for scope, power_w in sample.power_w.items():
                self._joules[scope] += power_w * sample.elapsed_s
        self._require_no_gap()
        return dict(self._joules)

    def _check(self, sample: PowerSpan) -> None:
        for scope, power_w in sample.power_w.items():
            require_plausible(f"{PROGRAM} {scope}", power_w)
            self._frozen[scope].see(self._clock(), power_w)

    def _require_no_gap(self) -> None:
        """Raise MeterError if the program has stopped, or its samples do not make up the time that has passed."""
        if (silent_s := self._clock() - self._heard_s) > _SILENT_S:
            raise MeterError(
                f"{PROGRAM} has written no sample for {silent_s:.1f} s, where one is due every {_INTERVAL_S:g} s"
            )
        passed_s = self._heard_s - self._opened_s
        if abs(passed_s - self._sampled_s) > _MISSING_S + _MISSING_SHARE * passed_s:
            raise MeterError(
                f"the samples of {PROGRAM} make up {self._sampled_s:.1f} s of {passed_s:.1f} s: some are missing, or "
                "the machine slept"
            )


def open_program(user: int, program: str | None) -> PowermetricsMeter:
    """Start the program.

    Raises Unavailable if the program is missing, if the user is not root, or if no sample comes.
    """
    if program is None:
        raise Unavailable(f"the program {PROGRAM} of macOS is not found")
    if user != 0:
        raise Unavailable(f"only root may run {PROGRAM}", 'sudo "$(command -v convcost)" sweep quick')
    rate_ms = round(_INTERVAL_S * _MS_PER_S)
    # Without --buffer-size 1 its lines come late, many at once.
    return PowermetricsMeter(Command(f"{program} --samplers cpu_power --sample-rate {rate_ms} --buffer-size 1"))


def find(
    system: str = sys.platform, user: int | None = None, which: Callable[[str], str | None] = shutil.which
) -> tuple[Found, ...]:
    """Detect the source; on other systems than macOS there is nothing to detect."""
    if system != MACOS:
        return ()

    def opening() -> PowermetricsMeter:
        return open_program(os.geteuid() if user is None else user, which(PROGRAM))

    return (detect(PROGRAM, "cpu", Method.POWER_INTEGRAL, opening),)
