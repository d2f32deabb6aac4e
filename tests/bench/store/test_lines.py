"""The key of a line is found without reading the rest, whatever is in it; one that no case has is damage."""

from __future__ import annotations

import pytest

from bench.store import lines


@pytest.mark.parametrize("key", ["a", 'quotes " and \\', "畳み込み", "", "k" * 10_000])
@pytest.mark.parametrize("kind", ["rows", "energy"])
def test_a_key_is_found_at_the_beginning_of_a_record(key: str, kind: str) -> None:
    assert lines.write({"key": key, kind: []}, lines.START, "").beginning() == (key, kind)
    assert lines.write({kind: [], "key": key}, lines.START, "").beginning() == (key, kind)


@pytest.mark.parametrize("letter", ["k", "\\", '"'])
def test_a_key_that_no_case_has_is_damage(letter: str) -> None:
    line = lines.write({"key": letter * 5_000_000, "rows": []}, lines.START, "")
    with pytest.raises(ValueError, match="its key has 5,000,000 characters; allowed: 10,000"):
        line.beginning()


@pytest.mark.parametrize("body", [b"{}", b'{"key":"a","rows":[{"x":{}}]}'])
def test_a_line_is_read_as_it_was_written(body: bytes) -> None:
    line = lines.of_body(body, lines.START, "run")
    content = lines.encoded(line)[:-1]
    assert lines.read(content, "run") == line
    for damaged in (content[:-1], content + b"}", content.replace(b'"record":', b'"record": ')):
        with pytest.raises(ValueError, match=r"form|checksum"):
            lines.read(damaged, "run")
