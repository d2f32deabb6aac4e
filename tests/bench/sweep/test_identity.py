"""The identity of a case: its key, the seed of its inputs, and the command that repeats a row."""

from __future__ import annotations

import itertools
import shlex
from pathlib import Path

import pytest

from bench.gate.data import Data
from bench.sweep.cases import PlannedCase
from bench.sweep.identity import case_key, case_seed, command_for, origin
from bench.tuning.value import Tuning
from bench.worker.settings import Settings
from impls import Case, ConvProblem

PLAIN = Case(ConvProblem.parse("mb1ic4ih8oc4kh3ph1"))
DIFFERENT = [
    PLAIN,
    Case(ConvProblem.parse("mb1ic4ih8oc4kh3ph1", bias=True)),
    Case(ConvProblem.parse("mb2ic4ih8oc4kh3ph1")),
    Case(ConvProblem(1, 4, (8, 8), 4, (2, 2), padding=((0, 1), (0, 1)))),
    Case(ConvProblem(1, 4, (8, 8), 4, (2, 2), padding=((1, 0), (1, 0)))),
    Case(PLAIN.problem, "fp64"),
    Case(PLAIN.problem, layout="nhwc"),
    Case(PLAIN.problem, device="cuda"),
]


def test_different_cases_have_different_keys_and_seeds() -> None:
    assert len({case_key(case, 2) for case in DIFFERENT}) == len(DIFFERENT)
    assert len({case_seed(case, 2, 0) for case in DIFFERENT}) == len(DIFFERENT)


@pytest.mark.parametrize(("device", "same"), [("cpu", False), ("cuda", True)])
def test_threads_are_part_of_a_case_on_the_cpu_only(device: str, same: bool) -> None:
    case = Case(PLAIN.problem, device=device)
    assert (case_key(case, 1) == case_key(case, 2)) is same
    assert (case_seed(case, 1, 0) == case_seed(case, 2, 0)) is same


def test_keys_and_seeds_are_the_same_in_every_run() -> None:
    assert case_key(PLAIN, 2) == "mb1ic4ih8oc4kh3ph1|nobias|fp32|nchw|forward|cpu|threads2|warm"
    assert case_key(PLAIN, 2, "cold").endswith("|cold")
    assert case_seed(PLAIN, 2, 0) == 3137558945
    assert case_seed(PLAIN, 2, 1) == case_seed(PLAIN, 2, 0) + 1


def test_data_are_part_of_a_case_unless_they_are_normal() -> None:
    data = [
        Data(),
        Data("zeros"),
        Data("normal", "subnormal"),
        Data("file:/x.npy", None, "1"),
        Data("file:/x.npy", None, "2"),
    ]
    assert case_key(PLAIN, 2, data=Data()) == case_key(PLAIN, 2)
    assert case_key(PLAIN, 2, data=data[2]).endswith("|warm|data=normal|weights=subnormal")
    for found in ([case_key(PLAIN, 2, data=d) for d in data], [case_seed(PLAIN, 2, 0, d) for d in data]):
        assert len(set(found)) == len(data)
    command = command_for(PLAIN, "mine", Settings(2), 0, data=Data("file:/my x.npy", "integers"))
    assert shlex.split(command)[-4:] == ["--data", "file:/my x.npy", "--weights", "integers"]
    row = origin(PlannedCase(PLAIN, data=data[1]), "mine", Settings(2), 5)
    assert (row.key, row.seed, row.data) == (case_key(PLAIN, 2, data=data[1]), case_seed(PLAIN, 2, 5, data[1]), data[1])


@pytest.mark.parametrize("run_seed", [0, 1, 2**31, 2**32 - 1, 2**40, -1])
def test_seeds_fit_a_generator(run_seed: int) -> None:
    assert all(0 <= case_seed(case, 1, run_seed) < 2**32 for case in DIFFERENT)


