"""Carts and held orders: what they have a claim on, and what that costs others."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.books.reconcile import reconcile
from sim.distributions import Fixed, Uniform
from sim.model import Model
from sim.network import CycleCounts, Payment, Reservation, Sync
from sim.units import DAY_MS, HOUR_MS, MINUTE_MS
from sim.world import Horizon, Rules
from tests.sim.telling import Story, at, tell, visit
from tests.sim.witness import faults, illegal_moves
from tests.worlds import a_busy_world, a_channel, a_node, a_world, stock

P1 = [(0, 1, 1_000)]
RETRIED = Payment("card", declined_share=0.5, recovered_share=1.0, retry_ms=HOUR_MS)
TOLD = (
    "captured",
    "refused",
    "cart_reserved",
    "cart_abandoned",
    "reservation_expired",
    "reservation_missed",
    "allocated",
    "backordered",
)


def sold_out_soon(reservation: Reservation) -> Story:
    """One unit. The first customer's card is declined, and passes an hour later; the second comes in between."""
    world = a_world(channels=(a_channel(payments=(RETRIED,), reservation=reservation),), stock=stock([[1, 9]]))
    return visit(world, [(at(0, 9), P1), (at(0, 9, 30), P1)], payment_luck=[0.1, 0.9])


@pytest.mark.parametrize(
    ("reservation", "told"),
    [
        (
            Reservation("capture"),
            [("0 09:00", "captured", 0), ("0 09:30", "refused", 1), ("0 10:00", "allocated", 0)],
        ),
        (
            Reservation("payment"),
            [
                ("0 09:00", "captured", 0),
                ("0 09:30", "captured", 1),
                ("0 09:30", "allocated", 1),
                ("0 10:00", "reservation_missed", 0),
                ("0 10:00", "backordered", 0),
            ],
        ),
        (
            Reservation("capture", expires_ms=20 * MINUTE_MS),
            [
                ("0 09:00", "captured", 0),
                ("0 09:20", "reservation_expired", 0),
                ("0 09:30", "captured", 1),
                ("0 09:30", "allocated", 1),
                ("0 10:00", "reservation_missed", 0),
                ("0 10:00", "backordered", 0),
            ],
        ),
        (
            Reservation("capture", expires_ms=2 * HOUR_MS),
            [("0 09:00", "captured", 0), ("0 09:30", "refused", 1), ("0 10:00", "allocated", 0)],
        ),
    ],
    ids=["capture", "payment", "expires before", "expires after"],
)
def test_the_moment_of_the_reservation_decides_who_gets_the_last_unit(reservation: Reservation, told: list[Any]):
    assert told == sold_out_soon(reservation).events("order", kind=TOLD)


# Pools that overlap.


def overlapping(reservation: Reservation, rules: Rules | None = None) -> Story:
    """A has one unit, B five. The first customer's channel is served from A only and waits for the card; the second
    could be served from B as well, and lives next to A."""
    nodes = (a_node("A"), a_node("B", latitude=44.0, serves_channels=frozenset({1})))
    channels = (a_channel("only A", payments=(RETRIED,), reservation=reservation), a_channel("both"))
    world = a_world(nodes=nodes, channels=channels, stock=stock([[1, 9], [5, 9]]), rules=rules or Rules())
    return visit(world, [(at(0, 9), P1), (at(0, 9, 30), P1)], channel=[0, 1], payment_luck=[0.1, 0.9])


def test_a_reservation_at_a_node_cannot_be_taken_by_who_has_other_nodes_too():
    """Reserved of the stock as a whole, the unit goes to who asks first for a node; at the node, it is kept."""
    whole, node = (overlapping(Reservation(level=level)) for level in ("stock", "node"))
    told = ("allocated", "backordered", "node_reserved", "node_reservation_ended")

    assert [("0 09:30", "allocated", 1, "A"), ("0 10:00", "backordered", 0, None)] == whole.events(
        "order", "node", kind=told
    )
    assert [
        ("0 09:00", "node_reserved", None, "A"),
        ("0 09:30", "allocated", 1, "B"),
        ("0 10:00", "node_reservation_ended", None, "A"),
        ("0 10:00", "allocated", 0, "A"),
    ] == node.events("order", "node", kind=told)
    assert whole.manifest["demand_hash"] == node.manifest["demand_hash"]


