"""Cases that are refused before anything is allocated."""

from __future__ import annotations

import pytest

from bench.worker.admission import refusal
from impls import Case, ConvProblem, Implementation, Work

CASE = Case(ConvProblem.parse("mb1ic4ih8oc4kh3ph1"))
LIMIT = 2 * 2**30


class Needs(Implementation):
    name = "needs"

    def __init__(self, workspace_bytes: int | None) -> None:
        self.workspace_bytes = workspace_bytes

    def work(self, case: Case) -> Work:
        return Work(workspace_bytes=self.workspace_bytes)


@pytest.mark.parametrize(
    ("workspace_bytes", "limit", "reason"),
    [
        (None, LIMIT, None),
        (2**20, LIMIT, None),
        (LIMIT, LIMIT, None),
        (2**32, LIMIT, "its workspace of 4.0 GiB is more than the limit of 2.0 GiB"),
        (2**20, None, None),
        (2**60, None, "its workspace 1 EiB"),
    ],
)
def test_a_workspace_over_the_limit_or_over_memory_is_refused(
    workspace_bytes: int | None, limit: int | None, reason: str | None
) -> None:
    found, work = refusal(Needs(workspace_bytes), CASE, limit)
    assert work.workspace_bytes == workspace_bytes
    assert found is None if reason is None else reason in (found or "")


def test_an_unsupported_case_is_refused_in_the_words_of_the_implementation() -> None:
    reason, work = refusal(Needs(None), Case(CASE.problem, "bf16"))
    assert reason == "computes in fp32, fp64, not in bf16"
    assert work == Work()
