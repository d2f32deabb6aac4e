"""The formats of pasted text, and the reader that fits a text."""

from __future__ import annotations

from pathlib import Path

from bench.errors import UsageError
from bench.networks.pasted.benchdnn import BenchdnnBatch, BenchdnnLine, with_whole_path
from bench.networks.pasted.cutlass import CutlassLine
from bench.networks.pasted.miopen import COMMANDS, MIOpenLine
from bench.networks.pasted.onednn_verbose import OnednnVerbose
from bench.networks.pasted.pasted_format import Pasted, PastedFormat
from bench.networks.pasted.profiler_table import ProfilerTable
from bench.networks.pasted.profiler_trace import ProfilerTrace
from bench.networks.pasted.words import one_line


def lines(folder: Path = Path()) -> tuple[PastedFormat, ...]:
    """The formats where a layer is one line; a list of layers in `folder` may mix them."""
    return BenchdnnLine(folder), MIOpenLine(), CutlassLine()


def documents(folder: Path = Path()) -> tuple[PastedFormat, ...]:
    """The formats of a whole text in `folder`. The last takes any text in which a line begins with an option."""
    return ProfilerTrace(), ProfilerTable(), OnednnVerbose(), BenchdnnBatch(folder)


def is_pasted(text: str) -> bool:
    """Whether a word of the user is text of one of the formats, and not a descriptor or the name of a file."""
    return any(one.recognises(one_line(text)) for one in lines()) or any(
        one.recognises(text) for one in documents()[:-1]
    )


def read_text(text: str) -> Pasted | None:
    """The layers of a word of the user; None for other text.

    Raises UsageError, for a mistake inside the text a PastedError with its place.
    """
    line = read_line(one_line(text))
    return line if line is not None else _first(documents()[:-1], text)


def read_line(line: str, folder: Path = Path()) -> Pasted | None:
    """The layers of one line of a list; None for other text. Raises UsageError as `read_text`."""
    found = _first(lines(folder), line)
    if found is None and (program := _missing_program(line)):
        raise UsageError(f"begin the line with {program}, as in {program} {line}")
    return found


def read_document(text: str, folder: Path) -> Pasted | None:
    """The layers of a whole file beside others in `folder`; None for a file in another form. Raises PastedError."""
    return _first(documents(folder), text)


def names() -> str:
    """The names of all formats, for a sentence."""
    return ", ".join(one.name for one in (*lines(), *documents()))


def with_whole_paths(text: str) -> str:
    """Pasted text with absolute paths of the files that it names, so that it means the same in any folder."""
    return with_whole_path(text)


def _first(formats: tuple[PastedFormat, ...], text: str) -> Pasted | None:
    return next((one.read(text) for one in formats if one.recognises(text)), None)


def _missing_program(line: str) -> str:
    """The program that a line of options belongs to; empty for other text."""
    first, _, rest = line.partition(" ")
    if first.startswith("--operation="):
        return "cutlass_profiler"
    if first.startswith("--"):
        return "benchdnn"
    return "MIOpenDriver" if first in COMMANDS and rest.lstrip().startswith("-") else ""
