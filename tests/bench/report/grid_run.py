"""A product sweep for tests, not measured: kernel × channels, with clear wins, a tie, an open case and a gap."""

from __future__ import annotations

from bench.store.runs import Run
from bench.store.schema import Row
from tests.bench.report.synthetic_run import make_run, ok, points

AXES = {"kernel": ["3", "1", "5"], "channels": ["64", "16"]}
# Time of direct and of winograd-f4 in ms; the second ratio decides: below 1.1 a tie, without an interval open.
_TIMES = {
    ("1", "16"): (1.0, 2.0), ("1", "64"): (1.0, 1.5), ("3", "16"): (1.0, 1.02), ("3", "64"): (2.0, 1.0),
    ("5", "16"): (1.0, 1.3),
}  # fmt: skip
OPEN = ("5", "16")


def grid_run() -> Run:
    """Five of six cells: direct wins at kernel 1, winograd-f4 at 3 and 64, one tie, one undecided, one not measured."""
    return make_run([row for at in _TIMES for row in _cell(at)], axes=AXES)


def _cell(at: tuple[str, str]) -> list[Row]:
    kernel, channels = at
    best = min(_TIMES[at])
    descriptor = f"mb1ic{channels}ih8oc{channels}kh{kernel}"
    place = points({"kernel": kernel, "channels": channels})
    rows = []
    for name, time_ms in zip(("direct", "winograd-f4"), _TIMES[at], strict=True):
        over = time_ms / best
        low, high = (0.9 * over, 1.2 * over) if at == OPEN or over < 1.1 else (0.98 * over, 1.02 * over)
        if at == OPEN:
            low = 0.8
        ends = {
            "over_best": over,
            "over_best_low": low if over > 1 else 1.0,
            "over_best_high": high if over > 1 else 1.0,
        }
        rows.append(ok(descriptor, name, time_ms * 1e-3, time_ms * 1e-5, points=place, **ends))
    return rows
