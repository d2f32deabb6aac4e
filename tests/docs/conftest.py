"""The generator of the reference pages, which belongs to no package, and the fixtures that run commands."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from tests.bench.commands.conftest import convcost, forged_ceilings, forged_gpu, here

__all__ = ["convcost", "forged_ceilings", "forged_gpu", "here", "reference_pages"]

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def reference_pages() -> ModuleType:
    """docs/reference_pages.py as a module."""
    spec = importlib.util.spec_from_file_location("reference_pages", ROOT / "docs" / "reference_pages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
