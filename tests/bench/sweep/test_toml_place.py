"""The place of a key in TOML text, at the top level and inside a table."""

from __future__ import annotations

import pytest

from bench.sweep.toml_place import place_of


@pytest.mark.parametrize(
    ("text", "key", "inside", "place"),
    [
        ("seed = 1\nbias = true", "bias", None, "line 2, column 1"),
        ("seed = 1\n  'bias' = true", "bias", None, "line 2, column 3"),
        ("# bias = 1\nbias = true", "bias", None, "line 2, column 1"),
        ("[axes]\nkernel = [3]", "axes", None, "line 1, column 1"),
        ("seed = 1", "missing", None, "line 1, column 1"),
        ("seed = 1\n[axes]\n  kernel = [3]", "kernel", "axes", "line 3, column 3"),
        ("bias = true\n[axes]\nbias = [1]", "bias", "axes", "line 3, column 1"),
        ("[ 'axes' ]\nkernel = [3]", "kernel", "axes", "line 2, column 1"),
        ("axes.kernel = [3]", "kernel", "axes", "line 1, column 1"),
        ("seed = 1\naxes = { stride = [1], kernel = [3] }", "kernel", "axes", "line 2, column 24"),
        ("seed = 1\n[axes]\nkernel = [3]", "missing", "axes", "line 2, column 1"),
    ],
)
def test_the_place_is_line_and_column_of_the_key(text: str, key: str, inside: str | None, place: str) -> None:
    assert place_of(text, key, inside) == place
