"""Lines of a wall meter's logger, from files and programs."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from bench.energy.meter import MeterError
from bench.energy.wall_lines import Command, FollowedFile, Parser, WallValue

NOON_S = 1_740_826_800.0


@pytest.mark.parametrize(
    ("line", "power_w"),
    [
        ("1740826800,57.3", 57.3),
        ("1740826800.0;57,3", 57.3),
        ("1740826800000\t57.3 W", 57.3),
        ("1740826800 57.3", 57.3),
        ("2025-03-01T12:00:00+01:00,57.3", 57.3),
        ("2025-03-01T11:00:00Z,57.3", 57.3),
        ("2025-03-01 11:00:00+00:00 57.3W", 57.3),
        ('"2025-03-01T11:00:00.000Z", "57.3", "1.2 A"', 57.3),
        ("1740826800,-3", -3.0),
    ],
)
def test_time_stamps_and_watts_are_read(line: str, power_w: float) -> None:
    assert Parser("log").sample(f"{line}\n") == WallValue(NOON_S, power_w)


def test_a_time_without_an_offset_is_that_of_this_machine() -> None:
    expected = datetime(2025, 3, 1, 12).timestamp()
    assert Parser("log").sample("2025-03-01T12:00:00,57.3") == WallValue(expected, 57.3)


@pytest.mark.parametrize(
    ("header", "line"),
    [
        ("timestamp,watts", "1740826800,57.3"),
        ("\ufeffTime;Voltage;Power (W)", "1740826800;230,1;57,3"),
        ('"power_w","time"', "57.3,1740826800"),
    ],
)
def test_a_first_line_names_the_columns(header: str, line: str) -> None:
    assert Parser("log", header).sample(line) == WallValue(NOON_S, 57.3)
    parser = Parser("log")
    assert parser.sample(header) is None
    assert parser.sample(line) == WallValue(NOON_S, 57.3)


def test_blank_lines_and_comments_are_passed_over() -> None:
    parser = Parser("log", "# a logger\n")
    assert [parser.sample(line) for line in ("", "  \n", "# 12:00", "time,watts")] == [None] * 4
    assert parser.sample("1740826800,57.3") is not None


@pytest.mark.parametrize("header", ["stamp,volts", "time,watts,power", "hello", "Date,Time,Power"])
def test_a_first_line_without_known_columns_is_named(header: str) -> None:
    with pytest.raises(MeterError, match=f"log begins with '{header[:5]}.*names no columns that are known"):
        Parser("log", header)


@pytest.mark.parametrize(
    "line",
    ["overload", "1740826800", "12:00,57.3", "1740826800,", "1740826800,57.3 kW", "17,57.3", "nan,57.3",
     "2025-13-01T12:00:00Z,57.3"],
)  # fmt: skip
def test_other_lines_are_named(line: str) -> None:
    parser = Parser("log", "time,watts")
    with pytest.raises(MeterError, match=r"^log wrote '.*', which is no time stamp with watts, such as 2025"):
        parser.sample(line)


def test_a_file_is_followed_from_its_end(tmp_path: Path) -> None:
    file = tmp_path / "log.csv"
    file.write_text("time,watts\n1,2\n")
    lines = FollowedFile(file)
    assert lines.header == "time,watts\n"
    assert lines.new() == []
    with file.open("a") as log:
        log.write("3,4\n5,")
        log.flush()
        assert lines.new() == ["3,4"]
        log.write("6\n")
    assert lines.new() == ["5,6"]
    lines.close()


def test_a_line_that_has_begun_before_is_left_out(tmp_path: Path) -> None:
    file = tmp_path / "log.csv"
    file.write_text("time,watts\n1,")
    lines = FollowedFile(file)
    with file.open("a") as log:
        log.write("2\n3,4\n")
    assert lines.new() == ["3,4"]
    lines.close()


def test_an_empty_file_may_get_its_header_later(tmp_path: Path) -> None:
    file = tmp_path / "log.csv"
    file.touch()
    lines = FollowedFile(file)
    parser = Parser(lines.name, lines.header)
    with file.open("a") as log:
        log.write("time,watts\n1740826800,57.3\n")
    assert [parser.sample(line) for line in lines.new()] == [None, WallValue(NOON_S, 57.3)]
    lines.close()


def test_files_that_end_are_named(tmp_path: Path) -> None:
    file = tmp_path / "log.csv"
    file.write_text("time,watts\n1,2\n")
    lines = FollowedFile(file)
    file.write_text("time,watts\n")
    with pytest.raises(MeterError, match=r"log\.csv was cut short while it was read"):
        lines.new()
    file.rename(tmp_path / "log.1")
    with pytest.raises(MeterError, match=r"log\.csv is gone: No such file"):
        lines.new()
    file.write_text("time,watts\n1,2\n3,4\n")
    with pytest.raises(MeterError, match=r"log\.csv was replaced by another"):
        lines.new()
    lines.close()


def test_denied_permission_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(self: Path, *given: object) -> None:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "open", denied)
    with pytest.raises(MeterError, match=r"log\.csv cannot be opened: Permission denied"):
        FollowedFile(tmp_path / "log.csv")


def _came(command: Command, number: int) -> Iterator[str]:
    end_s = time.monotonic() + 20
    while number > 0 and time.monotonic() < end_s:
        found = command.new()
        number -= len(found)
        yield from found
        time.sleep(0.01)


@pytest.mark.slow
def test_a_program_is_read_line_by_line_and_its_end_is_named() -> None:
    program = "import sys; print('time,watts', flush=True); print('1740826800,57.3', flush=True); sys.exit(3)"
    command = Command(f'{sys.executable} -c "{program}"')
    parser = Parser(command.name, command.header)
    assert [parser.sample(line) for line in _came(command, 2)] == [None, WallValue(NOON_S, 57.3)]
    with pytest.raises(MeterError, match="has ended with exit code 3; run it by hand"):
        list(_came(command, 1))
    command.close()


@pytest.mark.slow
def test_a_program_that_goes_on_is_ended() -> None:
    command = Command(f"{sys.executable} -c \"import time; print('a', flush=True); time.sleep(60)\"")
    assert list(_came(command, 1)) == ["a\n"]
    command.close()
    assert command._process.poll() is not None


@pytest.mark.parametrize("text", ["/nonexistent/meter --fast", 'meter "unbalanced'])
def test_a_program_that_does_not_start_is_named(text: str) -> None:
    with pytest.raises(MeterError, match=r"the program .* cannot be started"):
        Command(text)
