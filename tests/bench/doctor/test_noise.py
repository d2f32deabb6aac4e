"""The verdict on noise, and a noise test that restores the process's processors."""

from __future__ import annotations

import os

import pytest

from bench.doctor import noise
from bench.doctor.finding import Rating
from bench.doctor.noise import Noise
from tests.bench.doctor.forging import Forge

QUIET = (1e-3,) * 100
# One piece in ten takes twice as long.
SHARED = (1e-3,) * 90 + (2e-3,) * 10


@pytest.mark.parametrize(
    ("heard", "load", "verdict"),
    [
        (Noise(QUIET, 0.0, 0.0), 0.1, "quiet"),
        (Noise(SHARED, 0.0, 0.0), 0.1, "busy (fixed work)"),
        (Noise(QUIET, 0.2, 0.0), 0.1, "busy (pressure)"),
        (Noise(QUIET, 0.1, 0.01), 0.5, "quiet"),
        (Noise(QUIET, 0.0, 0.02), 0.1, "busy (steal)"),
        (Noise(SHARED, 0.2, 0.02), 3.0, "busy (fixed work, pressure, steal)"),
        # The load covers the last minute and may come from the user.
        (Noise(QUIET, 0.0, 0.0), 3.0, "quiet"),
        # Values that are not reported are missing.
        (Noise(QUIET, None, None), None, "quiet"),
    ],
)
def test_the_verdict_names_each_kind_of_noise(heard: Noise, load: float | None, verdict: str) -> None:
    *each, last = noise.findings(heard, load)
    assert last.value == verdict
    assert [f.verdict for f in each].count(Rating.MISSING) == [heard.pressure_share, heard.steal_share, load].count(
        None
    )
    assert all((f.value is None) == (f.verdict == "missing") for f in each)


def test_the_spread_is_shown_with_its_threshold() -> None:
    first = noise.findings(Noise(SHARED, None, None), None)[0]
    assert first.value == "p95/p50 is 2.00 of pieces of 1.00 ms (busy over 1.2)"


@pytest.mark.parametrize(
    ("files", "load"), [({"/proc/loadavg": "0.55 0.3 0.2 1/85 502"}, 0.55), ({"/proc/loadavg": ""}, None), ({}, None)]
)
def test_the_load_is_read_from_loadavg(forge: Forge, files: dict[str, str], load: float | None) -> None:
    assert noise.load_average(forge(files)) == load


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="this system cannot pin")
def test_listening_restores_the_processors() -> None:
    before = os.sched_getaffinity(0)
    heard = noise.listen(sorted(before), seconds=0.01)
    assert os.sched_getaffinity(0) == before
    assert len(heard.pieces_s) > 0
    assert min(heard.pieces_s) > 0
    assert heard.spread >= 1
    assert heard.is_pinned


def test_noise_is_not_pinned_without_processors() -> None:
    heard = noise.listen(None, seconds=0.0)
    assert len(heard.pieces_s) > 0
    assert not heard.is_pinned


def test_noise_is_not_pinned_where_pinning_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*given: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "sched_setaffinity", refuse, raising=False)
    heard = noise.listen([0, 1], seconds=0.0)
    assert len(heard.pieces_s) > 0
    assert not heard.is_pinned
    value = noise.findings(heard, None)[0].value
    assert value is not None
    assert value.endswith("(busy over 1.2), not pinned: only on processors that the system chose")
