"""How tests run: in two tiers, with the same examples every time, long tests first, shared set-ups in one process.

`nox -s tests` runs everything that is not marked `full`, `nox -s tests-full` the rest:

- `full` on a test, or on one of its parameters: the other tier protects the same behaviour with less.
- `sample(every=n)` on a test with many parameters: `tests` runs every n-th set of them, and those with a value that no
  n-th set has, so that every value occurs; the others become `full`.

`slow` changes no tier: it starts long tests first.
"""

from __future__ import annotations

import gc
import os
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from bench.machine import processors
from bench.worker import settings as settings_of_workers

# Before any library is loaded: tests multiply small matrices, in as many processes as there are processors.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# pytest-xdist gives its processes the width of the terminal: tests print to a pipe, which has none.
os.environ.pop("COLUMNS", None)
# Compiling our modules anew costs each of the many processes that tests start more than a second.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# Derandomised, so that a red test is red for everyone.
settings.register_profile(
    "convcost", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=60
)
settings.load_profile("convcost")

_ROOT = Path(__file__).parents[1]
# Files whose tests share processes, compilations or pages that take seconds to make.
TOGETHER = frozenset(
    {
        "tests/bench/calibration/test_cpu.py",
        "tests/bench/report/explorer/browser/test_explorer.py",
        "tests/bench/report/explorer/browser/test_pages_without_script.py",
        "tests/bench/report/explorer/browser/test_table.py",
        "tests/bench/report/explorer/browser/test_whole_page.py",
        "tests/bench/report/flops_study/test_page.py",
        "tests/bench/report/printing/test_files.py",
        "tests/bench/report/test_busy_machine.py",
        "tests/bench/report/test_page.py",
        "tests/bench/worker/test_client.py",
        "tests/bench/worker/test_contest.py",
        "tests/bench/worker/test_shared_settings.py",
        "tests/impls/cpu/compiler/test_simd.py",
        "tests/impls/gpu/test_compile_proof.py",
    }
)


@pytest.fixture(scope="session", autouse=True)
def _own_processors_first() -> Iterator[None]:
    """Let the processes of pytest-xdist start workers on different processors: the first is the default of each."""
    turn = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))

    def turned() -> tuple[int, ...] | None:
        found = processors.processors()
        return None if found is None else (*found[turn % len(found) :], *found[: turn % len(found)])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings_of_workers, "processors", turned)
        yield


@pytest.fixture(autouse=True)
def _threads_of_torch_stay() -> Iterator[None]:
    """Give torch back its threads: blocks, and thereby the choice of `auto`, depend on their number."""
    torch = sys.modules.get("torch")
    before = torch.get_num_threads() if torch else None
    yield
    if torch and torch.get_num_threads() != before:
        torch.set_num_threads(before)


@pytest.fixture(autouse=True)
def _children_of_files_end() -> Iterator[None]:
    """End the children that were asked about files of `--load`; a command of its own process takes them along."""
    yield
    if elsewhere := sys.modules.get("bench.worker.elsewhere"):
        elsewhere.rest()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    missing = [file for file in sorted(TOGETHER) if not (_ROOT / file).is_file()]
    assert not missing, f"TOGETHER in {__file__} names files that do not exist: {', '.join(missing)}"
    _mark_parameters_outside_samples(items)
    # Long tests first: otherwise one process would still run a long test when the others are done.
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


def pytest_collection_finish() -> None:
    # The objects of the libraries and of thousands of tests live to the end: searching them again and again costs more
    # than some tests.
    gc.collect()
    gc.freeze()


def _mark_parameters_outside_samples(items: list[pytest.Item]) -> None:
    """Mark `full` those parameters of tests marked `sample` that the sample leaves out."""
    tests: defaultdict[str, list[pytest.Function]] = defaultdict(list)
    for item in items:
        if isinstance(item, pytest.Function) and item.get_closest_marker("sample"):
            tests[item.nodeid.partition("[")[0]].append(item)
    for functions in tests.values():
        marker = functions[0].get_closest_marker("sample")
        assert marker is not None
        every = marker.kwargs["every"]
        seen = set().union(*map(_values, functions[::every]))
        for number, function in enumerate(functions):
            if number % every and _values(function) <= seen:
                function.add_marker(pytest.mark.full)
            seen |= _values(function)


def _values(function: pytest.Function) -> set[tuple[str, str]]:
    return {(name, repr(value)) for name, value in function.callspec.params.items()}


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give all of a file of TOGETHER to one process, and everything else test by test.

    pytest-xdist 3.8 does not see its own marker xdist_group under pytest 9.2.
    """
    if config.getoption("dist") != "load":
        # The command line names another scheduler.
        return None
    from xdist.scheduler import LoadScopeScheduling

    class Scheduling(LoadScopeScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.partition("::")[0]
            return file if file in TOGETHER else nodeid

    return Scheduling(config, log)
