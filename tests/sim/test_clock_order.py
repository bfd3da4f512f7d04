"""What happens first at one instant, by priority and entity, never by accident of insertion."""

from __future__ import annotations

import random
from typing import Any

import pytest

from sim.clock import BOUNDARY, CAPTURE, COMPLETION, DECISION, DELIVERY, DEPARTURE, RETURN, SWEEP, SYNC, Clock
from sim.errors import InvariantError
from sim.units import HOUR_MS

PRIORITIES = (BOUNDARY, COMPLETION, DELIVERY, RETURN, SYNC, CAPTURE, DECISION, DEPARTURE, SWEEP)


@pytest.mark.parametrize("seed", range(5))
def test_one_instant_has_a_stated_sequence(seed: int):
    clock = Clock()
    log: list[Any] = []
    wanted = [(10, p, rank) for p in PRIORITIES for rank in (0, 3, 1 << 31)]
    shuffled = wanted.copy()
    random.Random(seed).shuffle(shuffled)
    for time, priority, rank in shuffled:
        clock.at(time, priority, log.append, (time, priority, rank), rank)
    clock.run()

    assert wanted == log


def test_earlier_comes_before_more_urgent():
    clock = Clock()
    log: list[Any] = []
    clock.at(11, BOUNDARY, log.append, "urgent")
    clock.at(10, SWEEP, log.append, "early")
    clock.run()

    assert ["early", "urgent"] == log


def test_the_past_is_refused():
    clock = Clock()
    clock.at(10, CAPTURE, lambda _: clock.at(9, CAPTURE, print))

    with pytest.raises(InvariantError, match="was asked for 9 ms, 1 ms ago"):
        clock.run()


def test_what_is_gathered_comes_as_one_list():
    clock = Clock()
    log: list[Any] = []
    clock.gather(10, DELIVERY, log.append, [1, 2])
    clock.gather(10, DELIVERY, log.append, [3])
    clock.gather(11, DELIVERY, log.append, [4])
    clock.run()

    assert ([[1, 2, 3], [4]], 2) == (log, clock.events)


def test_a_bucket_can_be_filled_again_at_its_own_instant():
    clock = Clock()
    log: list[Any] = []

    def take(items: list[int]) -> None:
        log.append((clock.now_ms, items))
        if items == [1]:
            clock.gather(10, DELIVERY, take, [2])

    clock.gather(10, DELIVERY, take, [1])
    clock.run()

    assert [(10, [1]), (10, [2])] == log


def test_who_is_expected_comes_when_it_would_as_an_event_of_its_own():
    """Also at moments at which something else is due, with a better claim or a worse one."""
    times = [3, 5, 5, 8, 13]

    def story(expected: bool) -> list[tuple[int, str]]:
        clock = Clock()
        log: list[Any] = []
        for t, priority in ((5, COMPLETION), (5, DECISION), (8, CAPTURE), (9, SWEEP)):
            clock.at(t, priority, lambda p: log.append((clock.now_ms, f"priority {p}")), priority, rank=7)
        left = list(times)

        def come(_: None) -> None:
            log.append((clock.now_ms, f"arrival {left.pop(0)}"))
            if left:
                call()

        def call() -> None:
            if expected:
                clock.expect(left[0], CAPTURE, come)
            else:
                clock.at(left[0], CAPTURE, come)

        call()
        while clock.pause_before(9, lambda _, what: what == CAPTURE):
            clock.advance()
        clock.run_until(20)
        return log

    assert story(expected=False) == story(expected=True)
    assert 9 == len(story(expected=True))


def test_the_clock_stops_before_what_is_due_at_the_end():
    clock = Clock()
    log: list[Any] = []
    for t in (9, 10, 11):
        clock.at(t, CAPTURE, log.append, t)
    clock.run_until(10)

    assert ([9], 10) == (log, clock.now_ms)


def test_a_driver_pauses_before_what_it_asks_for_and_changes_nothing():
    def things(clock: Clock, log: list[tuple[int, str]]) -> None:
        def note(what: str) -> None:
            log.append((clock.now_ms, what))
            if what == "b":
                clock.at(clock.now_ms, DECISION, note, "follows")

        for time_ms, priority, what in (
            (5, CAPTURE, "a"),
            (5, DECISION, "b"),
            (9, CAPTURE, "c"),
            (20, CAPTURE, "late"),
        ):
            clock.at(time_ms, priority, note, what)

    driven, free = Clock(), Clock()
    log: list[tuple[int, str]] = []
    plain: list[tuple[int, str]] = []
    things(driven, log)
    things(free, plain)
    free.run_until(10)

    assert driven.pause_before(10, lambda _, what: what in ("b", "c"))
    assert ([(5, "a")], 5, "b") == (log, driven.now_ms, driven.pending()[1])
    driven.advance()
    assert driven.pause_before(10, lambda _, what: what in ("b", "c"))
    assert ([(5, "a"), (5, "b"), (5, "follows")], 9) == (log, driven.now_ms)
    driven.advance()
    assert not driven.pause_before(10, lambda _, what: what in ("b", "c"))
    assert (plain, 10) == (log, driven.now_ms)


def test_however_much_is_due_it_comes_in_sequence():
    """More than the heap holds at a time, some of it asked for while the clock runs."""
    rng, clock, came = random.Random(11), Clock(), list[tuple[int, int, int, int]]()
    asked: list[tuple[int, int, int, int]] = []

    def ask(from_ms: int) -> None:
        time_ms = from_ms + rng.choice((0, 1, HOUR_MS, rng.randrange(40 * HOUR_MS)))
        entry = (time_ms, rng.randrange(9), rng.randrange(3), len(asked))
        asked.append(entry)
        clock.at(time_ms, entry[1], happen, entry, rank=entry[2])

    def happen(entry: tuple[int, int, int, int]) -> None:
        assert entry[0] == clock.now_ms
        came.append(entry)
        if len(asked) < 20_000:
            # What is asked for at this moment comes after what is going on: with the last priority.
            ask(clock.now_ms + 1)

    for _ in range(9_000):
        ask(0)
    clock.run_until(1000 * HOUR_MS)

    assert sorted(asked) == came
