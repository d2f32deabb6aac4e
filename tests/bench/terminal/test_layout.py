"""Tables fit any width: text wraps at words, wide tables are stacked, and nothing is broken into slivers."""

from __future__ import annotations

import itertools
import os
import pty
import re
import struct
import termios
from collections.abc import Sequence
from fcntl import ioctl
from pathlib import Path

import pytest

from bench.terminal import console, layout

NAMES = ["loops", "implicit-gemm", "winograd-f4"]
NUMBERS = [[name, "339.2 µs ± 1.2 %", "1.00×", "115,605,504", "12.3 GiB", "1,234 calls"] for name in NAMES]
NUMBER_COLUMNS = ["implementation", "time", "over best", "executed FLOPs", "workspace", "pays from"]
REASON = "needs a stride of 1 and a kernel of at most 15 in both directions; unsupported-on-this-machine"
TEXTS = [["mb1ic64ih56oc64kh3ph1", "direct", "wrong", REASON], ["mb1ic3ih8oc4kh3ph1", "fft-tiled", "crashed", REASON]]
TEXT_COLUMNS = ["problem", "implementation", "status", "reason"]
WIDTHS = (40, 80, 120, 200)


def printed(capsys: pytest.CaptureFixture[str], *, text: bool = False, title: str = "") -> list[str]:
    if text:
        console.print_table(title, TEXT_COLUMNS, TEXTS, left=range(4), keys=2)
    else:
        console.print_table(title, NUMBER_COLUMNS, NUMBERS)
    return capsys.readouterr().out.splitlines()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("text", [False, True])
def test_no_line_is_wider_than_the_terminal_and_no_word_is_broken(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, width: int, text: bool
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    lines = printed(capsys, text=text, title="A title of several words, longer than the narrowest of terminals is")
    assert max(map(len, lines)) <= width
    words = set(re.split(r"[\s│┃]+", "\n".join(lines)))
    rows: Sequence[Sequence[str]] = TEXTS if text else NUMBERS
    missing = {word for row in rows for cell in row for word in cell.split()} - words
    # In a paragraph a name is followed by a colon; the cells themselves are whole.
    assert not missing
    if not text:
        # A number stays with its unit.
        assert all(cell in "\n".join(lines) for row in rows for cell in row)


def test_a_table_that_fits_is_one_table(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    for columns in ("120", "200", ""):
        monkeypatch.setenv("COLUMNS", columns)
        assert len(printed(capsys)) == 4 + len(NAMES)


def test_a_wide_table_becomes_several_with_the_names_in_each(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    lines = printed(capsys)
    assert sum(line.startswith("┏") for line in lines) == 2
    for name in NAMES:
        assert sum(line.startswith(f"│ {name} ") for line in lines) == 2


def test_rows_become_paragraphs_where_no_table_fits(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    assert printed(capsys, text=True)[:4] == [
        "problem: mb1ic64ih56oc64kh3ph1",
        "  implementation: direct",
        "  status: wrong",
        "  reason: needs a stride of 1 and a",
    ]


def test_a_word_longer_than_the_terminal_is_folded(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    console.print_table("", ["name", "file"], [["a", "/".join(["folder"] * 20)]], left=(0, 1))
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 40
    assert sum(line.count("folder") for line in lines) > 10


@pytest.mark.parametrize("width", range(10, 130, 7))
def test_parts_have_every_column_once_and_fit(width: int) -> None:
    found = layout.parts(NUMBER_COLUMNS, NUMBERS, (0,), 1, width)
    if found is None:
        assert width < 40
        return
    assert list(itertools.chain(*(part.columns[1:] for part in found))) == list(range(1, len(NUMBER_COLUMNS)))
    assert all(part.columns[0] == 0 for part in found)
    for part in found:
        assert sum(part.widths) + 3 * len(part.widths) + 1 <= width
        for column, given in zip(part.columns, part.widths, strict=True):
            assert given >= max(len(row[column]) for row in NUMBERS)


def test_a_line_wraps_between_words_and_never_inside_a_command(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    command = "convcost sweep --resume results/2026-01-01-host-quick"
    console.print_line(f"  stopped by --max-joules after a while; to continue: {command}")
    assert capsys.readouterr().out.splitlines() == [
        "  stopped by --max-joules after a while;",
        "    to continue:",
        f"    {command}",
    ]


def test_a_piped_line_is_never_wrapped(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "")
    console.print_line("word " * 100)
    assert capsys.readouterr().out == "word " * 100 + "\n"


@pytest.mark.parametrize("width", [40, 132])
def test_a_terminal_tells_its_width(monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    monkeypatch.setenv("COLUMNS", "")
    parent, child = pty.openpty()
    ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
    with os.fdopen(child, "w") as terminal:
        assert console.width_of(terminal) == width
    os.close(parent)
    with Path(os.devnull).open("w", encoding="utf-8") as file:
        assert console.width_of(file) is None


WIDE_ROWS = [["mb1ic64ih56oc64kh3ph1", "1×64×56×56", "115,605,504", "12.3 GiB"]]
WIDE_COLUMNS = ["layer", "output", "MACs", "bytes"]


@pytest.mark.parametrize(
    ("width", "shown", "is_whole"),
    [(80, WIDE_COLUMNS, True), (60, ["layer", "MACs", "bytes"], False), (45, ["layer", "MACs"], False)],
)
def test_columns_to_spare_are_left_out_before_a_table_is_split(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, width: int, shown: list[str], is_whole: bool
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    assert console.print_table("", WIDE_COLUMNS, WIDE_ROWS, left=(0, 1), spare=(1, 3)) is is_whole
    _, head, *rest = capsys.readouterr().out.splitlines()
    assert re.split(r"[\s┃]+", head.strip("┃ ")) == shown
    assert len(rest) == 3


def test_rows_stand_under_their_names_where_no_table_has_room(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    console.print_table("Title", WIDE_COLUMNS, [*WIDE_ROWS, ["total", "", "1", ""]], left=(0, 1), under_names=True)
    assert capsys.readouterr().out.splitlines() == [
        "Title",
        "layer",
        "  output             MACs     bytes",
        "───────────────────────────────────",
        "mb1ic64ih56oc64kh3ph1",
        "  1×64×56×56  115,605,504  12.3 GiB",
        "total",
        "                        1",
    ]


def test_a_paragraph_breaks_no_word(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    name = "g144mb1ic144ih56iw57oc144oh28ow29kh3kw3"
    row = [name, "implicit-gemm", "1.000 ms ± 1.2 %"]
    console.print_table("", ["case", "use", "time"], [row], left=(0, 1), under_names=True)
    assert name in capsys.readouterr().out.splitlines()
