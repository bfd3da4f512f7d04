"""Choices by luck: as a binary search finds them, whatever the weights."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sim.agents.customers.choosing import choose

WEIGHTS = st.lists(st.sampled_from([0.0, 0.0, 1e-12, 0.1, 0.3, 1.0, 7.0]), min_size=1, max_size=40)
LUCK = st.lists(st.floats(0.0, 1.0, exclude_max=True), max_size=30)


@given(WEIGHTS, LUCK)
def test_a_guide_table_finds_what_a_binary_search_finds(weights: list[float], luck: list[float]):
    shares = np.cumsum(weights)
    shares = shares / shares[-1] if shares[-1] > 0 else shares
    just_below = np.nextafter(shares[shares > 0], 0)
    on_the_edge = np.concatenate((luck, shares[shares < 1], just_below, [np.nextafter(1.0, 0)]))

    found = choose(shares, on_the_edge)

    expected = np.minimum(np.searchsorted(shares, on_the_edge, side="right"), len(shares) - 1)
    assert found.tolist() == expected.tolist()
