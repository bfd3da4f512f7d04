"""Other ways back: exchanges, the counter of a store, blind returns, parcels refused at the door."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sim.books.reconcile import reconcile
from sim.distributions import Fixed
from sim.measures.books import Books
from sim.measures.registry import compute
from sim.model import Model
from sim.network import Category, Product, Region, Segment
from sim.plans.return_rules import Disposition, ReturnRules
from sim.units import DAY_MS, HOUR_MS
from sim.world import DeskPlan, DeskShift, Horizon, World
from tests.sim.telling import Story, at, tell, visit, visited
from tests.worlds import a_busy_world, a_carrier, a_node, a_world, stock

P1 = Product("P1", price_cents=1_000, cost_cents=400, weight_kg=0.5, substitutes=(1,))
P2 = Product("P2", price_cents=2_500, cost_cents=1_100, weight_kg=1.5)
SIZES = Category("all", disposition=Disposition(reasons=(0.0, 1.0, 0.0, 0.0, 0.0)))
EXCHANGE = ReturnRules(exchange_share=1.0)


def returned(how: ReturnRules, units: Any = ((9, 9),), **changes: Any) -> Story:
    """One of P1 at 10.00 (cost 4.00), delivered on day 2 at noon, asked for on day 5, two days on the way."""
    world = a_world(**({"products": (P1, P2), "returns": how, "stock": stock(units)} | changes))
    drawn = {"return_units": [1], "return_delay_ms": [3 * DAY_MS], "return_transit_ms": [2 * DAY_MS]}
    return visit(world, [(at(0, 9), [(0, 1, 1_000)])], **drawn)


@pytest.mark.parametrize(
    ("moment", "sent"),
    [("request", "5 12:00"), ("scan", "5 18:00"), ("receipt", "8 08:00"), ("inspection", "8 08:05")],
)
def test_an_exchange_is_sent_when_the_house_says(moment: str, sent: str):
    """Nothing is refunded, nothing charged: one sale, the goods of one parcel."""
    story = returned(replace(EXCHANGE, exchange_on=moment, label_after_ms=6 * HOUR_MS))

    assert [sent] == story.times("exchanged")
    assert [sent] == story.times("captured", reason="exchange") == story.times("allocated", order=1)
    assert [] == story.times("refunded")
    assert (-1_000, 400, 0) == tuple(story.balance(a) for a in ("revenue", "cost_of_goods", "sales_returns"))
    assert 2 == len(story.times("delivered")) == len(story.times("closed"))


def test_the_wrong_size_is_exchanged_for_a_substitute():
    story = returned(EXCHANGE, categories=(SIZES,))

    assert [("P2", 1_100)] == [(r["sku"], r["value_cents"]) for r in story.rows("events", kind="shipped", order=1)]
    assert [1_070, 0] == [r["value_cents"] for r in story.rows("events", kind="invoiced")]


def test_where_there_is_nothing_to_send_there_is_money():
    story = returned(EXCHANGE, ((1, 0),))

    assert ([], ["8 08:05"]) == (story.times("exchanged"), story.times("refunded"))


def test_delivery_is_charged_once():
    world = a_world()
    channel = replace(world.network.channels[0], shipping_fee_cents=500)

    assert -500 == returned(EXCHANGE, channels=(channel,)).balance("shipping_income")


def test_an_exchange_is_no_order_to_measures_and_its_cost_is_the_first_one_s(tmp_path: Path):
    """It is sent on day 8, long after the orders that are measured."""
    world = a_world(products=(P1, P2), returns=EXCHANGE, stock=stock([[9, 9]]))
    drawn = {"return_units": [1], "return_delay_ms": [3 * DAY_MS], "return_transit_ms": [2 * DAY_MS]}
    visited(world, [(at(0, 9), [(0, 1, 1_000)])], **drawn).run(tmp_path)
    books = Books(tmp_path)

    assert {"orders_captured": 1.0} == compute(books, ["orders_captured"])
    assert -1_000 == books.value("SELECT earned_cents FROM profit WHERE account = 'freight'")
    assert 2 == books.value("SELECT count(*) FROM shipments WHERE manifested_ms IS NOT NULL")


def test_what_is_brought_to_a_store_stays_there():
    """The customer is there a day after the request; an hour's inspection is five minutes here."""
    shop = a_node("SHOP", kind="store")
    story = returned(ReturnRules(at_store_share=1.0), ((9, 9), (0, 0)), nodes=(a_node(), shop))

    assert [("6 12:00", "return_received", "SHOP"), ("6 12:05", "restocked", "SHOP")] == story.events(
        "node", kind=("return_received", "restocked")
    )
    assert 1 == story.model.site.inventory.available[1][0]


def test_without_a_store_it_comes_by_parcel():
    assert ["8 08:00"] == returned(ReturnRules(at_store_share=1.0)).times("return_received")


