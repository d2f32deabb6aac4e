"""Reads files of layers: descriptor files of oneDNN's benchdnn, CSV tables (bench.sweep.layer_tables), and text of
other programs (bench.networks.pasted).

A descriptor file has one descriptor a line; `#` outside a name starts a comment; a name may end in `*N`: the layer
occurs N times. A line may also be a pasted command line. Equal layers of a file become one layer
that occurs as often as all of them together.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

from bench.bounds import read_text
from bench.cost.layer import Layer, LayerSet, merged
from bench.errors import UsageError
from bench.networks.pasted import formats
from bench.networks.pasted.pasted_format import PastedError
from bench.sweep.layer_tables import read_rows
from impls import ConvError, ConvProblem
from impls.descriptor import DescriptorError, parse

SUFFIXES = (".txt", ".csv", ".log", ".json")
# The name of a set of layers that the user pasted.
PASTED = "pasted"
# Files of models, which are not files of layers.
_MODELS = (".onnx", ".pt2", ".pt", ".pth", ".py")
_BUILT_IN = resources.files("bench.sweep") / "layers"
_LONGEST_LINE = 100_000
# A line up to a `#` that is not inside quotes.
_BEFORE_COMMENT = re.compile(r'(?:[^#"]|"[^"]*"?)*')


def built_in_names() -> tuple[str, ...]:
    """Layer sets that come with convcost, by name."""
    return tuple(sorted(f.name.removesuffix(".txt") for f in _BUILT_IN.iterdir() if f.name.endswith(".txt")))


def built_in(name: str) -> LayerSet:
    """A layer set that comes with convcost. Raises UsageError for an unknown name."""
    if name not in built_in_names():
        raise UsageError(f"layer set {name!r} is unknown; allowed: {', '.join(built_in_names())}")
    file = _BUILT_IN / f"{name}.txt"
    return read_descriptors(file.read_text(encoding="utf-8"), name, f"{name}.txt")


def read_file(path: Path) -> LayerSet:
    """A layer set from a .csv table, a descriptor file, or text of another program.

    Raises UsageError with line and column.
    """
    require_layers(path)
    require_file(path)
    text = read_text(path)
    if path.suffix == ".csv":
        return read_csv(text, path.stem, str(path))
    return read_descriptors(text, path.stem, str(path), path.parent)


def suffixes() -> str:
    """The suffixes of files of layers, for a sentence."""
    return f"{', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}"


def require_file(path: Path) -> None:
    """Raise UsageError for a folder, and for a file that does not exist."""
    if path.is_dir():
        raise UsageError(f"{path} is a folder; allowed: a {suffixes()} file of layers")
    if not path.exists():
        raise UsageError(f"{path} is not there; allowed: a {suffixes()} file of layers")


def require_layers(path: Path) -> None:
    """Raise UsageError for a file of a model: it says what to do instead."""
    suffix = path.suffix.lower()
    if suffix in _MODELS:
        target = f"{path}:FUNCTION --input 1x3x224x224" if suffix == ".py" else str(path)
        own = " (a file with your own implementations: --load FILE)" if suffix == ".py" else ""
        raise UsageError(
            f"{path} is a whole model{own}; to measure its convolutions: convcost network {target}; to list them: "
            f"convcost network {target} --list"
        )


def of_descriptor(text: str) -> Layer:
    """The layer of a descriptor. Raises impls.ConvError, a DescriptorError with its column."""
    found = parse(text)
    problem = ConvProblem.from_descriptor(found)
    return Layer(problem, found.name or problem.descriptor, found.count)


def of_pasted(text: str) -> LayerSet:
    """The layers of pasted text of any number of lines. Raises UsageError with their place."""
    pasted = formats.read_text(text)
    if pasted is None:
        raise UsageError(f"{text!r} is no text of {formats.names()}")
    return LayerSet(PASTED, merged(pasted.layers), pasted.left_out)


def read_descriptors(text: str, name: str, source: str, folder: Path = Path()) -> LayerSet:
    """Descriptors or pasted command lines, one a line, or the whole text of another program.

    Raises UsageError with line and column.
    """
    try:
        whole = formats.read_document(text, folder)
    except PastedError as error:
        raise UsageError(f"{source}, {error}") from error
    if whole is not None:
        return _finish(name, whole.layers, source, whole.left_out)
    layers: list[Layer] = []
    for number, line in enumerate(text.splitlines(), 1):
        if len(line) > _LONGEST_LINE:
            raise UsageError(
                f"{source}, line {number}, column 1: the line has {len(line):,} characters; allowed: {_LONGEST_LINE:,}"
            )
        if content := _before_comment(line).strip():
            layers += _of_line(content, folder, f"{source}, line {number}", len(line) - len(line.lstrip()))
    return _finish(name, layers, source)


def _of_line(text: str, folder: Path, where: str, indentation: int) -> Sequence[Layer]:
    try:
        pasted = formats.read_line(text, folder)
        return [of_descriptor(text)] if pasted is None else pasted.layers
    except (DescriptorError, PastedError) as error:
        raise UsageError(f"{where}, column {error.column + indentation}: {error.message}") from error
    except (ConvError, UsageError) as error:
        raise UsageError(f"{where}, column 1: {error}") from error


def _before_comment(line: str) -> str:
    match = _BEFORE_COMMENT.match(line)
    assert match, "the pattern matches any text"
    return match[0]


def read_csv(text: str, name: str, source: str) -> LayerSet:
    """A layer table. Raises UsageError with line and column."""
    return _finish(name, read_rows(text, source), source)


def _finish(name: str, layers: Sequence[Layer], source: str, left_out: tuple[str, ...] = ()) -> LayerSet:
    if not layers:
        raise UsageError(f"{source} names no layer; allowed: one descriptor a line, or CSV rows under a header")
    return LayerSet(name, merged(layers), left_out)
