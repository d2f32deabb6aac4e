"""Joules from an assumed power: the arithmetic, the table of sockets, and unknown processors."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from bench.energy import sockets
from bench.energy.availability import Unavailable
from bench.energy.meter import MeterError
from bench.energy.model import ModelMeter, PowerModel, from_options
from bench.errors import UsageError

MODEL = PowerModel(idle_w=100, max_w=300, socket_cores=40, allotted=10, source="somebody")


@pytest.mark.parametrize(("threads", "power_w"), [(0, 25), (1, 30), (5, 50), (10, 75), (99, 75)])
def test_power_is_linear_from_idle_to_busy(threads: int, power_w: float) -> None:
    assert MODEL.power_w(threads) == pytest.approx(power_w)
    assert MODEL.joules(4.0, threads) == pytest.approx(4 * power_w)


def test_the_assumption_is_a_sentence() -> None:
    assert MODEL.assumption == (
        "Modelled: time × an assumed power (25 W idle to 75 W busy, 10 of 40 cores; somebody); "
        "it carries no information beyond time."
    )


@pytest.mark.parametrize(
    ("idle_w", "max_w", "cores", "allotted", "says"),
    [
        (-1, 10, 4, 2, "idle -1 W.*--cpu-idle-w"),
        (20, 10, 4, 2, "idle 20 W and maximum 10 W"),
        (0, 0, 4, 2, "--cpu-max-w must be above 0"),
        (math.nan, 10, 4, 2, "finite"),
        (1, math.inf, 4, 2, "finite"),
        (1, 10, 4, 5, "5 cores are allotted of a socket of 4.*--cpu-cores"),
        (1, 10, 4, 0, "0 cores are allotted"),
    ],
)
def test_impossible_figures_are_refused(idle_w: float, max_w: float, cores: int, allotted: int, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        from_options(idle_w, max_w, cores, allotted)


def test_possible_figures_are_accepted() -> None:
    model = from_options(0, 10, 4, 4)
    assert (model.power_w(0), model.power_w(4), model.scope) == (0, 10, "socket-share")
    with pytest.raises(UsageError, match="-1 threads"):
        model.power_w(-1)


@pytest.mark.parametrize(
    ("name", "cores", "max_w"),
    [
        ("AMD EPYC 9654 96-Core Processor", 96, 358.0),
        ("AMD EPYC 9654P 96-Core Processor", 96, 358.0),
        ("Intel(R) Xeon(R) CPU E5-2699 v4 @ 2.20GHz", 22, 126.8),
        ("Intel(R) Xeon(R) Platinum 8380 CPU @ 2.30GHz", 40, 310.2),
        ("INTEL(R) XEON(R) PLATINUM 8592+", 64, 391.5),
        ("Intel(R) Xeon(R) 6980P", 128, 600.0),
    ],
)
def test_known_processors_have_a_power(name: str, cores: int, max_w: float) -> None:
    model = sockets.known(name, 2)
    assert model is not None
    assert (model.socket_cores, model.max_w, model.allotted, model.scope) == (cores, max_w, 2, "server-share")


@pytest.mark.parametrize(
    "name",
    [
        "AMD EPYC",
        "AMD EPYC Processor",
        "AMD EPYC 9R14",
        "AMD EPYC 96540",
        "Intel(R) Xeon(R) Processor @ 2.60GHz",
        "Intel(R) Xeon(R) Platinum 8380HL CPU @ 2.90GHz",
        "Intel(R) Xeon(R) Platinum 8480C",
        "Apple M3",
        "",
    ],
)
def test_unknown_processors_have_no_power(name: str) -> None:
    assert sockets.known(name, 2) is None


def test_every_socket_has_its_source() -> None:
    assert len(sockets.sockets()) > 20
    for socket in sockets.sockets():
        assert 0 < socket.idle_w < socket.max_w
        assert socket.cores > 0
        assert "20" in socket.source
        assert "https://" in socket.source


def test_the_model_of_this_machine_uses_its_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.energy.sockets.allotted_cores", lambda: 2)
    monkeypatch.setattr("bench.machine.environment.cpu_name", lambda: "AMD EPYC 7763 64-Core Processor")
    assert sockets.here().socket_cores == 64
    monkeypatch.setattr("bench.energy.sockets.allotted_cores", lambda: 128)
    with pytest.raises(Unavailable, match="128 cores are allotted of a socket of 64"):
        sockets.here()


@pytest.mark.parametrize(("siblings", "cores"), [("0", 8), ("0,28", 4), ("0-1", 4), (None, 8)])
def test_processors_that_share_a_core_count_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, siblings: str | None, cores: int
) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda pid: set(range(8)), raising=False)
    file = tmp_path / "thread_siblings_list"
    if siblings is not None:
        file.write_text(f"{siblings}\n")
    assert sockets.allotted_cores(file) == cores


def test_the_meter_is_power_times_the_clock() -> None:
    now_s = [50.0]
    meter = ModelMeter(MODEL, clock=lambda: now_s[0])
    now_s[0] = 52.0
    assert meter.read().joules == {"socket-share": pytest.approx(150)}
    assert (meter.method, meter.scopes, meter.conditions()["assumption"]) == (
        "model", ("socket-share",), MODEL.assumption,
    )  # fmt: skip
    meter.close()
    with pytest.raises(MeterError, match="closed"):
        meter.read()
