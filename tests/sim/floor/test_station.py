"""A work station and its crew, alone on a clock."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.agents.floor.crew import Crew
from sim.agents.floor.station import Station
from sim.calendar import Calendar
from sim.clock import BOUNDARY, CAPTURE, Clock
from sim.distributions import Discrete, Distribution, Fixed
from sim.network import Shift
from sim.network import Station as StationSpec
from sim.streams import Streams
from sim.units import DAY_MS, HOUR_MS, MINUTE_MS
from tests.sim.telling import at, clock
from tests.worlds import ALWAYS

MONDAY = Calendar(datetime(2026, 11, 23, tzinfo=ZoneInfo("America/New_York")))


class Bench:
    """A station whose every finished batch is noted as (when, jobs)."""

    def __init__(
        self,
        people: int = 1,
        work: Distribution = Fixed(10 * MINUTE_MS),  # noqa: B008
        batch_size: int = 1,
        setup_ms: int = 0,
        shifts: tuple[Shift, ...] | None = None,
    ) -> None:
        self.clock = Clock()
        self.log: list[tuple[str, list[int]]] = []
        day = Shift(ALWAYS, 0, 1440, (people, 0, 0, 0))
        self.station = Station(
            StationSpec(work, batch_size, setup_ms),
            Crew(shifts or (day,), 0, MONDAY),
            self.clock,
            len,
            lambda jobs: self.log.append((clock(self.clock.now_ms), list(jobs))),
            Streams(1).counter("work", "bench"),
            0,
        )

    def put(self, time_ms: int, *jobs: int) -> Bench:
        self.clock.at(time_ms, CAPTURE, lambda _: self.station.put(list(jobs)))
        return self

    def limit(self, time_ms: int, share_bp: int) -> Bench:
        self.clock.at(time_ms, BOUNDARY, lambda _: self.station.limit_capacity(share_bp))
        return self

    def run(self, until_ms: int = 3 * DAY_MS) -> list[tuple[str, list[int]]]:
        while self.clock.peek() < until_ms:
            self.clock.step()
        return self.log


def shift(start: int, end: int, people: int = 1, weekdays: frozenset[int] = ALWAYS) -> Shift:
    return Shift(weekdays, start * 60, end * 60, (people, 0, 0, 0))


def test_one_person_works_first_in_first_out():
    bench = Bench().put(at(0, 9), 1, 2).put(at(0, 9, 5), 3)

    assert [("0 09:10", [1]), ("0 09:20", [2]), ("0 09:30", [3])] == bench.run()


def test_two_people_work_side_by_side():
    bench = Bench(people=2).put(at(0, 9), 1, 2, 3)

    assert [("0 09:10", [1]), ("0 09:10", [2]), ("0 09:20", [3])] == bench.run()


def test_a_batch_is_worked_as_a_whole_and_done_at_once():
    """Four at most; two minutes to set up; an idle person does not wait for a batch to fill."""
    bench = Bench(batch_size=4, setup_ms=2 * MINUTE_MS).put(at(0, 9), 1).put(at(0, 9, 1), 2, 3, 4, 5, 6)

    assert [("0 09:12", [1]), ("0 09:54", [2, 3, 4, 5]), ("0 10:06", [6])] == bench.run()


def test_a_batch_never_spans_the_end_of_a_shift():
    """At 11:30 three jobs of ten minutes fit before noon, the fourth waits for the next morning."""
    bench = Bench(batch_size=4, shifts=(shift(8, 12),)).put(at(0, 11, 30), 1, 2, 3, 4)

    assert [("0 12:00", [1, 2, 3]), ("1 08:10", [4])] == bench.run()


def test_work_that_does_not_fit_is_not_begun():
    bench = Bench(shifts=(shift(8, 12),)).put(at(0, 11, 50) + 1, 1)

    assert [("1 08:10", [1])] == bench.run()


def test_work_that_just_fits_is_done_at_the_end_of_the_shift():
    bench = Bench(shifts=(shift(8, 12),)).put(at(0, 11, 50), 1)

    assert [("0 12:00", [1])] == bench.run()


def test_at_night_nobody_works():
    bench = Bench(shifts=(shift(8, 12), shift(14, 18, 2))).put(at(0, 3), 1).put(at(0, 13), 2, 3)

    assert [("0 08:10", [1]), ("0 14:10", [2]), ("0 14:10", [3])] == bench.run()


def test_nor_at_the_weekend():
    week = frozenset(range(5))
    bench = Bench(shifts=(shift(8, 12, weekdays=week),)).put(at(4, 13), 1)

    assert [("7 08:10", [1])] == bench.run(8 * DAY_MS)


def test_a_shift_over_midnight():
    bench = Bench(shifts=(shift(22, 30),)).put(at(0, 23, 55), 1).put(at(1, 5, 55), 2)

    assert [("1 00:05", [1]), ("1 22:10", [2])] == bench.run()


def test_a_crew_that_is_never_rostered_never_works():
    bench = Bench(people=0).put(at(0, 9), 1)

    assert ([], [1], False) == (bench.run(40 * DAY_MS), list(bench.station.queue), bench.station._crew.ever_works)


@pytest.mark.parametrize(("share_bp", "done"), [(10_000, "0 09:10"), (5_000, "0 09:20"), (2_500, "0 09:40")])
def test_a_share_of_the_crew_works(share_bp: int, done: str):
    """Four jobs of ten minutes, four people, or a share of them from before they come."""
    bench = Bench(people=4).limit(at(0, 8), share_bp).put(at(0, 9), 1, 2, 3, 4)

    assert done == bench.run()[-1][0]


def test_people_called_away_give_their_work_back_to_the_head_of_the_queue():
    """The last begun first; it begins anew when they are back."""
    bench = Bench(people=2).put(at(0, 9), 1, 2, 3).limit(at(0, 9, 5), 5_000).limit(at(0, 9, 30), 10_000)

    assert [("0 09:10", [1]), ("0 09:20", [2]), ("0 09:30", [3])] == bench.run()


def test_a_closed_station_gives_everything_back_in_sequence():
    bench = Bench(people=2, batch_size=2).put(at(0, 9), 1, 2, 3, 4, 5)
    bench.limit(at(0, 9, 19), 0).limit(at(0, 10), 10_000)

    assert [("0 10:20", [1, 2]), ("0 10:20", [3, 4]), ("0 10:30", [5])] == bench.run()


def test_what_is_finished_at_the_moment_of_an_outage_is_given_back():
    """An outage's boundary comes before completions of the same instant."""
    bench = Bench().put(at(0, 9), 1).limit(at(0, 9, 10), 0).limit(at(0, 10), 10_000)

    assert [("0 10:10", [1])] == bench.run()


