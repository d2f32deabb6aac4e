"""`convcost fit` and `convcost predict`: from a table of times to a table of predictions."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest

from bench.store import journal, runs
from impls.cost_model.cost_table import Subject
from tests.bench.commands.running import Refuse, Run, assert_says, refusals
from tests.bench.predict.simulated_energy import FIGURE, META, row_of, simulated
from tests.bench.predict.simulated_times import lines, table

HEADER = "n,c_in,h,w,c_out,kh,kw,stride,padding,dilation,groups,time_s"


@pytest.fixture
def times(here: Path) -> Path:
    """A table of lines with times by a law, one of them zero."""
    made = table(lines(), Subject("cuda", "torch"), noise=0.02)
    rows = [
        f"{p.batch},{p.in_channels},{p.size[0]},{p.size[1]},{p.out_channels},{p.kernel[0]},{p.kernel[1]},1,same,1,1,"
        f"{0 if row == 3 else made.time_s[row]}"
        for row, p in enumerate(lines())
    ]
    file = here / "times.csv"
    file.write_text("\n".join((HEADER, *rows)) + "\n")
    return file


@refusals(
    ("fit", "missing argument 'RUN'"),
    ("fit {given}/no-run", "missing option '-o'"),
    ("fit {given}/no-run -o m.json", "is not a run: it has no run.json"),
    ("fit {given}/bad.csv -o m.json", "line 2, column 2 (c_in): 'three' is not a whole number"),
    ("fit {given}/header.csv -o m.json", "the columns h, w"),
    ("fit {given}/bad.csv -o m.json --predictor oracle", "predictor 'oracle' is unknown; allowed: flops, "),
    ("fit {given}/bad.csv -o m.json --leave-out layer", "allowed: --leave-out line, family, kind"),
    ("fit {given}/bad.csv -o m.json --of carbon", "'carbon' cannot be predicted; allowed: time, energy"),
    ("fit {given}/bad.csv -o m.json --of energy", "bad.csv has no measured joules; allowed: folders of runs"),
    ("fit {given}/bad.csv -o m.json --page p.html", "--page shows errors on rows left out; add --leave-out line"),
    ("predict", "missing argument 'MODEL'"),
    ("predict {given}/m.json", "missing argument 'LAYERS'"),
    ("predict {given}/m.json lenet-5", "m.json cannot be read: No such file or directory; allowed: a file that"),
    ("predict {given}/plugin.txt lenet-5", "is damaged or no model: it is not JSON"),
    ("predict {given}/m.json lenet-5 --threads 0", "'--threads': '0'"),
    ("measure mb1ic4ih8oc4kh3ph1 --predict {given}/m.json", "m.json cannot be read"),
)
def test_bad_input_is_refused(refuse: Refuse, line: str, sentence: str) -> None:
    assert_says(refuse(line), sentence)


def test_a_table_becomes_a_model_that_predicts_it(convcost: Run, here: Path, times: Path) -> None:
    done = convcost("fit", str(times), "-o", "m.json", "--predictor", "macs-floor")
    assert done.code == 0
    assert_says(done.err, "1 row dropped: time_s is zero (…times.csv, line 5)")
    assert_says(done.out, "fitted to 127 rows…mac_s…floor_s…written: m.json")
    done = convcost("predict", "m.json", str(times), "-o", "out.csv")
    assert (done.code, done.err) == (0, "")
    with (here / "out.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 128
    assert all(float(row["time_lo_s"]) < float(row["time_s"]) < float(row["time_hi_s"]) for row in rows)
    assert_says(done.out, "total in nchw: …if errors of two layers have a correlation of")


@pytest.mark.full
@pytest.mark.slow
def test_predictors_are_judged_on_rows_left_out(convcost: Run, times: Path) -> None:
    done = convcost("fit", str(times), "-o", "m.json", "--predictor", "flops", "--leave-out", "line", "--json")
    assert done.code == 0
    data = json.loads(done.out)
    assert data["subjects"][0]["constants"][0]["unit"] == "s/FLOP"
    errors = {one["predictor"]: one["all"]["mean"] for one in data["judged"]["scores"]}
    assert min(errors, key=errors.__getitem__) == "law"


def test_predictions_are_json_with_totals(convcost: Run, times: Path) -> None:
    convcost("fit", str(times), "-o", "m.json", "--predictor", "macs-floor")
    (found,) = json.loads(convcost("predict", "m.json", "vgg-16", "--json").out)
    assert found["name"] == "vgg-16"
    assert found["totals"]["nchw"]["time_s"] > 0
    assert {"time_s", "time_lo_s", "time_hi_s", "outside", "implementation"} <= set(found["layers"][0])


def test_what_the_model_never_saw_is_refused(convcost: Run, times: Path) -> None:
    convcost("fit", str(times), "-o", "m.json", "--predictor", "macs-floor")
    done = convcost("predict", "m.json", "lenet-5", "--device", "cpu")
    assert done.code == 2
    assert_says(done.err, "the model never saw device cpu; it was fitted on device unnamed")


def test_measured_joules_are_fitted_and_predicted_in_joules(convcost: Run, here: Path) -> None:
    """The joules of a counter; those of a processor without one are refused."""
    rows = [replace(row, work=replace(row.work, precision="fp32")) for row in simulated(12)]
    folder = runs.create(here / "results", "simulated", META)
    for number, (row, p) in enumerate(zip(rows, lines(), strict=False)):
        key = f"case {number}"
        found = row_of(row, key, descriptor=p.descriptor, implementation="torch", delegate=None)
        journal.append(folder, {"key": key, "rows": [found.as_record()], "samples": {}})
        figures = {"torch": [{**FIGURE, "gross_j": 1e-9 * p.macs}]}
        journal.append(folder, {"key": key, "energy": figures, "processes": []})
    done = convcost("fit", str(folder), "-o", "m.json", "--of", "energy", "--predictor", "macs-floor")
    assert done.code == 0, done.err
    assert_says(done.out, "mac_s…J/MAC…written: m.json")
    shown = convcost("predict", "m.json", "mb1ic64ih56oc64kh3ph1", "-o", "out.csv")
    assert (shown.code, shown.err) == (0, "")
    assert_says(shown.out, "energy…90 % interval…J")
    with (here / "out.csv").open(newline="") as file:
        (said,) = csv.DictReader(file)
    assert float(said["energy_lo_j"]) <= float(said["energy_j"]) <= float(said["energy_hi_j"])
    assert float(said["energy_j"]) == pytest.approx(1e-9 * 64 * 64 * 9 * 56 * 56, rel=0.1)
    refused = convcost("measure", "mb1ic4ih8oc4kh3ph1", "--predict", "m.json")
    assert_says(refused.err, "m.json is a model of energy; needed: one of times")
    assert refused.code == 2
    cpu = convcost("fit", str(REFERENCE / "intel-xeon-2-cores"), "-o", "n.json", "--of", "energy")
    assert cpu.code == 2
    assert_says(cpu.err, "has no measured joules: they are bracketed, which says no more than the time")


REFERENCE = Path(__file__).parents[3] / "results" / "reference"
