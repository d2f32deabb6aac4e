"""Text without bounds from users and files: one sentence, at once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bench import bounds
from bench.errors import UsageError
from bench.sweep import config, layers
from bench.sweep.cases import expand

_HEAD = "n,c_in,h,w,c_out,kh,kw,stride,padding,dilation,groups,name\n"
_MANY = ",".join(map(str, range(1, 2001)))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"[axes]\nkernel = [1, {'9' * 4400}]", "too many digits"),
        (f"[axes]\nkernel = [1, {'9' * 19}]", "'axes' has a number of more than 18 digits"),
        (f"seed = 0x{'f' * 9000}", "'seed' has a number of more than 18 digits"),
        (f"layers = {'[' * 100_000}{']' * 100_000}", "nested too deep"),
        (f"layers = {'[' * 10}{']' * 10}", "nested too deep"),
        (f"{'.'.join('a' * 100_000)} = 1", "a key of more than 100 parts"),
        (f"layers = {{{'.'.join('a' * 100_000)} = 1}}", "a key of more than 100 parts"),
        ("max_seconds = 1e308", "too large"),
        ("visits = 1001", "from 1 to 1,000"),
        ("processes = 101", "from 1 to 100"),
    ],
    ids=range(10),
)
def test_toml_without_bounds_is_refused(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        config.parse(text, "a", "a.toml")


@pytest.mark.parametrize("text", ['{"a": ' + "[" * 100_000 + "]" * 100_000 + "}", f"[{'9' * 301}]", f"[{'9' * 5000}]"])
def test_json_without_bounds_raises_one_kind_of_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"nested too deep|digits; allowed: 300"):
        bounds.json_value(text)


def test_json_is_read_as_by_the_standard_library() -> None:
    assert bounds.json_value('{"a": [1, -2.5, 12345678901234567890, null, true, "x"]}') == {
        "a": [1, -2.5, 12345678901234567890, None, True, "x"]
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{_HEAD}1,1,1,1,1,1,1,1,0,1,1,{'x' * 200_000}\n", "line 2, column 1: field larger"),
        (f"{'x' * 200_000}\n1\n", "line 1, column 1: field larger"),
        (f"{_HEAD}{'9' * 5000},1,1,1,1,1,1,1,0,1,1,x\n", r"line 2, column 1 \(n\): .* longer than 18 digits"),
    ],
    ids=["field", "header", "digits"],
)
def test_csv_without_bounds_is_refused(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        layers.read_csv(text, "a", "a.csv")


def test_a_long_line_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"line 2, column 1: the line has 100,018 characters; allowed: 100,000"):
        layers.read_descriptors(f'\nmb1ic1ih1oc1kh1n"{"x" * 100_000}"', "a", "a.txt")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        (f'design = "product"\n[axes]\nkernel = [{_MANY}]\nsize = [{_MANY}]\nchannels = [{_MANY}]', "8,000,000,000"),
        (f"[axes]\nkernel=[{_MANY}]\nsize=[{_MANY}]\n[grid]\nkernel=[{_MANY}]\nsize=[{_MANY}]", "4,004,001"),
    ],
    ids=["product", "grid"],
)
def test_too_many_combinations_are_counted_and_not_made(text: str, number: str) -> None:
    with pytest.raises(UsageError, match=f"{number} combinations of values; allowed: 100,000"):
        expand(config.parse(text, "a", "a.toml"), ["cpu"])


def test_a_file_is_read_up_to_its_bound(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    file.write_bytes(b"\xef\xbb\xbfseed = 1")
    assert bounds.read_text(file) == "seed = 1"
    file.write_text("#" * (2**20 + 1))
    with pytest.raises(UsageError, match=r"more than 1 MiB; allowed: 1 MiB"):
        bounds.read_toml(file)


def test_a_full_standard_output_is_one_sentence() -> None:
    code = "import sys; from bench.cli import main; sys.argv = ['convcost', *sys.argv[1:]]; main()"
    for words in (["--version"], ["count", "--help"]):
        with Path("/dev/full").open("w") as full:
            done = subprocess.run(
                [sys.executable, "-c", code, *words], check=False, stdout=full, stderr=subprocess.PIPE, text=True
            )
        assert (done.returncode, done.stderr.count("\n")) == (3, 1)
        assert "cannot be written: No space left on device" in done.stderr


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "x", "", "a=b"])
def test_a_cell_of_csv_is_no_formula(text: str) -> None:
    assert bounds.plain_cell(text) == (text if text in ("x", "", "a=b") else f"'{text}")