def test_a_rule_protects_reservations_of_the_stock_as_a_whole():
    story = overlapping(Reservation(), Rules(protect_reservations=True))

    assert [("0 09:30", "allocated", 1, "B"), ("0 10:00", "allocated", 0, "A")] == story.events(
        "order", "node", kind=("allocated", "backordered")
    )


def failures(protect: bool) -> tuple[int, str]:
    """Accepted lines that no node has: three nodes, one for the web, one for the market, one for both; live stock
    that runs out, cards that are declined and tried again, nothing that comes."""
    world = a_busy_world(orders_per_day=400.0, products=4, horizon=Horizon(DAY_MS, 0, 3 * DAY_MS))
    web, market = world.network.channels
    card = (Payment("card", 1.0, 0.4, 0.7, 2 * HOUR_MS),)
    channels = tuple(replace(c, sync=Sync(), payments=card, segment=0) for c in (web, market))
    nodes = tuple(
        replace(n, serves_channels=serves)
        for n, serves in zip(world.network.nodes, (None, frozenset({0}), frozenset({1})), strict=True)
    )
    segments = (replace(world.network.segments[0], cancel_share=0.0),)
    network = replace(world.network, channels=channels, nodes=nodes, segments=segments)
    story = tell(
        replace(
            world,
            network=network,
            stock=stock([[40] * 4, [10] * 4, [10] * 4]),
            rules=Rules(protect_reservations=protect),
        )
    )
    return len(story.rows("events", kind="backordered")), story.manifest["demand_hash"]


def test_with_the_rule_every_line_that_was_accepted_live_finds_a_node():
    """For the same customers; without it, pools that overlap take one another's reservations."""
    (without, customers), (with_rule, same) = failures(protect=False), failures(protect=True)

    assert customers == same
    assert without > 0
    assert 0 == with_rule


def test_who_never_pays_gives_the_node_back():
    nodes = (a_node(),)
    never = replace(RETRIED, recovered_share=0.0)
    channels = (a_channel(payments=(never,), reservation=Reservation(level="node")),)
    story = visit(a_world(nodes=nodes, channels=channels, stock=stock([[1, 9]])), [(at(0, 9), P1)], payment_luck=[0.1])

    assert ["node_reserved", "node_reservation_ended"] == [
        k for _, k in story.events(kind=("node_reserved", "node_reservation_ended"))
    ]
    assert {"cancelled": 1} == story.manifest["census"]
    assert 1 == story.model.site.inventory.available[0][0]


# Carts.


def two_carts(reservation: Reservation, abandoned_share: float = 0.0, second: int = 5) -> Story:
    """One unit; two customers fill their carts some minutes apart, and order ten minutes later."""
    channel = a_channel(checkout_ms=Fixed(10 * MINUTE_MS), abandoned_share=abandoned_share, reservation=reservation)
    return visit(a_world(channels=(channel,), stock=stock([[1, 9]])), [(at(0, 9), P1), (at(0, 9, second), P1)])


def test_without_a_reservation_the_till_finds_that_it_is_gone():
    story = two_carts(Reservation())

    assert [
        ("0 09:10", "captured", 0, ""),
        ("0 09:10", "allocated", 0, ""),
        ("0 09:15", "refused", 1, "gone_at_checkout"),
    ] == story.events("order", "reason", kind=TOLD)


def test_a_cart_that_reserves_keeps_others_from_choosing_it():
    story = two_carts(Reservation("cart"))

    assert [
        ("0 09:00", "cart_reserved", 0, ""),
        ("0 09:05", "refused", 1, "not_on_view"),
        ("0 09:10", "captured", 0, ""),
        ("0 09:10", "allocated", 0, ""),
    ] == story.events("order", "reason", kind=TOLD)


