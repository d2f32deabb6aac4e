"""A whole network timed by ours and by its rivals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from torch import nn

from bench.errors import UsageError
from bench.networks.inputs import input_shape
from bench.networks.rivals import race
from bench.networks.rivals.race import RaceTimes, race_file, race_module
from bench.networks.rivals.rival import RivalTask, WholeCall
from bench.networks.rivals.table import ChosenRivals, chosen_rivals
from impls import SwapChoice
from tests.bench.networks.onnx_models import node, save

SHAPE = [input_shape("1x3x8x8")]
CHOICE = SwapChoice({"0": "im2col"})


def net() -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())


@dataclass(frozen=True)
class Forged:
    """A rival that runs the module and changes its result."""

    factor: float = 1.0
    error: str = ""
    name: str = "forged"
    sides: tuple[str, ...] = ("Forged",)
    takes_files: bool = True

    def missing(self, *, of_a_file: bool) -> str | None:
        return None

    def calls(self, task: RivalTask) -> Mapping[str, WholeCall]:
        if self.error:
            raise RuntimeError(self.error)
        return {self.sides[0]: lambda: [(task.known_module(*task.inputs) * self.factor).numpy()]}


def raced(*rivals: Forged) -> RaceTimes:
    return race_module(net, SHAPE, CHOICE, ChosenRivals(rivals), 1, max_seconds=0.1)


def test_it_is_timed_beside_torch_in_both_layouts_and_proven() -> None:
    threads = torch.get_num_threads()
    found = race_module(net, SHAPE, CHOICE, chosen_rivals(["eager"]), 1, max_seconds=0.1)
    assert list(found.sides_s) == ["swapped", "eager torch, NCHW", "eager torch, NHWC"]
    assert set(found.over_base) == {"eager torch, NCHW", "eager torch, NHWC"}
    assert all(estimate > 0 for estimate, _, _ in found.over_base.values())
    assert (found.base, found.failed, found.wrong) == ("swapped", {}, ())
    assert found.swapped is not None
    assert found.swapped.choice.layers == {"0": "im2col"}
    assert torch.get_num_threads() == threads
    plain = found.as_dict()
    assert [layer["layer"] for layer in plain["proof"]["layers"]] == ["0"]
    assert plain["choice"]["layers"] == {"0": "im2col"}


def test_outputs_of_arrays_are_compared_with_the_original() -> None:
    found = raced(Forged())
    assert found.differences_rms["Forged"] == 0
    assert found.failed == {}


def test_a_wrong_rival_is_named_and_not_timed() -> None:
    found = raced(Forged(factor=1.01))
    assert found.wrong == ("Forged",)
    assert list(found.sides_s) == ["swapped"]
    assert "differ from the original's by 0.01 of their rms, more than the" in found.failed["Forged"]


def test_a_rival_that_cannot_run_is_named_and_the_others_are_timed() -> None:
    found = raced(Forged(error="no compiler\nand more"))
    assert found.failed == {"Forged": "RuntimeError: no compiler"} or "no compiler" in found.failed["Forged"]
    assert list(found.sides_s) == ["swapped"]


def test_a_core_is_kept_busy_only_while_sides_are_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    events = []

    @contextmanager
    def busy() -> Iterator[None]:
        events.append("begin")
        yield
        events.append("end")

    real = race.time_blocks
    monkeypatch.setattr(race, "time_blocks", lambda *a, **k: (events.append("timed"), real(*a, **k))[1])
    race_module(net, SHAPE, CHOICE, ChosenRivals(), 1, meanwhile=busy(), max_seconds=0.05)
    assert events == ["begin", "timed", "end"]


@dataclass(frozen=True)
class Zeros(Forged):
    """A rival that reads an ONNX file and gives zeros of its shape."""

    def calls(self, task: RivalTask) -> Mapping[str, WholeCall]:
        assert task.file.suffix == ".onnx"
        return {self.sides[0]: lambda: torch.zeros(1)}


def test_an_onnx_file_is_compared_with_the_definitions_of_its_operators(tmp_path: Path) -> None:
    file = save(tmp_path / "net.onnx", [node("Conv", "x w", "y")], (1, 3, 8, 8), {"w": (4, 3, 3, 3)})
    found = race_file(file, SHAPE, ChosenRivals((Zeros(),)), 1, max_seconds=0.05)
    assert "its outputs have the shapes [(1,)], and the network's" in found.failed["Forged"]
    assert (found.base, found.swapped) == ("", None)


@pytest.mark.full
@pytest.mark.slow
def test_torch_compile_runs() -> None:
    found = race_module(net, SHAPE, CHOICE, chosen_rivals(["eager", "compile"]), 1, max_seconds=0.2)
    if found.failed:
        pytest.skip(f"torch.compile does not run here: {found.failed}")
    assert set(found.over_base) == {"eager torch, NCHW", "eager torch, NHWC", "torch.compile"}


@pytest.mark.full
@pytest.mark.slow
@pytest.mark.parametrize("name", ["onnxruntime", "openvino"])
def test_a_runtime_runs_what_torch_exports(name: str) -> None:
    pytest.importorskip(name, reason=f"{name} is not installed; type: pip install 'convcost[rivals]'")
    pytest.importorskip("onnxscript", reason="onnxscript is not installed; type: pip install 'convcost[rivals]'")
    found = race_module(net, SHAPE, CHOICE, chosen_rivals([name]), 1, max_seconds=0.2)
    assert found.failed == {}
    assert len(found.over_base) == 1


def test_an_operator_without_a_definition_is_named(tmp_path: Path) -> None:
    nodes = [node("Conv", "x w", "c"), node("Thing", "c", "y", domain="own")]
    file = save(tmp_path / "net.onnx", nodes, (1, 3, 8, 8), {"w": (4, 3, 3, 3)})
    with pytest.raises(UsageError, match=r"net\.onnx has an operator without a definition.*Thing.*standard operators"):
        race_file(file, SHAPE, ChosenRivals((Zeros(),)), 1)


def test_an_output_that_hardly_depends_on_the_input_is_noted() -> None:
    class Constant(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 3)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            found: torch.Tensor = self.conv(x)
            return 1.0 + 1e-9 * found

    found = race_module(Constant, SHAPE, SwapChoice({"conv": "im2col"}), ChosenRivals(), 1, max_seconds=0.05)
    assert any("output hardly depends on its input" in note for note in found.notes)
    assert not any("hardly depends" in note for note in raced().notes)
