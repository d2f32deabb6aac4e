"""The page and the summary are self-contained and escaped, exist for any run, and show no time of a wrong result."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.report.document.blocks import Alert, Block, Details, Table
from bench.report.page import in_short, sections, write
from bench.report.sections.study import Study
from bench.store.runs import Run
from bench.store.schema import Row
from bench.store.status import Status
from tests.bench.report.opened import OpenTags
from tests.bench.report.sections.energy_section import FAST, RATES, THRIFTY, TWO
from tests.bench.report.synthetic_run import (
    bracketed,
    fault,
    layers,
    make_run,
    measured,
    modelled,
    ok,
    points,
    whole_sweep,
    without,
)

EVIL = '<script>alert("x")</script> | `b` *c*\n# d'
AXIS = {"kernel": ["3", "1"]}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(whole_sweep(), tmp_path_factory.mktemp("report") / "made" / "on the way").parent


def html_and_markdown(run: Run, folder: Path) -> tuple[str, str]:
    page = write(run, folder)
    return page.read_text(encoding="utf-8"), (folder / "summary.md").read_text(encoding="utf-8")


def outside_scripts(html: str) -> str:
    """A page without the content of its scripts, which are ours; tests/bench/report/explorer has their tests."""
    return re.sub(r"<script([^>]*)>.*?</script>", "", html, flags=re.S)


def test_a_whole_sweep_has_every_section(folder: Path) -> None:
    page, summary = (folder / name for name in ("index.html", "summary.md"))
    titles = ["What was measured", "Speed-up over torch", "Networks, layer by layer", "Time against error and memory",
              "Fastest implementation by case", "By kernel", "By stride", "By padding",
              "By channels", "Energy, carbon and money", "Error against its bound", "Correctness matrix", "Error",
              "FLOPs against time", "Network resnet-mini",
              "Cases without a time, and why", "How it was measured"]  # fmt: skip
    assert re.findall(r"<section id=.*?>\s*<h2>(.*?)</h2>", page.read_text()) == titles
    assert re.findall(r"^## (.*)$", summary.read_text(), re.M) == ["In short", *titles]
    lead = "Forward pass only. A time is the median of one call with its 95 % interval"
    for text in (page.read_text(), summary.read_text()):
        assert text.index(lead) < text.index("In short")


def test_the_page_loads_no_other_file(folder: Path) -> None:
    text = (folder / "index.html").read_text()
    assert "http://" not in text
    assert "https://" not in text
    assert not re.search(r"<(link|iframe|object)\b|@import|url\(", text)
    assert re.findall(r"<script[^>]*>", text) == ['<script type="application/json" id="explore-data">', "<script>"]
    assert "default-src 'none'" in text
    sources = re.findall(r'src="(.{40})', text)
    # The first picture, wide and narrow; then on each device four axes twice, networks twice, speed-ups, a front,
    # errors twice, correctness and FLOPs.
    assert len(sources) == 2 + 2 * (4 * 2 + 2 + 1 + 1 + 2 + 1 + 1)
    assert all(source.startswith("data:image/svg+xml;base64,") for source in sources)


def test_every_figure_is_an_svg_with_alternative_text(folder: Path) -> None:
    text = (folder / "index.html").read_text()
    images = re.findall(r'<img[^>]* src="data:image/svg\+xml;base64,([^"]+)" alt="([^"]+)">', text)
    assert len(images) == 34
    assert all(b"<svg" in base64.b64decode(data) for data, _ in images)


def test_the_same_run_gives_the_same_bytes(tmp_path: Path) -> None:
    rows = [ok(k, "torch", 1e-3, 1e-5, points=points({"kernel": k}), descriptor=f"mb1ic8ih8oc8kh{k}") for k in "31"]
    run = make_run(rows, axes=AXIS)
    assert html_and_markdown(run, tmp_path / "a") == html_and_markdown(run, tmp_path / "b")


def test_text_from_files_is_escaped(tmp_path: Path) -> None:
    meta: dict[str, Any] = {"name": EVIL, "command": EVIL, "environment": {"host": EVIL, EVIL: EVIL}}
    rows = [
        fault("a", EVIL, "wrong", EVIL, command=EVIL, descriptor=EVIL, bound=EVIL),
        ok("a", "torch", 1e-3, 1e-4, delegate=EVIL, descriptor=EVIL, layers=layers((EVIL, EVIL, 1))),
        ok("a", f"$x^{{{EVIL}", 1e-3, 1e-4, layers=layers((EVIL, EVIL, 1))),
    ]
    html, summary = html_and_markdown(make_run(rows, **meta), tmp_path)
    assert html.count("<script") == 2
    assert "<script" not in outside_scripts(html)
    assert "&lt;script&gt;" in html
    outside_code = re.sub(r"(?ms)^(`{3,})$.*?^\1$", "", summary).splitlines()
    assert not any("<script" in line or line.startswith("# d") for line in outside_code)
    for table in re.findall(r"(?:^\|.*\n)+", summary, re.M):
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}) == 1


def test_tags_are_balanced(folder: Path) -> None:
    tags = OpenTags()
    tags.feed((folder / "index.html").read_text())
    assert tags.open == []


NOTHING: list[Row] = []
RUNS: dict[str, Run] = {
    "empty": make_run(NOTHING),
    "no meta": replace(make_run(NOTHING), path=Path("x"), meta={}),
    "nothing ok": make_run([fault("a", "fft", s, None, error_rms=None) for s in ("wrong", "unsupported", "timeout")]),
    "single case": make_run([ok("a", "torch", 1e-3, 1e-5)]),
    "no interval": make_run([ok("a", "torch", 1e-3), ok("a", "fft", 2e-3)]),
    "one implementation": make_run(
        [ok(k, "torch", 1e-3, points=points({"kernel": k}), descriptor=f"mb1ic8ih8oc8kh{k}") for k in ("3", "1")],
        axes=AXIS,
    ),
    "only layers": make_run([ok("a", "fft", 1e-3, points=(), layers=layers(("net", "a", 2)))]),
    "layers, nothing ok": make_run([fault("a", "fft", "failed", "n", points=(), layers=layers(("net", "a", 2)))]),
    "batch 0": make_run(
        [ok(k, "torch", 1e-6, 1e-8, direct_flops=0, points=points({"kernel": k}), descriptor=f"mb0ic8ih8oc8kh{k}")
         for k in ("3", "1")],
        axes=AXIS,
    ),
    "odd numbers": make_run(
        [ok("a", "torch", float("nan"), error_rms=float("inf"), error_share=float("inf")),
         ok("b", "fft", 1e-3, error_rms=0.0, error_rms_limit=None, error_share=float("nan"))]
    ),
    "unfinished": make_run([ok("a", "torch", 1e-3)], finished_utc=None, wall_s=None),
}  # fmt: skip


@pytest.mark.parametrize("name", RUNS)
def test_every_run_gives_a_page(name: str, tmp_path: Path) -> None:
    html, summary = html_and_markdown(RUNS[name], tmp_path)
    assert "How it was measured" in html
    for text in (re.sub(r'src="[^"]*"', "", outside_scripts(html)), summary):
        assert not re.search(r"\b(nan|None|NaN|inf)\b", text)


def _tables(blocks: tuple[Block, ...]) -> list[Table]:
    found: list[Table] = []
    for block in blocks:
        if isinstance(block, Details | Alert):
            found += _tables(block.blocks)
        elif isinstance(block, Table):
            found.append(block)
    return found


def test_no_timing_table_has_a_wrong_row() -> None:
    wrong_s = "1.235 ns"
    rows = [
        ok(f"{k}", "torch", 1e-3, 1e-5, points=points({"kernel": k}), descriptor=f"mb1ic8ih8oc8kh{k}",
           layers=layers(("net", k, 1)))
        for k in ("3", "1")
    ]  # fmt: skip
    rows += [
        replace(row, implementation="fft", status=Status.WRONG, reason="off", time_s=1.2346e-9,
                time_low_s=1.2346e-9, time_high_s=1.2346e-9)
        for row in rows
    ]  # fmt: skip
    built = sections(Study.of(make_run(rows, axes=AXIS)))
    cells = [cell for part in built for table in _tables(part.blocks) for row in table.rows for cell in row]
    assert any(cell.text == "1.000 ms" for cell in cells)
    assert not any(wrong_s in cell.text + cell.small for cell in cells)
    (by_kernel,) = (part for part in built if part.anchor == "axis-kernel")
    (numbers,) = _tables(by_kernel.blocks)
    assert [cell.text for row in numbers.rows for cell in row if row[0].text == "fft"] == ["fft", "wrong", "wrong"]


def test_the_top_of_the_page_has_only_measured_joules() -> None:
    short = in_short(Study.of(make_run([FAST, THRIFTY], energy=TWO)))
    assert sum("joules" in line for line in short) == 1
    assert not any("joules" in line for line in in_short(Study.of(make_run([FAST], energy=[modelled(FAST, 20.0)]))))


def test_brackets_have_a_colour_of_their_own_and_are_on_the_first_screen(tmp_path: Path) -> None:
    html, summary = html_and_markdown(make_run([FAST, THRIFTY], energy=[bracketed(FAST), bracketed(THRIFTY)]), tmp_path)
    assert '<td class="r bracket">3.1–41 mJ<small>3.1–40 W</small></td>' in html
    assert ".bracket { color: var(--bracket); }" in html
    for text in (html, summary):
        assert text.index("Energy is bracketed, not measured: 3.1–41") < text.index("What was measured")
        assert "Forged servers, 20 machines" in text


def test_energy_text_is_escaped_on_page_and_summary(tmp_path: Path) -> None:
    evil = '<script>alert("x")</script> | `b`'
    row = ok("a", "torch", 1e-3, 1e-5)
    lines = [measured(row, 1e-3, 1e-5, source=evil, scope=evil, flags=evil, plan=evil), without(FAST, evil)]
    own = [{"device": evil, "scope": evil, "method": evil, "source": evil, "joules": 1.0}]
    grid = json.loads(json.dumps(RATES)) | {"grid": {"code": "X", "country": evil, "g_per_kwh": 1.0, "year": 1,
                                                     "source": evil}}  # fmt: skip
    made = write(make_run([row, FAST], energy=lines, own_energy=own, rates=grid), tmp_path)
    html, summary = made.read_text(), (tmp_path / "summary.md").read_text()
    assert "<script" not in outside_scripts(html)
    assert "<script" not in summary
    assert 'id="energy"' in html
    assert "## Energy, carbon and money" in summary
    for table in re.findall(r"(?:^\|.*\n)+", summary, re.M):
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}) == 1
    for text in (re.sub(r'src="[^"]*"', "", outside_scripts(html)), summary):
        assert not re.search(r"\b(nan|None|NaN|inf)\b", text)


def test_importing_the_package_loads_nothing_heavy() -> None:
    heavy = ("pandas", "matplotlib", "jinja2", "numpy")
    code = f"import sys, bench.report; print([name for name in {heavy} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
