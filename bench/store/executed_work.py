"""Tells the executed work of a row, and its joules by a model of them (bench.energy.executed.model)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.calibration.value import Calibration, find
from bench.energy.executed import files
from bench.energy.executed.model import ExecutedModel, ExecutedWork, NotModelled
from bench.energy.terms import Terms, assumed
from bench.errors import UsageError
from bench.store.schema import Row

# The instructions of the textbook loops on a CPU, which use no vectors; those of GPU kernels that use no matrix unit,
# and those that use one where the precision has one. A library may: its products are counted among the latter.
SCALAR, LANES, MATRIX = "scalar", "lanes", "matrix"
_LOOPS = "loops"
_WITHOUT_MATRIX_UNIT = {_LOOPS, "direct"}


@dataclass(frozen=True, slots=True)
class RunWork:
    """What a run tells about all its rows: the levels of the caches, and the vector instructions of its CPU."""

    calibrations: tuple[Calibration, ...]
    simd: str | None

    @classmethod
    def of(cls, meta: Mapping[str, Any]) -> RunWork:
        """From run.json. Raises KeyError or TypeError for damage."""
        known = tuple(map(Calibration.from_dict, meta.get("calibration") or ()))
        return cls(known, (meta.get("environment") or {}).get("simd"))

    def of_row(self, row: Row) -> ExecutedWork:
        """The work of one call of a row. Raises NotModelled, with the reason, where a part of it is unknown."""
        if row.time_s is None or row.time_s <= 0:
            raise NotModelled("it has no time")
        if row.cache == "cold":
            raise NotModelled("its caches were cold, and the model counts bytes in warm ones")
        if row.data_label:
            raise NotModelled(f"its values are {row.data_label}, and the model is of normal ones")
        if row.executed_flops is None or row.bytes_moved is None or row.workspace_bytes is None:
            raise NotModelled("its executed FLOPs and bytes are unknown, as those of a library that chooses itself")
        calibration = find(self.calibrations, row.device, row.threads)
        working_set = row.compulsory_bytes + row.workspace_bytes
        level = None if calibration is None else calibration.level_for(working_set)
        if level is None:
            raise NotModelled("the run has no cache levels")
        instructions = _instructions(row, self.simd)
        if instructions is None:
            raise NotModelled("the instructions of its processor are unknown")
        return ExecutedWork(
            row.time_s,
            row.threads,
            instructions,
            row.precision,
            row.executed_flops,
            level.name,
            row.bytes_moved,
        )


@dataclass(frozen=True, slots=True)
class ModelledRun:
    """A model of executed work with what it must know of a run."""

    model: ExecutedModel
    work: RunWork

    def joules(self, row: Row) -> float:
        """The joules of one call of a row. Raises NotModelled, with the reason, where they are unknown."""
        return self.model.joules(self.work.of_row(row))


def processor_of(meta: Mapping[str, Any], device: str) -> str | None:
    """The microarchitecture of a run's CPU, or the name of its GPU; None where it is unknown."""
    found = (meta.get("environment") or {}).get("gpu" if device == "cuda" else "microarchitecture")
    return None if found is None else str(found)


def with_model(path: Path, meta: Mapping[str, Any], terms: Terms, file: Path) -> dict[str, Any]:
    """The contents of run.json with the model of a file in place of any other power of its device; no file changes.

    The run's own energy stays as it is: it is not that of calls. Raises UsageError for a file that cannot be used, is
    of another microarchitecture, or of a device that the run did not use or whose joules it measured.
    """
    model = files.read(file)
    if model.device not in terms.without:
        raise UsageError(
            f"{path} has no joules of {model.device} to model: they were measured, or it ran on another device; "
            f"leave out {files.OPTION}"
        )
    files.require_processor(model, file, processor_of(meta, model.device), str(path))
    given = assumed(terms.without, terms.model, terms.bracket, model)
    return {**meta, "energy": {**(meta.get("energy") or {}), **given.as_dict()}}


def _instructions(row: Row, simd: str | None) -> str | None:
    if row.device == "cuda":
        has_no_unit = row.precision == "fp32" or row.algorithm in _WITHOUT_MATRIX_UNIT
        return LANES if has_no_unit else MATRIX
    return SCALAR if row.algorithm == _LOOPS else simd
