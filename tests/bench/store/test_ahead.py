"""Items that are made ahead come in their order, with the error of one where it would be."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bench.store.ahead import ahead


def test_items_come_in_order() -> None:
    assert list(ahead(iter(range(100)))) == list(range(100))
    assert list(ahead(iter(()))) == []


def test_an_error_comes_where_its_item_would_be() -> None:
    def items() -> Iterator[int]:
        yield 1
        yield 2
        raise ValueError("the third")

    found: list[int] = []
    with pytest.raises(ValueError, match="the third"):
        found.extend(ahead(items()))
    assert found == [1, 2]


def test_one_item_is_made_while_another_is_used_and_no_more() -> None:
    made: list[int] = []

    def items() -> Iterator[int]:
        for number in range(10):
            made.append(number)
            yield number

    source = ahead(items())
    assert next(source) == 0
    source.close()  # type: ignore[attr-defined]
    assert made == [0, 1]
