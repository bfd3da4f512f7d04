"""The tape of stock news: what is told is read once by each reader, however long the tape has run."""

from __future__ import annotations

import numpy as np
import pytest

from sim.books.columns import as_numpy
from sim.books.moves import Moves
from sim.books.news import StockNews
from sim.clock import Clock


def a_tape() -> StockNews:
    return StockNews(Clock(), Moves())


def read(news: StockNews, entries: range) -> list[tuple[int, int]]:
    return [(news.product[n], news.units[n]) for n in entries]


def test_each_reader_reads_everything_once():
    news = a_tape()
    first, second = news.reader(0), news.reader(1)
    news.tell(-1, [(0, 7, 2), (1, 8, 1)])

    assert [(7, -2), (8, -1)] == read(news, first.until(0))
    news.tell(1, [(0, 7, 5)])

    assert [(7, 5)] == read(news, first.until(0))
    assert [(7, -2), (8, -1), (7, 5)] == read(news, second.until(0))
    assert not second.until(0)


def test_the_only_reader_does_not_hear_of_itself():
    news = a_tape()
    reader = news.reader(3)
    news.tell(-1, [(0, 7, 2)], seller=3)
    news.tell(-1, [(0, 8, 2)], seller=4)

    assert [(8, -2)] == read(news, reader.until(0))


@pytest.mark.parametrize("behind", [0, 1, 700])
def test_a_full_tape_forgets_what_was_read_and_nothing_else(behind: int):
    news = a_tape()
    quick, slow = news.reader(0), news.reader(1)
    heard = [0, 0]
    for number in range(20_000):
        news.tell(1, [(0, number % 50, 1)])
        heard[0] += len(quick.until(0))
        if number >= behind:
            heard[1] += slow.cursor[0] < news.counters[0]
            slow.cursor[0] = min(slow.cursor[0] + 1, news.counters[0])

    assert [20_000, 20_000 - behind] == heard
    assert behind == news.counters[0] - slow.cursor[0]


def test_a_reader_who_never_reads_makes_the_tape_longer_and_whoever_keeps_addresses_is_told():
    moves, told = Moves(), []
    moves.listen(lambda: told.append(1))
    news = StockNews(Clock(), moves)
    reader = news.reader(0)
    for number in range(10_000):
        news.tell(1, [(0, number, 1)])

    assert told
    assert list(range(10_000)) == [product for product, _ in read(news, reader.until(0))]


def test_a_tape_that_was_read_to_its_end_is_emptied_while_its_columns_are_in_use():
    news = a_tape()
    reader = news.reader(0)
    news.tell(1, [(0, 1, 1)])
    reader.until(0)
    in_use = [as_numpy(column) for column in (news.at_ms, news.product, news.begins)]
    news.make_room(1)

    assert 0 == news.counters[0] == reader.cursor[0]
    assert not np.any(in_use[2])
