"""From amounts by fact and posting to the journal's lines, in compiled code."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit


@njit("Tuple((int64[::1], int64[::1], int64[::1]))(int64[:, ::1], int64[::1], int64[::1])", cache=True)
def lines(amounts: Any, fact: Any, widths: Any) -> Any:
    """Every amount that is not zero, fact by fact.

    Parameters
    ----------
    amounts
        By posting and fact: shape (most postings, facts that post).
    fact
        The number of each fact that posts.
    widths
        How many postings each has.

    Returns
    -------
    fact, posting, amount
        Three arrays with one entry a line.
    """
    count = 0
    for place in range(len(fact)):
        for posting in range(widths[place]):
            if amounts[posting, place] != 0:
                count += 1
    facts, postings = np.empty(count, dtype=np.int64), np.empty(count, dtype=np.int64)
    values = np.empty(count, dtype=np.int64)
    line = 0
    for place in range(len(fact)):
        for posting in range(widths[place]):
            amount = amounts[posting, place]
            if amount != 0:
                facts[line], postings[line], values[line] = fact[place], posting, amount
                line += 1
    return facts, postings, values
