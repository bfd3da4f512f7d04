"""Figures over time, on the ordinary run, and reconciled on a run of the engine."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

from sim.disruptions import NodeOutage
from sim.measures import series
from sim.model import Model
from sim.run import Run
from sim.units import DAY_MS, HOUR_MS
from tests.worlds import a_busy_world


def at(frame: pd.DataFrame, hour: float) -> dict[str, int]:
    """What is not zero at an hour since the start."""
    row = frame.loc[frame.index[0] + pd.Timedelta(hours=hour)]
    return {str(key): int(value) for key, value in row.items() if value}


@pytest.mark.parametrize("function", series.SERIES.values(), ids=series.SERIES)
def test_a_series_runs_from_the_start_to_the_end_of_the_drain(function, ordinary_run: Run, empty_run: Run):
    frame = function(ordinary_run.books, every=DAY_MS)

    assert 31 == len(frame) == len(function(empty_run.books, every=16 * HOUR_MS))
    assert pd.Timestamp("2025-11-24", tz="America/New_York") == frame.index[0]
    assert pd.Timestamp("2025-12-24", tz="America/New_York") == frame.index[-1]


def test_orders_by_state(ordinary_run: Run):
    frame = series.orders_by_state(ordinary_run.books)

    assert {"held": 1, "shipped": 2, "backordered": 2, "cancelled": 1} == at(frame, 52)
    assert {"delivered": 1, "shipped": 1, "released": 2, "backordered": 1, "cancelled": 2} == at(frame, 64)
    assert {"delivered": 2, "return_requested": 1, "shipped": 1, "cancelled": 3} == at(frame, 160)
    assert {"delivered": 2, "refunded": 1, "lost": 1, "allocated": 1, "cancelled": 3} == at(frame, 720)
    captured = series.throughput(ordinary_run.books)["captured"].cumsum()
    assert captured.equals(frame.sum(axis=1))


def test_backlog(ordinary_run: Run):
    by_node = series.backlog_by_node(ordinary_run.books)

    assert {"east": 1} == at(by_node, 21)
    assert {"east": 1, "west": 1} == at(by_node, 65)
    assert {"east": 1} == at(by_node, 720)
    assert {"picked": 2} == at(series.backlog_by_stage(ordinary_run.books), 65)
    assert {"picked": 1} == at(series.backlog_by_stage(ordinary_run.books, node="west"), 65)


def test_stock(ordinary_run: Run):
    units = series.stock_units(ordinary_run.books)

    assert {"available": 110} == at(units, 0)
    assert {"available": 110 - 4, "committed": 1} == at(units, 22)
    assert {"available": 7} == at(series.stock_units(ordinary_run.books, sku="cup"), 100)
    assert {"east": 9_500, "west": 1_400} == at(series.stock_value(ordinary_run.books), 72)


def test_oversold_accumulates(ordinary_run: Run):
    frame = series.oversold(ordinary_run.books)

    assert [{}, {"market": 2}, {"market": 2}] == [at(frame, hour) for hour in (19, 20, 720)]


def test_a_run_tells_each_series_by_its_name(ordinary_run: Run):
    by_node = series.backlog_by_node(ordinary_run.books, every=HOUR_MS // 2)
    tea = series.stock_units(ordinary_run.books, "tea")

    assert by_node.equals(ordinary_run.over_time("backlog_by_node", timedelta(minutes=30)))
    assert tea.equals(ordinary_run.over_time("stock_units", sku="tea"))
    with pytest.raises(series.SeriesError, match="there are orders_by_state"):
        ordinary_run.over_time("margin")
    with pytest.raises(series.SeriesError, match="oversold is not told by sku"):
        ordinary_run.over_time("oversold", sku="tea")


def test_levels_agree_with_positions_on_a_run_of_the_engine(busy_run: Run):
    books = busy_run.books
    end = pd.Timestamp(books.calendar.moment(books.end_ms))
    states = busy_run.state_at(books.end_ms)["state"].value_counts().to_dict()
    stock = busy_run.stock_at(books.end_ms).groupby("bucket")["units"].sum().to_dict()
    value = busy_run.balances(books.end_ms).set_index("account")["balance_cents"]

    assert states == {k: v for k, v in series.orders_by_state(books).loc[end].items() if v}
    assert stock == {k: v for k, v in series.stock_units(books).loc[end].items() if v}
    assert (
        sum(n for bucket, n in stock.items() if bucket != "in_transit") == series.on_hand_by_node(books).loc[end].sum()
    )
    assert value["inventory"] + value["inventory_in_transit"] == series.stock_value(books).loc[end].sum()


def test_every_order_is_in_one_state_at_any_time_also_after_an_outage(tmp_path: Path):
    outage = NodeOutage(node=0, at_ms=10 * HOUR_MS, duration_ms=20 * HOUR_MS)
    Model(replace(a_busy_world(), disruptions=(outage,)), seed=2).run(tmp_path)
    run = Run.open(tmp_path)
    states = series.orders_by_state(run.books)

    assert 0 < run.sql("SELECT count(*) AS n FROM shipments WHERE voided_ms IS NOT NULL")["n"][0]
    assert (states >= 0).all(axis=None)
    assert series.throughput(run.books)["captured"].cumsum().equals(states.sum(axis=1))
    assert 0 == run.sql("SELECT count(*) AS n FROM stages WHERE units < 0")["n"][0]
