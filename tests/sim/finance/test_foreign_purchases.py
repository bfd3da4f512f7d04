"""Suppliers that are paid in a foreign currency: goods at the rate of their arrival, payments at that of their day."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from sim.distributions import Fixed
from sim.measures.entities import entity_balances
from sim.model import Model
from sim.network import Entity, FxRate, Supplier
from sim.plans.treasury import TreasuryPlan
from sim.run import Run
from sim.units import DAY_MS
from sim.world import Horizon, World
from tests.sim.telling import Story, clock, visit, visited
from tests.worlds import a_busy_world, a_node, a_world, stock

RATES = (FxRate("EUR", 0, 1.25), FxRate("EUR", DAY_MS, 1.2), FxRate("EUR", 4 * DAY_MS, 1.0))
EXCHANGE = ("exchange_realised", "exchange_unrealised", "exchange_translated", "payables_translated")
NEVER, NIGHTLY = TreasuryPlan(None, 0, "seller", None), TreasuryPlan(None, 0, "seller", "day")
SHOP = Entity("shop")
MAKER = Supplier("maker", Fixed(2 * DAY_MS), payment_terms_ms=3 * DAY_MS, currency="EUR")


def buying(plan: TreasuryPlan | None = NEVER, entity: Entity = SHOP, **changes) -> World:
    """A node that orders four mugs at 4.00 on day 0, which come two days later and are paid three days after that: the
    euro is worth 1.25 then, 1.20 and 1.00."""
    entities = (entity,) if entity.currency == "USD" else (SHOP, entity)
    own = len(entities) - 1
    usual = {
        "suppliers": (MAKER,), "entities": entities, "nodes": (a_node(entity=own),), "fx_rates": RATES,
        "treasury": plan,
        "stock": stock([[4, 0]], [[5, 0]], [[8, 0]]), "horizon": Horizon(DAY_MS, 0, 12 * DAY_MS),
    }  # fmt: skip
    world = a_world(**(usual | changes))
    channels = tuple(replace(c, entity=own) for c in world.network.channels)
    return replace(world, network=replace(world.network, channels=channels))


def told(world: World) -> tuple[Story, pd.DataFrame]:
    with tempfile.TemporaryDirectory() as folder:
        visited(world, []).run(Path(folder))
        return visit(world, []), entity_balances(Run.open(Path(folder)).books)


def both(frame: pd.DataFrame, account: str) -> list[int]:
    """A balance of the last entity in the group's currency and its own; its rows of one account are added up."""
    mine = frame[(frame["entity"] == frame["entity"].iloc[0]) & (frame["account"] == account)]
    found: list[int] = mine[["balance_cents", "local_cents"]].to_numpy().sum(axis=0).tolist()
    return found


def bought(story: Story) -> list[tuple]:
    kinds = ("purchase_ordered", "received", "supplier_invoiced", "supplier_paid", *EXCHANGE)
    return [(c.split()[0], kind, cents) for c, kind, cents in story.events("value_cents", kind=kinds)]


def test_goods_cost_what_the_currency_is_worth_when_they_come():
    """Four at 3.20 euros are 12.80, or 16.00 dollars when they are ordered, 15.36 when they come, 12.80 when they are
    paid: the stock is cheaper, and 2.56 are gained."""
    story = visit(buying(), [])

    assert [
        ("0", "purchase_ordered", 1_600),
        ("2", "received", 1_536),
        ("2", "supplier_invoiced", 1_536),
        ("5", "supplier_paid", 1_536),
        ("5", "exchange_realised", 256),
    ] == bought(story)
    assert [("cash", 256), ("exchange_realised", -256)] == story.postings(kind="exchange_realised")
    assert 0 == story.balance("payables")
    assert 4 * 400 + 1_536 == story.balance("inventory")


def test_what_is_owed_is_valued_at_the_close_until_it_is_paid():
    """At the end of day 4 the euro is worth 1.00."""
    story = visit(buying(NIGHTLY), [])
    found = [(clock(r["time_ms"]), r["kind"], r["value_cents"]) for r in story.rows("events", kind=EXCHANGE)]

    assert ("4 23:59 +59999ms", "exchange_unrealised", 256) == found[0]
    assert [("exchange_realised", 256), ("exchange_unrealised", -256)] == [
        (kind, cents) for _, kind, cents in found[1:]
    ]
    assert [0, 0] == [story.balance(account) for account in ("exchange_adjustments", "exchange_unrealised")]


@pytest.mark.parametrize(("currency", "plan"), [(None, NIGHTLY), ("USD", NIGHTLY), (None, None)])
def test_without_a_foreign_currency_goods_cost_what_they_cost(currency: str | None, plan: TreasuryPlan | None):
    story = visit(buying(plan, suppliers=(replace(MAKER, currency=currency),)), [])

    assert [1_600] * 4 == [cents for _, _, cents in bought(story)]


def test_an_entity_gains_nothing_by_what_it_pays_in_its_own_currency():
    """It pays 12.80 euros for a debt of 12.80 euros; that they are fewer dollars is the group's translation."""
    story, frame = told(buying(NEVER, Entity("gmbh", "EUR")))

    assert [("5", "payables_translated", 256)] == bought(story)[4:]
    assert [0, 0] == both(frame, "payables")
    assert 0 == both(frame, "exchange_realised")[0]
    assert [-256, 0] == both(frame, "translation_reserve")


def test_an_entity_that_pays_in_the_groups_currency_loses_when_its_own_falls():
    """16.00 dollars are 13.33 euros when the goods come and 16.00 when they are paid: 2.67 are lost, 2.67 dollars."""
    world = buying(NEVER, Entity("gmbh", "EUR"), suppliers=(replace(MAKER, currency="USD"),))
    story, frame = told(world)

    assert [("5", "exchange_realised", -267), ("5", "payables_translated", 267)] == bought(story)[4:]
    assert [0, 0] == both(frame, "payables")
    assert [267, 267] == both(frame, "exchange_realised")
    assert [-267, 0] == both(frame, "translation_reserve")


def test_debts_to_foreign_suppliers_end_in_both_currencies():
    """Replenishment of three nodes of three entities, in two parts and with rates that are drawn."""
    world = a_busy_world(150.0, horizon=Horizon(3 * DAY_MS, 0, 60 * DAY_MS))
    nodes = tuple(replace(n, entity=i) for i, n in enumerate(world.network.nodes))
    entities = (Entity("shop", tax_bp=700), Entity("gmbh", "EUR"), Entity("ltd", "GBP"))
    rates = (FxRate("EUR", 0, 1.25, 0.3), FxRate("GBP", 0, 1.5, 0.3))
    maker = replace(MAKER, payment_terms_ms=20 * DAY_MS, partial_share=0.5)
    network = replace(world.network, nodes=nodes, entities=entities, fx_rates=rates, suppliers=(maker,))
    model = Model(
        replace(world, network=network, treasury=TreasuryPlan("week", DAY_MS, "buyer", "week")), 3, check=True
    )
    with tempfile.TemporaryDirectory() as folder:
        model.run(Path(folder))
        frame = entity_balances(Run.open(Path(folder)).books).set_index(["entity", "account"])
    payables = frame.xs("payables", level="account")[["balance_cents", "local_cents"]]

    assert {"shop", "gmbh", "ltd"} == set(payables.index)
    assert not payables["balance_cents"].any()
    assert payables["local_cents"].abs().max() <= 12
    assert not frame.groupby("entity")[["balance_cents", "local_cents"]].sum().to_numpy().any()
