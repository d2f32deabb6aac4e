"""Reads files of layers: descriptor files of oneDNN's benchdnn, and CSV tables (bench.sweep.layer_tables).

A descriptor file has one descriptor a line; `#` outside a name starts a comment; a name may end in `*N`: the layer
occurs N times. A line may also be a pasted command line (bench.sweep.pasted). Equal layers of a file become one layer
that occurs as often as all of them together.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

from bench.cost.layer import Layer, LayerSet, merged
from bench.errors import UsageError
from bench.sweep import pasted
from bench.sweep.layer_tables import read_rows
from impls import ConvError, ConvProblem
from impls.descriptor import DescriptorError, parse

SUFFIXES = (".txt", ".csv")
# Files of models, which are not files of layers.
_MODELS = (".onnx", ".pt2", ".pt", ".pth", ".py")
_BUILT_IN = resources.files("bench.sweep") / "layers"
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
    """A layer set from a .csv table or a descriptor file. Raises UsageError with line and column."""
    require_layers(path)
    require_file(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from error
    reader = read_csv if path.suffix == ".csv" else read_descriptors
    return reader(text, path.stem, str(path))


def require_file(path: Path) -> None:
    """Raise UsageError for a folder, and for a file that does not exist."""
    if path.is_dir():
        raise UsageError(f"{path} is a folder; allowed: a {' or '.join(SUFFIXES)} file of layers")
    if not path.exists():
        raise UsageError(f"{path} is not there; allowed: a {' or '.join(SUFFIXES)} file of layers")


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


def of_line(text: str) -> Layer:
    """The layer of a descriptor or of a pasted command line.

    Raises UsageError or impls.ConvError, a DescriptorError with its column.
    """
    layer = pasted.read(text)
    if layer is not None:
        return layer
    found = parse(text)
    problem = ConvProblem.from_descriptor(found)
    return Layer(problem, found.name or problem.descriptor, found.count)


def read_descriptors(text: str, name: str, source: str) -> LayerSet:
    """Descriptors or pasted command lines, one a line. Raises UsageError with line and column."""
    layers = []
    for number, line in enumerate(text.splitlines(), 1):
        content = _before_comment(line).strip()
        if not content:
            continue
        try:
            layers.append(of_line(content))
        except DescriptorError as error:
            column = error.column + len(line) - len(line.lstrip())
            raise UsageError(f"{source}, line {number}, column {column}: {error.message}") from error
        except (ConvError, UsageError) as error:
            raise UsageError(f"{source}, line {number}, column 1: {error}") from error
    return _finish(name, layers, source)


def _before_comment(line: str) -> str:
    match = _BEFORE_COMMENT.match(line)
    assert match, "the pattern matches any text"
    return match[0]


def read_csv(text: str, name: str, source: str) -> LayerSet:
    """A layer table. Raises UsageError with line and column."""
    return _finish(name, read_rows(text, source), source)


def _finish(name: str, layers: Sequence[Layer], source: str) -> LayerSet:
    if not layers:
        raise UsageError(f"{source} names no layer; allowed: one descriptor a line, or CSV rows under a header")
    return LayerSet(name, merged(layers))
