"""Carriers that bill, and that are paid in a foreign currency: freight at the rate of the day, payments at theirs."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import optimize.execution.carrier_assignment  # noqa: F401 - registers the policy
from sim.distributions import Fixed
from sim.measures.entities import entity_balances
from sim.measures.registry import compute
from sim.model import Model
from sim.network import Entity, FxRate
from sim.plans.carrier_bills import CarrierBilling
from sim.plans.treasury import TreasuryPlan
from sim.run import Run
from sim.units import DAY_MS
from sim.world import Horizon, PolicyChoice, World
from tests.sim.telling import Story, at, clock, visit, visited
from tests.worlds import POLICIES, a_busy_world, a_carrier, a_node, a_world

P1 = [(0, 2, 1_000)]
RATES = (FxRate("EUR", 0, 1.25), FxRate("EUR", DAY_MS, 1.2), FxRate("EUR", 4 * DAY_MS, 1.0))
FREIGHT = ("manifested", "carrier_billed", "carrier_paid", "way_back_charged", "freight_recharged")
EXCHANGE = ("exchange_realised", "exchange_unrealised", "exchange_translated", "freight_translated")
NEVER, NIGHTLY = TreasuryPlan(None, 0, "seller", None), TreasuryPlan(None, 0, "seller", "day")
SHOP, GMBH = Entity("shop"), Entity("gmbh", "EUR")
DAILY = CarrierBilling("day", 3 * DAY_MS)
POST = a_carrier(carrier="Post", currency="EUR", billing=DAILY)


def sending(plan: TreasuryPlan | None = NEVER, entity: Entity = SHOP, **changes: Any) -> World:
    """Parcels for 5.00 dollars, or 4.00 euros, at the start; the euro is worth 1.25, then 1.20 and 1.00."""
    entities = (entity,) if entity.currency == "USD" else (SHOP, entity)
    own = len(entities) - 1
    usual = {
        "services": (POST,), "entities": entities, "nodes": (a_node(entity=own),), "fx_rates": RATES,
        "treasury": plan, "horizon": Horizon(4 * DAY_MS, 0, 12 * DAY_MS),
    }  # fmt: skip
    world = a_world(**(usual | changes))
    channels = tuple(replace(c, entity=own) for c in world.network.channels)
    return replace(world, network=replace(world.network, channels=channels))


def told(story: Story, *kinds: str) -> list[tuple[str, str, int]]:
    return [(when, kind, cents) for when, kind, cents in story.events("value_cents", kind=kinds or FREIGHT)]


def both(world: World, account: str) -> list[int]:
    """A balance of the last entity in the group's currency and its own."""
    with tempfile.TemporaryDirectory() as folder:
        visited(world, [(at(2, 9), P1)]).run(Path(folder))
        frame = entity_balances(Run.open(Path(folder)).books)
    mine = frame[(frame["entity"] == world.network.entities[-1].name) & (frame["account"] == account)]
    found: list[int] = mine[["balance_cents", "local_cents"]].to_numpy().sum(axis=0).tolist()
    return found


def test_freight_is_booked_at_the_rate_of_its_day_and_paid_at_that_of_the_bill():
    """4.00 euros are 4.80 dollars when the parcel leaves, and 4.00 when the bill of that day is paid: 0.80 gained."""
    story = visit(sending(), [(at(2, 9), P1)])

    assert [
        ("2 17:00", "manifested", 480),
        ("3 00:00", "carrier_billed", 480),
        ("6 00:00", "carrier_paid", 480),
        ("6 00:00", "exchange_realised", 80),
    ] == told(story, *FREIGHT, *EXCHANGE)
    assert [("cash", 80), ("exchange_realised", -80)] == story.postings(kind="exchange_realised")
    assert 0 == story.balance("freight_payable")


def test_a_bill_has_all_that_a_carrier_charged_in_the_period():
    """Two on Monday, one on Tuesday; in dollars nothing is exchanged."""
    world = sending(None, services=(a_carrier(billing=CarrierBilling("week", DAY_MS)),))
    story = visit(world, [(at(0, 9), P1), (at(0, 10), P1), (at(1, 9), P1)])

    assert [("7 00:00", "carrier_billed", 1_500), ("8 00:00", "carrier_paid", 1_500)] == told(story)[3:]
    assert 0 == story.balance("freight_payable")


def test_who_does_not_bill_is_owed_to_the_end():
    story = visit(sending(services=(replace(POST, billing=None),)), [(at(2, 9), P1)])

    assert [("2 17:00", "manifested", 480)] == told(story, *FREIGHT, *EXCHANGE)
    assert -480 == story.balance("freight_payable")


def test_what_is_owed_is_valued_at_the_close_until_it_is_paid():
    """At the end of day 4 the euro is worth 1.00."""
    story = visit(sending(NIGHTLY), [(at(2, 9), P1)])
    found = [(clock(r["time_ms"]), r["kind"], r["value_cents"]) for r in story.rows("events", kind=EXCHANGE)]

    assert ("4 23:59 +59999ms", "exchange_unrealised", 80) == found[0]
    assert {("exchange_realised", 80), ("exchange_unrealised", -80)} == {found[1][1:], found[2][1:]}
    assert [0, 0] == [story.balance(account) for account in ("exchange_adjustments", "exchange_unrealised")]


def test_whoever_is_cheapest_at_the_rate_of_the_day_gets_the_parcel():
    """5.05 dollars at the start are 4.04 euros, and 4.85 dollars on the next day: less than the 5.00 of the other."""
    dear = a_carrier("dear", carrier="Post", currency="EUR", rates_cents=((505, 900),) * 7)
    story = visit(sending(services=(a_carrier(), dear)), [(at(0, 9), P1), (at(1, 9), P1)])

    assert [("carrier:ground", 500), ("carrier:dear", 485)] == [
        (r["actor"], r["value_cents"]) for r in story.rows("events", kind="manifested")
    ]