@pytest.mark.parametrize(
    ("case", "more", "command"),
    [
        (PLAIN, {}, "mb1ic4ih8oc4kh3ph1 -i mine -p fp32 --layout nchw --device cpu --threads 2"),
        (DIFFERENT[1], {}, "mb1ic4ih8oc4kh3ph1 -i mine -p fp32 --layout nchw --device cpu --threads 2 --bias"),
        (DIFFERENT[7], {}, "mb1ic4ih8oc4kh3ph1 -i mine -p fp32 --layout nchw --device cuda"),
        (
            DIFFERENT[7],
            {"run_seed": 3, "cache": "cold"},
            "mb1ic4ih8oc4kh3ph1 -i mine -p fp32 --layout nchw --device cuda --cache cold --seed 3",
        ),
    ],
)
def test_the_command_repeats_the_row(case: Case, more: dict[str, object], command: str) -> None:
    given = {"run_seed": 0, **more}
    assert command_for(case, "mine", Settings(2), **given) == f"convcost measure {command}"  # type: ignore[arg-type]


def test_the_command_loads_the_plug_ins() -> None:
    assert command_for(PLAIN, "mine", Settings(2, (Path("/p/mine.py"),)), 0).endswith("--load /p/mine.py")


def test_the_default_malloc_is_another_case_with_a_command_of_its_own() -> None:
    settings = Settings(2, malloc="default")
    assert command_for(PLAIN, "mine", settings, 0).endswith("--threads 2 --malloc default")
    assert case_key(PLAIN, 2, malloc="default") == f"{case_key(PLAIN, 2)}|malloc-default"
    # A GPU's memory is not served by malloc.
    assert case_key(DIFFERENT[7], 2, malloc="default") == case_key(DIFFERENT[7], 2)


def test_the_command_quotes_names() -> None:
    assert shlex.split(command_for(PLAIN, "my own; rm -rf", Settings(2), 0))[4] == "my own; rm -rf"


def test_different_cases_have_different_commands() -> None:
    commands = [
        command_for(case, name, Settings(1), 0) for case, name in itertools.product(DIFFERENT, ("direct", "torch"))
    ]
    assert len(set(commands)) == len(commands)


def test_the_origin_of_a_row_has_the_identity_of_its_case() -> None:
    planned = PlannedCase(PLAIN, ((("kernel", "3"),),), (("net", "conv1", 4),))
    found = origin(planned, "mine", Settings(2), 5, "cold")
    assert (found.case, found.points, found.layers) == (PLAIN, planned.points, planned.layers)
    assert (found.key, found.seed) == (case_key(PLAIN, 2, "cold"), case_seed(PLAIN, 2, 5))
    assert (found.threads, found.cache) == (2, "cold")
    assert found.command == command_for(PLAIN, "mine", Settings(2), 5, "cold")


def test_settings_are_part_of_a_case_and_of_its_command_and_not_of_its_seed() -> None:
    gpu, tunings = DIFFERENT[7], [Tuning(), Tuning(1200), Tuning(1500), Tuning(1200, 300)]
    assert len({case_key(gpu, 2, tuning=tuning) for tuning in tunings}) == len(tunings)
    assert case_key(gpu, 2, tuning=Tuning()) == case_key(gpu, 2)
    assert case_key(gpu, 2, tuning=tunings[3]).endswith("|warm|gpu_clock=1200|power_limit=300")
    command = command_for(gpu, "mine", Settings(2), 0, tuning=tunings[3])
    assert command.endswith("--device cuda --set gpu_clock=1200 --set power_limit=300")
    found = [origin(PlannedCase(gpu, tuning=tuning), "mine", Settings(2), 5) for tuning in tunings]
    # The same inputs under every setting.
    assert len({one.seed for one in found}) == 1
    assert [one.tuning for one in found] == tunings
    assert [one.key for one in found] == [case_key(gpu, 2, tuning=tuning) for tuning in tunings]
