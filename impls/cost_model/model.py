"""The model that `auto` asks: a fitted law for each implementation and precision, and where they were measured."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from threadpoolctl import ThreadpoolController

from impls.cost_model.cost_table import Subject, table_of
from impls.cost_model.law_process import FittedLawProcess
from impls.cost_model.model_file import subject_of, with_layers
from impls.cpu.compiler.host import vector_unit
from impls.interface import Case

# The width of vectors in bytes whose model is asked where there is none for that of the processor.
_OTHER_WIDTH = 32


@dataclass(frozen=True, slots=True)
class ModelledTime:
    """Expected seconds of one call with their 90 % interval; `outside`: the layer is unlike those of the fit."""

    time_s: float
    time_lo_s: float
    time_hi_s: float
    outside: bool


@dataclass(frozen=True, slots=True)
class CostModel:
    """Fits by subject, and their origin (`made`).

    `made` names the machine, and under `checked` how good the choices were on other shapes, where that was measured.
    """

    made: Mapping[str, Any]
    fits: Mapping[Subject, FittedLawProcess]

    def times(self, case: Case, names: Sequence[str]) -> dict[str, ModelledTime]:
        """The expected times of those of the named implementations that the model knows in the case's precision.

        None of a case without a product to compute.
        """
        return self.times_of([case], [names])[0]

    def times_of(self, cases: Sequence[Case], names: Sequence[Sequence[str]]) -> list[dict[str, ModelledTime]]:
        """As `times`, for each case with its names; many cases take little more than one."""
        found: list[dict[str, ModelledTime]] = [{} for _ in cases]
        # Threads of NumPy's BLAS would spin for a while after they had a share, beside the convolution that follows.
        with _blas().limit(limits=1, user_api="blas"):
            for subject, fit in self.fits.items():
                asked = [n for n, case in enumerate(cases) if _is_of(subject, case, names[n])]
                if not asked:
                    continue
                said = fit.predict(table_of(subject, [cases[n] for n in asked]))
                columns = [c.tolist() for c in (said.time_s, said.time_lo_s, said.time_hi_s, said.outside)]
                for n, *values in zip(asked, *columns, strict=True):
                    found[n][subject.implementation] = ModelledTime(*values)
        return found


def _is_of(subject: Subject, case: Case, names: Sequence[str]) -> bool:
    """Whether a fit's subject is one of the named implementations, in the case's precision, with work to do."""
    return bool(case.problem.macs) and subject.precision == case.precision and subject.implementation in names


def from_data(data: Mapping[str, Any]) -> CostModel:
    """The model of a file's contents; its fits are laws. Raises KeyError, TypeError or ValueError for others."""
    fits = {}
    for one in data["subjects"]:
        subject = subject_of(one)
        fits[subject] = FittedLawProcess.from_dict(subject, with_layers(one["values"], data["layers"]))
    return CostModel(data["machine"], fits)


@cache
def _blas() -> ThreadpoolController:
    return ThreadpoolController()


def file_of_host() -> Path:
    """The file of the model for processors with vectors as wide as this one's; not all widths have one.

    The width decides which kernels and which code of libraries run, more than the maker of the processor does.
    """
    return _file(vector_unit().bytes)


def file_asked() -> Path:
    """The file of the model that is asked here."""
    own = file_of_host()
    return own if own.exists() else _file(_OTHER_WIDTH)


def _file(width: int) -> Path:
    return Path(__file__).with_name(f"vectors_of_{width}_bytes.json")


@cache
def built_in() -> CostModel:
    """The model for this processor that comes with convcost, or that `convcost learn` wrote."""
    return from_data(json.loads(file_asked().read_text(encoding="utf-8")))
