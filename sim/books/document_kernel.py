"""Lines of the journal gathered into documents, in compiled code; see `sim.books.documents`."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from sim.uniforms import uniform_at


@njit(
    "Tuple((int64[::1], int64[::1], int64[::1]))(int64[::1], int16[::1], int32[::1], int32[::1], boolean[::1],"
    "int64[::1])",
    cache=True,
)
def runs(time_ms: Any, kind: Any, order: Any, record: Any, by_record: Any, amount_cents: Any) -> Any:
    """Where lines begin that follow one another in one document, its subject, and the sum of their debits; an end after
    the last."""
    starts, subjects = np.empty(len(kind) + 1, dtype=np.int64), np.empty(len(kind) + 1, dtype=np.int64)
    debits = np.empty(len(kind) + 1, dtype=np.int64)
    count = 0
    for line in range(len(kind)):
        subject = record[line] if by_record[kind[line]] or order[line] < 0 else order[line]
        if (
            count == 0
            or subject != subjects[count - 1]
            or kind[line] != kind[line - 1]
            or time_ms[line] != time_ms[line - 1]
        ):
            starts[count], subjects[count], debits[count] = line, subject, 0
            count += 1
        debits[count - 1] += max(amount_cents[line], 0)
    starts[count], subjects[count], debits[count] = len(kind), -1, 0
    return starts[: count + 1].copy(), subjects[: count + 1].copy(), debits[: count + 1].copy()


@njit("int64[::1](int64[::1], int16[::1], int64[::1], int64[::1], int64[::1])", cache=True)
def begins(time_ms: Any, kind: Any, starts: Any, subjects: Any, sequence: Any) -> Any:
    """Where each document begins among its runs in their sequence, and an end after the last."""
    found, count = np.empty(len(sequence) + 1, dtype=np.int64), 0
    for place in range(len(sequence)):
        run, line = sequence[place], starts[sequence[place]]
        if place > 0:
            before = sequence[place - 1]
            same = subjects[run] == subjects[before] and kind[line] == kind[starts[before]]
            if same and time_ms[line] == time_ms[starts[before]]:
                continue
        found[count] = place
        count += 1
    found[count] = len(sequence)
    return found[: count + 1].copy()


@njit("int64[::1](int64[::1], int64[::1], int64[::1])", cache=True)
def total(of_runs: Any, sequence: Any, begins: Any) -> Any:
    """By document: the sum of what its runs have."""
    found = np.zeros(len(begins) - 1, dtype=np.int64)
    for document in range(len(found)):
        for place in range(begins[document], begins[document + 1]):
            found[document] += of_runs[sequence[place]]
    return found


@njit("int8[::1](int16[::1], int64[::1], uint64[::1], float64, float64)", cache=True)
def chosen(kind: Any, subject: Any, keys: Any, first_share: float, second_share: float) -> Any:
    """By document: 1 for the first share of their kind's `CounterStream` by subject, 2 for the second, else 0."""
    found = np.zeros(len(kind), dtype=np.int8)
    for document in range(len(kind)):
        luck = uniform_at(keys[kind[document]], subject[document])
        if luck < first_share:
            found[document] = 1
        elif luck < first_share + second_share:
            found[document] = 2
    return found
