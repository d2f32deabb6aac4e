"""Gives commands their shared options by decorators, and passes the values on as one object."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any

from bench.commands import energy_options, options, problem_options
from bench.errors import UsageError

Function = Callable[..., None]

# Parameters that decorators fill in. Only type checkers import their types: `--help` loads no tensor library.
_INJECTED = frozenset({"overrides", "power", "rates", "problem", "problems"})
# Parameters of bench.energy.model.socket_power, each with its option.
_POWER: dict[str, Any] = {
    "cpu_idle_w": energy_options.CpuIdleW,
    "cpu_max_w": energy_options.CpuMaxW,
    "cpu_cores": energy_options.CpuCores,
}
# Fields of bench.sweep.overrides.Overrides, each with its option.
_OVERRIDES: dict[str, Any] = {
    "axes": options.Axes,
    "settings": options.Set,
    "implementations": options.Implementations,
    "devices": options.Devices,
    "precisions": options.Precisions,
    "layouts": options.Layouts,
    "data": options.Data,
    "weights": options.Weights,
    "bias": options.Bias,
    "cache": options.Cache,
    "malloc": options.Malloc,
    "seed": options.Seed,
    "load": options.Load,
    "threads": options.Threads,
    "budget": options.Budget,
    "max_seconds": options.MaxSeconds,
    "target_rel_ci": options.TargetCi,
    "processes": options.Processes,
    "step_timeout": options.StepTimeout,
    "max_worker_memory": options.MaxWorkerMemory,
    "energy": energy_options.Energy,
    "no_energy": energy_options.NoEnergy,
    "energy_window_s": energy_options.EnergyWindow,
    "energy_windows": energy_options.EnergyWindows,
    **_POWER,
}
# Parameters of bench.cost.rates.rates, each with its option.
_RATES: dict[str, Any] = {
    "grid": energy_options.Grid,
    "g_per_kwh": energy_options.GPerKwh,
    "price_per_kwh": energy_options.PricePerKwh,
    "price_per_hour": energy_options.PricePerHour,
    "currency": energy_options.Currency,
    "pue": energy_options.Pue,
}


def with_overrides(*left_out: str) -> Callable[[Function], Function]:
    """Give a command the options that override a configuration, except those left out, as its parameter `overrides`.

    Raises ValueError for a name left out that is not such an option.
    """
    if unknown := set(left_out) - set(_OVERRIDES):
        raise ValueError(f"{', '.join(sorted(unknown))}: not the name of an option")

    def collect(given: Mapping[str, Any]) -> Any:
        from bench.sweep.overrides import from_options

        return from_options(**given)

    return _injecting("overrides", {name: o for name, o in _OVERRIDES.items() if name not in left_out}, collect)


def with_rates(function: Function) -> Function:
    """Give a command the options for carbon and prices, as its parameter `rates`."""

    def collect(given: Mapping[str, Any]) -> Any:
        from bench.cost.rates import rates

        return rates(**given)

    return _injecting("rates", _RATES, collect)(function)


def with_power(function: Function) -> Function:
    """Give a command the user's figures of a socket, as its parameter `power`, None if they are not given."""

    def collect(given: Mapping[str, Any]) -> Any:
        from bench.energy.model import socket_power

        return socket_power(**given)

    return _injecting("power", _POWER, collect)(function)


def with_problem(function: Function) -> Function:
    """Give a command one problem as its parameter `problem`: a descriptor as its argument, or options for its sizes."""
    fields = {"word": problem_options.OneProblem, **problem_options.SIZES}

    def collect(given: dict[str, Any]) -> str:
        word = given.pop("word")
        (problem,) = _words([] if word is None else [word], given)
        return problem

    return _injecting("problem", fields, collect)(function)


def with_problems(argument: Any = problem_options.ManyProblems) -> Callable[[Function], Function]:
    """Give a command the parameter `problems`: its arguments, or the options for the sizes of one problem.

    It may be empty if `argument` says in its help what that means.
    """
    fields = {"words": argument, **problem_options.SIZES}

    def collect(given: dict[str, Any]) -> list[str]:
        words = given.pop("words") or []
        is_empty = not words and all(value is None for value in given.values())
        return [] if is_empty and argument is problem_options.ManyOrTable else _words(words, given)

    return _injecting("problems", fields, collect)


def _words(words: list[str], sizes: Mapping[str, Any]) -> list[str]:
    """The words of the user, or the descriptor that the options for sizes mean; this one is shown as well."""
    from bench.sweep import problem_texts
    from bench.terminal.console import print_error

    is_given = any(value is not None for value in sizes.values())
    if words and is_given:
        option = next(name for name, value in sizes.items() if value is not None)
        raise UsageError(
            f"{words[0]} and --{option.replace('_', '-')} are both given; allowed: a descriptor, or options"
        )
    if words:
        return words
    if not is_given:
        raise UsageError(
            f'the problem is missing; type a descriptor such as "{problem_texts.DESCRIPTOR}", or options, '
            f"{problem_texts.EXAMPLE}"
        )
    descriptor = problem_texts.of_sizes(**sizes).descriptor
    print_error(f"these options mean {descriptor}")
    return [descriptor]


def _injecting(
    target: str, fields: Mapping[str, Any], collect: Callable[[dict[str, Any]], Any]
) -> Callable[[Function], Function]:
    """Replace the parameter `target` of a command by one option for each field; its value is collected from theirs."""

    def decorate(function: Function) -> Function:
        @functools.wraps(function)
        def wrapper(**given: Any) -> None:
            collected = collect({name: given.pop(name) for name in fields})
            function(**given, **{target: collected})

        signature = inspect.signature(function)
        parameters: list[inspect.Parameter] = []
        for parameter in signature.parameters.values():
            parameters += _options(fields) if parameter.name == target else [_evaluated(parameter, function)]
        wrapper.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
        wrapper.__annotations__ = {p.name: p.annotation for p in parameters}
        return wrapper

    return decorate


def _evaluated(parameter: inspect.Parameter, function: Function) -> inspect.Parameter:
    """The parameter with its annotation as a type, unless another decorator will replace the parameter."""
    if parameter.name in _INJECTED or not isinstance(parameter.annotation, str):
        return parameter
    return parameter.replace(annotation=eval(parameter.annotation, function.__globals__))


def _options(fields: Mapping[str, Any]) -> list[inspect.Parameter]:
    return [
        # An absent flag is False; any other absent option is None.
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=False if option.__origin__ is bool else None,
            annotation=option,
        )
        for name, option in fields.items()
    ]
