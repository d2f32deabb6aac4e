"""The section on the front: a figure, a table with each place, and a sentence on both ends."""

from __future__ import annotations

from bench.report.page import in_short
from bench.report.sections import front
from bench.report.sections.study import Study
from bench.store.status import Flag
from tests.bench.report.findings.test_fronts import JOULES, ROWS, at, joules
from tests.bench.report.sections.energy_section import alts, tables, texts, words
from tests.bench.report.synthetic_run import make_run, ok


def test_the_section_names_both_ends_and_places_every_point() -> None:
    study = Study.of(make_run(ROWS, energy=JOULES))
    (section,) = front.sections(study)
    (answer,) = section.answers
    assert answer == (
        "On the front of mb1ic8ih8oc8kh3 on cuda · fp32 · nchw: torch at GPU clock 1980 MHz and torch at GPU clock "
        "1200 MHz. From the fastest (1.000 ms, 600.0 ± 3.0 mJ) to the most thrifty (1.500 ms, 400.0 ± 2.0 mJ) the "
        "joules fall 1.50× and the time grows 1.50×."
    )
    (table,) = tables(section)
    assert texts(table)[:3] == [
        ["torch", "GPU clock 1980 MHz", "1.000 ms", "600.0 ± 3.0 mJ", "on the front"],
        ["torch", "GPU clock 1200 MHz", "1.500 ms", "400.0 ± 2.0 mJ", "on the front"],
        ["direct", "GPU clock 1980 MHz", "3.000 ms", "900.0 ± 4.5 mJ", "behind torch at GPU clock 1200 MHz"],
    ]
    (alt,) = alts(section)
    assert "On the front: torch at GPU clock 1980 MHz, torch at GPU clock 1200 MHz." in alt
    assert answer in in_short(study)


def test_a_place_that_intervals_leave_open_is_undecided() -> None:
    rows = [at(1980, "torch", 1e-3), at(1200, "torch", 1.001e-3)]
    (section,) = front.sections(Study.of(make_run(rows, energy=[joules(row, 0.5) for row in rows])))
    (table,) = tables(section)
    assert [row[-1].text for row in table.rows] == ["on the front", "undecided"]
    assert table.rows[1][-1].small == "behind torch at GPU clock 1980 MHz by its values, not by its intervals"
    assert section.answers[0].startswith("torch at GPU clock 1980 MHz takes the least time and the fewest joules of ")


def test_what_is_lost_in_noise_is_counted_below_the_table() -> None:
    lost = joules(ROWS[1], 1e-6, flags=("lost-in-noise",))
    (section,) = front.sections(Study.of(make_run(ROWS, energy=[JOULES[0], lost, *JOULES[2:]])))
    assert "1 figure by this meter left out: joules that are lost in noise have no place." in words(section)


def test_without_settings_the_front_is_not_at_the_top_of_the_page() -> None:
    rows = [ok("a", "torch", 1e-3, 1e-5), ok("a", "direct", 2e-3, 1e-5)]
    study = Study.of(make_run(rows, energy=[joules(rows[0], 2e-2), joules(rows[1], 1e-2)]))
    (section,) = front.sections(study)
    assert not set(section.answers) & set(in_short(study))


def test_a_busy_machine_has_no_front() -> None:
    rows = [at(clock, "torch", 1e-3, flags=(Flag.NOISY,)) for clock in (1980, 1200)]
    study = Study.of(make_run(rows, energy=[joules(row, 0.5) for row in rows]))
    assert list(front.sections(study)) == []
