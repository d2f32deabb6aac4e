"""Thousands of small files: none of them must outlive the machine."""

from __future__ import annotations

import os

import pytest


@pytest.fixture(autouse=True)
def _files_are_not_awaited(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not wait for the disk: it is slower than what is tested here."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
