"""The fit finds the coefficients of simulated machines, says how far off it is, and refuses what it cannot fit."""

from __future__ import annotations

import json
import statistics
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.energy.executed import files
from bench.errors import InfrastructureError, UsageError
from bench.predict.energy_fit import Coefficient, fit, fit_run, left_out_errors, told_apart
from bench.predict.tables.energy_rows import MeasuredWork
from bench.terminal.energy_fit import show
from tests.bench.predict.simulated_energy import FIGURE, META, NAMES, TRUE, run_of, simulated


def test_without_noise_the_coefficients_are_found_and_predict_what_was_left_out() -> None:
    rows = simulated(10)
    assert fit(rows) == pytest.approx(dict(TRUE), rel=1e-6)
    assert max(error for own in left_out_errors(rows).values() for error in own) < 1e-6


@pytest.mark.parametrize("seed", range(3))
def test_noisy_rows_give_the_coefficients_within_a_few_percent(seed: int) -> None:
    found = fit(simulated(60, 0.03, seed=seed))
    assert found == pytest.approx(dict(TRUE), rel=0.05)


@pytest.mark.parametrize("noise", [0.02, 0.05])
def test_the_error_on_left_out_implementations_is_that_of_the_noise(noise: float) -> None:
    errors = [error for own in left_out_errors(simulated(60, noise)).values() for error in own]
    # Of a normal distribution half lie within 0.674 and 90 % within 1.645 standard deviations.
    assert statistics.median(errors) == pytest.approx(0.674 * noise, rel=0.2)
    assert np.quantile(errors, 0.9) == pytest.approx(1.645 * noise, rel=0.2)


def test_ranges_hold_the_joules_of_an_implementation_that_the_fit_never_saw(tmp_path: Path) -> None:
    held = []
    for seed in range(8):
        model = fit_run(run_of(tmp_path, simulated(12, 0.05, seed=seed)), tmp_path / "model.json").model
        for row in simulated(20, 0.05, seed=100 + seed, names=("new",)):
            joules = model.joules(row.work)
            held.append(abs(joules - row.joules) <= model.half_width_j(joules))
    # 90 % are meant; ranges are on the safe side.
    assert 0.85 <= sum(held) / len(held) <= 0.97


def test_an_implementation_that_costs_more_than_its_work_is_found_out() -> None:
    rows = simulated(20, 0.01)
    wasteful = [replace(r, joules=1.5 * r.joules) if r.implementation == "fft" else r for r in rows]
    errors = {name: statistics.median(own) for name, own in left_out_errors(wasteful).items()}
    assert errors["fft"] == pytest.approx(1 / 3, abs=0.03)
    assert max(error for name, error in errors.items() if name != "fft") < 0.15


