"""Rows with joules for the tests of the energy section, and functions that read the section made from them."""

from __future__ import annotations

from typing import Any

from bench.cost.rates import rates
from bench.report.document.blocks import Alert, Block, Details, Gallery, Heading, Prose, Section, Table
from bench.report.sections import energy
from bench.report.sections.study import Study
from bench.store.energy_schema import Energy
from bench.store.schema import Row
from tests.bench.report.synthetic_run import make_run, measured, ok

FAST, THRIFTY, SLOW = ok("a", "onednn", 1e-3, 1e-5), ok("a", "torch", 2e-3, 1e-5), ok("a", "loops", 3.6e-3, 1e-5)
# 3.6 mJ a call are 1 Wh a million calls: half a gram at this grid; 3.6 ms are an hour of a million calls.
RATES = rates(g_per_kwh=500.0, price_per_kwh=0.2, price_per_hour=2.0, currency="USD").as_dict()
TWO = [measured(FAST, 8e-3, 2e-4), measured(THRIFTY, 4e-3, 1e-4, flags=("few-windows",), rejected=2, check_rel=0.06)]


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
