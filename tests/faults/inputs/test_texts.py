"""Text that users and files give, of any kind: an error of the product, or values that are read back the same."""

from __future__ import annotations

from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from bench.errors import UsageError
from bench.sweep import config, layers
from bench.sweep.axes import parse_axis
from impls import ConvError, ConvProblem
from tests.faults.conftest import Tried

EXAMPLES = 2_000
_ENDLESS = settings(max_examples=EXAMPLES, deadline=None, derandomize=True)
_WORDS = st.sampled_from(
    ["mb", "ic", "ih", "iw", "oc", "oh", "kh", "kw", "sh", "ph", "dh", "g", "n", '"', "*", "_", "=", ",", "[", "]", ":",
     "x", "\n", "#", " ", "-", "kernel", "[axes]", "seed", "base", "layers", "benchdnn --conv ", "--mb=", "--dt=f32 ",
     "MIOpenDriver conv ", "-n ", "cutlass_profiler --operation=Conv2d ", "--h=", "0x", "9" * 18, "9" * 5_000, "\x1b["]
)  # fmt: skip
_TEXTS = st.lists(_WORDS | st.integers(0, 300).map(str) | st.text(max_size=8), max_size=24).map("".join)
_HEAD = "n,c_in,h,w,c_out,kh,kw,stride,padding,dilation,groups,name,count,bias\n"


def test_descriptors(tried: Tried) -> None:
    @_ENDLESS
    @given(_TEXTS)
    def read(text: str) -> None:
        tried("descriptors")
        with suppress(ConvError):
            problem = ConvProblem.parse(text)
            assert ConvProblem.parse(problem.descriptor) == problem

    read()


def test_axes(tried: Tried) -> None:
    @_ENDLESS
    @given(_TEXTS)
    def read(text: str) -> None:
        tried("axes")
        with suppress(UsageError):
            axis = parse_axis(f"kernel={text}")
            assert parse_axis(f"kernel={','.join(map(str, axis.values))}") == axis

    read()


def test_toml(tried: Tried) -> None:
    @_ENDLESS
    @given(_TEXTS)
    def read(text: str) -> None:
        tried("TOML")
        with suppress(UsageError):
            found = config.parse(text, "a", "a.toml")
            assert config.Config.from_dict(found.as_dict()) == found

    read()


def test_csv(tried: Tried) -> None:
    @_ENDLESS
    @given(st.lists(_TEXTS | st.integers(0, 9).map(str), max_size=16).map(",".join))
    def read(text: str) -> None:
        tried("CSV")
        with suppress(UsageError):
            assert layers.read_csv(_HEAD + text, "a", "a.csv").layers

    read()


def test_pasted_lines(tried: Tried) -> None:
    @_ENDLESS
    @given(_TEXTS)
    def read(text: str) -> None:
        tried("pasted lines")
        with suppress(UsageError):
            assert layers.read_descriptors(text, "a", "a.txt").layers

    read()
