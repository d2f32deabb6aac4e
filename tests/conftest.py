"""How tests run: the same examples every time, long tests first, and together what shares a dear set-up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

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
        "tests/bench/report/test_page.py",
        "tests/bench/worker/test_client.py",
        "tests/impls/cpu/compiler/test_simd.py",
        "tests/impls/gpu/test_compile_proof.py",
    }
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Of several processes, none is left alone with a long test at the end."""
    missing = [file for file in sorted(TOGETHER) if not (_ROOT / file).is_file()]
    assert not missing, f"TOGETHER in {__file__} names files that are not there: {', '.join(missing)}"
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Of several processes, one gets all of a file of TOGETHER; all else is dealt out test by test.

    The marker xdist_group is not seen by pytest-xdist 3.8 under pytest 9.2.
    """
    if config.getoption("dist") != "load":
        # Somebody asked for another.
        return None
    from xdist.scheduler import LoadScopeScheduling

    class Scheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.partition("::")[0]
            return file if file in TOGETHER else nodeid

    return Scheduling(config, log)