def test_an_abandoned_cart_costs_a_sale_unless_its_reservation_expires():
    kept, expired = (two_carts(Reservation("cart", expires_ms=e), abandoned_share=1.0) for e in (None, 3 * MINUTE_MS))

    assert [
        ("0 09:00", "cart_reserved", 0),
        ("0 09:05", "refused", 1),
        ("0 09:10", "cart_abandoned", 0),
    ] == kept.events("order", kind=TOLD)
    assert [
        ("0 09:00", "cart_reserved", 0),
        ("0 09:03", "reservation_expired", 0),
        ("0 09:05", "cart_reserved", 1),
        ("0 09:08", "reservation_expired", 1),
        ("0 09:10", "cart_abandoned", 0),
        ("0 09:15", "cart_abandoned", 1),
    ] == expired.events("order", kind=TOLD)
    assert {"abandoned": 1, "refused": 1} == kept.manifest["census"]


def test_where_nobody_abandons_and_nothing_expires_a_cart_that_reserves_loses_nothing_at_the_till():
    """Zero at the till is certain with a reservation in the cart; without one, the same customers lose units there."""
    lost = []
    for moment in ("capture", "cart"):
        world = a_busy_world(orders_per_day=400.0, products=4, horizon=Horizon(DAY_MS, 0, 20 * DAY_MS))
        web = replace(
            world.network.channels[0],
            checkout_ms=Uniform(MINUTE_MS, 30 * MINUTE_MS),
            abandoned_share=0.3,
            reservation=Reservation(moment),
        )
        world = replace(world, network=replace(world.network, channels=(web,)))
        story = tell(world, 3)
        lost.append(len(story.rows("events", kind="refused", reason="gone_at_checkout")))

    assert lost[0] > 0
    assert 0 == lost[1]


# Always.


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(["capture", "payment", "cart"]),
    st.sampled_from(["stock", "node"]),
    st.sampled_from([None, 20 * MINUTE_MS, 3 * HOUR_MS]),
    st.sampled_from(["live", "events", "batch"]),
    st.integers(0, 3),
    st.booleans(),
)
def test_nothing_is_lost_or_sold_twice_over(
    tmp_path_factory: pytest.TempPathFactory,
    moment: str,
    level: str,
    expires: int | None,
    mode: str,
    seed: int,
    shelves: bool,
):
    world = a_busy_world(orders_per_day=150.0, products=6, horizon=Horizon(2 * DAY_MS, 0, 20 * DAY_MS))
    web, market = world.network.channels
    web = replace(
        web,
        checkout_ms=Uniform(MINUTE_MS, HOUR_MS) if moment == "cart" else None,
        abandoned_share=0.3,
        reservation=Reservation(moment, level, expires),
        sync=Sync(mode, latency_ms=5 * MINUTE_MS),
        payments=(Payment("card", 1.0, 0.3, 0.5, HOUR_MS, 0.2, 0.3),),
    )
    counts = CycleCounts((DAY_MS, DAY_MS, DAY_MS), staff=2) if shelves else None
    nodes = tuple(replace(n, cycle_counts=counts, shrinkage_share=9.0 if shelves else 0.0) for n in world.network.nodes)
    narrow = replace(nodes[2], serves_channels=frozenset({1}))
    folder: Path = tmp_path_factory.mktemp("books")
    network = replace(world.network, channels=(web, market), nodes=(*nodes[:2], narrow))
    model = Model(replace(world, network=network), seed, check=True)
    manifest = model.run(folder)

    assert ([], [], []) == (faults(folder), illegal_moves(folder), reconcile(folder))
    assert sum(manifest["census"].values()) == manifest["counters"]["orders_offered"]
    assert [] == [units for row in model.site.inventory.reserved for units in row if units < 0]
    if "open: stock shortage" not in manifest["census"] and "offered" not in manifest["census"]:
        assert 0 == sum(map(sum, model.site.inventory.reserved))
