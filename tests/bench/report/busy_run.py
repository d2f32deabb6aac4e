"""A run as a busy machine gave it to an older version: intervals of any width, and ratios that contradict the times."""

from __future__ import annotations

from typing import Any

from bench.store.runs import Run
from bench.store.schema import Row
from bench.store.status import Flag
from tests.bench.report.synthetic_run import layers, make_run, ok, points

AXES = {"kernel": ["3", "1", "5"]}
_WILD = (Flag.WIDE_INTERVAL, Flag.NOISY)
# Implementation, time, both ends of its interval, ratio to the least time with both ends of its interval. The first
# three are undisturbed.
_CASE: list[tuple[str, float, float, float, float, float, float]] = [
    ("winograd-f4", 600e-6, 590e-6, 612e-6, 1.0, 1.0, 1.0),
    ("winograd-f2", 900e-6, 885e-6, 918e-6, 1.5, 1.46, 1.54),
    ("im2col", 2.4e-3, 2.35e-3, 2.45e-3, 4.0, 3.9, 4.1),
    ("direct", 554e-6, 11.96e-6, 5889.0, 0.933, 1e-4, 900.0),
    ("implicit-gemm", 561e-6, 0.5588e-3, 10510.0, 1.01, 0.02, 30.0),
    ("fft", 720e-6, 30e-6, 9.0, 1.3, 0.04, 1e4),
    ("fft-tiled", 580e-6, 25e-6, 7.0, 0.97, 0.03, 1e4),
    ("loops", 49.7e-3, 6e-6, 700.0, 641.0, 0.2, 1e6),
    ("onednn", 610e-6, 200e-6, 4e-3, 1.1, 0.3, 5.0),
    ("torch", 800e-6, 100e-6, 5e-3, 1.4, 0.2, 9.0),
]
_LAYERS = {"3": ("conv1", 2), "1": ("conv2", 3), "5": ("conv3", 1)}


def busy_run(quiet_copies: int = 0) -> Run:
    """Three cases of ten implementations, seven of them noisy; each quiet copy adds a plug-in without noise."""
    return make_run([row for kernel in AXES["kernel"] for row in _rows(kernel, quiet_copies)], axes=AXES)


def _rows(kernel: str, quiet_copies: int) -> list[Row]:
    # The middle case has a hundredth of the FLOPs at the same times: times that noise made say nothing per FLOP.
    place: dict[str, Any] = {
        "points": points({"kernel": kernel}), "descriptor": f"mb1ic64ih28oc64kh{kernel}",
        "layers": layers(("net", *_LAYERS[kernel])), "direct_flops": {"3": 10**9, "1": 10**7, "5": 3 * 10**9}[kernel],
    }  # fmt: skip
    rows = [_row(place, *given) for given in _CASE]
    quiet = [
        ok(place["descriptor"], f"mine-{n}", 3e-3, 3e-5, over_best=5.0, over_best_low=4.9, over_best_high=5.1, **place)
        for n in range(quiet_copies)
    ]
    return [*rows, *quiet]


def _row(place: dict[str, Any], name: str, time_s: float, low_s: float, high_s: float, *ratio: float) -> Row:
    is_wild = high_s > 2 * low_s
    names = ("over_best", "over_best_low", "over_best_high")
    return ok(
        place["descriptor"], name, time_s, time_low_s=low_s, time_high_s=high_s, flags=_WILD if is_wild else (),
        plan_s=1e-3 if name == "direct" else 5e-3, break_even_calls=1 if name == "direct" else 80,
        **dict(zip(names, ratio, strict=True)), **place,
    )  # fmt: skip
