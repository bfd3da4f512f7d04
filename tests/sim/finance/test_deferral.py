"""Sales that count at delivery: what is posted when, and that goods on the road are ours until then."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sim.books.reconcile import reconcile
from sim.distributions import Fixed
from sim.measures.books import Books
from sim.measures.registry import compute
from sim.messages.plan import MessageRoute
from sim.model import Model
from sim.plans.accounting import AccountingPlan
from sim.units import DAY_MS, HOUR_MS
from sim.world import Horizon, Rules
from tests.sim.telling import Story, at, clock, tell, visit, visited
from tests.worlds import a_busy_world, a_carrier, a_channel, a_world

P1 = [(0, 1, 1_000)]
AT_DELIVERY = Rules(revenue_at="delivery")
SALES = ("revenue", "shipping_income", "deferred_revenue", "cost_of_goods", "goods_with_carriers")


def sold(rules: Rules = AT_DELIVERY, **changes: Any) -> Story:
    """A unit of 10.00 that cost 4.00, with 5.00 for its delivery; fetched at 17:00, there after two days at noon."""
    world = a_world(channels=(a_channel(shipping_fee_cents=500),), rules=rules, **changes)
    return visit(world, [(at(0, 9), P1)])


def balances(story: Story, *accounts: str) -> dict[str, list[int]]:
    """By moment: the balance of each account, where it changed."""
    running, found = dict.fromkeys(accounts, 0), {}
    for row in story.rows("journal", account=accounts):
        running[row["account"]] += row["amount_cents"]
        found[clock(row["time_ms"])] = list(running.values())
    return found


def test_a_sale_counts_when_the_parcel_is_there():
    assert {
        "0 17:00": [0, 0, -1_500, 0, 400],
        "2 12:00": [-1_000, -500, 0, 400, 0],
    } == balances(sold(), *SALES)
    assert {"0 17:00": [-1_000, -500, 0, 400, 0]} == balances(sold(Rules()), *SALES)


def test_what_carriers_have_is_owned_until_it_counts(tmp_path: Path):
    """4.00 for the 31 hours from 17:00 of day 0 to the end of demand after 48."""
    held = {}
    for name, rules in (("ship", Rules()), ("delivery", AT_DELIVERY)):
        folder = tmp_path / name
        folder.mkdir()
        visited(a_world(rules=rules), [(at(0, 9), P1)]).run(folder)
        held[name] = compute(Books(folder), ["inventory_value_mean_cents"])["inventory_value_mean_cents"]

    assert 400 * 31 / 48 == pytest.approx(held["delivery"] - held["ship"])


def test_a_lost_parcel_never_counts_as_a_sale():
    """Given up a week after its date: the goods are written off, the money goes back."""
    story = sold(services=(a_carrier(lost_share=1.0),))
    [(when, closing)] = list(balances(story, *SALES, "sales_returns", "write_offs").items())[1:]

    assert story.times("lost") == [when]
    assert [-1_000, 0, 0, 0, 0, 1_000, 400] == closing


def test_what_nobody_takes_is_returned_as_ever():
    story = sold(services=(a_carrier(delivery_attempts=1),), rules=AT_DELIVERY)
    absent = visit(
        a_world(channels=(a_channel(absent_share=1.0),), services=(a_carrier(delivery_attempts=1),), rules=AT_DELIVERY),
        [(at(0, 9), P1)],
    )

    assert 1 == len(story.times("delivered"))
    assert 1 == len(absent.times("returned_to_sender"))
    assert (0, 0) == (absent.balance("goods_with_carriers"), absent.balance("deferred_revenue"))
    assert 0 == absent.balance("revenue") + absent.balance("sales_returns") == absent.balance("cost_of_goods")


def test_an_invoice_that_comes_after_the_parcel_counts_at_once():
    """The node's confirmation takes three days: the goods are spent at delivery, the sale counts with the invoice."""
    slow = MessageRoute("wms", ("ship_confirmation",), latency_ms=Fixed(3 * DAY_MS))

    assert {
        "0 17:00": [0, 0, 0, 0, 400],
        "2 12:00": [0, 0, 0, 400, 0],
        "3 17:00": [-1_000, -500, 0, 400, 0],
    } == balances(sold(messages=(slow,)), *SALES)


def test_the_close_lists_what_was_invoiced_and_is_on_the_road():
    """Orders leave at 17:00 each day and arrive two days later: each daily list has those of the last two days."""
    plan = AccountingPlan(interval_ms=HOUR_MS, period="day", list_after_ms=2 * HOUR_MS)
    world = a_world(rules=AT_DELIVERY, accounting=plan, horizon=Horizon(4 * DAY_MS, 0, 6 * DAY_MS))
    story = visit(world, [(at(day, 9), P1) for day in range(4)])
    listed = story.events("quantity", "value_cents", kind="items_listed", reason="sale_not_delivered")

    assert [
        ("1 02:00", "items_listed", 1, 1_000),
        ("2 02:00", "items_listed", 2, 2_000),
        ("3 02:00", "items_listed", 2, 2_000),
        ("4 02:00", "items_listed", 2, 2_000),
        ("5 02:00", "items_listed", 1, 1_000),
    ] == listed


def test_the_same_customers_and_the_same_margin_in_the_end(tmp_path):
    world = a_busy_world(200.0, horizon=Horizon(2 * DAY_MS, 0, 60 * DAY_MS))
    usual, late = tell(world), tell(replace(world, rules=replace(world.rules, revenue_at="delivery")))
    Model(replace(world, rules=replace(world.rules, revenue_at="delivery"))).run(tmp_path)

    assert usual.manifest["demand_hash"] == late.manifest["demand_hash"]
    assert [usual.balance(a) for a in SALES] == [late.balance(a) for a in SALES]
    assert 0 == late.balance("deferred_revenue") == late.balance("goods_with_carriers")
    assert [] == reconcile(tmp_path)
