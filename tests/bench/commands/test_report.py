"""`convcost report`: the page and the summary of a run."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.cost.rates import Rates
from bench.store import journal, runs
from bench.store.schema import Row
from bench.store.status import Status
from tests.bench.commands.running import Refuse, Run, assert_says, refusals
from tests.bench.energy.executed.forged import file_of
from tests.bench.predict.simulated_energy import META, run_of, simulated
from tests.bench.report.synthetic_run import layers

BLIND = {**META, "energy": {"without": {"cpu": "no sensor"}, "model": None, "bracket": None}}


@refusals(
    ("report", "there is no run in results; make one with `convcost sweep`"),
    ("report --results {given}", "there is no run in"),
    ("report {given}/no-run", "is not a run: it has no run.json"),
    ("report {given}/missing", "is not a run"),
    ("report {given}/no-run --grid XX", "grid 'XX' is unknown"),
    (
        "report {given}/no-run --price-per-kwh 1 --currency euro",
        "--currency is 'euro'; allowed: a code of three letters",
    ),
    ("report {given}/no-run --cpu-idle-w 60", "a model of power needs --cpu-idle-w, --cpu-max-w and --cpu-cores"),
    ("report {given}/no-run --figures svg,jpg", "--figures is 'svg,jpg'; allowed: svg, pdf, png"),
    (
        "report {given}/no-run --figures svg --width 89",
        "--width is '89'; allowed: a number with its unit, mm, cm, in, pt",
    ),
    ("report {given}/no-run --figures svg --width 4m", "--width is '4m'; allowed: a number with its unit"),
    (
        "report {given}/no-run --figures svg --font Nonesuch",
        "--font is 'Nonesuch', which is not installed here; allowed:",
    ),
    (
        "report {given}/no-run --width 89mm --font Arial",
        "--width and --font are of files of figures; leave out --width, --font",
    ),
    (
        "report {given}/no-run --energy-model x.json --cpu-idle-w 60 --cpu-max-w 180 --cpu-cores 16",
        "--energy-model takes the place of figures of the socket; leave out --cpu-idle-w, --cpu-max-w, --cpu-cores",
    ),
)
def test_bad_input_is_refused(refuse: Refuse, line: str, sentence: str) -> None:
    assert_says(refuse(line), sentence)


def test_a_damaged_run_is_exit_code_3(convcost: Run, given: Path) -> None:
    (given / "no-run" / "run.json").write_text("{")
    done = convcost("report", "{given}/no-run", given=given)
    assert (done.code, "run.json is damaged" in done.err) == (3, True)


def test_power_and_prices_that_are_given_later_are_on_the_page_and_not_in_the_run(convcost: Run, here: Path) -> None:
    terms = {"without": {"cpu": "no sensor"}, "model": None, "allotted_cores": 2}
    folder = runs.create(here / "results", "net", {"energy": terms, "rates": Rates(currency="USD").as_dict()})
    row = Row(case_key="k", descriptor="ic1ih1oc1kh1", implementation="torch", status=Status.OK, time_s=1.0, threads=2,
              direct_flops=10**9, layers=layers(("net", "a", 2)))  # fmt: skip
    journal.append(folder, {"key": "k", "rows": [row.as_record()], "samples": {}, "spent_s": 1.0})
    before = (folder / "run.json").read_bytes(), (folder / "journal.jsonl").read_bytes()
    power = ("--cpu-idle-w", "60", "--cpu-max-w", "180", "--cpu-cores", "16")
    done = convcost("report", str(folder), *power, "--price-per-kwh", "0.36")
    assert (done.code, done.err) == (0, "")
    summary = Path(done.out.strip()).with_name("summary.md").read_text()
    # 2 × 1 s × 22.5 W = 45 J: 12.5 kWh a million inferences.
    assert "45.0 J with torch, 4.50 USD of electricity a million" in summary
    assert ((folder / "run.json").read_bytes(), (folder / "journal.jsonl").read_bytes()) == before


def test_a_model_of_executed_work_that_is_given_later_is_on_the_page_and_not_in_the_run(
    convcost: Run, here: Path
) -> None:
    folder = run_of(here / "results", simulated(2), meta=BLIND, figure=None)
    before = (folder / "run.json").read_bytes(), (folder / "journal.jsonl").read_bytes()
    done = convcost("report", str(folder), "--energy-model", str(file_of(here)))
    assert (done.code, done.err) == (0, "")
    summary = Path(done.out.strip()).with_name("summary.md").read_text()
    assert "Modelled from what was executed, not measured: power × time + energy of FLOPs" in summary
    assert "Modelled, not measured: mb1ic4ih8oc4kh3ph1" in summary
    assert ((folder / "run.json").read_bytes(), (folder / "journal.jsonl").read_bytes()) == before


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"microarchitecture": "icelake"}, "model.json is of icelake, and …is of zen4: its joules would be those of"),
        ({"format_version": "3"}, "model.json is no model of energy that can be used: its format_version is '3'"),
        ({"byte_j": {"L2": -1e-12}}, "byte_j, L2, is -1e-12; allowed: a number of at least 0"),
    ],
)
def test_a_model_that_cannot_be_used_is_refused_by_name(
    convcost: Run, here: Path, changes: dict[str, object], said: str
) -> None:
    folder = run_of(here / "results", simulated(1), meta=BLIND, figure=None)
    done = convcost("report", str(folder), "--energy-model", str(file_of(here, **changes)))
    assert (done.code, done.out) == (2, "")
    assert_says(done.err, said)
    assert not (here / "reports").exists()


def test_the_page_is_beside_the_results_and_not_where_the_command_runs(
    convcost: Run, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = runs.create(here / "far" / "results", "net", {"energy": {"without": {}, "model": None}})
    row = Row(case_key="k", descriptor="ic1ih1oc1kh1", implementation="torch", status=Status.OK, time_s=1.0, threads=2)
    journal.append(folder, {"key": "k", "rows": [row.as_record()], "samples": {}, "spent_s": 1.0})
    page = Path("far") / "reports" / folder.name / "index.html"
    assert convcost("report", str(folder)).out.split() == [str(page)]
    (here / "elsewhere").mkdir()
    monkeypatch.chdir(here / "elsewhere")
    assert convcost("report", str(folder)).out.split() == [str(here / page)]
    assert list((here / "elsewhere").iterdir()) == []


def test_figures_are_in_a_folder_beside_the_page(convcost: Run, here: Path) -> None:
    folder = runs.create(here / "results", "net", {"energy": {"without": {}, "model": None}})
    row = Row(case_key="k", descriptor="ic1ih1oc1kh1", implementation="torch", status=Status.OK, time_s=1.0, threads=2,
              direct_flops=10**9)  # fmt: skip
    journal.append(folder, {"key": "k", "rows": [row.as_record()], "samples": {}, "spent_s": 1.0})
    done = convcost("report", str(folder), "--figures", "svg,png", "--width", "8.9cm", "--font", "DejaVu Serif")
    assert (done.code, done.err) == (0, "")
    stem = "flops-against-time-cpu-fp32-nchw-2-threads"
    made = Path(done.out.strip()).with_name("figures")
    assert {path.suffix for path in made.glob(f"{stem}.*")} == {".csv", ".png", ".svg", ".txt"}
    assert 'width="252.28' in (made / f"{stem}.svg").read_text(encoding="utf-8")
