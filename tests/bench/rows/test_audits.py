"""Audit calls against calls on known inputs: the ratio, the flag, and no prize for a flagged row."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.rows.audits import with_audits
from bench.rows.ranking import Verdict, rank
from bench.store.schema import Row
from bench.store.status import Flag
from bench.timing.inspection import HONEST_RATIO, AuditTimes


def row(name: str, fresh_s: tuple[float, ...], known_s: tuple[float, ...] = (1.0,), time_s: float = 1.0) -> Row:
    return Row(
        implementation=name, time_s=time_s, time_low_s=time_s, time_high_s=time_s, audit_s=fresh_s, known_s=known_s
    )


@pytest.mark.parametrize(
    ("fresh_s", "known_s", "ratio", "is_flagged"),
    [
        ((1.0, 1.1, 1.2), (1.0,), 1.1, False),
        ((3.0, 3.3, 3.6, 3.6, 3.0), (1.0, 1.1, 1.2), 3.0, True),
        # Three may all be disturbed a little.
        ((2.0, 2.2, 2.4), (1.0, 1.1, 1.2), 2.0, False),
        ((4.0, 4.4, 4.8), (1.0, 1.1, 1.2), 4.0, True),
        # Interference slows audits too: the least of them counts.
        ((1.1, 3.0, 3.0), (1.0,), 3.0, False),
        # Two may both be disturbed.
        ((3.0, 3.0), (1.0,), 3.0, False),
        ((), (1.0,), None, False),
        ((1.0, 1.0, 1.0), (), None, False),
        # A clock that stood still.
        ((1.0, 1.0, 1.0), (0.0,), None, False),
    ],
)
def test_the_least_audit_decides(
    fresh_s: tuple[float, ...], known_s: tuple[float, ...], ratio: float | None, is_flagged: bool
) -> None:
    (found,) = with_audits([row("mine", fresh_s, known_s)])
    assert found.audit_ratio == (None if ratio is None else pytest.approx(ratio))
    assert found.flags == ((Flag.KNOWN_INPUTS,) if is_flagged else ())
    # Of an earlier visit.
    (again,) = with_audits([replace(found, flags=(Flag.KNOWN_INPUTS, Flag.NOISY))])
    assert again.flags == ((Flag.NOISY, Flag.KNOWN_INPUTS) if is_flagged else (Flag.NOISY,))


def test_rows_that_are_all_slower_after_a_rewrite_are_not_flagged() -> None:
    slow = (1.2 * HONEST_RATIO,) * 5
    rows = with_audits([row(name, slow) for name in "abcd"])
    assert all(not found.flags for found in rows)
    assert Flag.KNOWN_INPUTS in with_audits([row("alone", slow)])[0].flags


def test_several_that_remember_do_not_excuse_each_other() -> None:
    rows = with_audits([row(name, (4.0,) * 5) for name in "abc"])
    assert all(Flag.KNOWN_INPUTS in found.flags for found in rows)


@pytest.mark.parametrize(
    ("time_s", "fresh_s", "others", "is_flagged"),
    [
        # Computes in full when called alone, and not among many calls.
        (100e-6, 300e-6, 1.0, True),
        (100e-6, 190e-6, 1.0, False),
        # The others take longer alone too.
        (100e-6, 300e-6, 1.8, False),
        # Cold code alone explains it.
        (5e-6, 40e-6, 1.0, False),
    ],
)
def test_a_call_alone_takes_about_as_long_as_one_among_many(
    time_s: float, fresh_s: float, others: float, is_flagged: bool
) -> None:
    mine = row("mine", (fresh_s,) * 3, (fresh_s,), time_s)
    rest = [row(name, (others * 1e-4,) * 3, (others * 1e-4,), 1e-4) for name in "abc"]
    found = with_audits([mine, *rest])
    assert (Flag.KNOWN_INPUTS in found[0].flags) is is_flagged
    assert not any(other.flags for other in found[1:])


def test_a_flagged_row_wins_nothing() -> None:
    quick, honest = row("quick", (9.0,) * 3, time_s=0.3), row("honest", (1.0,) * 3)
    ranking = rank(with_audits([quick, honest]))
    assert ranking.leaders == ("honest",)
    assert ranking.verdict is Verdict.ALONE
    assert [found.implementation for found in ranking.timed] == ["honest", "quick"]
    assert ranking.choosers == ()
    alone = rank(with_audits([quick]))
    assert (len(alone.timed), alone.order, alone.verdict) == (1, (), Verdict.NONE)


def test_audits_of_several_draws_are_joined() -> None:
    both = AuditTimes((1.0,), (2.0,)).with_later(AuditTimes((3.0,), (4.0,)))
    assert both == AuditTimes((1.0, 3.0), (2.0, 4.0))
