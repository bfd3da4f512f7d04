"""What documents move in the accountants' ledger, in compiled code; see `sim.books.booking`."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

NOTHING, DEPOSIT, SETTLED, UNINVOICED, DEFERRED, REVENUE, REFUND, SPENT, CAME_BACK, CLASSES = range(10)
"""What a line of the journal means to the accountants; from `REVENUE` on, it is noted by order."""


@njit(
    "boolean(int64[::1], int8[::1], int64[::1], int64[::1], int64[::1], boolean[::1], int64[::1], boolean[::1])",
    cache=True,
)
def add_up(
    amount_cents: Any, account: Any, starts: Any, sequence: Any, begins: Any, refused: Any, balances: Any, touched: Any
) -> bool:
    """Add the lines of every document that is not refused by account; False where a document does not balance."""
    for document in range(len(refused)):
        if refused[document]:
            continue
        total = 0
        for place in range(begins[document], begins[document + 1]):
            for line in range(starts[sequence[place]], starts[sequence[place] + 1]):
                total += amount_cents[line]
                balances[account[line]] += amount_cents[line]
                touched[account[line]] = True
        if total != 0:
            return False
    return True


@njit(
    "Tuple((int32[::1], int64[::1], int64[::1], int64[::1], int64[::1]))(int64[::1], int16[::1], int32[::1], int8[::1],"
    "int64[::1], int64[::1], int64[::1], int64[::1], int64[::1], boolean[::1], int8[:, ::1])",
    cache=True,
)
def by_class(
    time_ms: Any,
    kind: Any,
    order: Any,
    account: Any,
    amount_cents: Any,
    subject: Any,
    starts: Any,
    sequence: Any,
    begins: Any,
    refused: Any,
    classes: Any,
) -> Any:
    """Lines of documents that are not refused, class after class.

    Parameters
    ----------
    subject, refused
        By document.
    classes
        By kind and account.

    Returns
    -------
    whose, amount_cents, time_ms, first, ends
        The first three by line; the others say where each class begins and ends among them.
    """
    counts = np.zeros(CLASSES, dtype=np.int64)
    for line in range(len(kind)):
        counts[classes[kind[line], account[line]]] += 1
    counts[NOTHING] = 0
    first = np.cumsum(counts) - counts
    ends, size = first.copy(), counts.sum()
    whose = np.empty(size, dtype=np.int32)
    amounts, times = np.empty(size, dtype=np.int64), np.empty(size, dtype=np.int64)
    for document in range(len(refused)):
        if refused[document]:
            continue
        for at in range(begins[document], begins[document + 1]):
            for line in range(starts[sequence[at]], starts[sequence[at] + 1]):
                number = classes[kind[line], account[line]]
                if number != NOTHING:
                    place = ends[number]
                    whose[place] = subject[document] if number < REVENUE else order[line]
                    amounts[place], times[place] = amount_cents[line], time_ms[line]
                    ends[number] += 1
    return whose, amounts, times, first, ends
