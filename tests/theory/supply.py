"""The cases of inventory theory: scenario file, exact answers, and what the books of a run say, by batch means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scenarios.load import load
from sim.measures.books import Books
from sim.model import Model
from sim.units import HOUR_MS
from tests.theory import exact
from tests.theory.batches import BATCH_TIMES, BATCHES, Estimate

SCENARIOS = Path(__file__).parent / "scenarios"
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Case:
    """One exact case: its name, its scenario, the override in force, the exact answers by measure.

    ``holding``, ``penalty`` and ``fixed`` are the prices of a unit on hand, of a unit owed or lost, and of an order.
    """

    name: str
    scenario: str
    exact: Mapping[str, float]
    use: str | None = None
    holding: float = 0.0
    penalty: float = 0.0
    fixed: float = 0.0


CASES = (
    Case("BS_CONT", "base_stock_continuous", exact.base_stock(5, 2, 14)),
    Case("BS_CONT, exponential lead time", "base_stock_continuous", exact.base_stock(5, 2, 14), use="exponential"),
    Case("SERIAL_SS1", "serial", exact.serial_base_stock(16, 0.25, (8, 5, 5, 4))),
    Case("BS_PER", "base_stock_periodic", exact.periodic_base_stock(5, 2, 20, 1, 9), holding=1, penalty=9),
    Case(
        "RQ",
        "reorder_quantity",
        exact.reorder_quantity(1.5, 2, 3, 5, 20, 150, 100),
        holding=20,
        penalty=150,
        fixed=100,
    ),
    Case("SS_ZF", "min_max", exact.min_max(6, 4, 10, 1, 4, 5), holding=1, penalty=4, fixed=5),
    Case(
        "SS_ZF, 10 a period",
        "min_max",
        exact.min_max(10, 6, 40, 1, 9, 64),
        use="fast_movers",
        holding=1,
        penalty=9,
        fixed=64,
    ),
    Case(
        "SS_ZF, not optimal",
        "min_max",
        exact.min_max(10, 5, 30, 1, 9, 64),
        use="fast_movers_not_optimal",
        holding=1,
        penalty=9,
        fixed=64,
    ),
    Case("NV_P", "newsvendor", exact.newsvendor(20, 24, 1, 4), holding=1, penalty=4),
    Case("NV_P, 28 units", "newsvendor", exact.newsvendor(20, 28, 1, 4), use="far", holding=1, penalty=4),
    Case("LOST_ZIPKIN", "lost_sales", exact.lost_sales(5, 1, 12, 1, 4), holding=1, penalty=4),
    Case("LOST_ZIPKIN, capped", "lost_sales", exact.lost_sales(5, 1, 12, 1, 4, 6), use="capped", holding=1, penalty=4),
    Case("LOST_ZIPKIN, L = 3", "lost_sales", exact.lost_sales(5, 3, 20, 1, 4), use="longer", holding=1, penalty=4),
)


def measured(case: Case, folder: Path, use: str | None = None, seed: int = 1) -> dict[str, Estimate]:
    """Run a case's scenario and estimate what it has exact answers for; ``use`` is an override in place of its own."""
    chosen = use or case.use
    world = load(SCENARIOS / f"{case.scenario}.yaml", [] if chosen is None else [chosen]).world
    Model(world, seed).run(folder)
    by_batch = batches_of(Books(folder), case)
    return {name: Estimate.of(values) for name, values in by_batch.items() if name in case.exact}


