"""Replenishment: reviews, lots and minimum orders, lead times, short deliveries, payment, transfers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sim.disruptions import NodeOutage
from sim.distributions import Fixed, Uniform
from sim.network import Payment, Supplier
from sim.units import DAY_MS, HOUR_MS
from sim.world import Horizon, PolicyChoice
from tests.sim.telling import Story, at, visit
from tests.worlds import POLICIES, a_channel, a_node, a_world, stock

SUPPLY = ("purchase_ordered", "received", "short_delivered", "supplier_invoiced", "put_away", "supplier_paid")


def supplied(orders=(), supplier: Supplier | None = None, **changes) -> Story:
    """P1 alone is carried: s = 10, S = 40; 12 at hand. The review is at 6:00."""
    defaults = {"stock": stock([[12, 0]], [[10, 0]], [[40, 0]]), "horizon": Horizon(5 * DAY_MS, 0, 60 * DAY_MS)}
    world = a_world(**defaults | {"suppliers": (supplier or Supplier("maker", Fixed(2 * DAY_MS)),)} | changes)
    return visit(world, orders)


def units(story: Story, *kinds: str) -> list[tuple]:
    return story.events("sku", "quantity", kind=kinds or SUPPLY)


def test_above_the_reorder_point_nothing_is_ordered():
    assert [] == units(supplied())


def test_from_order_to_payment():
    """Two are sold on day 0: at the review of day 1 ten are left, not more than s. Payment is due after 30 days."""
    story = supplied([(at(0, 9), [(0, 2, 1_000)])])

    assert [
        ("1 06:00", "purchase_ordered", 30, 12_000, at(3, 6), "supplier:maker"),
        ("3 06:00", "received", 30, 12_000, None, "supplier:maker"),
        ("3 06:00", "supplier_invoiced", 0, 12_000, None, "supplier:maker"),
        ("3 06:10", "put_away", 30, 0, None, "warehouse:A"),
        ("33 06:00", "supplier_paid", 0, 12_000, None, "supplier:maker"),
    ] == story.events("quantity", "value_cents", "due_ms", "actor", kind=SUPPLY)
    assert [
        ("received", "inventory", 12_000),
        ("received", "goods_received_not_invoiced", -12_000),
        ("supplier_invoiced", "goods_received_not_invoiced", 12_000),
        ("supplier_invoiced", "payables", -12_000),
        ("supplier_paid", "payables", 12_000),
        ("supplier_paid", "cash", -12_000),
    ] == [(r["kind"], r["account"], r["amount_cents"]) for r in story.rows("journal", kind=SUPPLY)]


def test_what_is_on_order_counts():
    """More is sold on day 1; with 30 on order the position is 35."""
    story = supplied([(at(0, 9), [(0, 2, 1_000)]), (at(1, 9), [(0, 5, 1_000)])])

    assert [("1 06:00", "purchase_ordered", "P1", 30)] == units(story, "purchase_ordered")


def test_what_is_owed_counts_too():
    """20 are sold of 12: eight are owed, and 48 ordered; when they come the order is served."""
    welcome = (a_channel(accepts_backorders=True),)
    story = supplied([(at(0, 9), [(0, 20, 1_000)])], channels=welcome)

    assert [
        ("0 09:00", "allocated", 12),
        ("0 09:00", "backordered", 8),
        ("1 06:00", "purchase_ordered", 48),
        ("3 06:10", "allocated", 8),
    ] == story.events("quantity", kind=("allocated", "backordered", "purchase_ordered"))


def test_lots_and_minimum_orders():
    """30 are wanted: in lots of 16 these are 32; a minimum of 33 is not reached."""
    sale = [(at(0, 9), [(0, 2, 1_000)])]
    lots = Supplier("maker", Fixed(2 * DAY_MS), lot_units=16)

    assert [("1 06:00", "purchase_ordered", "P1", 32)] == units(supplied(sale, lots), "purchase_ordered")
    assert [("1 06:00", "purchase_ordered", "P1", 32)] == units(
        supplied(sale, replace(lots, min_order_units=32)), "purchase_ordered"
    )
    assert [] == units(supplied(sale, replace(lots, min_order_units=33)))


def test_a_minimum_order_is_reached_by_several_products_together():
    plan = stock([[5, 5]], [[10, 10]], [[20, 20]])
    story = supplied(supplier=Supplier("maker", Fixed(DAY_MS), min_order_units=30), stock=plan)

    assert [("0 06:00", "P1", 15), ("0 06:00", "P2", 15)] == [
        (t, sku, n) for t, _, sku, n in units(story, "purchase_ordered")
    ]


def test_a_short_delivery_is_told_and_the_rest_is_ordered_again():
    """Four fifths of 30 are 24; the missing six are not on order any more: 10 + 24 is above s."""
    story = supplied([(at(0, 9), [(0, 2, 1_000)])], Supplier("maker", Fixed(2 * DAY_MS), fill_share=Fixed(0.8)))

    assert [
        ("1 06:00", "purchase_ordered", "P1", 30),
        ("3 06:00", "received", "P1", 24),
        ("3 06:00", "short_delivered", "P1", 6),
        ("3 06:10", "put_away", "P1", 24),
    ] == units(story, "purchase_ordered", "received", "short_delivered", "put_away")
    assert -24 * 400 == story.balance("cash") - sum(
        r["amount_cents"] for r in story.rows("journal", account="cash", kind="settled")
    )


def test_nothing_delivered_is_nothing_invoiced():
    story = supplied([(at(0, 9), [(0, 2, 1_000)])], Supplier("maker", Fixed(DAY_MS), fill_share=Fixed(0.0)))

    assert {("short_delivered", 30)} == {
        (k, n) for _, k, _, n in units(story, "received", "short_delivered", "supplier_invoiced", "put_away")
    }


def test_after_the_end_of_demand_nothing_more_is_ordered():
    story = supplied([(at(4, 9), [(0, 5, 1_000)])])

    assert [] == units(story)


def test_unless_someone_waits_for_it():
    welcome = (a_channel(accepts_backorders=True),)
    story = supplied([(at(4, 9), [(0, 20, 1_000)])], channels=welcome)

    assert ["5 06:00"] == story.times("purchase_ordered")
    assert {"closed": 1} == story.manifest["census"]


def rule(name: str, opening: int) -> list[int]:
    """What is ordered at once with s = 10 and S = 40, stock being ``opening``."""
    policies = POLICIES | {"replenishment": PolicyChoice(name)}
    plan = stock([[opening, 0]], [[10, 0]], [[40, 0]])
    story = supplied(stock=plan, policies=policies, horizon=Horizon(DAY_MS, 0, 9 * DAY_MS))
    return [n for _, _, _, n in units(story, "purchase_ordered")]


def test_the_rules_of_replenishment():
    """(s, S) from s down; base stock below S; (r, Q): as many lots of 30 as lift 0 or 10 above r."""
    assert {"s_S": [[], [30], [40]], "base_stock": [[29], [30], [40]], "r_Q": [[], [30], [30]]} == {
        name: [rule(name, n) for n in (11, 10, 0)] for name in ("s_S", "base_stock", "r_Q")
    }


# Continuous review, and other intervals.

ONE_FOR_ONE = POLICIES | {"replenishment": PolicyChoice("base_stock")}


def reviewed(orders=(), every_ms: int = 0, **changes) -> Story:
    """P1 alone is carried, up to S = 12 of which 12 are at hand; two hours of lead time."""
    defaults: dict[str, Any] = {
        "nodes": (a_node(review_every_ms=every_ms),),
        "policies": ONE_FOR_ONE,
        "stock": stock([[12, 0]], [[0, 0]], [[12, 0]]),
        "supplier": Supplier("maker", Fixed(2 * HOUR_MS)),
    }
    return supplied(orders, **defaults | changes)


def test_under_continuous_review_each_demand_is_ordered_at_once():
    story = reviewed([(at(0, 9), [(0, 2, 1_000)]), (at(0, 9, 5), [(0, 1, 1_000)])])

    assert [
        ("0 09:00", "purchase_ordered", "P1", 2),
        ("0 09:05", "purchase_ordered", "P1", 1),
        ("0 11:00", "received", "P1", 2),
        ("0 11:05", "received", "P1", 1),
        ("0 11:10", "put_away", "P1", 2),
        ("0 11:20", "put_away", "P1", 1),
    ] == units(story, "purchase_ordered", "received", "put_away")


def test_demand_of_one_instant_is_one_review():
    story = reviewed([(at(0, 9), [(0, 2, 1_000)]), (at(0, 9), [(0, 1, 1_000)])])

    assert [("0 09:00", "purchase_ordered", "P1", 3)] == units(story, "purchase_ordered")


def test_what_is_owed_is_ordered_at_once_too():
    """20 are wanted of 12: twelve are allocated, eight owed; all 20 are ordered, even after the end of demand."""
    welcome = (a_channel(accepts_backorders=True),)
    story = reviewed([(at(0, 9), [(0, 20, 1_000)])], channels=welcome, horizon=Horizon(at(0, 10), 0, at(9, 0)))

    assert [("0 09:00", "purchase_ordered", "P1", 20)] == units(story, "purchase_ordered")
    assert [("0 09:00", 12), ("0 11:10", 8)] == [(t, n) for t, _, n in story.events("quantity", kind="allocated")]


def test_what_a_supplier_leaves_out_is_ordered_again_at_once():
    half = Supplier("maker", Fixed(2 * HOUR_MS), fill_share=Fixed(0.5))
    story = reviewed([(at(0, 9), [(0, 4, 1_000)])], supplier=half)

    assert [("0 09:00", 4), ("0 11:00", 2), ("0 13:00", 1)] == [
        (t, n) for t, _, _, n in units(story, "purchase_ordered")
    ][:3]


def test_each_order_has_a_lead_time_of_its_own():
    orders = [(at(0, 9, minute), [(0, 1, 1_000)]) for minute in range(8)]
    story = reviewed(orders, supplier=Supplier("maker", Uniform(HOUR_MS, 20 * HOUR_MS)))
    ordered, received = (story.rows("events", kind=kind) for kind in ("purchase_ordered", "received"))

    assert 8 == len(ordered) == len(received)
    assert 8 == len({row["time_ms"] for row in received})


def test_a_closed_node_is_reviewed_when_it_opens():
    """Closed from 8:00 to 11:00; what was accepted at 9:00 is owed, and ordered at 11:00."""
    outage = NodeOutage(0, at(0, 8), 3 * HOUR_MS)
    welcome = (a_channel(accepts_backorders=True),)
    story = reviewed([(at(0, 9), [(0, 2, 1_000)])], channels=welcome, disruptions=(outage,))

    assert [("0 11:00", "purchase_ordered", "P1", 2)] == units(story, "purchase_ordered")


def test_a_review_every_six_hours():
    """At 6:00, 12:00, 18:00, ...: two sold at 9:00 are ordered at noon, one sold at 19:00 at midnight."""
    story = reviewed([(at(0, 9), [(0, 2, 1_000)]), (at(0, 19), [(0, 1, 1_000)])], 6 * HOUR_MS)

    assert [("0 12:00", "purchase_ordered", "P1", 2), ("1 00:00", "purchase_ordered", "P1", 1)] == units(
        story, "purchase_ordered"
    )


def test_levels_may_be_parameters_of_the_policy():
    """They hold in place of s = 10 and S = 40 of the stock plan; 12 are at hand."""

    def first(name: str, **parameters: int) -> list[int]:
        policies = POLICIES | {"replenishment": PolicyChoice(name, parameters)}
        story = supplied(policies=policies, horizon=Horizon(DAY_MS, 0, 9 * DAY_MS))
        return [n for *_, n in units(story, "purchase_ordered")]

    assert [] == first("s_S")
    assert [28] == first("s_S", reorder_point=12)
    assert [8] == first("s_S", reorder_point=12, order_up_to=20)
    assert [13] == first("base_stock", order_up_to=25)
    assert [5] == first("base_stock", order_up_to=25, order_at_most=5)
    assert [14] == first("r_Q", reorder_point=25, order_quantity=7)


# Transfers.


def fed(opening=((50, 0), (2, 0)), orders=(), **changes) -> Story:
    """A store S fed by the warehouse A: s = 5, S = 20 of P1; a day and a half on the road."""
    store = a_node("S", kind="store", source=0, transfer_ms=Fixed(36 * HOUR_MS), serves_channels=frozenset({0}))
    nodes = (a_node("A", serves_channels=frozenset({1})), store)
    channels = (a_channel("till"), a_channel("web"))
    plan = stock(opening, [[0, 0], [5, 0]], [[0, 0], [20, 0]])
    defaults = {"horizon": Horizon(2 * DAY_MS, 0, 20 * DAY_MS), "stock": plan}
    return visit(a_world(nodes=nodes, channels=channels, **defaults | changes), orders)


TRANSFER = ("transfer_requested", "transfer_shipped", "transfer_received", "put_away")


def test_a_store_is_fed_from_its_warehouse():
    story = fed()

    assert [
        ("0 06:00", "transfer_requested", "A", 18, 0, "planner"),
        ("0 06:00", "transfer_shipped", "A", 18, 7_200, "warehouse:A"),
        ("1 18:00", "transfer_received", "S", 18, 7_200, "warehouse:S"),
        ("1 18:10", "put_away", "S", 18, 0, "warehouse:S"),
    ] == story.events("node", "quantity", "value_cents", "actor", kind=TRANSFER)
    assert [
        ("A", "available", "S", "in_transit", 18),
        ("S", "in_transit", "S", "awaiting", 18),
        ("S", "awaiting", "S", "available", 18),
    ] == [
        (r["from_node"], r["from_bucket"], r["to_node"], r["to_bucket"], r["units"])
        for r in story.rows("ledger", kind=TRANSFER)
    ]


def test_goods_on_the_road_are_on_an_account_of_their_own():
    story = fed()

    assert [
        ("transfer_shipped", "inventory_in_transit", "A", 7_200),
        ("transfer_shipped", "inventory", "A", -7_200),
        ("transfer_received", "inventory", "S", 7_200),
        ("transfer_received", "inventory_in_transit", "S", -7_200),
    ] == [(r["kind"], r["account"], r["node"], r["amount_cents"]) for r in story.rows("journal", kind=TRANSFER)]
    assert 0 == story.balance("inventory_in_transit")


def test_what_is_on_the_road_is_in_the_position():
    """Reviewed again on day 1 while 18 are under way: nothing more is asked for."""
    assert 1 == len(fed().times("transfer_requested"))


def test_a_warehouse_gives_what_it_has():
    story = fed(opening=((7, 0), (2, 0)))

    assert [7, 7, 7, 7] == [n for *_, n in story.events("quantity", kind=TRANSFER)]


def test_an_empty_warehouse_sends_nothing():
    assert [] == fed(opening=((0, 0), (2, 0))).events(kind=TRANSFER)


def test_a_store_under_continuous_review_gets_what_it_asked_for_in_vain():
    """Two are at hand of S = 4. A has one and sends it; it owes the other, orders both, and sends on when they come."""
    store = a_node("S", source=0, transfer_ms=Fixed(HOUR_MS), review_every_ms=0)
    nodes = (a_node("A", serves_channels=frozenset(), review_every_ms=0), store)
    plan = stock([[1, 0], [2, 0]], [[0, 0], [0, 0]], [[1, 0], [4, 0]])
    supplier = Supplier("maker", Fixed(2 * HOUR_MS))
    world = a_world(nodes=nodes, stock=plan, policies=ONE_FOR_ONE, suppliers=(supplier,))

    assert [
        ("0 00:00", "transfer_shipped", "A", 1),
        ("0 00:00", "purchase_ordered", "A", 2),
        ("0 01:10", "put_away", "S", 1),
        ("0 02:10", "put_away", "A", 2),
        ("0 02:10", "transfer_shipped", "A", 1),
        ("0 03:20", "put_away", "S", 1),
    ] == sorted(
        visit(world, []).events("node", "quantity", kind=("purchase_ordered", "transfer_shipped", "put_away")),
        key=lambda row: row[0],
    )


def test_what_an_accepted_order_counts_on_is_not_sent_away():
    """Accepted at 5:30, held until 7:00; the store's review at 6:00 leaves one of the three units where it is."""
    payment = Payment("card", declined_share=0.5, recovered_share=1.0, retry_ms=90 * 60_000)
    nodes = (a_node("A"), a_node("S", kind="store", source=0))
    plan = stock([[3, 0], [0, 0]], [[0, 0], [5, 0]], [[0, 0], [20, 0]])
    world = a_world(nodes=nodes, channels=(a_channel(payments=(payment,)),), stock=plan)
    story = visit(world, [(at(0, 5, 30), [(0, 1, 1_000)])], payment_luck=[0.1])

    assert [("0 06:00", "transfer_shipped", 2), ("0 07:00", "allocated", 1)] == story.events(
        "quantity", kind=("transfer_shipped", "allocated", "backordered")
    )
