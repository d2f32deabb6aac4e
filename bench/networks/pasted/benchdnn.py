"""Reads command lines of oneDNN's benchdnn, and the results that it prints with `__REPRO`.

Source: oneDNN, tests/benchdnn/doc/driver_conv.md and knobs_common.md. Options apply to the problems after them, a list
of values means each of them, and sizes that a problem leaves out have benchdnn's defaults. Options that choose a
layout, an algorithm or a way of timing are passed over.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ClassVar, Final

from bench.bounds import read_text
from bench.cost.layer import Layer
from bench.errors import UsageError
from bench.networks.pasted.pasted_format import Pasted, PastedError, Value, impossible, one_of
from bench.networks.pasted.words import Given, Word, require_known, split, whole
from impls import ConvError, ConvProblem
from impls.descriptor import DescriptorError, parse

# Of --dir, whether the layer has a bias.
_DIRECTIONS = {"FWD_B": True, "FWD_D": False, "FWD_I": False}
# Of --dt and --cfg: one type, or those of the input, the weights and the output.
_TYPES = {
    "f32": "fp32", "f64": "fp64", "bf16": "bf16", "f16": "fp16", "f32:f32:f32": "fp32", "f64:f64:f64": "fp64",
    "bf16:bf16:bf16": "bf16", "f16:f16:f16": "fp16", "bf16bf16bf16": "bf16",
}  # fmt: skip
_PASSED_OVER = frozenset(
    {
        "mode", "mode-modifier", "alg", "stag", "wtag", "dtag", "impl", "global-impl", "skip-impl", "engine", "verbose",
        "fix-times-per-prb", "max-ms-per-prb", "repeats-per-prb", "memory-kind", "attr-scratchpad", "perf-template",
        "cold-cache", "mem-check", "canonical", "allow-enum-tags-only", "cpu-isa-hints", "execution-mode", "ctx-init",
        "ctx-exe", "stream-kind", "num-streams", "fast-ref", "fast-ref-gpu", "start", "summary",
    }
)  # fmt: skip
_READ = frozenset({"conv", "dir", "dt", "cfg", "mb", "batch", "reset"})
# Of files that name each other; benchdnn's own inputs are two deep.
_DEEPEST = 8
_PROGRAM = re.compile(r"(?:\S*/)?benchdnn\s|(?:.*\s)?__REPRO:\s*(?=--conv)")
_BATCH_OPTION = re.compile(r"--batch=(\S+)")
_DEFAULTS: Final[Mapping[str, Given]] = {"dir": Given("FWD_B", 1), "dt": Given("f32", 1), "mb": Given("0", 1)}


@dataclass(slots=True)
class _Reading:
    """What has been read of a line and of the files that it names: the options that now apply, and the layers."""

    options: dict[str, Given] = field(default_factory=lambda: dict(_DEFAULTS))
    layers: list[Layer] = field(default_factory=list)
    is_conv: bool = False


@dataclass(frozen=True, slots=True)
class BenchdnnLine:
    """One command line: `./benchdnn --conv [options] problem [options] problem …`.

    The files after --batch are in the working folder, or in `folder`.
    """

    folder: Path

    name: ClassVar[str] = "benchdnn"

    def recognises(self, text: str) -> bool:
        """Whether the line begins with the program, or is one of its results."""
        return _PROGRAM.match(text) is not None

    def read(self, text: str) -> Pasted:
        """The layers of all problems, and of the files after --batch."""
        match = _PROGRAM.match(text)
        reading = _Reading()
        _read_words(split(text, match.end() if match else 0), self.folder, reading, depth=0)
        if not reading.is_conv:
            raise PastedError("the line has no --conv; allowed: convolutions", 1)
        if not reading.layers:
            raise PastedError("the line has 0 problems; allowed: descriptors after the options, or --batch=FILE", 1)
        return Pasted(tuple(reading.layers))


@dataclass(frozen=True, slots=True)
class BenchdnnBatch:
    """A batch file of benchdnn: lines of options and problems, some of them options alone.

    The files after --batch are in the working folder, or in `folder`.
    """

    folder: Path
    name: ClassVar[str] = "a batch file of benchdnn"

    def recognises(self, text: str) -> bool:
        """Whether a line begins with an option."""
        return any(line.lstrip().startswith("--") for line in text.splitlines())

    def read(self, text: str) -> Pasted:
        """The layers of a file, and of the files after --batch."""
        reading = _Reading()
        for number, line in enumerate(text.splitlines(), 1):
            try:
                _read_words(split(line.partition("#")[0]), self.folder, reading, depth=0)
            except PastedError as error:
                raise PastedError(error.message, error.column, number) from error
        return Pasted(tuple(reading.layers))


def with_whole_path(text: str) -> str:
    """The text with absolute paths after --batch, so that it means the same in any folder."""
    return _BATCH_OPTION.sub(lambda match: f"--batch={Path(match[1]).resolve()}", text)


def _read_words(words: Iterable[Word], folder: Path, reading: _Reading, depth: int) -> None:
    for word in words:
        if word.text.startswith("--"):
            _read_option(word, folder, reading, depth)
        elif not re.match(r"-v\d*$", word.text):
            reading.layers += _layers(word, reading.options)


def _read_option(word: Word, folder: Path, reading: _Reading, depth: int) -> None:
    name, _, value = word.text[2:].partition("=")
    if name.startswith("attr-") and not value:
        # Without a value: no such attribute.
        return
    require_known("benchdnn", f"--{name}", word.column, _READ | _PASSED_OVER)
    if name == "conv":
        reading.is_conv = True
    elif name == "reset":
        reading.options = dict(_DEFAULTS)
    elif name == "batch":
        _read_file(word, value, folder, reading, depth)
    elif name not in _PASSED_OVER:
        # --cfg is the older name of --dt.
        reading.options["dt" if name == "cfg" else name] = Given(value, word.column)


def _read_file(word: Word, value: str, folder: Path, reading: _Reading, depth: int) -> None:
    path = next((file for file in (Path(value), folder / value) if file.is_file()), None)
    if path is None:
        raise PastedError(f"there is no file {value!r} for --batch", word.column)
    if depth == _DEEPEST:
        raise PastedError(f"--batch={value}: the files name each other more than {_DEEPEST} deep", word.column)
    try:
        lines = read_text(path).splitlines()
    except UsageError as error:
        raise PastedError(f"--batch={value}: {error}", word.column) from error
    for number, line in enumerate(lines, 1):
        try:
            _read_words(split(line.partition("#")[0]), path.parent, reading, depth + 1)
        except PastedError as error:
            inside = f"{path}, line {number}, column {error.column}: {error.message}"
            raise PastedError(inside, word.column) from error


def _layers(word: Word, options: Mapping[str, Given]) -> Iterator[Layer]:
    """The layers of one problem: one for each combination of the options' values."""
    try:
        found = parse(word.text)
    except DescriptorError as error:
        raise PastedError(f"descriptor {word.text!r}: {error.message}", word.column + error.column - 1) from error
    combinations = itertools.product(
        _each("--dir", options["dir"], _DIRECTIONS), _each("--dt", options["dt"], _TYPES), _batches(options["mb"])
    )
    for has_bias, precision, batch in combinations:
        try:
            problem = ConvProblem.from_descriptor(found, bias=has_bias)
        except ConvError as error:
            raise impossible(error, word.column) from error
        problem = replace(problem, batch=batch) if batch else problem
        yield Layer(problem, found.name or problem.descriptor, found.count, precision)


def _each(name: str, given: Given, allowed: Mapping[str, Value]) -> list[Value]:
    return [one_of(name, value, allowed, given.column) for value in given.value.split(",")]


def _batches(given: Given) -> list[int]:
    return [whole("--mb", Given(value, given.column)) for value in given.value.split(",")]