def test_time_at_work_is_counted():
    bench = Bench(people=2).put(at(0, 9), 1, 2, 3).limit(at(0, 9, 15), 0)
    bench.run()

    assert 25 * MINUTE_MS == bench.station.busy_ms
    assert (0, [3]) == (bench.station.in_work, list(bench.station.queue))


def test_random_work_is_the_jobs_own():
    """Each job takes the time that its number draws, in whatever batch and sequence."""
    work = Discrete((1.0 * MINUTE_MS, 5.0 * MINUTE_MS, 9.0 * MINUTE_MS), (1, 1, 1))
    luck = Streams(1).counter("work", "bench")
    takes = {job: work.at(luck.at(job << 8)) / MINUTE_MS for job in (1, 2, 3)}
    alone = {job: Bench(work=work).put(at(0, 9), job).run() for job in (1, 2, 3)}
    together = Bench(work=work, batch_size=3).put(at(0, 9), 3, 1, 2).run()

    assert {j: [(f"0 09:{int(t):02}", [j])] for j, t in takes.items()} == alone
    assert [(f"0 09:{int(sum(takes.values())):02}", [3, 1, 2])] == together


def test_random_work_ends_within_the_shift_too():
    work = Discrete((10.0 * MINUTE_MS,), (1,))
    bench = Bench(work=work, batch_size=4, shifts=(shift(8, 12),)).put(at(0, 11, 35), 1, 2, 3, 4)

    assert [("0 11:55", [1, 2]), ("1 08:20", [3, 4])] == bench.run()


def test_a_shift_holds_from_its_start_up_to_its_end():
    crew = Crew((shift(8, 12, 3),), 0, MONDAY)
    moments = (at(0, 8) - 1, at(0, 8), at(0, 12) - 1, at(0, 12))

    assert [0, 3, 3, 0] == [crew.size(t) for t in moments]
    assert at(1, 8) == crew.until_ms
    assert 12 * HOUR_MS == at(0, 12)


@given(
    st.lists(st.tuples(st.integers(0, 600), st.integers(1, 5)), max_size=12),
    st.lists(st.tuples(st.integers(0, 600), st.sampled_from([0, 3_000, 5_000, 10_000])), max_size=4),
    st.integers(1, 4),
)
def test_what_is_in_work_is_what_people_hold(puts: list[tuple[int, int]], limits: list[tuple[int, int]], batch: int):
    """Counted along, and counted up at any moment, are the same: whoever is called away or closes the place."""
    bench = Bench(people=4, batch_size=batch)
    for number, (minute, jobs) in enumerate(puts):
        bench.put(minute * MINUTE_MS, *range(10 * number, 10 * number + jobs))
    for minute, share_bp in limits:
        bench.limit(minute * MINUTE_MS, share_bp)
    while bench.clock.peek() < DAY_MS:
        bench.clock.step()
        assert bench.station.in_work == sum(len(jobs) for jobs, _ in bench.station.begun())
