"""The Python code of the page on using convcost runs as it is, block after block."""

from __future__ import annotations

from typing import Any

import pytest

import impls
from impls.plan_cache import DEFAULT_LIMIT_BYTES
from tests.docs.markdown import DOCS, fences


@pytest.mark.slow
def test_the_python_code_of_using_runs() -> None:
    names: dict[str, Any] = {}
    blocks = fences((DOCS / "using.md").read_text(encoding="utf-8"), "python")
    assert len(blocks) == 3
    try:
        for block in blocks:
            exec(compile(block, "using.md", "exec"), names)
    finally:
        impls.limit_plan_cache(DEFAULT_LIMIT_BYTES)
    assert names["layer"].plan_cache_info().plans == 1
    assert names["blocks"]["sum"].samples
