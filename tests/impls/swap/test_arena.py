"""Memory of an arena is never shared by what is in use at the same time."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from impls.swap.arena import Tenant, offsets

TENANTS = st.lists(
    st.builds(
        lambda size, first, length: Tenant(size, first, first + length),
        st.integers(0, 1000), st.integers(0, 12), st.integers(0, 6),
    ),
    max_size=25,
)  # fmt: skip


@given(TENANTS)
def test_tenants_at_the_same_time_have_places_of_their_own(tenants: list[Tenant]) -> None:
    places, total = offsets(tenants)
    assert len(places) == len(tenants)
    for one, at in zip(tenants, places, strict=True):
        assert at % 64 == 0
        assert at + one.size_bytes <= total
        for other, place in zip(tenants, places, strict=True):
            if other is not one and one.first <= other.last and other.first <= one.last:
                assert (
                    at + one.size_bytes <= place
                    or place + other.size_bytes <= at
                    or not (one.size_bytes and other.size_bytes)
                )


@given(TENANTS)
def test_the_arena_is_no_larger_than_all_together(tenants: list[Tenant]) -> None:
    assert offsets(tenants)[1] <= sum(-(-one.size_bytes // 64) * 64 for one in tenants)


def test_a_chain_takes_two_results() -> None:
    chain = [Tenant(1024, number, number + 1) for number in range(8)]
    assert offsets(chain)[1] == 2048
