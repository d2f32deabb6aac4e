"""Runs for tests of the explorer: every kind of energy, names that are markup, and as many rows as wanted."""

from __future__ import annotations

from typing import Any

from bench.store.runs import Run
from tests.bench.report.synthetic_run import bracketed, fault, make_run, measured, modelled, ok, points

EVIL = "</script><script>alert('x')</script><b>"
AXES = {"kernel": ["3", "1", "5"], "channels": ["64", "16"]}


def small_run(**meta: Any) -> Run:
    """Two axes, two implementations and a wrong one; measured, modelled and bracketed joules of one case each."""
    rows = []
    for kernel, channels in (("3", "64"), ("1", "64"), ("5", "64"), ("3", "16")):
        text = f"mb1ic{channels}ih8oc{channels}kh{kernel}"
        at = points({"kernel": kernel, "channels": channels})
        for name, time_s in (("onednn", 1e-4), ("torch", 2e-4)):
            scale = int(kernel) * int(channels) / 64
            more: dict[str, Any] = {
                "over_best": time_s / 1e-4,
                "over_best_low": 0.9 * time_s / 1e-4,
                "over_best_high": 1.1 * time_s / 1e-4,
            }
            rows.append(ok(text, name, time_s * scale, 1e-6, points=at, command=_command(text, name), **more))
        rows.append(fault(text, "fft", "wrong", "error_share 3 exceeds 1", points=at, command=_command(text, "fft")))
    joules = [measured(rows[0], 4e-3, 1e-4), modelled(rows[3], 20.0), bracketed(rows[6])]
    return make_run(rows, axes=AXES, energy=joules, **meta)


def evil_run() -> Run:
    """Every name and text is markup that would end a script or begin one."""
    rows = [
        ok("a", EVIL, 1e-3, 1e-4, descriptor=EVIL, command=EVIL, delegate=EVIL, provider=EVIL,
           points=points({"kernel": EVIL})),
        ok("a", "torch", 2e-3, 1e-4, descriptor=EVIL, command="=1+1", points=points({"kernel": EVIL})),
        ok("b", "torch", 2e-3, 1e-4, command=EVIL, points=points({"kernel": "3"})),
        fault("b", EVIL, "wrong", EVIL, points=points({"kernel": "3"}), command=EVIL),
    ]  # fmt: skip
    return make_run(rows, axes={"kernel": ["3", EVIL]}, name=EVIL)


def long_run(rows: int) -> Run:
    """So many rows of ten implementations, on one axis of sizes with a repeated baseline, times that differ."""
    made = []
    for number in range(rows // 10):
        size = 8 + number
        text = f"mb1ic16ih{size}oc16kh3"
        at = points({"size": str(size)})
        for place in range(10):
            time_s = 1e-6 * size * size * (1 + 0.3 * place)
            name = f"kernel-{place}"
            made.append(ok(text, name, time_s, time_s / 50, points=at, command=_command(text, name)))
    return make_run(made, axes={"size": [str(8 + number) for number in range(rows // 10)]})


def _command(text: str, name: str) -> str:
    return f"convcost measure {text} -i {name} -p fp32 --layout nchw --device cpu --threads 2"
