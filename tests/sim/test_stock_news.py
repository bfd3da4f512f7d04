"""The tape of news: it forgets what was read, also while somebody looks at its columns."""

from __future__ import annotations

import numpy as np

from sim.books.moves import Moves
from sim.books.news import StockNews
from sim.clock import Clock


def test_a_tape_that_was_read_to_its_end_is_begun_anew_under_a_view_of_it():
    news = StockNews(Clock(), Moves())
    reader = news.reader(0)
    looking = [np.frombuffer(column, dtype=column.typecode) for column in (news.at_ms, news.units)]
    room = news.counters[1]

    for n in range(room):
        news.tell(-1, [(0, n, 1)])
    assert range(room) == reader.until(0)
    news.tell(1, [(0, 7, 2)])

    assert range(1) == reader.until(0)
    assert (7, 2, 1) == (news.product[0], news.units[0], news.counters[0])
    assert room == len(looking[0])
