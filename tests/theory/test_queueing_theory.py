"""The warehouse's own station, at batch size 1, against the formulas of queueing theory.

Each case is estimated by independent replications, with the observed mean service and interarrival times as
control variates (Law, Simulation Modeling and Analysis, 11.4), and compared within a 99% confidence interval. The
interval must be narrow enough that an error of 5% shows nearly always.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import cast

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from sim.agents.floor.crew import Crew
from sim.agents.floor.station import Station
from sim.clock import CAPTURE, Clock
from sim.distributions import Discrete, Distribution, Exponential, Fixed, Lognormal, Uniform
from sim.network import Station as StationSpec
from sim.streams import Streams
from tests.theory.exact import erlang_c_wait, pollaczek_khinchine_wait

SERVICE_MS = 1_000_000
REPLICATIONS, WARM_UP = 40, 1_000
CUSTOMERS = {1: 14_000, 3: 20_000}
"""By number of servers: as many as the width of the interval asks for."""
Floats = NDArray[np.float64]


class AroundTheClock:
    """A crew that never goes home: theory knows no shifts."""

    until_ms = 1 << 62

    def __init__(self, people: int) -> None:
        self.people = people

    def size(self, now_ms: int) -> int:
        return self.people


def waits(work: Distribution, people: int, arrivals_ms: list[int], streams: Streams) -> tuple[Floats, Floats]:
    """Time that each customer waited before service, and their service times, in units of the mean service."""
    clock, luck, n = Clock(), streams.counter("work", "station"), len(arrivals_ms)
    left = np.zeros(n)

    def done(jobs: list[int]) -> None:
        left[jobs[0]] = clock.now_ms

    station = Station(StationSpec(work), cast(Crew, AroundTheClock(people)), clock, len, done, luck, 0)
    number = iter(range(n))

    def arrive(_: None) -> None:
        job = next(number)
        if job + 1 < n:
            clock.at(arrivals_ms[job + 1], CAPTURE, arrive)
        station.put([job])

    clock.at(arrivals_ms[0], CAPTURE, arrive)
    clock.run()
    service = np.array([round(work.at(luck.at(job << 8))) for job in range(n)], dtype=np.float64)
    return (left - np.array(arrivals_ms) - service) / SERVICE_MS, service / SERVICE_MS


def replications(work: Distribution, people: int, rate: float, seed: int) -> Iterator[tuple[float, float, float]]:
    """(mean wait, mean service, mean time between arrivals) of each run, after its warm-up."""
    for number in range(REPLICATIONS):
        streams = Streams(1_000 * seed + number)
        gaps = streams.generator("arrivals", "theory").exponential(SERVICE_MS / rate, CUSTOMERS[people])
        waited, service = waits(work, people, np.cumsum(gaps).astype(int).tolist(), streams)
        kept = slice(WARM_UP, None)
        yield float(waited[kept].mean()), float(service[kept].mean()), float(gaps[kept].mean()) / SERVICE_MS


def estimate(work: Distribution, people: int, rate: float, seed: int = 11) -> tuple[float, float]:
    """The mean wait, and half the width of its 99% confidence interval."""
    runs = np.array(list(replications(work, people, rate, seed)))
    known = [1.0, 1.0 / rate]
    moved = [runs[:, 1 + i] - known[i] for i in range(2) if runs[:, 1 + i].std() > 1e-9]
    design = np.column_stack([np.ones(REPLICATIONS), *moved])
    fit, _, rank, _ = np.linalg.lstsq(design, runs[:, 0], rcond=None)
    freedom = REPLICATIONS - int(rank)
    spread = runs[:, 0] - design @ fit
    error = math.sqrt(float(spread @ spread) / freedom * np.linalg.inv(design.T @ design)[0, 0])
    return float(fit[0]), float(stats.t.ppf(0.995, freedom)) * error


CASES: dict[str, tuple[Distribution, int, float, float]] = {
    "M/M/1": (Exponential(SERVICE_MS), 1, 0.8, erlang_c_wait(0.8, 1)),
    "M/M/3": (Exponential(SERVICE_MS), 3, 2.5, erlang_c_wait(2.5, 3)),
    "M/D/1": (Fixed(SERVICE_MS), 1, 0.8, pollaczek_khinchine_wait(0.8, 0.0)),
    "M/G/1, uniform": (Uniform(0, 2 * SERVICE_MS), 1, 0.8, pollaczek_khinchine_wait(0.8, 1 / 3)),
    "M/G/1, lognormal": (
        Lognormal(SERVICE_MS / math.sqrt(1.25), 0.5),
        1,
        0.8,
        pollaczek_khinchine_wait(0.8, 0.25),
    ),
    "M/G/1, two points": (
        Discrete((SERVICE_MS / 2, 3 * SERVICE_MS), (0.8, 0.2)),
        1,
        0.8,
        pollaczek_khinchine_wait(0.8, 1.0),
    ),
}


def test_the_formulas_give_the_values_of_the_books():
    assert {"M/M/1": 4.0, "M/M/3": 1.404494382, "M/D/1": 2.0} == {
        name: round(case[3], 9) for name, case in list(CASES.items())[:3]
    }
    assert round(erlang_c_wait(0.8, 1), 12) == round(pollaczek_khinchine_wait(0.8, 1.0), 12)


@pytest.mark.parametrize("name", list(CASES))
def test_a_station_waits_as_theory_says(name: str):
    work, people, rate, theory = CASES[name]
    mean, half = estimate(work, people, rate)

    assert abs(mean - theory) <= half
    assert half <= 0.035 * theory  # a station that is 5% off is found nine times in ten
    assert abs(mean - 1.1 * theory) > half
    assert abs(mean - 0.9 * theory) > half


@pytest.mark.parametrize("people", [1, 2, 5])
def test_each_customer_waits_until_the_first_server_is_free(people: int):
    """Exactly, to the millisecond: the recursion of Kiefer and Wolfowitz (1955) over the same services and arrivals."""
    streams = Streams(people)
    gaps = streams.generator("arrivals", "theory").exponential(SERVICE_MS / (0.9 * people), 3_000)
    times = np.cumsum(gaps).astype(int).tolist()
    waited, service = waits(Exponential(SERVICE_MS), people, times, streams)
    free, expected = [0] * people, []
    for at_ms, takes in zip(times, (service * SERVICE_MS).round().astype(int).tolist()):
        begins = max(at_ms, min(free))
        free[free.index(min(free))] = begins + takes
        expected.append(begins - at_ms)

    assert expected == (waited * SERVICE_MS).round().astype(int).tolist()
