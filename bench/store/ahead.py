"""Makes the next item of a sequence in a thread of its own while the last one is used.

Reading a file and hashing long texts leave Python free, so proving one part of a journal and writing another take the
time of the longer one.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

_T = TypeVar("_T")


def ahead(items: Iterator[_T]) -> Iterator[_T]:
    """The items in order, none of them None; an error is raised where its item would be."""
    with ThreadPoolExecutor(1) as maker:
        coming: Future[_T | None] = maker.submit(next, items, None)
        while (item := coming.result()) is not None:
            coming = maker.submit(next, items, None)
            yield item
