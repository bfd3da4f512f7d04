"""Facts that are foreseen stand in the books among the others, by time, and after what is of the same moment."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sim.books.expand_kernel import weave
from sim.books.foreseen import Foreseen, Rows

MOMENTS = st.lists(st.integers(0, 20), max_size=30)


def rows(moments: list[int], first: int) -> Rows:
    """Rows at these moments, in the sequence of time, each with a record of its own."""
    time_ms = np.array(sorted(moments), dtype=np.int64)
    few = np.ones(len(moments), dtype=np.int16)
    return time_ms, few, np.arange(first, first + len(moments), dtype=np.int32), few, few


@given(MOMENTS, MOMENTS)
def test_rows_are_woven_by_time_and_the_others_come_last_at_a_moment(own: list[int], others: list[int]):
    mine, foreseen = rows(own, 0), rows(others, 1_000)
    room = tuple(np.concatenate((column, np.zeros(len(others), column.dtype))) for column in mine)
    weave(*room, *foreseen)

    in_books = [row for half in (mine, foreseen) for row in zip(half[0].tolist(), half[2].tolist(), strict=True)]
    expected = sorted(in_books, key=lambda row: row[0])
    assert expected == list(zip(room[0], room[2], strict=True))


@given(st.lists(MOMENTS, max_size=4), st.lists(st.integers(0, 25), max_size=4))
def test_when_the_books_are_written_changes_nothing(parts: list[list[int]], looks: list[int]):
    def told(moments: list[int]) -> list[tuple[int, int]]:
        foreseen, first, found = Foreseen(), 0, list[tuple[int, int]]()
        for part in parts:
            records = np.arange(first, first + len(part), dtype=np.int32)
            foreseen.add(1, 2, 3, records, np.array(part, dtype=np.int64))
            first += len(part)
        for moment in moments:
            time_ms, _, record, _, _ = foreseen.due(moment)
            found += zip(time_ms.tolist(), record.tolist(), strict=True)
        return found

    assert told([100]) == told([*sorted(looks), 100])


def test_what_was_withdrawn_does_not_come_about_and_its_like_does():
    foreseen = Foreseen()
    foreseen.add(1, 0, 0, np.array([7, 8], dtype=np.int32), np.array([50, 60], dtype=np.int64))
    foreseen.withdraw(1, 7, 50)
    foreseen.add(1, 0, 0, np.array([7], dtype=np.int32), np.array([90], dtype=np.int64))

    assert [] == foreseen.due(50)[2].tolist()
    assert [8, 7] == foreseen.due(1_000)[2].tolist()
