"""Joins what is known of each row: its result, its other columns and its joules, in the order of the page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench.report.findings.frame_values import number, text
from bench.report.findings.joules import RowEnergy
from bench.report.findings.results import Result
from bench.report.sections.study import Study
from bench.store.status import Status

if TYPE_CHECKING:
    import pandas as pd

# Columns of the measurements that the findings leave out.
FURTHER = (
    "algorithm", "provider", "backend", "import_s", "plan_cached_s", "peak_fraction", "executed_flops", "bytes_moved",
    "compulsory_bytes", "oh", "ow",
)  # fmt: skip
_NAMES = ("case_key", "implementation", "device", "precision", "layout")


@dataclass(frozen=True, slots=True)
class PageLine:
    """A row of the page: its result, the columns of `FURTHER` as stored, its joules."""

    result: Result
    further: Mapping[str, Any]
    energy: RowEnergy

    @property
    def is_ok(self) -> bool:
        """Whether the result was proven right: only such a row has costs."""
        return self.result.status is Status.OK

    def number(self, name: str) -> float | None:
        """A number of `FURTHER`, None where it is missing."""
        return number(self.further.get(name))

    def text(self, name: str) -> str:
        """A text of `FURTHER`, empty where it is missing."""
        return text(self.further.get(name))


def lines_of(study: Study, measurements: pd.DataFrame) -> tuple[PageLine, ...]:
    """A line for every result of a study, in its order; `measurements` is the table that it was made from."""
    known = [name for name in (*_NAMES, *FURTHER) if name in measurements]
    records = measurements[known].to_dict("records")
    further: dict[tuple[str, ...], Mapping[Any, Any]] = {
        tuple(text(record.get(name)) for name in _NAMES): record for record in records
    }
    return tuple(PageLine(result, further.get(_key(result), {}), study.energy_of(result)) for result in study.results)


def _key(result: Result) -> tuple[str, ...]:
    group = result.group
    return result.case_key, result.implementation, group.device, group.precision, group.layout
