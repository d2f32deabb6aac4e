"""What may not be compared is refused by name, and what makes a comparison weaker is said."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from bench.compare import comparable, sides
from bench.compare.sides import ComparedRun
from bench.errors import UsageError
from bench.store.archive import archive
from tests.bench.compare.made_runs import ENVIRONMENT, write_run


def _run(path: str = "run", created: str = "2026-01-01T00:00:00Z", **more: Any) -> ComparedRun:
    meta = {
        "environment": ENVIRONMENT | more.pop("environment", {}), "created_utc": created, "finished_utc": "x",
        "configuration": {"seed": 0, "max_seconds": 5.0} | more.pop("configuration", {}), **more,
    }  # fmt: skip
    return ComparedRun(path, meta, {"status": []}, {})


@pytest.mark.parametrize(
    ("environment", "name"),
    [
        ({"cpu": "Another"}, "cpu"),
        ({"gpu": "A GPU"}, "gpu"),
        ({"memory_bytes": 2 * 10**10}, "memory"),
        ({"threads": 4}, "threads"),
        ({"torch": "2.14.0"}, "torch"),
        ({"numba": "1.0"}, "numba"),
        ({"malloc": "default"}, "malloc"),
    ],
)
def test_another_machine_or_library_is_refused_by_its_name(environment: dict[str, Any], name: str) -> None:
    found = comparable.differences([_run()], [_run(environment=environment)])
    assert [one.name for one in found] == [name]
    with pytest.raises(UsageError, match=f"{name} is .* on the old side and .* on the new.*add --across {name}$"):
        comparable.require_comparable(found, ())
    comparable.require_comparable(found, (name,))


def test_what_follows_from_another_difference_is_not_asked_for_too() -> None:
    other = {"threads": 4, "affinity": "0-3", "omp": "libgomp (4 threads)"}
    assert [one.name for one in comparable.differences([_run()], [_run(environment=other)])] == ["threads"]
    alone = comparable.differences([_run()], [_run(environment={"affinity": "1"})])
    assert [one.name for one in alone] == ["affinity"]


def test_runs_that_differ_within_a_side_are_refused_too() -> None:
    found = comparable.differences([_run(), _run(environment={"torch": "2.12.0"})], [_run()])
    assert [(one.name, one.old, one.new) for one in found] == [("torch", "2.13.0 and 2.12.0", "2.13.0")]


@pytest.mark.parametrize(
    "environment",
    [{"memory_bytes": int(0.97 * 10**10)}, {"host": "another"}, {"convcost": "0.2.0"}, {"triton": "3.7"}],
)
def test_what_does_not_matter_is_not_refused(environment: dict[str, Any]) -> None:
    assert comparable.differences([_run()], [_run(environment=environment)]) == []


def test_an_unknown_name_of_across_is_told_the_allowed_ones() -> None:
    with pytest.raises(UsageError, match=r"--across tourch is unknown; allowed: cpu, .*torch"):
        comparable.require_comparable([], ("tourch",))


NAMES = ("torch", "direct", "onednn", "fft")


def test_vendors_at_equal_versions_are_controls() -> None:
    assert comparable.controls([], NAMES) == ("torch", "onednn")
    other_torch = comparable.differences([_run()], [_run(environment={"torch": "2.14.0"})])
    assert comparable.controls(other_torch, NAMES) == ()
    assert comparable.controls(other_torch, NAMES, ["direct"]) == ("direct",)
    with pytest.raises(UsageError, match="--control cudnn is in no row; allowed: direct, fft, onednn, torch"):
        comparable.controls([], NAMES, ["cudnn"])


def test_a_run_is_not_compared_with_itself(tmp_path: Path) -> None:
    run, other = write_run(tmp_path, 1), write_run(tmp_path, 2)
    copied, packed = tmp_path / "copied", tmp_path / "packed"
    shutil.copytree(run, copied)
    archive(run, packed)
    for same in (run, copied, packed):
        with pytest.raises(UsageError, match=r"is given twice|are one run"):
            comparable.refuse_itself([run], [same])
    with pytest.raises(UsageError, match="is given twice"):
        comparable.refuse_itself([run, run], [other])
    comparable.refuse_itself([run], [other])


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ([_run(finished_utc=None)], [_run()], "run was not finished"),
        ([_run(created="2026-01-03")], [_run(created="2026-01-02")], "are the sides swapped?"),
        ([_run(created="1"), _run(created="2")], [_run(created="3"), _run(created="4")], "measure them in turns"),
        ([_run()], [_run(environment={"host": "b"})], "of 2 hosts: b, testbed"),
        ([_run()], [_run(configuration={"max_seconds": 1.0})], "not measured for the same time"),
    ],
)
def test_what_weakens_a_comparison_is_said(old: list[ComparedRun], new: list[ComparedRun], sentence: str) -> None:
    assert any(sentence in note for note in comparable.notes(old, new))


def test_good_runs_need_no_note() -> None:
    old, new = ([_run(created=created) for created in times] for times in (("1", "3"), ("2", "4")))
    assert list(comparable.notes(old, new)) == []


def test_a_run_of_a_newer_version_is_named(tmp_path: Path) -> None:
    for version in ("2.99", "2.10"):
        run = write_run(tmp_path, 1, schema_version=version)
        with pytest.raises(UsageError, match=rf"written by a newer convcost \(schema {version}\).*update convcost"):
            sides.read(run)
