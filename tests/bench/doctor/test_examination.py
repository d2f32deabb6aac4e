"""`convcost doctor` from argument to exit code, on this machine and on one without any files."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

import bench.energy
from bench import cli
from bench.doctor import examination, gpu, noise
from bench.doctor.finding import Finding, Rating
from bench.doctor.noise import Noise
from bench.doctor.sensors import Outlook
from bench.doctor.system import System
from bench.energy.bracket import bracket
from bench.energy.meter import Found, Method
from bench.terminal.doctor import show
from tests.bench.energy.bracket.forged import BRACKET

FOUND = (
    Found("rapl-perf", "cpu", Method.COUNTER, why_not="there is no power event", remedy="run it on bare metal"),
    Found("model", "cpu", Method.MODEL, ("package",)),
)
SECTIONS = [
    "devices", "sensors", "permissions", "precision", "threads", "clock", "malloc", "limits", "noise now",
]  # fmt: skip


@pytest.fixture(autouse=True)
def _still(monkeypatch: pytest.MonkeyPatch) -> None:
    """No sensors, no GPU, and no listening for noise."""
    monkeypatch.setattr(bench.energy, "meters", lambda: FOUND, raising=False)
    monkeypatch.setattr(gpu, "gpus", lambda: [Finding("devices", "GPU", "none")])
    monkeypatch.setattr(noise, "listen", lambda processors: Noise((1e-3,) * 20, 0.0, None))


def _run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["convcost", "doctor", *arguments])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return int(ended.value.code or 0)


def _strict(text: str) -> Any:
    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    return json.loads(text, parse_constant=refuse)


def test_json_has_all_sections_and_no_placeholders(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(monkeypatch, "--json") == 0
    shown = capsys.readouterr()
    assert shown.err == ""
    found = _strict(shown.out)
    assert set(found) == {"findings", "outlook"}
    assert list(dict.fromkeys(f["section"] for f in found["findings"])) == SECTIONS
    for finding in found["findings"]:
        assert set(finding) == {"section", "name", "value", "verdict", "remedy"}
        assert finding["value"] not in (0, "0", "", "None", "–")
        assert (finding["verdict"] == "fine") == (finding["remedy"] is None)
    steal = next(f for f in found["findings"] if f["name"] == "steal")
    assert (steal["value"], steal["verdict"]) == (None, "missing")
    assert [o["quantity"] for o in found["outlook"]] == ["time", "energy (cpu)", "energy (cuda)", "frequency"]
    # The remedy depends on whether this is a virtual machine.
    assert found["outlook"][1].pop("remedy")
    assert found["outlook"][1] == {
        "quantity": "energy (cpu)",
        "method": "model",
        "source": "model",
        "text": "modelled by model (an assumption)",
    }


@pytest.mark.parametrize("columns", ["80", "160"])
def test_the_table_shows_all_sections_and_whole_remedies(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert _run(monkeypatch) == 0
    out = capsys.readouterr().out
    lines = out.splitlines()
    assert all(f"│ {section} " in out for section in SECTIONS)
    # Whole lines that can be copied, at any width.
    assert "  rapl-perf (cpu): run it on bare metal" in lines
    assert lines[-4:-1] == [
        "  time: measured",
        "  energy (cpu): modelled by model (an assumption)",
        "  energy (cuda): missing: no energy source is known for it",
    ]
    assert lines[-1].startswith("  frequency: ")


@pytest.mark.parametrize("columns", ["80", "160", ""])
def test_the_first_lines_say_what_energy_will_be_and_how_to_improve_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setattr(bench.energy, "meters", lambda: FOUND[:1])
    monkeypatch.setattr(bracket, "here", lambda: BRACKET)
    monkeypatch.setattr(System, "flags", lambda system: frozenset())
    assert _run(monkeypatch) == 0
    told, _, _ = capsys.readouterr().out.partition("This machine")
    assert " ".join(told.split()) == (
        "energy (cpu): bracketed by the published power of Forged servers, 20 machines (forged), not measured "
        "to improve it: run it on bare metal"
    )


def test_a_measured_device_is_said_first_with_its_meter(capsys: pytest.CaptureFixture[str]) -> None:
    outlooks = (
        Outlook("energy (cpu)", "measured", "rapl-perf", "measured by rapl-perf (energy counter: package-0)"),
        Outlook("energy (cuda)", "unavailable", None, "missing: there is no NVIDIA driver"),
    )
    show(examination.Examination((Finding("a", "one", "x"),), outlooks))
    first, *others = capsys.readouterr().out.splitlines()
    assert first == "energy (cpu): measured by rapl-perf (energy counter: package-0)"
    assert not others[0].startswith("energy")


@pytest.mark.parametrize(("reason", "method"), [("this torch has no CUDA", "unavailable"), (None, "measured")])
def test_gpu_energy_needs_a_torch_that_can_use_the_gpu(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, reason: str | None, method: str
) -> None:
    board = Found("nvml", "cuda", Method.COUNTER, ("gpu-board",))
    monkeypatch.setattr(bench.energy, "meters", lambda: (*FOUND, board))
    monkeypatch.setattr(gpu, "torch_error", lambda: reason)
    outlook = next(o for o in examination.examine(System(tmp_path)).outlook if o.quantity == "energy (cuda)")
    assert outlook.method == method
    assert (reason or "measured by nvml") in outlook.text


def test_equal_remedies_are_shown_once(capsys: pytest.CaptureFixture[str]) -> None:
    findings = (Finding("a", "one", None, Rating.MISSING, "do it"), Finding("b", "two", "x", Rating.MIND, "do it"))
    show(examination.Examination(findings, (Outlook("time", "measured", "clock", "measured"),)))
    assert capsys.readouterr().out.count("do it") == 1


def test_a_machine_without_files_has_missing_findings(tmp_path: Path) -> None:
    found = examination.examine(System(tmp_path))
    by_name = {finding.name: finding for finding in found.findings}
    for name in ("SIMD", "perf events", "powercap", "clear_refs", "governor", "frequency", "steal", "load"):
        assert (by_name[name].value, by_name[name].verdict) == (None, "missing"), name
    assert {o.quantity: o.method for o in found.outlook} == {
        "time": "measured",
        "energy (cpu)": "model",
        "energy (cuda)": "unavailable",
        "frequency": "unavailable",
    }


def test_time_is_unavailable_without_torch(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    time = examination.examine(System(tmp_path)).outlook[0]
    assert (time.method, time.text) == ("unavailable", "missing: see torch above")


@pytest.mark.parametrize(
    ("verdict", "remedy"), [("fine", "do it"), ("mind", None), ("missing", None), ("bad", "do it")]
)
def test_every_verdict_except_fine_needs_a_remedy(verdict: Any, remedy: str | None) -> None:
    with pytest.raises(ValueError, match=r"remedy|allowed: fine, mind, missing"):
        Finding("section", "name", "value", verdict, remedy)
