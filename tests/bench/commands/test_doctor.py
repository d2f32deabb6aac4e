"""`convcost doctor`: the quantities that a machine can measure."""

from __future__ import annotations

from typing import Any

import pytest

from bench.doctor import examination
from tests.bench.commands.running import Refuse, Run, assert_says, refusals


@refusals(("doctor well", "unexpected extra argument"), ("doctor --device cpu", "no such option: --device"))
def test_bad_input_is_refused(refuse: Refuse, line: str, sentence: str) -> None:
    assert_says(refuse(line), sentence)


def test_json_is_the_examination(convcost: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    class Forged:
        def as_dict(self) -> dict[str, Any]:
            return {"findings": [], "outlook": []}

    monkeypatch.setattr(examination, "examine", Forged)
    done = convcost("doctor", "--json")
    assert (done.code, done.json) == (0, {"findings": [], "outlook": []})
