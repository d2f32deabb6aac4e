"""The section shows the ceilings and the meaning of the columns."""

from __future__ import annotations

from bench.calibration.value import Calibration, Level, Peak
from bench.report.document.blocks import Details, Table
from bench.report.sections import method
from bench.report.sections.study import Study
from tests.bench.report.synthetic_run import make_run


def test_the_ceilings_of_the_run_are_shown() -> None:
    levels = (Level("L1", 2**15, 1e12, "read"), Level("memory", None, None))
    calibration = Calibration("cpu", 2, (Peak("fp32", 2e11, "fma"),), levels)
    section = method.section(Study.of(make_run([], calibration=[calibration.to_dict()])))
    tables = [block for block in section.blocks if isinstance(block, Table) and block.head[:2] == ("device", "ceiling")]
    assert [[cell.text for cell in row] for row in tables[0].rows] == [
        ["cpu, 2 threads", "fp32 arithmetic", "200 GFLOP/s", "fma"],
        ["cpu, 2 threads", "L1", "1000 GB/s", "read"],
    ]


def test_the_columns_of_the_energy_are_explained() -> None:
    details = [b for b in method.section(Study.of(make_run([]))).blocks if isinstance(b, Details)]
    (columns,) = [d.blocks[0] for d in details if "energy" in d.title]
    assert isinstance(columns, Table)
    assert {"net_j", "modelled_j", "gain_rel"} <= {row[0].text for row in columns.rows}
