"""Each figure of the page has files of its own: the wanted formats, its data, and its caption."""

from __future__ import annotations

import csv
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bench.report.document.blocks import Details, Gallery, Image, Section
from bench.report.document.drawings import Drawing, FigureData
from bench.report.page import sections, write
from bench.report.printing import files
from bench.report.printing.captions import caption
from bench.report.printing.choices import Printing
from bench.report.sections.study import Study
from bench.store.runs import Run
from tests.bench.report.sections.energy_section import FAST, THRIFTY, TWO
from tests.bench.report.synthetic_run import bracketed, fault, make_run, modelled, ok, points, whole_sweep

AXIS = {"kernel": ["3", "1"]}
ROWS = [
    ok(k, name, time_s, 1e-5, points=points({"kernel": k}), descriptor=f"mb1ic8ih8oc8kh{k}")
    for k, time_s in (("3", 2e-3), ("1", 1e-3))
    for name in ("torch", "direct")
]


def drawing(title: str, data: FigureData | None = None) -> Drawing:
    return Drawing(lambda axes: None, title, "words", (4.0, 3.0), data)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The figures of a page, as vectors."""
    target = tmp_path_factory.mktemp("reports") / "run"
    page = write(make_run(ROWS, axes=AXIS), target, Printing(("svg",), 89.0))
    assert page.parent == target
    return target / "figures"


def test_each_figure_has_its_data_and_its_caption_beside_it(folder: Path) -> None:
    made: dict[str, set[str]] = {}
    for path in folder.iterdir():
        made.setdefault(path.stem, set()).add(path.suffix)
    assert set(map(frozenset, made.values())) == {frozenset((".csv", ".svg", ".txt"))}
    where = "cpu-fp32-nchw-2-threads"
    assert made.keys() >= {f"time-by-kernel-{where}", f"effective-gflop-s-by-kernel-{where}", f"error-{where}"}
    # The first picture of the page, once.
    assert [stem for stem in made if stem.startswith("time-of-one-call")] == ["time-of-one-call-by-kernel"]


def test_the_caption_states_machine_method_and_interval(folder: Path) -> None:
    for path in folder.glob("*.txt"):
        words = path.read_text(encoding="utf-8")
        assert "A time is the median of one call with its 95 % interval." in words
        assert "Every result was checked against float64 before it was timed." in words
        assert "in random blocks" in words
        assert "Measured on testbed, Example CPU; started 2026-01-01T12:00:00Z." in words
        assert words.count("\n") == 1
    words = (folder / "time-by-kernel-cpu-fp32-nchw-2-threads.txt").read_text(encoding="utf-8")
    assert words.startswith(
        "Time by kernel, cpu · fp32 · nchw · 2 threads. One problem, mb1ic8ih8oc8kh3, with its kernel"
    )


def test_the_caption_is_the_title_of_the_file(folder: Path) -> None:
    for path in folder.glob("*.svg"):
        title = ElementTree.parse(path).getroot().findtext("{http://www.w3.org/2000/svg}title")
        assert title == path.with_suffix(".txt").read_text(encoding="utf-8").rstrip("\n")


def test_the_data_are_the_rows_of_the_run(folder: Path) -> None:
    with (folder / "time-by-kernel-cpu-fp32-nchw-2-threads.csv").open(encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file)
    assert head == ["implementation", "kernel", "time_s", "time_low_s", "time_high_s"]
    # The lines of the figure, each from left to right.
    wanted = [(r.implementation, r.descriptor[-1], r.time_s, r.time_low_s, r.time_high_s) for r in ROWS]
    assert [(name, str(int(float(at))), *map(float, times)) for name, at, *times in rows] == sorted(
        wanted, key=lambda row: (row[0] != "torch", row[1])
    )


def test_the_same_run_gives_the_same_files(folder: Path, tmp_path: Path) -> None:
    write(make_run(ROWS, axes=AXIS), tmp_path, Printing(("svg",), 89.0))
    for path in folder.iterdir():
        assert (tmp_path / "figures" / path.name).read_bytes() == path.read_bytes(), path.name


def test_every_figure_of_a_whole_sweep_has_data_and_words() -> None:
    energy = [*TWO, bracketed(ok("c", "torch", 1e-3, 1e-5)), modelled(ok("d", "torch", 1e-3, 1e-5), 20.0)]
    rows = [FAST, THRIFTY, ok("c", "torch", 1e-3, 1e-5), ok("d", "torch", 1e-3, 1e-5)]
    for run in (whole_sweep(), make_run(rows, energy=energy)):
        found = files.names(files.drawings(sections(Study.of(run))))
        assert found
        for name, one in found.items():
            assert one.data is not None, name
            assert one.data.rows, name
            assert {len(row) for row in one.data.rows} == {len(one.data.columns)}, name
            assert one.reading.endswith("."), name


def test_measured_modelled_and_bracketed_joules_have_columns_of_their_own() -> None:
    row = ok("a", "torch", 1e-3, 1e-5)
    for line, columns in ((modelled(row, 20.0), "modelled_j"), (bracketed(row), "bracketed_low_j")):
        found = files.names(files.drawings(sections(Study.of(make_run([row], energy=[line])))))
        named = {column for one in found.values() if one.data for column in one.data.columns if column.endswith("_j")}
        assert columns in named
        assert all(column.startswith(columns.split("_")[0]) for column in named)


def test_a_busy_machine_and_an_unfinished_run_are_in_the_caption() -> None:
    noisy = [ok("a", "torch", 1e-3, flags=("noisy",)), ok("a", "direct", 1e-3, flags=("noisy",))]
    words = caption(Study.of(make_run(noisy, finished_utc=None)), drawing("A"))
    assert "The machine was busy: 2 of 2 times are uncertain" in words
    assert words.endswith("The run is not finished; these are its results so far.")


def test_names_are_safe_and_differ() -> None:
    found = files.names([drawing("Über <a>/../b\nc"), drawing("ber a b c"), drawing("…"), drawing("x" * 500)])
    assert list(found) == ["ber-a-..-b-c", "ber-a-b-c", "figure", "x" * 120]
    assert list(files.names([drawing("a"), drawing("a"), drawing("A!")])) == ["a", "a-2", "a-3"]


def test_figures_are_found_in_folded_blocks_too() -> None:
    first, second = drawing("first"), drawing("second")
    shown = [Gallery((Image("", one, lambda _: ""),)) for one in (first, second)]
    page = Section("a", "A", (), (shown[0], Details("more", (shown[1],))))
    assert list(files.drawings([page])) == [first, second]


def test_data_keep_their_digits_and_what_is_missing_is_empty(tmp_path: Path) -> None:
    path = files.write_csv(FigureData(("name", "time_s"), (("a, b", 1 / 3), ("c", None))), tmp_path / "a.csv")
    assert path.read_text(encoding="utf-8") == f'name,time_s\n"a, b",{1 / 3!r}\nc,\n'


def test_a_run_without_figures_makes_no_folder(tmp_path: Path) -> None:
    write(make_run([]), tmp_path, Printing(("svg",), 89.0))
    assert not (tmp_path / "figures").exists()


@pytest.mark.parametrize(
    "run",
    [
        make_run([fault("a", "fft", "wrong", None), fault("a", "torch", "timeout", None, error_rms=None)]),
        make_run([ok("a", "torch", float("nan"), error_rms=float("inf")), ok("b", "fft", 1e-3, error_rms=0.0)]),
        make_run([ok("a", '<script>alert("x")</script> $x^{', 1e-3, 1e-5)]),
    ],
    ids=["only failures", "odd numbers", "evil name"],
)
def test_every_run_gives_what_it_can(run: Run, tmp_path: Path) -> None:
    write(run, tmp_path, Printing(("svg",), 50.0))
    found = list((tmp_path / "figures").glob("*.svg"))
    assert found
    for path in found:
        assert path.with_suffix(".txt").is_file()
        assert not any("script" in element.tag for element in ElementTree.parse(path).iter())


def test_links_are_replaced_and_formulas_are_text(tmp_path: Path) -> None:
    target, folder = tmp_path / "target", tmp_path / "figures"
    target.write_text("mine")
    folder.mkdir()
    study, printing = Study.of(make_run(ROWS, axes=AXIS)), Printing(("svg",), 89.0)
    shown = [drawing("One", FigureData(("name", "time_s"), (("=1+1", -1.0),)))]
    for _ in range(2):
        for path in files.write(study, shown, folder, printing):
            path.unlink()
            path.symlink_to(target)
    assert target.read_text() == "mine"
    written = files.write(study, shown, folder, printing)
    assert not any(path.is_symlink() for path in written)
    assert (folder / "one.csv").read_text() == "name,time_s\n'=1+1,-1.0\n"


def test_a_link_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "figures").symlink_to(tmp_path)
    with pytest.raises(OSError, match="it is a symbolic link"):
        files.write(
            Study.of(make_run(ROWS, axes=AXIS)), [drawing("One")], tmp_path / "figures", Printing(("svg",), 89.0)
        )
