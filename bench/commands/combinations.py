"""Refuses options that would have no effect beside others, so that nothing a user types is ignored in silence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import typer

from bench.errors import refuse_useless

# What the user typed: the value of each option by its long name, and of each argument by its name in the help.
Typed = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Useless:
    """Options without an effect where `applies` is true of the typed ones; `reason` is the first half of a sentence.

    With `all_but`, every other option is without an effect instead.
    """

    reason: str
    applies: Callable[[Typed], object]
    options: tuple[str, ...]
    all_but: bool = False

    def among(self, typed: Typed) -> list[str]:
        """The typed options without an effect, in the order of the command's options."""
        if not self.applies(typed):
            return []
        return [name for name in typed if (name in self.options) is not self.all_but]


def beside(option: str) -> Callable[[Typed], bool]:
    """Whether an option was typed."""
    return lambda typed: option in typed


def without(*options: str) -> Callable[[Typed], bool]:
    """Whether none of some options was typed."""
    return lambda typed: not typed.keys() & set(options)


TWO_MODELS = Useless(
    "--energy-model takes the place of figures of the socket",
    beside("--energy-model"),
    ("--cpu-idle-w", "--cpu-max-w", "--cpu-cores"),
)

NO_FIGURES = Useless("--width and --font are of files of figures", without("--figures"), ("--width", "--font"))


def refuse_combinations(context: typer.Context, *rules: Useless) -> None:
    """Raise UsageError by the first rule that finds options without an effect on the command line."""
    typed = _typed(context)
    for rule in rules:
        refuse_useless(rule.reason, rule.among(typed))


def _typed(context: typer.Context) -> Typed:
    found = {}
    for parameter in context.command.params:
        source = context.get_parameter_source(parameter.name or "")
        if source is not None and source.name == "COMMANDLINE":
            is_argument = parameter.param_type_name == "argument"
            name = str(parameter.metavar) if is_argument else max(parameter.opts, key=len)
            found[name] = context.params.get(parameter.name or "")
    return found
