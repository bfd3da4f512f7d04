"""A finished run, opened from its folder."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sim.books.kinds import ACCOUNTS
from sim.errors import RunError
from sim.model import Model
from sim.run import Run
from sim.units import DAY_MS, HOUR_MS
from tests.measures.hand_made import Writer, ordinary
from tests.worlds import a_busy_world

NEW_YORK = ZoneInfo("America/New_York")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return ordinary().write(tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("busy")
    Model(a_busy_world(), seed=5).run(folder)
    return Run.open(folder)


def test_a_folder_without_a_finished_run_is_refused(tmp_path: Path, run: Run):
    with pytest.raises(RunError, match=r"holds no finished run: there is no manifest\.json"):
        Run.open(tmp_path)
    (tmp_path / "manifest.json").write_text(json.dumps(run.manifest), encoding="utf-8")
    with pytest.raises(RunError, match=r"not complete: events\.parquet, ledger\.parquet"):
        Run.open(tmp_path)


def test_a_run_says_which_it_is(run: Run):
    assert f"Run({str(run.folder)!r}, scenario='hand-made', seed=1)" == repr(run)


def test_frames_are_tidy(run: Run):
    events = run.events()

    assert events["time"].dt.tz == NEW_YORK
    assert ["category", "category"] == [str(events[name].dtype) for name in ("kind", "node")]
    assert datetime(2025, 11, 24, 12, tzinfo=NEW_YORK) == events[events["order"] == 1]["time"].iloc[0]
    opening = events[events["kind"] == "opening_stock"]
    assert opening[["order", "shipment", "line", "due_ms", "due", "channel"]].isna().all(axis=None)
    captured = events[events["kind"] == "captured"]
    assert (captured["due"] - captured["time"] == timedelta(hours=96)).all()


def test_filters(run: Run):
    assert {"captured": 9, "validated": 7} == Counter(run.events(kind=["captured", "validated"])["kind"])
    assert {1} == set(run.events(order=1)["order"])
    assert {"west"} == set(run.events(node="west")["node"])
    assert {"market"} == set(run.events(channel="market")["channel"])
    assert {"cup"} == set(run.ledger(sku="cup")["sku"])
    assert [1_600, 5_000] == sorted(run.journal(account="inventory", kind="received")["amount_cents"])
    assert ["closest"] == run.decisions(policy="closest")["policy"].tolist()
    assert run.decisions(node="west").empty


@pytest.mark.parametrize(
    ("since", "until"),
    [
        (12 * HOUR_MS, 13 * HOUR_MS),
        ("2025-11-24 12:00", "2025-11-24T13:00-05:00"),
        (datetime(2025, 11, 24, 12), pd.Timestamp("2025-11-24 18:00", tz="UTC")),
    ],
)
def test_a_moment_can_be_told_in_several_ways(run: Run, since, until):
    rows = run.events(since=since, until=until)

    assert ["captured", "validated", "allocated"] == rows["kind"].tolist()


def test_sql_with_parameters_and_derived_tables(run: Run):
    assert 7 == run.sql('SELECT count(DISTINCT "order") AS n FROM events WHERE kind = $kind', kind="validated")["n"][0]
    statuses = run.sql('SELECT "order", status FROM orders ORDER BY "order"')["status"].tolist()

    assert [
        "delivered",
        "delivered",
        "delivered",
        "cancelled",
        "cancelled",
        "cancelled",
        "lost",
        "open",
    ] == statuses


def test_a_timeline_shows_what_moved_and_what_was_booked(run: Run):
    story = run.timeline(1)
    told = dict(zip(story["kind"], zip(story["movement"], story["postings"], story["posted_cents"])))

    assert [
        "captured", "validated", "allocated", "released", "picked", "packed", "shipment_at_risk", "shipped",
        "manifested", "invoiced", "delivered", "window_met", "penalty_charged",
        "return_requested", "recall_told", "return_received", "scrapped", "return_handled", "refunded",
    ] == story["kind"].tolist()  # fmt: skip
    assert ("2 available to committed", "", 0) == told["allocated"]
    assert ("2 picked to customer", "cost_of_goods +200, inventory -200", 200) == told["shipped"]
    assert ("", "receivables +1100, tax_payable -100, revenue -1000", 1_100) == told["invoiced"]
    assert "carrier:ground" == story.set_index("kind").loc["manifested", "actor"]


def test_a_timeline_can_be_asked_for_by_reference(tmp_path: Path):
    run = ordinary().write(tmp_path)
    references = pa.table({"order": pa.array([4, 7], pa.int32()), "reference": ["A-17", "7"]})
    pq.write_table(references, tmp_path / "references.parquet")

    assert {4} == set(run.timeline("A-17")["order"])
    assert {7} == set(run.timeline("7")["order"])
    assert {2} == set(run.timeline("2")["order"])


@pytest.mark.parametrize("order", [99, "A-17"])
def test_an_unknown_order_is_said_to_be_unknown(run: Run, order: int | str):
    with pytest.raises(RunError, match=f"has no order {order!r}"):
        run.timeline(order)


def test_states_over_time(tmp_path: Path):
    """An order in two parts: the least advanced open piece is what people see."""
    w = Writer()
    w.capture(1, 0, (0, "tea", 1), (1, "cup", 1), ship_by=None)
    w.add(1, "held", order=0, channel="shop", reason="payment_declined")
    w.add(2, "hold_cleared", order=0, channel="shop")
    w.add(3, "validated", order=0, channel="shop", due=30)
    w.ship(0, 0, (0, "tea", 1), allocated=4, shipped=12, delivered=40)
    w.add(5, "backordered", order=0, line=1, sku="cup", channel="shop", quantity=1, reason="no_stock")
    w.ship(0, 1, (1, "cup", 1), allocated=6, shipped=None)
    piece: dict[str, Any] = dict(order=0, shipment=1, node="east", channel="shop", reason="node_outage")
    w.add(7, "deallocated", **piece, line=1, sku="cup", quantity=1)
    w.add(7, "voided", **piece)
    w.ship(0, 2, (1, "cup", 1), allocated=20, shipped=28, delivered=60)
    returned: dict[str, Any] = dict(order=0, shipment=0, line=0, sku="tea", node="east", channel="shop", quantity=1)
    w.add(50, "return_requested", **returned)
    w.add(70, "return_received", **returned)
    w.add(80, "refunded", **returned)
    w.add(90, "closed", order=0, channel="shop")
    run = w.write(tmp_path)
    hours = (0.5, 1, 2.5, 3, 4, 5, 6, 7, 20, 22, 24, 26, 28, 55, 60, 70, 80, 90)
    seen = [run.state_at(round(hour * HOUR_MS)) for hour in hours]

    assert [
        None, "held", "held", "validated", "validated", "backordered", "allocated", "validated", "allocated",
        "released", "picked", "packed", "shipped", "shipped", "return_requested", "return_received",
        "refunded", "closed",
    ] == [frame["state"].iloc[0] if len(frame) else None for frame in seen]  # fmt: skip
    assert ["order", "channel", "captured", "age_hours", "state"] == list(seen[-1])
    assert 89.0 == seen[-1]["age_hours"].iloc[0]


def test_stock_is_replayed_from_the_ledger(run: Run):
    at_dawn = run.stock_at(65 * HOUR_MS)
    opening = run.stock_at(0)

    assert {("east", "tea", "available"): 100, ("west", "cup", "available"): 10} == as_positions(opening)
    assert {
        ("east", "tea", "available"): 95,
        ("east", "tea", "picked"): 1,
        ("west", "cup", "available"): 7,
        ("west", "cup", "picked"): 3,
    } == as_positions(at_dawn)


def as_positions(frame: pd.DataFrame) -> dict[tuple[str, str, str], int]:
    places = zip(frame["node"], frame["sku"], frame["bucket"])
    return dict(zip(places, frame["units"].astype(int)))


def test_balances(run: Run):
    final, before = run.balances(), run.balances(19 * HOUR_MS)

    assert [*ACCOUNTS] == final["account"].tolist()
    assert 0 == final["balance_cents"].sum() == before["balance_cents"].sum()
    assert (final["debit_cents"] - final["credit_cents"] == final["balance_cents"]).all()
    assert [12_000 - 100] == before[before["account"] == "inventory"]["balance_cents"].tolist()


def test_accounts_of_an_imported_file_join_the_chart(tmp_path: Path):
    w = Writer()
    w.add(1, "fee_posted", value=-7, posts={"cash": -7, "bank_charges": 7})

    assert [*ACCOUNTS, "bank_charges"] == w.write(tmp_path).balances()["account"].tolist()


def test_a_zone_without_a_name_is_a_fixed_offset(tmp_path: Path):
    run = Writer(start="2025-11-24T00:00:00+05:30", timezone="UTC+05:30").write(tmp_path)

    assert timedelta(hours=5, minutes=30) == run.books.calendar.start.utcoffset()
    assert 1 == run.sql(f"SELECT local_day({DAY_MS}) - local_day({DAY_MS - 1}) AS n")["n"][0]


def test_the_order_of_columns_and_rows_is_that_of_the_books(busy: Run):
    for frame in (busy.events(), busy.ledger(), busy.journal(), busy.decisions()):
        assert frame["event"].is_monotonic_increasing
        assert "time" == frame.columns[0]


def test_states_agree_with_the_census(busy: Run):
    seen = Counter(busy.state_at(busy.books.drain_until_ms)["state"])
    census = busy.manifest["census"]

    assert census["cancelled"] == seen["cancelled"]
    assert census["closed"] == seen["closed"]
    assert busy.kpis(["orders_captured"])["orders_captured"] == sum(seen.values())


def test_each_order_can_be_told(busy: Run):
    for order in range(0, 500, 50):
        story = busy.timeline(order)
        assert story["kind"].iloc[0] in ("captured", "refused")
        journal = busy.journal(order=order)
        assert story["posted_cents"].sum() == journal["amount_cents"].clip(lower=0).sum()
