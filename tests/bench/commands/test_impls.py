"""`convcost impls`: the list of implementations."""

from __future__ import annotations

from pathlib import Path

import pytest

from impls import names
from tests.bench.commands.running import Refuse, Run, assert_says, refusals


@refusals(
    ("impls --device tpu", "device 'tpu' is unknown; allowed: cpu, cuda"),
    ("impls --load {given}/missing.py", "there is no such file"),
    ("impls --load {given}/no-run", "there is no such file"),
    ("impls --load {given}/raises.py", "it raised RuntimeError: one line (raises.py, line "),
    ("impls --load {given}/syntax.py", "it raised SyntaxError"),
    ("impls --load {given}/exits.py", "it raised SystemExit"),
    ("impls --load {given}/nothing.py", "it registers nothing; put @impls.register above"),
    ("impls --load {given}/plugin.txt", "allowed: a file that ends in .py"),
)
def test_bad_input_is_refused(refuse: Refuse, line: str, sentence: str) -> None:
    assert_says(refuse(line), sentence)


@pytest.mark.parametrize("device", [None, "cpu", "cuda"])
def test_json_has_every_implementation_of_a_device(convcost: Run, device: str | None) -> None:
    done = convcost("impls", "--json", *(["--device", device] if device else []))
    found = done.json
    assert (done.code, done.err) == (0, "")
    assert [entry["name"] for entry in found] == list(names(device))
    for entry in found:
        assert set(entry) == {
            "name", "line", "algorithm", "provider", "devices", "precisions", "precisions_here", "bounds",
        }  # fmt: skip
        assert device is None or device in entry["devices"]


def test_the_table_has_plugins(convcost: Run, given: Path) -> None:
    done = convcost("impls", "--load", "{given}/wrong.py", given=given)
    assert done.code == 0
    assert "zeros" in done.out
    assert "winograd-f4" in done.out


def test_precisions_are_those_of_this_machine(convcost: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.machine.devices.available", lambda: ("cpu",))
    found = {entry["name"]: entry for entry in convcost("impls", "--json").json}
    assert found["winograd-f2"]["precisions_here"] == {"cpu": ["fp32", "fp64"]}
    assert found["direct"]["precisions_here"] == {"cpu": ["fp32", "fp64", "bf16", "fp16"]}
    assert found["cudnn"]["precisions_here"] == {"cpu": []}
    assert not any("tf32" in entry["precisions_here"]["cpu"] for entry in found.values())


def test_the_table_says_each_implementation_in_words_within_80_columns(
    convcost: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bench.machine.devices.available", lambda: ("cpu",))
    monkeypatch.setattr("bench.terminal.console._WIDTH_OF_A_FILE", 80)
    done = convcost("impls")
    assert max(map(len, done.out.splitlines())) <= 80
    words = " ".join(done.out.replace("│", " ").split())
    assert "minimal filtering" in words
    assert "on cuda only" in words
