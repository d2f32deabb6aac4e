"""The folder of machine code: whether anything is kept in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from impls.cache_folder import has_compiled_code


def test_code_is_known_once_a_file_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "kernels"
    monkeypatch.setenv("CONVCOST_CACHE", str(folder))
    assert not has_compiled_code()
    assert not folder.exists()
    folder.mkdir()
    assert not has_compiled_code()
    (folder / "fft.kernel").write_bytes(b"code")
    assert has_compiled_code()
