"""What the figures show agrees with the books that it is read from."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from reports import run_page, series
from reports.run_page import margin_steps
from sim.run import Run
from sim.units import HOUR_MS

OPEN = {state for states in series.WAITS.values() for state in states}


def test_orders_by_wait_are_the_open_orders_of_that_moment(run: Run):
    frame = series.orders_by_wait(run)

    for position in (20, 90, 150):
        state = run.state_at(frame.index[position].to_pydatetime())
        assert state["state"].isin(OPEN).sum() == frame.iloc[position].sum()


def test_backlog_by_node_is_what_was_planned_and_had_not_left(run: Run):
    frame = series.backlog_by_node(run)
    at = run.ms(frame.index[60].to_pydatetime())

    expected = run.sql(
        "SELECT node, count(*) AS shipments FROM shipments WHERE allocated_ms <= $at "
        "AND coalesce(left_ms, voided_ms, $at + 1) > $at GROUP BY node",
        at=at,
    )
    assert expected["shipments"].sum() == frame.iloc[60].sum()
    assert expected["shipments"].max() == frame.iloc[60].max()


def test_stock_by_node_is_the_ledgers(run: Run):
    frame = series.stock_by_node(run)

    for position in (0, 100, series.POINTS):
        stock = run.stock_at(frame.index[position].to_pydatetime())
        assert stock[stock["bucket"] != "in_transit"]["units"].sum() == frame.iloc[position].sum()


def test_parcels_a_day_add_up_to_all_that_left(run: Run):
    shown = pd.Timestamp(run.books.calendar.moment(series.shown_until(run))).normalize()
    left = run.local(run.sql("SELECT left_ms FROM shipments WHERE left_ms IS NOT NULL")["left_ms"])

    assert (left.dt.normalize() <= shown).sum() == series.shipped_by_day(run).sum().sum()


def test_the_waterfall_ends_at_the_contribution_margin(run: Run):
    left = sum(amount for _, amount in margin_steps(run))

    assert pytest.approx(run.kpis(["contribution_margin_cents"])["contribution_margin_cents"] / 100) == left


def test_accounts_without_a_step_of_their_own_are_in_the_waterfall(run: Run, monkeypatch: pytest.MonkeyPatch):
    accounts = pd.DataFrame(
        {"account": ["revenue", "duties", "penalties", "exchange_gains"], "value": [900, -50, -30, 5]}
    )
    monkeypatch.setattr(run_page, "split", lambda books, name: accounts)

    assert [("Net revenue", 9.0), ("Duties", -0.5), ("All else", -0.25)] == margin_steps(run)


def test_disturbances_bear_the_names_of_the_scenario(run: Run):
    found = series.disturbances(run)

    assert ["flash sale", "AVP down"] == [disturbance.name for disturbance in found]
    assert 42 * HOUR_MS == found[0].begin_ms, "Tuesday 18:00, from Monday 0:00"


def test_many_nodes_are_gathered_into_a_line_of_others():
    wide = pd.DataFrame({f"node{n}": [n, 2 * n] for n in range(12)})

    fewer = series._fewer(wide)

    assert series.MOST_LINES == fewer.shape[1]
    assert "6 others" == fewer.columns[-1]
    assert (wide.sum(axis=1) == fewer.sum(axis=1)).all()


def test_a_backlog_is_over_when_it_stays_low():
    at, level = np.array([0, 10, 20, 30, 40, 50]), np.array([0, 100, 40, 9, 12, 5])

    assert 50 == series._last_above(at, level, 0, 10)
    assert 0 == series._last_above(at, level, 0, 100)
    assert series._last_above(at, np.array([0, 1, 2, 3, 4, 50]), 0, 10) is None
