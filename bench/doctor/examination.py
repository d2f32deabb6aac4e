"""Collects all findings about this machine for `convcost doctor`, and how each quantity will be measured."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from bench.doctor import gpu, libraries, limits, noise, permissions, processor, sensors, tunable
from bench.doctor.finding import Finding, Rating
from bench.doctor.sensors import Outlook
from bench.doctor.system import System
from bench.energy.bracket import bracket
from bench.energy.executed.files import committed
from bench.machine.processors import available_threads, processors

# A worker cannot measure without these.
_NEEDED = (libraries.TORCH, permissions.AFFINITY)


@dataclass(frozen=True, slots=True)
class Examination:
    """All findings, in the order of the table, and how each quantity will be measured."""

    findings: tuple[Finding, ...]
    outlook: tuple[Outlook, ...]

    def as_dict(self) -> dict[str, Any]:
        return {
            "findings": [finding.as_dict() for finding in self.findings],
            "outlook": [outlook.as_dict() for outlook in self.outlook],
        }


def examine(system: System | None = None) -> Examination:
    """Examine this machine; takes some four seconds, mostly to load torch and to listen for noise."""
    system = system or System()
    allotted, variables = processors(), dict(os.environ)
    # Noise first: opening sensors and loading torch would count as noise.
    load, heard = noise.load_average(system), noise.listen(allotted)
    found = sensors.find_sources()
    findings = (
        *processor.devices(system, allotted),
        *gpu.gpus(),
        *sensors.sensors(found),
        *permissions.permissions(system),
        *tunable.settings(system, allotted),
        *libraries.precision(system, variables),
        *libraries.threads(available_threads(), variables),
        *processor.governor(system, allotted),
        *libraries.malloc(system, variables),
        *limits.limits(system, available_threads()),
        *noise.findings(heard, load),
    )
    frequency_hz = processor.frequency_hz(system, allotted or ())
    is_virtual = "hypervisor" in system.flags()
    energy = [
        sensors.energy("cpu", found, bracket=bracket.here(), executed=committed("cpu"), is_virtual=is_virtual),
        sensors.energy("cuda", found, gpu.torch_error, executed=committed("cuda")),
    ]
    return Examination(findings, (_time(findings), *energy, _frequency(frequency_hz)))


def _time(findings: Iterable[Finding]) -> Outlook:
    """Time is measured wherever a worker can start."""
    stopped = [f.name for f in findings if f.verdict == Rating.MISSING and f.name in _NEEDED]
    if stopped:
        return Outlook("time", "unavailable", None, f"missing: see {' and '.join(stopped)} above")
    return Outlook("time", "measured", "clock", "measured")


def _frequency(frequency_hz: float | None) -> Outlook:
    if frequency_hz is None:
        return Outlook("frequency", "unavailable", None, "missing: no frequency driver can be read")
    return Outlook("frequency", "measured", "cpufreq", "measured by cpufreq, beside each sample")
