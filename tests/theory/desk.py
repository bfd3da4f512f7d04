"""The cases of queueing theory at the order desk: scenario file, exact answers, and what the books of a run say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from scenarios.load import load
from sim.measures.books import Books
from sim.model import Model
from sim.units import SECOND_MS
from tests.theory import exact
from tests.theory.batches import BATCH_TIMES, Estimate

SCENARIOS = Path(__file__).parent / "scenarios"
SERVICE_MS = 10 * SECOND_MS


@dataclass(frozen=True)
class DeskCase:
    """One exact case: its name, its scenario, the override in force, the exact answers by measure."""

    name: str
    scenario: str
    exact: Mapping[str, float]
    use: str | None = None


UNIFORM_SQUARED_CV = 1 / 3
"""Of what is anything alike between nothing and twice the mean."""

CASES = (
    DeskCase("M/M/3", "desk", {"system": 1 + exact.erlang_c_wait(2.5, 3)}),
    DeskCase("M/G/1, uniform", "desk", {"system": 1 + exact.pollaczek_khinchine_wait(0.7, UNIFORM_SQUARED_CV)}, "one"),
    DeskCase("M/M/4+M", "desk", exact.erlang_a(4.5, 4, 2), "impatient"),
    DeskCase("M/M/4+M, more patient", "desk", exact.erlang_a(4.5, 4, 10), "patient"),
)


def measured(case: DeskCase, folder: Path, use: str | None = None, seed: int = 1) -> dict[str, Estimate]:
    """Run a case's scenario and estimate what it has exact answers for; ``use`` is an override in place of its own.

    ``abandoned`` is the share of cases whose customer gives up, ``system`` the mean time that a case is held, in units
    of the mean service, until it is decided or given up.
    """
    chosen = use or case.use
    world = load(SCENARIOS / f"{case.scenario}.yaml", [] if chosen is None else [chosen]).world
    Model(world, seed).run(folder)
    frame = Books(folder).frame(_BY_BATCH)
    return {name: Estimate.of(frame[name].to_numpy(np.float64)) for name in case.exact}


_BY_BATCH = f"""
    WITH cases AS (
        SELECT min(time_ms) FILTER (kind = 'held') AS held_ms,
               max(time_ms) FILTER (kind IN ('cancelled', 'hold_cleared')) AS ended_ms,
               max(reason) FILTER (kind = 'cancelled') = 'out_of_patience' AS gave_up
        FROM events WHERE "order" >= 0 GROUP BY "order"
    )
    SELECT avg((ended_ms - held_ms) / {SERVICE_MS}) AS system, avg(gave_up::INT) AS abandoned
    FROM cases JOIN ({BATCH_TIMES}) ON held_ms >= from_ms AND held_ms < to_ms
    GROUP BY b ORDER BY b
"""