def test_parcels_weighed_together_at_the_door_are_priced_at_the_rate_of_the_day_too():
    """A policy that looks at the whole dock."""
    dear = a_carrier("dear", carrier="Post", currency="EUR", rates_cents=((505, 900),) * 7)
    policies = POLICIES | {"carrier": PolicyChoice("assignment")}
    story = visit(sending(services=(a_carrier(), dear), policies=policies), [(at(0, 9), P1), (at(1, 9), P1)])

    assert [("carrier:ground", 500), ("carrier:dear", 485)] == [
        (r["actor"], r["value_cents"]) for r in story.rows("events", kind="manifested")
    ]


def test_the_way_back_is_on_the_bill():
    """Half of what the way there cost."""
    services = (a_carrier(billing=DAILY, way_back_share=0.5, delivery_attempts=1),)
    base = sending(None, services=services)
    channels = tuple(replace(c, absent_share=1.0) for c in base.network.channels)
    story = visit(replace(base, network=replace(base.network, channels=channels)), [(at(0, 9), P1)])
    found = told(story)

    assert [("manifested", 500), ("way_back_charged", 250)] == [
        (kind, cents) for _, kind, cents in found if kind in ("manifested", "way_back_charged")
    ]
    assert [500, 250] == [cents for _, kind, cents in found if kind == "carrier_paid"]
    assert 0 == story.balance("freight_payable")


def test_an_entity_gains_nothing_by_freight_in_its_own_currency():
    """It pays 4.00 euros for a debt of 4.00 euros; that they are fewer dollars is the group's translation."""
    world = sending(NEVER, GMBH)
    story = visit(world, [(at(2, 9), P1)])

    assert [("6 00:00", "freight_translated", 80)] == told(story, *EXCHANGE)
    assert [0, 0] == both(world, "freight_payable")
    assert [480, 400] == both(world, "freight")
    assert [-80, 0] == both(world, "translation_reserve")


def test_an_entity_that_pays_freight_in_the_groups_currency_loses_when_its_own_falls():
    """5.00 dollars are 4.17 euros when the parcel leaves and 5.00 when it is paid for: 0.83 are lost."""
    world = sending(NEVER, GMBH, services=(replace(POST, currency="USD"),))

    assert [0, 0] == both(world, "freight_payable")
    assert [83, 83] == both(world, "exchange_realised")


@pytest.mark.parametrize(("currency", "plan"), [(None, NIGHTLY), ("USD", NIGHTLY), (None, None)])
def test_without_a_foreign_currency_freight_costs_what_it_costs(currency: str | None, plan: TreasuryPlan | None):
    story = visit(sending(plan, services=(replace(POST, currency=currency),)), [(at(2, 9), P1)])

    assert [500] * 3 == [cents for _, _, cents in told(story, *FREIGHT, *EXCHANGE)]


def test_what_is_owed_for_freight_is_a_measure():
    def owed(services: tuple[Any, ...]) -> dict[str, float]:
        with tempfile.TemporaryDirectory() as folder:
            visited(sending(None, services=services), [(at(2, 9), P1)]).run(Path(folder))
            return compute(Run.open(Path(folder)).books, ["freight_owed_cents"])

    assert [{"freight_owed_cents": 500.0}, {"freight_owed_cents": 0.0}] == [
        owed((a_carrier(),)), owed((a_carrier(billing=DAILY),))
    ]  # fmt: skip


def test_debts_to_foreign_carriers_end_in_both_currencies():
    """Parcels of three nodes of three entities by two carriers, some brought back, with rates that are drawn."""
    world = a_busy_world(60.0, products=12, horizon=Horizon(3 * DAY_MS, 0, 45 * DAY_MS))
    network = world.network
    services = tuple(
        replace(s, carrier=s.name, currency=currency, billing=CarrierBilling("week", 9 * DAY_MS), way_back_share=0.5)
        for s, currency in zip(network.services, ("EUR", "GBP"), strict=True)
    )
    network = replace(
        network,
        nodes=tuple(replace(n, entity=i) for i, n in enumerate(network.nodes)),
        channels=tuple(replace(c, absent_share=0.3) for c in network.channels),
        segments=tuple(replace(s, return_delay_ms=Fixed(5 * DAY_MS)) for s in network.segments),
        categories=tuple(replace(c, return_share=0.0) for c in network.categories),
        entities=(Entity("shop", tax_bp=700), Entity("gmbh", "EUR"), Entity("ltd", "GBP")),
        fx_rates=(FxRate("EUR", 0, 1.25, 0.3), FxRate("GBP", 0, 1.5, 0.3)),
        services=services,
    )
    plan = TreasuryPlan("week", DAY_MS, "buyer", "week")
    with tempfile.TemporaryDirectory() as folder:
        Model(replace(world, network=network, treasury=plan), 3, check=True).run(Path(folder))
        frame: pd.DataFrame = entity_balances(Run.open(Path(folder)).books).set_index(["entity", "account"])
    payable = frame.xs("freight_payable", level="account")[["balance_cents", "local_cents"]]

    assert {"shop", "gmbh", "ltd"} == set(payable.index)
    assert not payable["balance_cents"].any()
    assert payable["local_cents"].abs().max() <= 12
    assert not frame.groupby("entity")[["balance_cents", "local_cents"]].sum().to_numpy().any()
