"""The fastest configuration is found once and remembered, and found again where no folder is writable."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest

pytest.importorskip("triton", reason="needs Triton: pip install '.[triton]'")

import torch
from triton.runtime.errors import OutOfResources

from impls.cache_folder import cache_folder
from impls.gpu import tuning
from impls.gpu.tuning import fastest


@dataclass(frozen=True, slots=True)
class Block:
    size: int


BLOCKS = (Block(64), Block(32), Block(16))
KERNEL = SimpleNamespace(cache_key="source")


@pytest.fixture(autouse=True)
def tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Block]]:
    """The timed configurations, on a simulated GPU where smaller blocks are faster."""
    found: list[Block] = []

    def milliseconds(call: Callable[[], object]) -> float:
        call()
        return float(found[-1].size)

    monkeypatch.delenv("TRITON_INTERPRET", raising=False)
    monkeypatch.setenv("CONVCOST_CACHE", str(tmp_path / "kept"))
    monkeypatch.setattr(tuning, "_chosen", {})
    monkeypatch.setattr(tuning, "_milliseconds", milliseconds)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "a GPU")
    cache_folder.cache_clear()
    yield found
    cache_folder.cache_clear()


def _forget(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget all choices, as a new process would."""
    monkeypatch.setattr(tuning, "_chosen", {})


def test_the_fastest_is_found_once(tried: list[Block], monkeypatch: pytest.MonkeyPatch) -> None:
    assert fastest(KERNEL, "a problem", BLOCKS, tried.append) == Block(16)
    assert tried == [*BLOCKS]
    for forgets in (False, True):
        if forgets:
            _forget(monkeypatch)
        assert fastest(KERNEL, "a problem", BLOCKS, tried.append) == Block(16)
        assert len(tried) == len(BLOCKS)


@pytest.mark.parametrize("changed", ["problem", "source", "configurations", "GPU"])
def test_a_choice_holds_for_one_problem_kernel_and_gpu(
    changed: str, tried: list[Block], monkeypatch: pytest.MonkeyPatch
) -> None:
    fastest(KERNEL, "a problem", BLOCKS, tried.append)
    tried.clear()
    kernel = SimpleNamespace(cache_key="other") if changed == "source" else KERNEL
    if changed == "GPU":
        monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "another GPU")
    blocks = BLOCKS[:2] if changed == "configurations" else BLOCKS
    fastest(kernel, "another" if changed == "problem" else "a problem", blocks, tried.append)
    assert tried == [*blocks]


def _attempt(tried: list[Block], error: Exception, bad: tuple[Block, ...]) -> Callable[[Block], None]:
    def attempt(block: Block) -> None:
        tried.append(block)
        if block in bad:
            raise error

    return attempt


@pytest.mark.parametrize("error", [OutOfResources(999, 99, "shared memory"), RuntimeError("PassManager::run failed")])
def test_configurations_that_do_not_compile_are_left_out(error: Exception, tried: list[Block]) -> None:
    assert fastest(KERNEL, "a problem", BLOCKS, _attempt(tried, error, BLOCKS[2:])) == Block(32)


def test_the_reason_is_raised_if_nothing_compiles(tried: list[Block]) -> None:
    attempt = _attempt(tried, OutOfResources(999, 99, "shared memory"), BLOCKS)
    with pytest.raises(RuntimeError, match=r"no configuration runs on this GPU.*shared memory, Required: 999"):
        fastest(KERNEL, "a problem", BLOCKS, attempt)


def test_a_full_gpu_raises_at_once(tried: list[Block]) -> None:
    with pytest.raises(torch.OutOfMemoryError):
        fastest(KERNEL, "a problem", BLOCKS, _attempt(tried, torch.OutOfMemoryError("full"), BLOCKS[:1]))
    assert tried == [BLOCKS[0]]


def test_a_damaged_file_is_replaced(tried: list[Block], monkeypatch: pytest.MonkeyPatch) -> None:
    fastest(KERNEL, "a problem", BLOCKS, tried.append)
    (kept,) = cache_folder().glob("choice_*.json")
    for spoilt in ("", "{", "[]", "null", '{"configuration": {"size": 7}}'):
        kept.write_text(spoilt)
        _forget(monkeypatch)
        tried.clear()
        assert fastest(KERNEL, "a problem", BLOCKS, tried.append) == Block(16)
        assert tried == [*BLOCKS]


def test_tuning_works_without_a_writable_folder(
    tried: list[Block], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A file in place of the folder refuses all users, also root.
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("CONVCOST_CACHE", str(tmp_path / "file" / "kept"))
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        for what in ("a problem", "another"):
            assert fastest(KERNEL, what, BLOCKS, tried.append) == Block(16)
    assert len(said) == 1
    assert "CONVCOST_CACHE=FOLDER" in str(said[0].message)


def test_the_interpreter_uses_the_first_configuration(tried: list[Block], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRITON_INTERPRET", "1")
    assert fastest(KERNEL, "a problem", BLOCKS, tried.append) == Block(64)
    assert tried == []
