"""Decorators that give commands their shared options."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import pytest
import typer

from bench.commands import injection, options
from bench.commands.app import CommandLineError
from bench.commands.injection import with_overrides, with_power, with_rates
from bench.cost.rates import Rates
from bench.energy.model import SocketPower
from bench.sweep.overrides import Overrides


def received(*words: str, left_out: tuple[str, ...] = ()) -> dict[str, Any]:
    """The parameters that a command with all shared options receives."""
    found: dict[str, Any] = {}
    app = typer.Typer(rich_markup_mode=None)

    @app.command()
    @with_rates
    @with_overrides(*left_out)
    def command(
        what: Annotated[str, typer.Argument()] = "quick",
        *,
        overrides: Overrides,
        as_json: options.AsJson = False,
        rates: Rates,
    ) -> None:
        """Keep the parameters."""
        found.update(what=what, overrides=overrides, as_json=as_json, rates=rates)

    assert not app(list(words), standalone_mode=False)
    return found


def test_no_option_is_no_override() -> None:
    assert received() == {"what": "quick", "overrides": Overrides(), "as_json": False, "rates": Rates()}


def test_a_repeatable_option_is_none_where_it_is_absent() -> None:
    overrides = received()["overrides"]
    assert (overrides.implementations, overrides.devices, overrides.precisions, overrides.layouts) == (None,) * 4
    assert (overrides.axes, overrides.load) == ((), ())


def test_an_absent_flag_is_none() -> None:
    assert received()["overrides"].bias is None
    assert received("--bias")["overrides"].bias is True


@pytest.mark.parametrize(
    ("words", "name", "value"),
    [
        (("-i", "fft", "-i", "torch"), "implementations", ("fft", "torch")),
        (("--device", "cpu"), "devices", ("cpu",)),
        (("-p", "fp32", "-p", "bf16"), "precisions", ("fp32", "bf16")),
        (("--layout", "nhwc"), "layouts", ("nhwc",)),
        (("--cache", "cold"), "cache", "cold"),
        (("--malloc", "default"), "malloc", "default"),
        (("--seed", "0"), "seed", 0),
        (("--budget", "1.5h"), "budget_s", 5400.0),
        (("--max-seconds", "2"), "max_seconds", 2.0),
        (("--target-ci", "0.01"), "target_rel_ci", 0.01),
        (("--processes", "5"), "processes", 5),
        (("--energy", "all"), "energy", "all"),
        (("--no-energy",), "energy", "none"),
        (("--energy-window", "0.5"), "energy_window_s", 0.5),
        (("--energy-windows", "3"), "energy_windows", 3),
        (("-a", "kernel=1,3", "-a", "stride=2"), "axes", ("kernel=1,3", "stride=2")),
        (("--load", "mine.py"), "load", (Path("mine.py"),)),
        (("--threads", "1"), "threads", 1),
        (("--step-timeout", "90s"), "step_timeout_s", 90.0),
    ],
)
def test_values_arrive(words: tuple[str, ...], name: str, value: object) -> None:
    assert received(*words)["overrides"] == Overrides(**{name: value})  # type: ignore[arg-type]


def test_a_power_model_arrives() -> None:
    power = received("--cpu-idle-w", "10", "--cpu-max-w", "60", "--cpu-cores", "999")["overrides"].power
    assert power is not None


def test_figures_of_a_socket_arrive_without_a_configuration() -> None:
    found: list[SocketPower | None] = []
    app = typer.Typer(rich_markup_mode=None)

    @app.command()
    @with_power
    def command(*, power: SocketPower | None) -> None:
        """Keep the figures."""
        found.append(power)

    for words in ((), ("--cpu-idle-w", "10", "--cpu-max-w", "60", "--cpu-cores", "16")):
        app(list(words), standalone_mode=False)
    assert found == [None, SocketPower(10.0, 60.0, 16)]


def test_rates_arrive_beside_other_parameters() -> None:
    found = received("full", "--json", "--price-per-kwh", "0.25", "--pue", "1.5")
    assert (found["what"], found["as_json"]) == ("full", True)
    assert found["rates"] == Rates(price_per_kwh=0.25, pue=1.5)


@pytest.mark.parametrize("name", sorted(injection._OVERRIDES))
def test_a_left_out_option_is_unknown(name: str) -> None:
    (option,) = injection._OVERRIDES[name].__metadata__
    with pytest.raises(CommandLineError, match="No such option"):
        received((*option.param_decls, option.default)[0], "1", left_out=(name,))


def test_an_unknown_name_cannot_be_left_out() -> None:
    with pytest.raises(ValueError, match=r"^chache: not the name of an option"):
        with_overrides("cache", "chache")
