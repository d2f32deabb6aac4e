"""Energy in the report: measured and modelled kept apart, level where intervals meet, and nothing made of nothing."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from bench.cost.rates import rates
from bench.energy.model import from_options
from bench.report import page
from bench.report.document.blocks import Alert, Block, Details, Gallery, Heading, Prose, Section, Table
from bench.report.sections import energy
from bench.report.sections.study import Study
from bench.store.schema import Energy, Row
from tests.bench.report.synthetic_run import fault, make_run, measured, modelled, ok, points, without

FAST, THRIFTY, SLOW = ok("a", "onednn", 1e-3, 1e-5), ok("a", "torch", 2e-3, 1e-5), ok("a", "loops", 3.6e-3, 1e-5)
ON_GPU = [ok("b", name, t, t / 100, device="cuda") for name, t in (("cudnn", 1e-4), ("torch", 2e-4))]
MODEL = from_options(60.0, 180.0, 16, 2)
ASSUMED = {"model": {name: getattr(MODEL, name) for name in MODEL.__slots__}, "without": {"cpu": "no sensor"}}
# 3.6 mJ a call are 1 Wh a million calls: half a gram at this grid; 3.6 ms are an hour of a million calls.
RATES = rates(g_per_kwh=500.0, price_per_kwh=0.2, price_per_hour=2.0).as_dict()


def section_of(rows: list[Row], lines: list[Energy], **meta: Any) -> Section:
    (section,) = energy.sections(Study.of(make_run(rows, energy=lines, **meta)))
    return section


def flat(blocks: tuple[Block, ...]) -> list[Block]:
    return [one for b in blocks for one in ((b, *flat(b.blocks)) if isinstance(b, Details | Alert) else (b,))]


def tables(section: Section) -> list[Table]:
    return [block for block in flat(section.blocks) if isinstance(block, Table)]


def texts(table: Table) -> list[list[str]]:
    return [[cell.text for cell in row] for row in table.rows]


def words(section: Section) -> str:
    told = [block.text for block in flat(section.blocks) if isinstance(block, Prose | Heading)]
    return "\n".join([*section.answers, *told])


def alts(section: Section) -> list[str]:
    return [image.alt for block in section.blocks if isinstance(block, Gallery) for image in block.images]


TWO = [measured(FAST, 8e-3, 2e-4), measured(THRIFTY, 4e-3, 1e-4, flags="few-windows", rejected=2, check_rel=0.06)]


def test_the_fewest_measured_joules_are_named_and_compared_with_the_fastest() -> None:
    section = section_of([FAST, THRIFTY], TWO)
    assert section.answers == (
        "torch needs the fewest joules per call on a on cpu · fp32 · nchw · 2 threads: 4.00 ± 0.10 mJ net "
        "(package-0, rapl-perf, counter); the fastest, onednn, needs 2.00 times as many.",
    )
    (table,) = tables(section)
    assert texts(table) == [
        ["torch", "package-0", "4.00 ± 0.10 mJ", "8.00 ± 0.10 mJ", "20.0 W", "4.00 pJ", "3 × 500 ms", "few-windows"],
        ["onednn", "package-0", "8.00 ± 0.20 mJ", "16.00 ± 0.20 mJ", "20.0 W", "8.00 pJ", "3 × 500 ms", "–"],
    ]  # fmt: skip
    first = table.rows[0]
    assert (first[0].look, table.rows[1][0].look) == ("best", "")
    assert [first[i].small for i in (1, 4, 6, 7)] == [
        "rapl-perf, counter", "idle 10.0 W", "2 rejected", "second meter +6.0 %",
    ]  # fmt: skip
    assert alts(section) == ["Measured net joules per call on a by implementation, with 95 % intervals."]
    assert "expanded 95 % uncertainty (GUM) without that of the meter's scale" in words(section)


@pytest.mark.parametrize(
    ("fast", "thrifty", "said"),
    [
        ((4.15e-3, 1e-4), (4e-3, 1e-4), "torch and onednn are tied in joules per call on a"),
        ((4.25e-3, 1e-4), (4e-3, 1e-4), "torch needs the fewest joules per call on a"),
        ((3e-3, 1e-4), (4e-3, 1e-4), "net (package-0, rapl-perf, counter); it is also the fastest."),
        ((3e-3, None), (4e-3, 1e-4), "this is undecided without intervals"),
        ((4e-3, 1e-4), (-1e-6, 1e-5), "there is no ratio for the fastest, onednn"),
    ],
)
def test_a_winner_is_named_only_where_intervals_do_not_overlap(
    fast: tuple[float, float | None], thrifty: tuple[float, float | None], said: str
) -> None:
    section = section_of([FAST, THRIFTY], [measured(FAST, *fast), measured(THRIFTY, *thrifty)])
    assert said in section.answers[0]
    is_clear = "tied" not in said and "undecided" not in said
    assert [row[0].look for row in tables(section)[0].rows] == ["best" if is_clear else "", ""]


def test_a_third_with_a_wide_overlapping_interval_is_tied_too() -> None:
    lines = [measured(FAST, 5e-3, 1e-4), measured(THRIFTY, 4e-3, 1e-4), measured(SLOW, 6e-3, 3e-3)]
    (answer,) = section_of([FAST, THRIFTY, SLOW], lines).answers
    assert answer.startswith("torch and loops are tied")
    assert "the fastest, onednn, needs 1.25 times as many" in answer


def test_a_tie_in_time_is_not_called_slower() -> None:
    level = [ok("a", "onednn", 1e-3, 1e-4), ok("a", "torch", 1.01e-3, 1e-4)]
    (answer,) = section_of(level, [measured(level[0], 8e-3, 1e-4), measured(level[1], 4e-3, 1e-4)]).answers
    assert answer.endswith("; in time it is tied with onednn, which needs 2.00 times as many.")


def test_all_are_ranked_by_gross_joules_if_one_has_no_net_value() -> None:
    section = section_of([FAST, SLOW], [measured(FAST, 8e-3, 2e-4), measured(SLOW, None, 1e-4, gross_j=5e-3)])
    assert "5.00 ± 0.10 mJ gross (package-0" in section.answers[0]
    # Its u95_j is that of the gross energy; the missing net value is a dash.
    assert texts(tables(section)[0])[0][2:4] == ["–", "5.00 ± 0.10 mJ"]


def test_scopes_are_ranked_by_the_package_and_never_added() -> None:
    others = [measured(row, j, 1e-5, scope=scope) for row in (FAST, THRIFTY)
              for scope, j in (("dram-0", 1e-3 if row is FAST else 9e-3), ("psys", 5e-2))]  # fmt: skip
    section = section_of([FAST, THRIFTY], [*TWO, *others])
    assert section.answers[0].startswith("torch needs the fewest")
    ranked, other = tables(section)
    assert {row[1].text for row in ranked.rows} == {"package-0"}
    assert [row[1].text for row in other.rows] == ["dram-0", "dram-0", "psys", "psys"]
    only = section_of([FAST], [line for line in others if line.implementation == "onednn"])
    assert "Neither a package nor a board was measured" in only.answers[0]
    assert alts(only) == []


def test_modelled_joules_are_named_so_and_give_no_ranking() -> None:
    section = section_of([FAST, THRIFTY], [modelled(FAST, 22.5), modelled(THRIFTY, 22.5)], energy_terms=ASSUMED)
    (answer,) = section.answers
    assert answer.startswith("No energy was measured here (no sensor: nothing here). Modelled: time × an assumed power")
    assert "it carries no information beyond time" in answer
    assert "exactly as time does" in answer
    assert "fewest" not in words(section)
    (table,) = tables(section)
    assert table.head == ("implementation", "time", "energy, modelled", "per direct FLOP, modelled")
    assert texts(table) == [["onednn", "1.000 ms", "22.5 mJ", "22.5 pJ"], ["torch", "2.000 ms", "45.0 mJ", "45.0 pJ"]]
    assert alts(section) == ["Modelled, not measured: joules per call on a by implementation."]
    assert any(b.text.startswith("Modelled, not measured: a on") for b in section.blocks if isinstance(b, Heading))


def test_measured_and_modelled_joules_share_no_table_figure_or_sentence() -> None:
    gpu = [measured(row, j, j / 100) for row, j in zip(ON_GPU, (2e-3, 5e-3), strict=True)]
    cpu = [modelled(FAST, 22.5), modelled(THRIFTY, 22.5)]
    section = section_of([FAST, THRIFTY, *ON_GPU], [*cpu, *gpu], energy_terms=ASSUMED, rates=RATES)
    kinds = []
    for table in tables(section):
        cells = {cell.text for row in table.rows for cell in row}
        has_measured = "±" in " ".join(cells)
        has_modelled = any("modelled" in head for head in table.head)
        assert not (has_measured and has_modelled)
        kinds.append((has_measured, has_modelled))
    assert kinds == [(False, True), (True, False), (True, False)]
    assert len(alts(section)) == 2
    first, second = section.answers
    assert first.startswith("cudnn needs the fewest joules per call on b on cuda")
    assert second.startswith("No energy was measured on cpu")


def test_a_row_with_measured_joules_has_no_modelled_ones() -> None:
    study = Study.of(make_run([FAST], energy=[measured(FAST, 1e-3, 1e-5), modelled(FAST, 20.0)]))
    assert study.energy_of(study.results[0]).modelled is None


@pytest.mark.parametrize(
    ("rows", "said", "unsaid"),
    [
        ([FAST], "Energy is missing: no sensor. Type convcost doctor", "on cpu is"),
        ([ON_GPU[0]], "Energy is missing: no sensor. Type convcost doctor", "--cpu-idle-w"),
    ],
)
def test_missing_energy_is_shown_with_reason_and_command(rows: list[Row], said: str, unsaid: str) -> None:
    section = section_of(rows, [without(row, "no sensor") for row in rows])
    assert said in section.answers[0]
    assert unsaid not in section.answers[0]
    assert tables(section) == []
    assert alts(section) == []


def test_a_run_without_energy_records_says_so() -> None:
    assert section_of([FAST], []).answers[0].startswith("Energy is missing: not recorded.")
    assert energy.sections(Study.of(make_run([fault("a", "fft", "failed", "n")]))) == ()


def test_rows_are_counted_by_kind_of_energy() -> None:
    many = [ok(str(i), "torch", 1e-3) for i in range(4)]
    lines = [measured(many[0], 1e-3, 1e-5), without(many[1]), without(many[2]), without(many[3], "all throttled")]
    told = words(section_of([*many, fault("x", "fft", "wrong", "off")], lines))
    assert "cpu: of 4 timed rows, 1 have measured joules, 0 have modelled joules and 3 have none." in told
    assert "Not measured: not sampled (2); all throttled (1)." in told


def test_a_null_is_a_dash_and_never_a_zero() -> None:
    bare = Energy("a", "onednn", "cpu", "package-0", "counter", "rapl-perf", gross_j=5e-3)
    section = section_of([FAST, THRIFTY], [bare, without(THRIFTY)], rates=RATES)
    joules, million = tables(section)
    assert texts(joules) == [["onednn", "package-0", "–", "5.00 mJ", "–", "–", "–", "–"]]
    assert texts(million)[1] == ["torch", "–", "–", "1.11", "1.11"]
    assert million.rows[1][4].small == "device time only"
    assert "Without joules: torch (not sampled)." in words(section)


def test_the_central_case_is_shown_unless_only_another_has_joules() -> None:
    base, wide = (ok(k, "torch", 1e-3, points=points({"kernel": k})) for k in ("3", "11"))
    axes = {"kernel": ["3", "11"]}
    both = make_run([wide, base], axes=axes, energy=[measured(wide, 2e-3, 1e-5), measured(base, 1e-3, 1e-5)])
    other = make_run([wide, base], axes=axes, energy=[measured(wide, 2e-3, 1e-5), without(base)])
    answers = [energy.sections(Study.of(run))[0].answers[0] for run in (both, other)]
    assert ["measured on 3 on" in answers[0], "measured on 11 on" in answers[1]] == [True, True]


def test_grams_and_money_of_a_million_calls() -> None:
    section = section_of([SLOW], [measured(SLOW, 3.6e-3, 3.6e-4)], rates=RATES)
    million = tables(section)[1]
    assert million.head == ("implementation", "CO₂e", "electricity", "device time", "total: electricity + device time")
    assert texts(million) == [["loops", "1.000 ± 0.050 g", "0.000400 ± 0.000020", "2.00", "2.00"]]
    assert "Carbon: 500 g/kWh (given by the user). Money: 0.2 a kWh and 2 a device-hour. PUE 1." in words(section)


def test_grams_from_modelled_joules_are_named_modelled() -> None:
    section = section_of([SLOW], [modelled(SLOW, 1.0)], rates=rates(grid="FR", pue=1.5).as_dict())
    (table,) = tables(section)
    assert table.head[4:] == ("CO₂e of a million calls, modelled",)
    assert texts(table) == [["loops", "3.600 ms", "3.60 mJ", "3.60 pJ", "66.3 mg"]]
    assert "44.2 g/kWh (France, 2024; lifecycle; Ember (2025) via Our World in Data)" in words(section)


def test_device_time_has_a_price_without_joules() -> None:
    section = section_of([SLOW], [without(SLOW)], rates=RATES)
    assert [texts(table) for table in tables(section)] == [[["loops", "3.600 ms", "2.00"]]]


def test_without_rates_there_are_no_grams_and_the_options_are_named() -> None:
    section = section_of([SLOW], TWO[:1], rates=rates().as_dict())
    assert "--grid or --g-per-kwh, --price-per-kwh, --price-per-hour" in words(section)
    assert "CO₂e" not in " ".join(head for table in tables(section) for head in table.head)


OWN = [
    {"device": "cpu", "scope": "package-0", "method": "counter", "source": "rapl-perf", "joules": 7200.0},
    {"device": "cuda", "scope": "gpu-board", "method": "counter", "source": "nvml", "joules": None},
    {"device": "cpu", "scope": "socket-share", "method": "model", "source": "model", "joules": 1200.0},
]


def test_the_cost_of_the_sweep_is_measured_or_modelled_in_separate_sentences() -> None:
    told = words(section_of([FAST], TWO[:1], own_energy=OWN, rates=RATES))
    assert (
        "The sweep itself used 7.20 kJ (package-0, measured by rapl-perf), 1.00 g CO₂e and 0.000400 for electricity; "
        "idle power included."
    ) in told
    assert "The sweep itself used 1.20 kJ (socket-share, modelled), 167 mg CO₂e" in told
    assert "8.40 kJ" not in told


@pytest.mark.parametrize("meta", [{}, {"own_energy": []}, {"own_energy": None}, {"own_energy": OWN[1:2]}])
def test_an_unknown_cost_of_the_sweep_is_left_out(meta: dict[str, Any]) -> None:
    assert "The sweep itself" not in words(section_of([FAST], TWO[:1], **meta))


def test_the_top_of_the_page_has_only_measured_joules() -> None:
    short = page.in_short(Study.of(make_run([FAST, THRIFTY], energy=TWO)))
    assert sum("joules" in line for line in short) == 1
    assert not any(
        "joules" in line for line in page.in_short(Study.of(make_run([FAST], energy=[modelled(FAST, 20.0)])))
    )


def test_energy_text_is_escaped_on_page_and_summary(tmp_path: Path) -> None:
    evil = '<script>alert("x")</script> | `b`'
    row = ok("a", "torch", 1e-3, 1e-5)
    lines = [measured(row, 1e-3, 1e-5, source=evil, scope=evil, flags=evil, plan=evil), without(FAST, evil)]
    own = [{"device": evil, "scope": evil, "method": evil, "source": evil, "joules": 1.0}]
    grid = json.loads(json.dumps(RATES)) | {"grid": {"code": "X", "country": evil, "g_per_kwh": 1.0, "year": 1,
                                                     "source": evil}}  # fmt: skip
    made = page.write(make_run([row, FAST], energy=lines, own_energy=own, rates=grid), tmp_path)
    html, summary = made.read_text(), (tmp_path / "summary.md").read_text()
    assert "<script" not in html
    assert "<script" not in summary
    assert 'id="energy"' in html
    assert "## Energy, carbon and money" in summary
    for table in re.findall(r"(?:^\|.*\n)+", summary, re.M):
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}) == 1
    for text in (re.sub(r'src="[^"]*"', "", html), summary):
        assert not re.search(r"\b(nan|None|NaN|inf)\b", text)