def test_a_blind_return_waits_for_a_desk_that_finds_its_order():
    """Opened at 8:05; the desk takes an hour. A refund on receipt is not: nobody knows for whom."""
    desk = DeskPlan(shifts=(DeskShift(),), handling_ms=Fixed(HOUR_MS))
    story = returned(ReturnRules(blind_share=1.0, refund_on="receipt", label_cents=650), desks=(desk,))

    assert [
        ("8 08:00", "return_received"),
        ("8 08:05", "return_unmatched"),
        ("8 09:05", "return_matched"),
        ("8 09:05", "refunded"),
    ] == story.events(kind=("return_received", "return_unmatched", "return_matched", "refunded"))
    assert [] == story.times("return_labelled")


def test_without_a_receipt_a_part_is_refunded():
    story = returned(ReturnRules(blind_share=1.0, no_receipt_share=1.0, no_receipt_refund_bp=4_000))

    assert ["no_receipt"] == [r["reason"] for r in story.rows("events", kind="return_matched")]
    assert [428] == [r["value_cents"] for r in story.rows("events", kind="refunded")]


def test_a_return_goes_one_way_or_the_other():
    """Two fifths to the counter, three fifths unannounced: by one draw, so that each does one of both."""
    shop = a_node("shop", kind="store")
    rules = ReturnRules(at_store_share=0.4, blind_share=0.6)
    model = returned(rules, ((9, 9), (0, 0)), nodes=(a_node(), shop)).model
    ways = model.site.returns.ways
    assert ways is not None
    at_store = [ways.store_of(0, key) == 1 for key in range(500)]
    blind = [ways.is_blind(key) for key in range(500)]

    assert [not counter for counter in at_store] == blind
    assert 160 < sum(at_store) < 240  # 200 with a standard deviation of 11


@pytest.mark.parametrize(("days", "taken"), [(2, True), (8, False)])
def test_what_comes_late_may_be_refused_at_the_door(days: int, taken: bool):
    """Promised for the end of day 5."""
    world = a_world(
        services=(a_carrier(transit_days=(Fixed(days),) * 7),), segments=(Segment("all", refuse_late_share=1.0),)
    )
    story = visit(world, [(at(0, 9), [(0, 1, 1_000)])])

    assert (taken, not taken) == (bool(story.times("delivered")), bool(story.times("returned_to_sender")))
    assert ([] if taken else ["refused_at_door"]) == [r["reason"] for r in story.rows("events", kind="delivery_failed")]
    assert (0 if taken else 1_000) == story.balance("sales_returns")


def shop(**rules: Any) -> World:
    plain = a_busy_world(
        120.0,
        products=12,
        horizon=Horizon(3 * DAY_MS, 0, 60 * DAY_MS),
        returns=ReturnRules(**rules),
    )
    corner = a_node("CORNER", 41.0, -80.0, kind="store")
    network = replace(plain.network, nodes=(*plain.network.nodes, corner))
    network = replace(network, categories=(Category("all", return_share=0.3, restock_share=0.7),))
    network = replace(network, regions=(*network.regions, Region("hill", 41.0, -80.1, 50.0)))
    return replace(plain, network=network, stock=stock([[30] * 12] * 4, 15, 45))


def test_the_same_customers_take_other_ways_and_the_books_hold_together():
    plain = tell(shop(), 3)
    ways = {"exchange_share": 0.4, "exchange_on": "scan", "at_store_share": 0.3, "blind_share": 0.2, "lost_share": 0.1}
    other = tell(shop(**ways), 3)

    assert plain.model.customers.demand_hash == other.model.customers.demand_hash
    assert len(plain.times("return_requested")) <= len(other.times("return_requested"))
    assert len(other.times("exchanged")) > 10
    assert len(other.times("return_unmatched")) > 10
    assert other.balance("sales_returns") < plain.balance("sales_returns")
    with tempfile.TemporaryDirectory() as name:
        Model(shop(**ways), 3, check=True).run(Path(name))
        assert [] == reconcile(Path(name))


def test_linked_orders_leave_the_luck_of_later_customers_alone():
    def reasons(**rules: Any) -> tuple[int, dict[tuple[Any, ...], str]]:
        plain = shop(**rules)
        why = Category("all", return_share=0.3, disposition=Disposition(reasons=(0.4, 0.2, 0.2, 0.2, 0.0)))
        network, days = replace(plain.network, categories=(why,)), Horizon(14 * DAY_MS, 0, 60 * DAY_MS)
        story = tell(replace(plain, network=network, horizon=days, stock=stock([[200] * 12] * 4, 100, 300)), 3)
        came = {row["order"]: (row["time_ms"], row["channel"]) for row in story.rows("events", kind="captured")}
        asked = story.rows("events", kind="return_requested")
        return len(story.times("exchanged")), {(*came[r["order"]], r["sku"], r["quantity"]): r["reason"] for r in asked}

    (none, without), (some, with_exchanges) = reasons(), reasons(exchange_share=0.6)
    both = without.keys() & with_exchanges.keys()

    assert none == 0 < some
    assert len(both) > 0.9 * len(without) > 50
    assert {} == {who: (without[who], with_exchanges[who]) for who in both if without[who] != with_exchanges[who]}
