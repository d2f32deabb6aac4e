"""The identity of a case: its key, the seed of its inputs, and the command that repeats a row."""

from __future__ import annotations

import shlex
import zlib

from bench.gate.data import DEFAULT, Data
from bench.machine.pinning import PINNED_MALLOC
from bench.rows.row import Origin
from bench.sweep.cases import PlannedCase
from bench.tuning.value import Tuning
from bench.worker.settings import Settings
from impls import Case

# A seed has the 32 bits of the checksum.
_SEED_BITS = 0xFFFFFFFF


def case_key(
    case: Case,
    threads: int,
    cache: str = "warm",
    data: Data = Data(),  # noqa: B008
    malloc: str = PINNED_MALLOC,
    tuning: Tuning = Tuning(),  # noqa: B008
) -> str:
    """The case as text, unique within a run.

    The values of its inputs, malloc and the settings of clock and power come last: the values only if they are not
    N(0, 1), malloc only if it is not pinned, settings only if there are any, as in all earlier runs.
    """
    place = f"threads{threads}" if case.device == "cpu" else "gpu"
    bias = "bias" if case.problem.bias else "nobias"
    parts = (case.problem.descriptor, bias, case.precision, case.layout, case.direction, case.device, place, cache)
    unpinned = () if malloc == PINNED_MALLOC or case.device != "cpu" else (f"malloc-{malloc}",)
    return "|".join((*parts, *filter(None, [data.key]), *unpinned, *tuning.words))


def case_seed(case: Case, threads: int, run_seed: int, data: Data = Data()) -> int:  # noqa: B008
    """The seed for the inputs of a case: different for each case, the same in every run with the same seed."""
    return (zlib.crc32(case_key(case, threads, data=data).encode()) + run_seed) & _SEED_BITS


def command_for(
    case: Case,
    implementation: str,
    settings: Settings,
    run_seed: int,
    cache: str = "warm",
    data: Data = Data(),  # noqa: B008
    tuning: Tuning = Tuning(),  # noqa: B008
) -> str:
    """The command that measures this row again, on the same inputs."""
    words = ["convcost", "measure", case.problem.descriptor, "-i", implementation, "-p", case.precision]
    words += ["--layout", case.layout, "--device", case.device]
    if case.device == "cpu":
        words += ["--threads", str(settings.threads)]
    if case.problem.bias:
        words.append("--bias")
    if cache != "warm":
        words += ["--cache", cache]
    if data.x != DEFAULT:
        words += ["--data", data.x]
    if data.weights is not None:
        words += ["--weights", data.weights]
    if settings.malloc != PINNED_MALLOC:
        words += ["--malloc", settings.malloc]
    for word in tuning.words:
        words += ["--set", word]
    if run_seed:
        words += ["--seed", str(run_seed)]
    for path in settings.load:
        words += ["--load", str(path.resolve())]
    return shlex.join(words)


def origin(planned: PlannedCase, implementation: str, settings: Settings, run_seed: int, cache: str = "warm") -> Origin:
    """The origin of the row of an implementation."""
    return Origin(
        case=planned.case,
        key=case_key(planned.case, settings.threads, cache, planned.data, settings.malloc, planned.tuning),
        threads=settings.threads,
        cache=cache,
        malloc=settings.malloc,
        points=planned.points,
        layers=planned.layers,
        seed=case_seed(planned.case, settings.threads, run_seed, planned.data),
        command=command_for(planned.case, implementation, settings, run_seed, cache, planned.data, planned.tuning),
        data=planned.data,
        tuning=planned.tuning,
    )
