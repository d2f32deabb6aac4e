"""A file is found by the user's word or by the microarchitecture, and one of another machine is refused by name."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from bench.energy.executed import files
from bench.errors import UsageError
from tests.bench.energy.executed.forged import MODEL, file_of


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """This machine is a zen4 with a forged GPU."""
    monkeypatch.setattr(files, "processor_here", {"cpu": "zen4", "cuda": "Forged GPU"}.get)


def test_the_text_of_a_model_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "model.json"
    file.write_text(files.text_of(MODEL), encoding="utf-8")
    assert files.read(file) == MODEL
    assert json.loads(file.read_text())["format_version"] == "1.0"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read"),
        ("{", "is no model of energy that can be used: Expecting"),
        ("[]", "the whole is no table"),
        (json.dumps({"format_version": "0.9"}), "its format_version is '0.9'"),
    ],
)
def test_a_file_that_is_no_model_is_refused_by_name(tmp_path: Path, content: str | None, said: str) -> None:
    file = tmp_path / "other.json"
    if content is not None:
        file.write_text(content)
    with pytest.raises(UsageError, match=r"other\.json.*allowed: a file that `convcost energy-fit") as refused:
        files.read(file)
    assert said in str(refused.value)


def test_nan_in_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"model\.json is no model .*idle_w is nan"):
        files.read(file_of(tmp_path, idle_w=float("nan")))


@pytest.mark.usefixtures("here")
def test_a_file_of_the_user_must_be_of_this_machine_and_of_a_device_of_the_sweep(tmp_path: Path) -> None:
    file = file_of(tmp_path)
    assert files.of_user(file, ("cpu", "cuda")) == MODEL
    with pytest.raises(UsageError, match=r"model\.json is of cpu, and this sweep runs on cuda; leave out --energy-mod"):
        files.of_user(file, ("cuda",))
    other = file_of(tmp_path, microarchitecture="icelake")
    with pytest.raises(UsageError, match=r"model\.json is of icelake, and this machine is of zen4"):
        files.of_user(other, ("cpu",))


def test_an_unknown_machine_has_no_file_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="this machine is of an unknown microarchitecture"):
        files.require_processor(MODEL, tmp_path, None, "this machine")


@pytest.mark.usefixtures("here")
def test_a_committed_file_is_found_by_device_and_microarchitecture(tmp_path: Path) -> None:
    for name, model in (
        ("icelake", replace(MODEL, microarchitecture="icelake")),
        ("zen4", MODEL),
        ("gpu", replace(MODEL, device="cuda", microarchitecture="Another GPU", threads=None)),
    ):
        (tmp_path / f"{name}.json").write_text(files.text_of(model), encoding="utf-8")
    assert files.committed("cpu", tmp_path) == MODEL
    assert files.committed("cuda", tmp_path) is None


def test_the_machine_is_not_asked_without_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "processor_here", lambda device: pytest.fail("asked"))
    assert files.committed("cuda", tmp_path) is None


def test_every_committed_file_can_be_used() -> None:
    """None is committed so far: a model is of a machine that measured."""
    for file in files.FOLDER.glob("*.json"):
        assert files.read(file).microarchitecture in file.stem


def test_the_processor_here_is_that_of_runs() -> None:
    from bench.machine.microarchitecture import microarchitecture

    assert files.processor_here("cpu") == microarchitecture()
