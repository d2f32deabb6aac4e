"""`bench.load` gives tidy frames with documented columns, of a folder or an archive, and the product's own errors."""

from __future__ import annotations

from pathlib import Path

import pytest

import bench
from bench.notebook.columns import FRAMES
from bench.store import archive, journal, runs
from bench.store.schema import Row
from bench.store.status import Status
from tests.bench.report.synthetic_run import layers, points

AXES = [["kernel", ["3", "1"]], ["padding", ["same", "2"]]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A run of two cases: the baseline, which is two layers of a network as well, and a kernel of 1."""
    meta = {"energy": {"without": {"cpu": "no sensor"}, "model": None}, "configuration": {"axes": AXES},
            "calibration": [], "name": "two"}  # fmt: skip
    made = runs.create(tmp_path / "results", "two", meta)
    places = {"k3": ({"kernel": "3", "padding": "same"},), "k1": ({"kernel": "1", "padding": "same"},)}
    for key, listed in places.items():
        net = layers(("net", "a", 2), ("net", "b", 1)) if key == "k3" else ()
        rows = [
            Row(case_key=key, descriptor=f"mb1ic4ih8oc4kh{key[1]}", implementation=name, status=Status.OK, time_s=1e-3,
                threads=2, direct_flops=10**6, points=points(*listed), layers=net).as_record()
            for name in ("torch", "direct")
        ]  # fmt: skip
        sample = {"process": [0, 0], "time_s": [1e-3, 1.1e-3]}
        journal.append(made, {"key": key, "rows": rows, "samples": {"torch": sample}, "spent_s": 1.0})
    return made


def test_a_folder_and_its_archive_give_the_same_frames(folder: Path, tmp_path: Path) -> None:
    archive.archive(folder, tmp_path / "packed")
    first, second = bench.load(folder), bench.load(str(tmp_path / "packed"))
    for name in FRAMES:
        assert getattr(first, name).equals(getattr(second, name)), name
    assert (len(first.measurements), len(first.samples), len(first.energy)) == (4, 4, 4)
    assert first.meta["name"] == "two"


def test_every_column_of_every_frame_has_a_meaning(folder: Path) -> None:
    run = bench.load(folder)
    for name in FRAMES:
        known = run.columns(name)
        assert all(known["meaning"]), name
        axes = [axis for axis, _ in AXES] if name == "points" else []
        assert list(getattr(run, name).columns) == [*known["column"], *axes], name


def test_added_columns_say_conditions_and_case_in_words(folder: Path) -> None:
    rows = bench.load(folder).measurements
    assert set(rows["conditions"]) == {"cpu · fp32 · nchw · 2 threads"}
    assert list(rows["case"]) == 2 * ["baseline = net a = net b"] + 2 * ["kernel 1"]


def test_lists_are_frames_of_their_own(folder: Path) -> None:
    run = bench.load(folder)
    assert run.points.to_dict("list") == {
        "device": ["cpu", "cpu"], "case_key": ["k3", "k1"], "kernel": [3, 1], "padding": ["same", "same"],
    }  # fmt: skip
    assert run.layers.to_dict("records") == [
        {"device": "cpu", "case_key": "k3", "layer_set": "net", "layer": layer, "count": count}
        for layer, count in (("a", 2), ("b", 1))
    ]
    kernels = run.measurements.merge(run.points, on=["device", "case_key"]).set_index("kernel")
    assert sorted(kernels.index) == [1, 1, 3, 3]


def test_rows_that_are_left_out_leave_the_axes(folder: Path) -> None:
    rows = bench.load(folder).measurements
    assert rows[rows["implementation"] == "torch"].attrs["convcost"]["configuration"] == {"axes": AXES}


def test_the_newest_run_is_loaded_by_default(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder.parents[1])
    assert bench.load().path == Path("results") / folder.name
    assert repr(bench.load()) == f"<run {folder.name}: 4 rows, 4 samples>"


def test_what_is_no_run_is_refused_with_the_errors_of_the_product(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(bench.UsageError, match=r"is not a run: it has no run\.json"):
        bench.load(tmp_path)
    with pytest.raises(bench.UsageError, match="there is no frame 'sample'; allowed: measurements, samples, energy"):
        bench.load(folder).columns("sample")
    (folder / "run.json").write_text("{")
    with pytest.raises(bench.InfrastructureError, match="is damaged"):
        bench.load(folder)


def test_a_run_without_results_has_empty_frames_with_all_columns(tmp_path: Path) -> None:
    run = bench.load(runs.create(tmp_path, "empty", {"energy": {"without": {}, "model": None}}))
    for name in FRAMES:
        assert len(getattr(run, name)) == 0
        assert list(getattr(run, name).columns) == list(run.columns(name)["column"])
