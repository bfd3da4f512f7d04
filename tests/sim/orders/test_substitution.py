"""Substitutes: what is short is offered in another form, at no higher price, to those who take it."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sim.books.reconcile import reconcile
from sim.model import Model
from sim.network import FxRate, Product
from sim.plans.treasury import TreasuryPlan
from sim.rules import Rule
from sim.units import DAY_MS
from sim.world import Horizon, Rules, World
from tests.sim.telling import Story, at, tell, visit
from tests.worlds import a_busy_world, a_channel, a_world, stock

P1 = Product("P1", price_cents=1_000, cost_cents=400, weight_kg=0.5, substitutes=(1, 2))
P2 = Product("P2", price_cents=2_500, cost_cents=1_100, weight_kg=1.5)
P3 = Product("P3", price_cents=900, cost_cents=300, weight_kg=0.4)
OFFER = Rule("offer", "not in_stock", "substitute")
STEPS = ("captured", "substituted", "allocated", "backordered", "cancelled_units")


def short(units: list[int], order: list[tuple[int, int, int]], share: float = 1.0, **changes: Any) -> Story:
    world = a_world(
        products=(P1, P2, P3),
        channels=(a_channel(accepts_backorders=True),),
        stock=stock([units]),
        workflow=(OFFER,),
        rules=Rules(substitute_accepted_share=share),
        **changes,
    )
    return visit(world, [(at(0, 9), order)])


def test_the_first_substitute_of_which_there_is_enough_is_sent_at_the_lower_price():
    """Two are wanted at 10.00. Of P2 there is one; of P3 there are plenty, at 9.00."""
    assert [
        ("captured", "P1", 2, 2_000),
        ("substituted", "P3", 2, 1_800),
        ("allocated", "P3", 2, None),
    ] == [
        (r["kind"], r["sku"], r["quantity"], r["value_cents"] if r["kind"] != "allocated" else None)
        for r in short([0, 1, 9], [(0, 2, 1_000)]).rows("events", kind=STEPS)
    ]


def test_a_dearer_substitute_costs_no_more():
    story = short([0, 9, 0], [(0, 1, 1_000)])

    assert [1_070] == [row["value_cents"] for row in story.rows("events", kind="invoiced")]
    assert [("P2", 1_100)] == [(r["sku"], r["value_cents"]) for r in story.rows("events", kind="shipped")]


def test_prices_of_substitutes_are_in_the_customers_currency_too():
    """The euro has gone from 1.00 to 2.00: P1 is 10.00 euros or 20.00 dollars, of P2 there is none, P3 is 9.00 or
    18.00."""
    world = a_world(
        products=(P1, P2, P3),
        channels=(a_channel(accepts_backorders=True, currency="EUR"),),
        stock=stock([[0, 0, 9]]),
        workflow=(OFFER,),
        rules=Rules(substitute_accepted_share=1.0),
        fx_rates=(FxRate("EUR", 0, 1.0), FxRate("EUR", DAY_MS, 2.0)),
        treasury=TreasuryPlan(None, 0, "seller", None),
    )
    story = visit(world, [(at(1, 9), [(0, 1, 2_000)])])

    assert [("captured", 2_000), ("substituted", 1_800)] == [
        (kind, cents) for _, kind, cents in story.events("value_cents", kind=STEPS[:2])
    ]


@pytest.mark.parametrize("units", [[0, 9, 9], [0, 0, 0]], ids=["declined", "none there"])
def test_who_takes_none_waits(units: list[int]):
    story = short(units, [(0, 1, 1_000)], share=0.0 if any(units) else 1.0)

    assert ["captured", "backordered"] == [kind for _, kind in story.events(kind=STEPS)]


def test_only_what_is_short_is_exchanged():
    story = short([0, 9, 9], [(0, 1, 1_000), (1, 1, 2_500)])

    assert [("P2", 0)] == [(r["sku"], r["line"]) for r in story.rows("events", kind="substituted")]
    assert [("P2", 0), ("P2", 1)] == sorted((r["sku"], r["line"]) for r in story.rows("events", kind="allocated"))


def test_a_line_of_which_a_part_has_a_node_waits_for_the_rest():
    story = short([1, 9, 9], [(0, 3, 1_000)])

    assert [("allocated", 1), ("backordered", 2)] == [
        (k, q) for _, k, q in story.events("quantity", kind=("allocated", "backordered", "substituted"))
    ]


def shop(*rules: Rule) -> World:
    plain = a_busy_world(250.0, products=12, horizon=Horizon(2 * DAY_MS, 0, 12 * DAY_MS), workflow=rules)
    products = tuple(replace(p, substitutes=((n + 1) % 12, (n + 2) % 12)) for n, p in enumerate(plain.network.products))
    channels = tuple(replace(c, accepts_backorders=True) for c in plain.network.channels)
    return replace(plain, network=replace(plain.network, products=products, channels=channels))


def test_fewer_customers_wait_and_the_books_hold_together():
    nothing = Rule("idle", "units > 1000", "substitute")
    without, offered = tell(shop(nothing), 3), tell(shop(OFFER), 3)

    assert without.model.customers.demand_hash == offered.model.customers.demand_hash
    assert len(offered.times("substituted")) > 20
    assert len(offered.times("backordered")) < len(without.times("backordered"))
    with tempfile.TemporaryDirectory() as name:
        Model(shop(OFFER), 3, check=True).run(Path(name))
        assert [] == reconcile(Path(name))
