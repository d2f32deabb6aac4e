"""Predicted totals of networks beside measured ones."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.predict import time_model
from bench.sweep import network_totals
from bench.sweep.layers import built_in
from impls.cost_model.cost_table import Subject
from tests.bench.predict.simulated_times import random_table

CPU = Subject("cpu", "torch", threads=2)
FACTOR = 1.25


@pytest.fixture
def model_file(tmp_path: Path) -> Path:
    fitted, _ = time_model.fit({CPU: random_table(120, subject=CPU)}, "macs-floor", {"cpu": "forged"})
    time_model.write(fitted, tmp_path / "model.json")
    return tmp_path / "model.json"


def _regret(file: Path, model: Path, layouts: tuple[str, ...] = ("nchw", "nhwc"), leave_out: int = 0) -> Path:
    """A file of LeNet-5's layers by torch, FACTOR × as slow as the model says."""
    from bench.predict.expected import expected

    read = time_model.read(model)
    layers = built_in("lenet-5").layers[leave_out:]
    shapes = [
        {
            "name": one.layer.name,
            "descriptor": one.layer.problem.descriptor,
            "precision": "fp32",
            "device": "cpu",
            "layout": layout,
            "times_s": {"torch": FACTOR * one.best.time_s if one.best else 0.0},
        }
        for layout in layouts
        for one in expected(read, [CPU], layers, [layout])
    ]
    file.write_text(json.dumps({"environment": {"threads": 2, "cpu": "forged"}, "shapes": shapes}))
    return file


def test_errors_are_of_whole_networks(tmp_path: Path, model_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = _regret(tmp_path / "kernels-auto.json", model_file)
    assert network_totals.main([str(model_file), str(file)]) == 0
    lines = capsys.readouterr().out.splitlines()
    # Two layouts, by torch and by the best of each layer, which is torch.
    assert [line.partition(":")[0] for line in lines[:4]] == [
        f"lenet-5 in {layout} by {name}" for layout in ("nchw", "nhwc") for name in ("torch", "the best of each layer")
    ]
    assert all(line.endswith("-20.0%") for line in lines[:4])
    assert lines[-1].startswith("4 totals by any: median error 20.0%, mean 20.0%, largest 20.0%")


def test_a_network_that_was_not_measured_whole_has_no_total(
    tmp_path: Path, model_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = _regret(tmp_path / "kernels-auto.json", model_file, leave_out=1)
    assert network_totals.main([str(model_file), str(file)]) == 2
    assert "no network was measured whole; to measure some: convcost regret" in capsys.readouterr().err