def batches_of(books: Books, case: Case) -> dict[str, Floats]:
    """Every measure of a run by batch; rates and costs are by the hour, which is the period of periodic review.

    ``on_hand`` (of all nodes, or of one by name) and ``owed`` are averages over time, ``end_...`` over the ends of
    periods; costs charge for the one (``cost``) or for the other (``period_cost``; ``lost_cost`` where what is short is
    lost).
    """
    hours = books.window_ms / BATCHES / HOUR_MS
    on_hand, owed = (_average(books, steps) for steps in (_ON_HAND, _OWED))
    end_on_hand, end_owed = (_at_ends(books, steps) for steps in (_ON_HAND, _OWED))
    orders, lost, taken, late = (
        _count(books, condition) / hours
        for condition in ("kind = 'purchase_ordered'", "kind = 'refused'", "kind = 'captured'", "kind = 'backordered'")
    )
    stages = {name.removeprefix("on_hand ") for name in case.exact if name.startswith("on_hand ")}
    return {f"on_hand {node}": _average(books, _ON_HAND_AT.format(node=node)) for node in stages} | {
        "on_hand": on_hand,
        "owed": owed,
        "end_on_hand": end_on_hand,
        "end_owed": end_owed,
        "orders": orders,
        "fill_rate": 1 - late / taken,
        "lost_share": lost / (taken + lost),
        "cost": case.fixed * orders + case.holding * on_hand + case.penalty * owed,
        "period_cost": case.fixed * orders + case.holding * end_on_hand + case.penalty * end_owed,
        "lost_cost": case.holding * end_on_hand + case.penalty * lost,
    }


_ON_HAND = """
    SELECT time_ms, sum(CASE WHEN to_bucket = 'available' THEN units ELSE -units END) AS change
    FROM ledger WHERE to_bucket = 'available' OR from_bucket = 'available' GROUP BY time_ms
"""
_ON_HAND_AT = """
    SELECT time_ms, sum(CASE WHEN to_bucket = 'available' THEN units ELSE -units END) AS change FROM ledger
    WHERE (to_bucket = 'available' AND to_node = '{node}') OR (from_bucket = 'available' AND from_node = '{node}')
    GROUP BY time_ms
"""
_OWED = """
    SELECT time_ms, sum(CASE kind WHEN 'captured' THEN quantity ELSE -quantity END) AS change
    FROM events WHERE kind IN ('captured', 'allocated') GROUP BY time_ms
"""
_LEVELS = """
    SELECT time_ms, sum(change) OVER (ORDER BY time_ms) AS level,
           lead(time_ms, 1, drain_until_ms()) OVER (ORDER BY time_ms) AS until_ms
    FROM ({steps})
"""


def _average(books: Books, steps: str) -> Floats:
    """The time average of a quantity that is known by its steps, by batch."""
    sql = f"""
        SELECT sum(level * (least(until_ms, to_ms) - greatest(time_ms, from_ms))) / any_value(to_ms - from_ms) AS x
        FROM ({_LEVELS.format(steps=steps)}) JOIN ({BATCH_TIMES}) ON time_ms < to_ms AND until_ms > from_ms
        GROUP BY b ORDER BY b
    """
    return books.frame(sql)["x"].to_numpy(np.float64)


def _at_ends(books: Books, steps: str) -> Floats:
    """Its average just before each full hour, by batch."""
    sql = f"""
        WITH ends AS (
            SELECT b, unnest(range(from_ms + {HOUR_MS}, to_ms + 1, {HOUR_MS})) AS end_of_period FROM ({BATCH_TIMES})
        )
        SELECT avg(coalesce(level, 0)) AS x
        FROM ends ASOF LEFT JOIN ({_LEVELS.format(steps=steps)}) ON end_of_period > time_ms
        GROUP BY b ORDER BY b
    """
    return books.frame(sql)["x"].to_numpy(np.float64)


def _count(books: Books, condition: str) -> Floats:
    """How many events of a kind, by batch."""
    sql = f"""
        SELECT count(kind) AS x
        FROM ({BATCH_TIMES})
        LEFT JOIN (SELECT * FROM events WHERE {condition}) ON time_ms >= from_ms AND time_ms < to_ms
        GROUP BY b ORDER BY b
    """
    return books.frame(sql)["x"].to_numpy(np.float64)
