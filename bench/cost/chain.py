"""Checks that the layers of a list chain: each takes channels and sizes that the layers before it give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.cost.layer import Layer
from impls import ConvProblem
from impls.padding import Pair
from impls.wording import count

FIRST, PREVIOUS, BRANCH, RESIZED, GAP = "first", "previous", "branch", "resized", "gap"
# Places that a note names.
_NAMED = 3
# Fields of more than 18 digits are of no input.
_LARGEST: int = 10**18 - 1
_GAPS = "Gaps, where no layer before gives so many channels (joined outputs, or a slip)"
_SIZES = "Other sizes than the layer before gives (pooling, which receptive fields leave out, or a slip)"
_BRANCHES = "Branches, from further back than the layer before"

# Channels, height and width.
Shape = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Joint:
    """The layer, by its number from 0, that gives a layer's input; None where no layer before it does.

    `kind` is `first`; `previous`; `branch`, the output or the input of an earlier layer; `resized`, an earlier layer's
    output in another size, as pooling makes; or `gap`: no earlier layer gives so many channels.
    """

    kind: str
    source: int | None = None


def joints(layers: Sequence[Layer]) -> list[Joint]:
    """How each layer joins those before it. Batches are not compared."""
    given: dict[Shape, int] = {}
    taken: dict[Shape, int] = {}
    channels: dict[int, int] = {}
    found: list[Joint] = []
    for number, layer in enumerate(layers):
        wanted = _input(layer.problem)
        source = given.get(wanted, taken.get(wanted))
        if number == 0:
            joint = Joint(FIRST)
        elif _output(layers[number - 1].problem) == wanted:
            joint = Joint(PREVIOUS, number - 1)
        elif source is not None:
            joint = Joint(BRANCH, source)
        elif wanted[0] in channels:
            joint = Joint(RESIZED, channels[wanted[0]])
        else:
            joint = Joint(GAP)
        found.append(joint)
        made = _output(layer.problem)
        given[made] = channels[made[0]] = number
        taken.setdefault(wanted, number)
    return found


def receptive_fields(layers: Sequence[Layer]) -> list[Pair | None]:
    """(height, width) of the input of the list that one output of each layer sees.

    r_l = r_{l−1} + (k_l − 1)·d_l·j_{l−1}, j_l = j_{l−1}·s_l, r_0 = j_0 = 1, on each axis. Pooling between layers is not
    part of the list, and does not count. None from the first layer on that takes other channels than the layer before
    it gives.
    """
    fields: list[Pair | None] = []
    field, jump, is_straight = [1, 1], [1, 1], True
    for number, layer in enumerate(layers):
        p = layer.problem
        is_straight &= number == 0 or layers[number - 1].problem.out_channels == p.in_channels
        # A repeated layer must follow itself.
        is_straight &= layer.count == 1 or (p.in_channels == p.out_channels and p.stride == (1, 1))
        is_straight &= max(field) <= _LARGEST
        if not is_straight:
            # Without a sum: of many strides it has thousands of digits.
            return [*fields, *[None] * (len(layers) - number)]
        for axis in (0, 1):
            field[axis] += layer.count * (p.kernel[axis] - 1) * p.dilation[axis] * jump[axis]
            jump[axis] *= p.stride[axis]
        fields.append((field[0], field[1]))
    return fields


def notes(layers: Sequence[Layer], joined: Sequence[Joint]) -> list[str]:
    """Sentences on the places where layers do not simply follow each other."""
    places = {kind: _places(joined, kind) for kind in (GAP, RESIZED, BRANCH)}

    def sizes(number: int) -> str:
        source = joined[number].source
        assert source is not None, "only a gap has no source"
        return f"{_size(_output(layers[source].problem))} → {_size(_input(layers[number].problem))}"

    named = {
        _GAPS: [f"{_place(layers, n)} takes {layers[n].problem.in_channels}" for n in places[GAP]],
        _SIZES: [f"{_place(layers, n)}, {sizes(n)}" for n in places[RESIZED]],
        _BRANCHES: [_place(layers, n) for n in places[BRANCH]],
    }
    return [f"{title}: {_first(found)}." for title, found in named.items() if found]


def verdict(joined: Sequence[Joint]) -> str | None:
    """One sentence that says whether the channels of all layers chain; None for a single layer."""
    if len(joined) < 2:
        return None
    gaps, resized, branches = (len(_places(joined, kind)) for kind in (GAP, RESIZED, BRANCH))
    if gaps:
        where = count(gaps, "layer takes", "layers take")
        return f"The layers do not chain: {where} a number of channels that no earlier layer gives."
    if resized or branches:
        parts = [count(branches, "branch", "branches")] * bool(branches)
        parts += [count(resized, "change of size", "changes of size")] * bool(resized)
        return f"The layers chain: each takes as many channels as an earlier one gives, with {' and '.join(parts)}."
    return "The layers chain: each takes the output of the layer before it."


def _places(joined: Sequence[Joint], kind: str) -> list[int]:
    return [number for number, joint in enumerate(joined) if joint.kind == kind]


def _first(named: Sequence[str]) -> str:
    rest = [f"and {len(named) - _NAMED:,} more"] if len(named) > _NAMED else []
    return "; ".join([*named[:_NAMED], *rest])


def _place(layers: Sequence[Layer], number: int) -> str:
    return f"layer {number + 1} ({layers[number].name})"


def _size(shape: Shape) -> str:
    return f"{shape[1]}×{shape[2]}"


def _input(p: ConvProblem) -> Shape:
    return p.in_channels, *p.size


def _output(p: ConvProblem) -> Shape:
    return p.out_channels, *p.output_size
