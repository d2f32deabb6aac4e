"""The settings of before: what a sweep will change, as it was, and how it is put back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from bench.energy.meter import MeterError
from bench.tuning.governors import read
from bench.tuning.gpu_controls import MW_PER_W, GpuControls, open_controls


@dataclass(frozen=True, slots=True)
class Before:
    """Texts of files in the order in which they are put back, and of the GPU with this UUID its power limit in mW.

    `unlock_clock` is whether its clock will be locked. A lock that it has already cannot be read; unlocking ends it.
    """

    files: tuple[tuple[str, str], ...] = ()
    gpu: str | None = None
    power_limit_mw: int | None = None
    unlock_clock: bool = False

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Before:
        """The inverse of `to_json`."""
        data = json.loads(text)
        return cls(**{**data, "files": tuple((path, content) for path, content in data["files"])})


def put_back(before: Before, nvml: Any = None) -> list[str]:
    """Put all settings back; a sentence for each one that could not be, with the command that does it by hand."""
    return [*_gpu_back(before, nvml), *_files_back(before)]


def _gpu_back(before: Before, nvml: Any) -> Iterator[str]:
    if before.gpu is None:
        return
    limit_mw = before.power_limit_mw
    by_hand = [f"nvidia-smi -i {before.gpu} -rgc"] if before.unlock_clock else []
    by_hand += [] if limit_mw is None else [f"nvidia-smi -i {before.gpu} -pl {limit_mw / MW_PER_W:g}"]
    try:
        controls = open_controls(before.gpu, nvml)
    except MeterError as error:
        yield _left(f"the settings of {before.gpu}", error, " && sudo ".join(by_hand))
        return
    steps: list[Callable[[GpuControls], None]] = [GpuControls.unlock_clock] if before.unlock_clock else []
    steps += [] if limit_mw is None else [partial(GpuControls.limit_power, limit_mw=limit_mw)]
    try:
        for step, command in zip(steps, by_hand, strict=True):
            try:
                step(controls)
            except MeterError as error:
                yield _left(f"a setting of {controls.name}", error, command)
    finally:
        controls.close()


def _files_back(before: Before) -> Iterator[str]:
    for path, content in before.files:
        file = Path(path)
        try:
            # Some drivers refuse to write what is there already.
            if read(file) != content:
                file.write_text(f"{content}\n", encoding="ascii")
        except OSError as error:
            yield _left(path, error, f"sh -c 'echo {content} > {path}'")


def _left(what: str, error: Exception, command: str) -> str:
    return f"{what} was not put back ({error}); to put it back: sudo {command}"
