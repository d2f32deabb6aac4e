"""The line of Python that calls an implementation, for users who copy it."""

from __future__ import annotations

from impls import ConvProblem
from impls.padding import Pair, Sides
from impls.precision import DEFAULT_FOR_DTYPE


def python_call(problem: ConvProblem, precision: str, layout: str, implementation: str) -> str:
    """The line that computes a problem, planned once, with only the arguments that differ from their defaults."""
    given = {
        "stride": _short(problem.stride),
        "padding": _padding(problem.padding),
        "dilation": _short(problem.dilation),
        "groups": str(problem.groups),
    }
    defaults = {"stride": "1", "padding": "0", "dilation": "1", "groups": "1"}
    words = ["x", "w", *(["bias"] if problem.bias else [])]
    words += [f"{name}={value}" for name, value in given.items() if value != defaults[name]]
    if precision not in DEFAULT_FOR_DTYPE.values():
        words.append(f'precision="{precision}"')
    words.append(f'implementation="{implementation}"')
    channels_last = "  # x, w channels last" if layout == "nhwc" else ""
    return f"import impls; y = impls.conv2d({', '.join(words)}){channels_last}"


def _short(pair: Pair) -> str:
    return str(pair[0]) if pair[0] == pair[1] else f"({pair[0]}, {pair[1]})"


def _padding(sides: Sides) -> str:
    (top, bottom), (left, right) = sides
    return _short((top, left)) if (top, left) == (bottom, right) else f"(({top}, {bottom}), ({left}, {right}))"