def test_collinear_work_gives_no_negative_coefficient_and_the_same_joules() -> None:
    """Bytes that are always in proportion to FLOPs cannot be told from them, and half of a column is no column."""
    rows = []
    for row in simulated(20, 0.02):
        work = replace(row.work, precision="fp32", level="L2", bytes_moved=row.work.flops // 10)
        joules = 10.0 * work.time_s + 1.1e-10 * work.flops
        rows.append(MeasuredWork(row.implementation, work, joules * row.joules / _exact(row)))
    found = fit(rows)
    assert min(found.values()) >= 0
    assert found["flop_j", "AVX512", "fp32"] + found["byte_j", "L2"] / 10 == pytest.approx(1.1e-10, rel=0.03)


def _exact(row: MeasuredWork) -> float:
    work = row.work
    return (
        TRUE[("idle_w",)] * work.time_s
        + TRUE["flop_j", work.instructions, work.precision] * work.flops
        + TRUE["byte_j", work.level] * work.bytes_moved
    )


@pytest.mark.parametrize("lacking", [("idle_w",), ("byte_j", "L2")])
def test_what_costs_nothing_gets_nothing_and_not_less(lacking: Coefficient) -> None:
    found = fit(simulated(40, 0.05, true={**TRUE, lacking: 0.0}))
    assert 0 <= found[lacking] < 0.1 * TRUE[lacking]
    assert min(found.values()) >= 0


def test_a_coefficient_of_one_implementation_alone_is_not_fitted() -> None:
    rows = simulated(10)
    assert {row.implementation for row in told_apart(_scalar(rows, "direct"))} == set(NAMES) - {"direct"}
    assert len(told_apart(_scalar(rows, "direct", "fft"))) == len(rows)


def _scalar(rows: list[MeasuredWork], *names: str) -> list[MeasuredWork]:
    """The rows, with scalar instructions in some implementations."""
    scalar = [replace(row, work=replace(row.work, instructions="scalar")) for row in rows]
    return [new if new.implementation in names else row for new, row in zip(scalar, rows, strict=True)]


def test_rows_that_are_left_out_take_with_them_what_they_alone_confirmed() -> None:
    """`direct` is the only one in bf16, and with its rows gone `fft` is the only one at L3."""
    rows = [row for row in simulated(10) if row.implementation not in ("direct", "fft")]
    work = rows[0].work
    odd = [
        MeasuredWork("direct", replace(work, precision="bf16", level="L3"), 1.0),
        MeasuredWork("fft", replace(work, level="L3"), 1.0),
    ]
    assert told_apart([*rows, *odd]) == told_apart(rows)


def test_a_run_becomes_a_file_that_others_can_use(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = run_of(tmp_path / "results", simulated(12, 0.02))
    fitted = fit_run(run, tmp_path / "zen4.json")
    model = files.read(fitted.file)
    assert model == fitted.model
    assert (model.device, model.microarchitecture, model.processor, model.threads) == ("cpu", "zen4", "Forged 9000", 2)
    assert (model.source, model.method, model.scope) == ("rapl-perf", "counter", "package-0")
    assert (model.rows, model.implementations, fitted.left_out) == (72, 6, {})
    assert model.idle_w == pytest.approx(10.0, rel=0.05)
    assert set(model.left_out_error_by_implementation) == set(NAMES)
    assert 0.005 < model.left_out_error.median < model.left_out_error.quantile_90 < 0.06
    assert str(tmp_path) not in fitted.file.read_text(), "no path of this machine is in the file"
    show(fitted)
    told = capsys.readouterr().out
    for part in ("zen4, fitted to 72 rows of 6 implementations", "FLOP in fp64, AVX512", "byte, memory", "winograd-f4",
                 "90 % are within", f"written: {fitted.file}"):  # fmt: skip
        assert part in told


def test_rows_that_cannot_be_used_are_counted_by_reason(tmp_path: Path) -> None:
    rows = simulated(12, 0.02)
    scalar = replace(rows[0], work=replace(rows[0].work, precision="bf16"))
    run = run_of(tmp_path, [scalar, *rows[1:]])
    fitted = fit_run(run, tmp_path / "model.json")
    assert fitted.model.rows == 71
    assert fitted.left_out == {"only one implementation has such FLOPs, or bytes at such a level": 1}


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (simulated(3), "has 18 rows of 6 implementations with measured joules and known work; allowed: 20 rows of 4"),
        (simulated(10, names=NAMES[:3]), "has 30 rows of 3 implementations"),
        (
            simulated(12, 0.6, seed=3),
            "gives no model that predicts: of rows whose implementation was left out, a tenth",
        ),
    ],
    ids=["rows", "implementations", "noise"],
)
def test_too_little_or_too_noisy_is_refused_and_no_file_is_written(
    tmp_path: Path, rows: list[MeasuredWork], said: str
) -> None:
    positive = [replace(row, joules=abs(row.joules)) for row in rows]
    with pytest.raises(UsageError) as refused:
        fit_run(run_of(tmp_path / "results", positive), tmp_path / "model.json")
    assert said in str(refused.value)
    assert not (tmp_path / "model.json").exists()


def test_what_was_left_out_is_told_where_too_little_remains(tmp_path: Path) -> None:
    flagged: dict[str, Any] = {**FIGURE, "flags": ["busy-neighbours"]}
    with pytest.raises(UsageError, match=r"has 0 rows of 0 implementations .*\(36 left out: it is flagged busy-neighb"):
        fit_run(run_of(tmp_path, simulated(6), figure=flagged), tmp_path / "model.json")


def test_a_file_that_cannot_be_written_is_exit_code_3(tmp_path: Path) -> None:
    run = run_of(tmp_path, simulated(12, 0.02))
    with pytest.raises(InfrastructureError, match="cannot be written"):
        fit_run(run, tmp_path / "nowhere" / "model.json")


def test_the_same_run_gives_the_same_file(tmp_path: Path) -> None:
    run = run_of(tmp_path, simulated(12, 0.02), meta=META)
    texts = [fit_run(run, tmp_path / name).file.read_text() for name in ("a.json", "b.json")]
    assert texts[0] == texts[1]
    assert json.loads(texts[0])["rows"] == 72
