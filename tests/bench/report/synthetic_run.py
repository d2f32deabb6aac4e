"""Runs for tests, not measured: single made-up rows, and a whole sweep from a cost model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from bench.store import energies, tables
from bench.store.column_types import AxisValue, LayerPlace, Point, problem_columns
from bench.store.energy_schema import Energy
from bench.store.runs import Run
from bench.store.schema import SCHEMA_VERSION, Row
from bench.store.status import Flag, Status
from impls import ConvError, ConvProblem
from tests.bench.energy.bracket.forged import BRACKET

AXES = {
    "kernel": ["3", "1", "5", "7", "11"],
    "stride": ["1", "2", "4"],
    "padding": ["same", "valid", "2"],
    "channels": ["64", "16", "32", "128", "256"],
}
# Seconds per direct FLOP of each implementation on each device; an implementation not listed does not run there.
SPEED = {
    "cpu": {
        "loops": 9e-10, "direct": 9e-11, "im2col": 3.4e-11, "fft": 8e-11, "winograd-f2": 4.4e-11,
        "winograd-f4": 2.6e-11, "winograd-f6": 2.9e-11, "onednn": 1.7e-11, "torch": 1.72e-11,
    },
    "cuda": {"direct": 4e-12, "im2col": 9e-13, "cudnn": 9e-14, "torch": 9.2e-14},
}  # fmt: skip
LAYERS = [  # name, channels in, size, channels out, kernel, stride, how often
    ("conv1", 3, 224, 64, 7, 2, 1),
    ("res2_3x3", 64, 56, 64, 3, 1, 3),
    ("res3_1x1", 256, 28, 512, 1, 1, 4),
    ("res4_3x3", 256, 14, 256, 3, 1, 6),
    ("res5_1x1", 512, 7, 2048, 1, 1, 3),
]
_LAUNCH_S = {"cpu": 9e-6, "cuda": 4e-6}


def ok(case: str, implementation: str, time_s: float, half_s: float | None = None, **more: Any) -> Row:
    """A timed row; with `half_s`, an interval of so much on either side. `status` may be text."""
    given: dict[str, Any] = {
        "case_key": case, "descriptor": case, "implementation": implementation, "time_s": time_s,
        "direct_flops": 10**9, "error_rms": 2e-7, "error_rms_limit": 1e-6, "error_share": 0.2, "bound": "direct",
        "points": points({}), "threads": 2 if more.get("device", "cpu") == "cpu" else None,
    }  # fmt: skip
    if half_s is not None:
        given |= {"time_low_s": time_s - half_s, "time_high_s": time_s + half_s}
    with suppress(ConvError):  # "a" is a case too
        given |= problem_columns(ConvProblem.parse(more.get("descriptor", case)))
    given |= more
    if "status" in given:
        given["status"] = _status(given["status"])
    return Row(**given)


def _status(text: str) -> str:
    """The status; one that a newer convcost may have written stays text."""
    return Status(text) if text in set(Status) else text


def fault(case: str, implementation: str, status: str, reason: str | None, **more: Any) -> Row:
    """A row that is not ok. It has a short time, so that a test fails if the report ranks it."""
    return ok(case, implementation, 1e-9, **({"status": status, "reason": reason} | more))


def measured(row: Row, net_j: float | None, u95_j: float | None = None, **more: Any) -> Energy:
    """The joules that a package or a board saw of a row, gross twice the net."""
    on_gpu = row.device == "cuda"
    gross_j = None if net_j is None else 2 * net_j
    given: dict[str, Any] = {
        "scope": "gpu-board" if on_gpu else "package-0", "method": "counter",
        "source": "nvml" if on_gpu else "rapl-perf", "gross_j": gross_j, "gross_u95_j": u95_j, "net_j": net_j,
        "u95_j": u95_j, "idle_subtracted": True, "power_w": 20.0, "idle_w": 10.0, "plan": "quick", "tau_s": 1e-3,
        "window_s": 0.5, "windows": 3, "rejected": 0,
    }  # fmt: skip
    if net_j is not None and gross_j is not None:
        flops = row.direct_flops
        given |= {"net_j_per_direct_flop": net_j / flops, "gross_j_per_direct_flop": gross_j / flops}
    return Energy(row.case_key, row.implementation, row.device, **(given | more))


def modelled(row: Row, power_w: float, reason: str = "no sensor: nothing here") -> Energy:
    """Time × an assumed power."""
    joules = (row.time_s or 0.0) * power_w
    return Energy(row.case_key, row.implementation, row.device, "socket-share", "model", "model", reason,
                  modelled_j=joules, modelled_j_per_direct_flop=joules / row.direct_flops)  # fmt: skip


def executed(row: Row, joules: float, half_j: float, reason: str = "no sensor: nothing here") -> Energy:
    """Joules modelled from what was executed, with half their range."""
    per_flop = joules / row.direct_flops
    return Energy(row.case_key, row.implementation, row.device, "package-0", "model", "executed-model", reason,
                  modelled_j=joules, modelled_half_j=half_j, modelled_j_per_direct_flop=per_flop)  # fmt: skip


def bracketed(row: Row, reason: str = "no sensor: nothing here") -> Energy:
    """Bracketed joules by a forged class: 2 busy threads take 3.1 to 40.4 W; idle cores take 1 to 4 W of it."""
    found = energies.bracketed(row, BRACKET, reason)
    assert found is not None
    return found


def without(row: Row, reason: str = "not sampled") -> Energy:
    """No joules, and why."""
    return Energy(row.case_key, row.implementation, row.device, reason=reason)


def points(*listed: Mapping[str, str]) -> tuple[Point, ...]:
    return tuple(tuple(AxisValue(axis, value) for axis, value in point.items()) for point in listed)


def layers(*listed: tuple[str, str, int]) -> tuple[LayerPlace, ...]:
    return tuple(LayerPlace(*place) for place in listed)


def make_run(
    rows: Iterable[Row],
    *,
    axes: Mapping[str, Sequence[str]] | None = None,
    energy: Iterable[Energy] = (),
    energy_terms: Mapping[str, Any] | None = None,
    **meta: Any,
) -> Run:
    """A run of these rows and joules; `energy_terms` is what run.json has under "energy"."""
    base: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "name": "synthetic",
        "created_utc": "2026-01-01T12:00:00Z",
        "finished_utc": "2026-01-01T12:05:00Z",
        "wall_s": 300.0,
        "command": "convcost sweep synthetic",
        "configuration": {"name": "synthetic", "axes": [[k, list(v)] for k, v in (axes or {}).items()],
                          "max_seconds": 4.0, "target_rel_ci": 0.01},
        "environment": {"host": "testbed", "cpu": "Example CPU", "cores": 8, "threads": 2, "gpu": None},
    }  # fmt: skip
    if energy_terms is not None:
        base["energy"] = energy_terms
    measurements, joules = tables.frame(Row, rows), tables.frame(Energy, energy)
    return Run(Path("results/synthetic"), base | meta, measurements, (), joules)


def whole_sweep() -> Run:
    """Four axes, two devices, a network, one wrong and one crashed result."""
    rows = [row for device in SPEED for row in (*_axis_rows(device), *_layer_rows(device))]
    rows.append(fault("mb1ic64ih28oc64kh3ph1|odd", "fft", "wrong", "error_share 3.1 exceeds 1", error_rms=4e-5,
                      error_share=3.1, points=(), command="convcost measure -i fft"))  # fmt: skip
    rows.append(fault("mb1ic64ih28oc64kh3ph1|odd", "loops", "crashed", "the worker died of signal 11", points=()))
    return make_run(rows, axes=AXES)


def _axis_rows(device: str) -> list[Row]:
    base = {name: values[0] for name, values in AXES.items()}
    every = [base, *(base | {name: value} for name, values in AXES.items() for value in values[1:])]
    rows: list[Row] = []
    for point in every:
        kernel, stride, channels = int(point["kernel"]), int(point["stride"]), int(point["channels"])
        padding = {"same": kernel // 2, "valid": 0}.get(point["padding"], 2)
        text = f"mb1ic{channels}ih28oc{channels}kh{kernel}" + (f"sh{stride}" if stride > 1 else "")
        text += f"ph{padding}" if padding else ""
        output = (28 + 2 * padding - kernel) // stride + 1
        rows += _case(device, text, channels, channels, output, kernel, stride, points=points(point))
    return rows


def _layer_rows(device: str) -> list[Row]:
    rows: list[Row] = []
    for name, channels, size, out, kernel, stride, count in LAYERS:
        text = f"mb1ic{channels}ih{size}oc{out}kh{kernel}" + (f"sh{stride}" if stride > 1 else "") + f"ph{kernel // 2}"
        place = layers(("resnet-mini", name, count))
        rows += _case(device, text, channels, out, size // stride, kernel, stride, points=(), layers=place)
    return rows


def _case(device: str, text: str, ins: int, outs: int, output: int, kernel: int, stride: int, **more: Any) -> list[Row]:
    flops = 2 * ins * outs * output**2 * kernel**2
    given = {"device": device, "descriptor": text, "direct_flops": flops, **more}
    return [_row(device, f"{text}|{device}", name, flops, kernel, stride, ins, given) for name in SPEED[device]]


def _row(
    device: str, case: str, name: str, flops: int, kernel: int, stride: int, ins: int, given: dict[str, Any]
) -> Row:
    if name.startswith("winograd") and (kernel != 3 or stride != 1):
        return fault(case, name, "unsupported", "needs a 3x3 kernel and stride 1", error_rms=None,
                     error_rms_limit=None, error_share=None, **given)  # fmt: skip
    work = flops * SPEED[device][name] * (1 + 6 / ins)
    if name.startswith("winograd"):  # transforms weigh less the more channels share them
        work *= 0.5 + 30 / ins
    if name == "onednn" and kernel == 1:
        work *= 0.8
    if name == "fft":  # its time does not follow the kernel
        work = flops / kernel**2 * 60 * SPEED[device][name] * stride**2
    error = {"fft": 3e-7, "winograd-f4": 1.1e-6, "winograd-f6": 4e-6}.get(name, 1.2e-7) * (1 + kernel / 10)
    limit = {"winograd-f2": 8e-6, "winograd-f4": 4e-5, "winograd-f6": 2e-4}.get(name, 3e-6)
    time_s = _LAUNCH_S[device] + work
    flags = (Flag.WIDE_INTERVAL,) if name == "direct" and kernel == 11 else ()
    half = time_s * (0.08 if flags else 0.012)
    return ok(case, name, time_s, half, flags=flags, **(given | {
        "error_rms": error, "error_rms_limit": limit, "error_share": error / limit * 0.9, "bound": name.split("-")[0],
    }))  # fmt: skip
