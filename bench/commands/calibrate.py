"""The command `convcost calibrate`."""

from __future__ import annotations

from bench.commands.app import command
from bench.commands.options import AsJson, Devices, Precisions, StepTimeout, Threads


@command("convcost calibrate", "convcost calibrate -p fp32 --threads 1")
def calibrate(
    devices: Devices = None,
    precisions: Precisions = None,
    threads: Threads = None,
    step_timeout: StepTimeout = None,
    as_json: AsJson = False,
) -> None:
    """Measure the peak FLOP/s and bandwidths of this machine.

    There is one peak for each precision, and one bandwidth for each cache and for the memory.
    """
    from bench.run import ceilings
    from bench.sweep.jobs import settings_for
    from bench.terminal.ceilings import show
    from bench.terminal.console import print_json

    found = ceilings.measure(devices or (), precisions or (), settings_for(threads, step_timeout=step_timeout))
    print_json(ceilings.as_json(found)) if as_json else show(found)
