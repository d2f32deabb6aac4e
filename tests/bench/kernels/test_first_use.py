"""First calls on a new processor: each in a process of its own with an empty folder, judged by the limit."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from bench.kernels import first_use
from bench.kernels.first_use import LIMIT_S, FirstCall

DENSE = "mb1ic8ih8oc8kh3ph1"


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What the processes say one after the other, in place of starting them; the last one for all further ones."""
    said = [0.5]
    folders: list[str] = []

    def run(command: list[str], *, env: dict[str, str], **more: Any) -> subprocess.CompletedProcess[str]:
        assert list(Path(env["CONVCOST_CACHE"]).iterdir()) == []
        folders.append(env["CONVCOST_CACHE"])
        assert len(set(folders)) == len(folders), "each process has a folder of its own"
        assert command[3] == "--here"
        time_s = said.pop(0) if len(said) > 1 else said[0]
        return subprocess.CompletedProcess(command, 0, f"[{time_s}, 0.25]", "")

    monkeypatch.setattr(first_use.subprocess, "run", run)
    return said


@pytest.mark.usefixtures("seconds")
def test_each_implementation_is_called_in_each_layout_that_it_computes() -> None:
    found = first_use.first_calls(("direct", "winograd-f4"), (DENSE, "mb1ic8ih8oc8kh1"))
    assert [(one.implementation, one.layout, one.descriptor) for one in found] == [
        *((name, layout, DENSE) for name in ("direct", "winograd-f4") for layout in ("nchw", "nhwc")),
        *(("direct", layout, "mb1ic8ih8oc8kh1") for layout in ("nchw", "nhwc")),
    ]
    assert all(one.is_fast for one in found)


def test_the_shortest_repetition_counts(seconds: list[float]) -> None:
    seconds[:] = [3.0, 1.0, 2.5, 2.25]
    (first, second) = first_use.first_calls(("direct",), (DENSE,), repetitions=2)
    assert (first.time_s, second.time_s) == (1.0, 2.25)
    assert [FirstCall("direct", "nchw", DENSE, s, 0.25).is_fast for s in (LIMIT_S, LIMIT_S + 0.01)] == [True, False]


@pytest.mark.parametrize(
    ("time_s", "code", "words"), [(0.5, 0, "all within the limit of 2 s"), (2.5, 1, "above the limit of 2 s: direct")]
)
def test_the_limit_is_the_exit_code(
    seconds: list[float], capsys: pytest.CaptureFixture[str], time_s: float, code: int, words: str
) -> None:
    seconds[:] = [time_s]
    assert first_use.main(["-i", "direct", DENSE]) == code
    out = capsys.readouterr().out
    assert f"direct nchw {DENSE}: {time_s:.2f} s (0.25 s of processors)" in out
    assert words in out


@pytest.mark.parametrize(("words", "sentence"), [(["-i", "drect"], "'drect' is unknown"), (["mb1zz"], "descriptor")])
def test_a_mistake_is_one_sentence(words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert first_use.main(words) == 2
    assert sentence in capsys.readouterr().err


def test_a_process_that_fails_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    failed = subprocess.CompletedProcess([], 1, "", "no module\n")
    monkeypatch.setattr(first_use.subprocess, "run", lambda *given, **more: failed)
    assert first_use.main(["-i", "direct", DENSE]) == 3
    assert f"direct failed on {DENSE} in nchw: no module" in capsys.readouterr().err


@pytest.mark.full
def test_a_real_first_call_compiles() -> None:
    (found, _) = first_use.first_calls(("direct",), (DENSE,))
    assert found.time_s > 0.01
