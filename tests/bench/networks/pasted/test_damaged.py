"""Laws: text that is cut, doubled or mistyped somewhere is read, is another text, or is refused in words."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bench.errors import UsageError
from bench.networks.pasted.formats import read_text
from bench.sweep.layers import read_descriptors
from impls import ConvError
from tests.bench.networks.pasted.test_formats import BENCHDNN, CUTLASS, MIOPEN, VERBOSE
from tests.bench.networks.pasted.test_profiler_table import STEM, table
from tests.bench.networks.pasted.test_profiler_trace import EVENT, trace

TEXTS = [BENCHDNN, MIOPEN, CUTLASS, VERBOSE, table(STEM), trace(EVENT, EVENT), f"--dir=FWD_D --mb=2\n{BENCHDNN[18:]}"]
# What slips into text: digits and separators of all formats, quotes, other letters.
_SLIPS = st.sampled_from([*"0129-=:,_\"'[](){} \n\\#*xbn", "٣", "é", "--", "nan", "1e9", "9" * 30])


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text[:24])
def test_damaged_text_is_refused_in_words(text: str) -> None:
    @given(st.integers(0, len(text)), st.integers(0, 40), st.lists(_SLIPS, max_size=3))
    def holds(place: int, lost: int, slips: list[str]) -> None:
        damaged = text[:place] + "".join(slips) + text[place + lost :]
        for read in (read_text, lambda given: read_descriptors(given, "t", "t.txt")):
            with suppress(UsageError, ConvError):
                read(damaged)

    holds()


_LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=3)
_KEYS = st.sampled_from(["args", "name", "Ev Idx"])
_JSON = st.recursive(
    _LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEYS, inner, max_size=3), max_leaves=8
)


@given(st.sampled_from([*EVENT["args"], "args", "traceEvents"]), _JSON)
@example("traceEvents", 3)
@example("args", None)
@example("Ev Idx", "(")
def test_a_trace_with_any_values_is_refused_in_words(key: str, value: object) -> None:
    event = EVENT | {"args": EVENT["args"] | {key: value}} if key in EVENT["args"] else EVENT | {key: value}
    whole = {"traceEvents": value} if key == "traceEvents" else {"traceEvents": [event]}
    with suppress(UsageError):
        read_text(json.dumps(whole))
