"""The words on a case without a sure winner: the same in the terminal, on the page and in the summary.

Where most times of a group of cases are noisy (`bench.rows.ranking.mostly_noisy`), no case has a winner: a table names
the implementation that took the least time, `Ranking.least`. Elsewhere a table names the first of the ranking, and says
why it is undecided whether that is the fastest.
"""

from __future__ import annotations

from bench.rows.ranking import Ranking, Standing, T

# The head of the column of `Ranking.least`.
TOOK_LEAST = "took the least"


def undecided(ranking: Ranking[T]) -> str:
    """Why no implementation of a case is called the fastest."""
    found = {ranking.of(rival) for rival in ranking.rivals}
    reasons = ((Standing.NOISY, "too noisy"), (Standing.FEW, "too few samples"))
    reason = next((reason for standing, reason in reasons if standing in found), "within the noise")
    return f"undecided: {reason}"
