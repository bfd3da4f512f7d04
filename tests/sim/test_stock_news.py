"""The tape of stock news, while compiled code has it in view."""

from __future__ import annotations

from sim.books.moves import Moves
from sim.books.news import StockNews
from sim.books.register import as_numpy
from sim.clock import Clock


def test_a_tape_that_is_read_to_its_end_is_trimmed_in_place():
    """Nobody is told to let go: the tape does not move."""
    moves = Moves()
    news = StockNews(Clock(), moves)
    readers = news.reader(0), news.reader(1)
    for product in range(3):
        news.tell(1, [(0, product, 5)])
    in_view = as_numpy(news.units)
    moves.listen(lambda: in_view.fill(-1))
    assert [range(3)] * 2 == [reader.until(0) for reader in readers]

    news.make_room(1)

    assert (0, [0, 0]) == (news.counters[0], [reader.cursor[0] for reader in readers])
    news.tell(-1, [(0, 7, 2)])
    assert -2 == in_view[0]
