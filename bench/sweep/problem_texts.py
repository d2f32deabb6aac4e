"""Reads the problems that a user types: descriptors, pasted text, files of layers, and layer sets."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path

from bench.cost.layer import Layer, LayerSet
from bench.errors import UsageError, refuse_useless
from bench.format import count
from bench.networks.pasted import formats
from bench.sweep import layers as layer_files
from impls import ConvProblem
from impls.errors import did_you_mean
from impls.padding import Pair, resolve

DESCRIPTOR = "mb1ic64ih56oc64kh3ph1"
EXAMPLE = "for example --channels 64 --size 56 --kernel 3 --padding same"
# The first letters of a descriptor with their number.
_STARTS = re.compile(r"_*(mb|ic|ih|iw|oc|oh|ow|kh|kw|sh|sw|ph|pw|dh|dw|g)-?\d")


def one_layer(word: str) -> LayerSet:
    """The set of the one layer of a descriptor, or of pasted text.

    Raises UsageError for many layers, impls.ConvError for other text.
    """
    if formats.is_pasted(word):
        found = layer_files.of_pasted(word)
        if len(found.layers) > 1:
            raise UsageError(
                f"the text has {count(len(found.layers), 'layer')}, and this command takes one problem; to measure "
                "them: convcost sweep, to count them: convcost count, with the same text in quotes, or with its file"
            )
        return found
    if _is_many(word):
        if word not in layer_files.built_in_names():
            layer_files.require_file(Path(word))
        raise UsageError(
            f"{word} has many layers, and this command takes one problem; to measure them: convcost sweep {word}; "
            f"to count them: convcost count {word}; to choose for them: convcost choose {word}"
        )
    return LayerSet("", (_layer(word),))


def is_one_problem(word: str) -> bool:
    """Whether a text is a descriptor or a pasted command line, right or wrong, and no name of a sweep or file."""
    return not _is_many(word) and bool(_STARTS.match(word) or " " in word)


def layer_sets(words: Sequence[str], *, bias: bool = False) -> list[LayerSet]:
    """The layers that words name, in order: one set for each file and built-in set, and for descriptors in a row.

    With `bias`, every layer has one. Raises UsageError, or impls.ConvError for a bad descriptor.
    """
    found: list[LayerSet] = []
    for is_many, group in groupby(words, key=_is_many):
        own = list(group)
        found += map(_read, own) if is_many else [_typed(own)]
    return [replace(s, layers=tuple(map(with_bias, s.layers))) for s in found] if bias else found


def require_precisions(own: Collection[str | None], wanted: Collection[str] | None) -> None:
    """Raise UsageError for a wanted precision that no layer takes, as every layer has its `own`."""
    if wanted and None not in own and not set(own) >= set(wanted):
        names = ", ".join(sorted(filter(None, set(own))))
        refuse_useless(f"every line says its own precision, here {names}", ["--precision"])


def of_sizes(
    *,
    batch: int | None = None,
    channels: int | None = None,
    in_channels: int | None = None,
    out_channels: int | None = None,
    size: Pair | None = None,
    kernel: Pair | None = None,
    stride: Pair | None = None,
    padding: Pair | str | None = None,
    dilation: Pair | None = None,
    groups: int | None = None,
) -> ConvProblem:
    """The problem of the options --batch, --channels and so on; None where the user gave none.

    Raises UsageError for options that are missing or exclude each other, ProblemError for impossible sizes.
    """
    if channels is not None and not in_channels is out_channels is None:
        raise UsageError("--channels means both --in-channels and --out-channels; give it alone, or give those two")
    ins = in_channels if channels is None else channels
    outs = out_channels if channels is None else channels
    if ins is None or outs is None or size is None or kernel is None:
        needed = {"--in-channels": ins, "--out-channels": outs, "--size": size, "--kernel": kernel}
        missing = [option for option, value in needed.items() if value is None]
        if missing[:2] == ["--in-channels", "--out-channels"]:
            missing[:2] = ["--channels"]
        raise UsageError(f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing; {EXAMPLE}")
    strides, dilations = stride or (1, 1), dilation or (1, 1)
    sides = resolve(0 if padding is None else padding, size, kernel, strides, dilations)
    images = 1 if batch is None else batch
    return ConvProblem(images, ins, size, outs, kernel, strides, sides, dilations, groups or 1)


def _is_many(word: str) -> bool:
    """Whether a word names a set or a file; pasted text may end like the name of one."""
    if formats.is_pasted(word):
        return False
    return word in layer_files.built_in_names() or Path(word).suffix in layer_files.SUFFIXES


def _read(word: str) -> LayerSet:
    if word in layer_files.built_in_names():
        return layer_files.built_in(word)
    return layer_files.read_file(Path(word))


def _typed(words: Sequence[str]) -> LayerSet:
    """The layers of descriptors and of pasted text, which keep the order in which they were typed."""
    sets = [layer_files.of_pasted(word) if formats.is_pasted(word) else LayerSet("", (_layer(word),)) for word in words]
    layers = tuple(layer for one in sets for layer in one.layers)
    return LayerSet("", layers, tuple(text for one in sets for text in one.left_out))


def _layer(word: str) -> Layer:
    """The layer of a word, unless it is a misspelt layer set or the file of a model."""
    if not _STARTS.match(word):
        layer_files.require_layers(Path(word))
        if Path(word).is_dir():
            layer_files.require_file(Path(word))
        names = layer_files.built_in_names()
        if near := did_you_mean(word, names):
            files = f"a {layer_files.suffixes()} file"
            raise UsageError(f"{word!r} is no layer set{near}; allowed: {', '.join(names)}, {files}, "
                             f'or a descriptor such as "{DESCRIPTOR}"')  # fmt: skip
    return layer_files.of_descriptor(word)


def with_bias(layer: Layer) -> Layer:
    """The layer with a bias."""
    return replace(layer, problem=replace(layer.problem, bias=True))
