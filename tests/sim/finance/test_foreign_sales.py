"""Channels whose customers pay in a foreign currency: booked at the rate of the order, paid at that of the day."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sim.agents.customers.customer import Customers
from sim.agents.finance.foreign_money import Claims
from sim.distributions import Fixed
from sim.measures.entities import BETWEEN, entity_balances
from sim.measures.registry import split
from sim.model import Model
from sim.network import Category, Entity, FxRate, Payment, Segment
from sim.plans.treasury import TreasuryPlan
from sim.run import Run
from sim.streams import Streams
from sim.units import DAY_MS, HOUR_MS
from sim.world import Horizon, World
from tests.sim.telling import Story, at, visit, visited
from tests.worlds import a_busy_world, a_channel, a_node, a_world

P1 = [(0, 2, 1_000)]
RATES = (
    *(FxRate("EUR", 0, 1.25), FxRate("EUR", 2 * DAY_MS, 1.1)),
    *(FxRate("GBP", 0, 1.5), FxRate("GBP", 2 * DAY_MS, 1.65)),
)
EXCHANGE = ("exchange_realised", "exchange_unrealised", "exchange_translated")
NIGHTLY = TreasuryPlan("month", 0, "seller", "day")
NEVER = TreasuryPlan("month", 0, "seller", None)


def abroad(
    currency: str | None, plan: TreasuryPlan | None = NEVER, *entities: Entity, channel: dict | None = None, **changes
) -> World:
    """A shop that is paid in another currency; 20.00 are 16.00 euros when an order of day 0 is placed."""
    own = max(0, len(entities) - 1)
    web = a_channel(entity=own, currency=currency, **(channel or {}))
    usual = {
        "channels": (web,), "nodes": (a_node(entity=own),), "entities": entities or (Entity("shop"),),
        "fx_rates": RATES, "treasury": plan,
    }  # fmt: skip
    return a_world(**(usual | changes))


def entries(story: Story) -> list[tuple]:
    return story.events("actor", "value_cents", kind=EXCHANGE)


def balances(world: World) -> pd.DataFrame:
    with tempfile.TemporaryDirectory() as folder:
        visited(world, [(at(0, 9), P1)]).run(Path(folder))
        return entity_balances(Run.open(Path(folder)).books).set_index(["entity", "account"])


def both(frame: pd.DataFrame, entity: str, account: str) -> list[int]:
    """A balance in the group's currency and in the entity's own."""
    rows: list[list[int]] = frame[["balance_cents", "local_cents"]].to_numpy().tolist()
    return dict(zip(frame.index, rows, strict=True))[entity, account]


# In the group's currency.


def test_a_payout_is_worth_what_the_currency_is_worth_on_its_day():
    """16.00 euros, booked as 20.00 dollars, are paid out on day 3 and are 17.60: 2.40 are lost, as its end shows."""
    story = visit(abroad("EUR"), [(at(0, 9), P1)])

    assert ["3 00:00"] == story.times("settled")
    assert [("3 23:59 +59999ms", "exchange_realised", "treasury:shop:web", -240)] == entries(story)
    assert [("cash", -240), ("exchange_realised", 240)] == story.postings(kind="exchange_realised")
    assert [1_760, 0, -2_000] == [story.balance(account) for account in ("cash", "receivables", "revenue")]


def test_open_claims_are_valued_and_that_is_taken_back_when_they_are_paid():
    story = visit(abroad("EUR", NIGHTLY), [(at(0, 9), P1)])

    assert [
        ("2 23:59 +59999ms", "exchange_unrealised", "treasury:shop:web", -240),
        ("3 23:59 +59999ms", "exchange_realised", "treasury:shop:web", -240),
        ("3 23:59 +59999ms", "exchange_unrealised", "treasury:shop:web", 240),
    ] == entries(story)
    assert 0 == story.balance("exchange_adjustments")


def test_fees_stay_at_the_rate_of_the_order():
    """Of 20.00 the provider keeps 3% and 0.30: 19.10 or 15.28 euros are paid, which are 16.81 on the day."""
    card = Payment("card", 1.0, fee_bp=300, fee_cents=30)
    story = visit(abroad("EUR", channel={"payments": (card,)}), [(at(0, 9), P1)])

    assert [("3 23:59 +59999ms", "exchange_realised", "treasury:shop:web", 1_681 - 1_910)] == entries(story)
    assert 90 == story.balance("payment_fees")


def test_a_refund_costs_what_the_customers_money_is_worth_then():
    """Paid out on day 3, and refunded later: the 2.40 that were lost are won back."""
    world = abroad(
        "EUR", categories=(Category("all", 0.5),), segments=(Segment("everyone", return_delay_ms=Fixed(DAY_MS)),)
    )
    story = visit(world, [(at(0, 9), P1)], return_units=[2], return_delay_ms=[DAY_MS], return_transit_ms=[DAY_MS])

    assert ["5 08:05"] == story.times("refunded")
    assert [
        ("3 23:59 +59999ms", "exchange_realised", "treasury:shop:web", -240),
        ("5 23:59 +59999ms", "exchange_realised", "treasury:shop:web", 240),
    ] == entries(story)
    assert 0 == story.balance("cash")


def test_an_advance_payment_makes_no_difference():
    story = visit(abroad("EUR", NIGHTLY, channel={"payments": (Payment("prepaid", 1.0),)}), [(at(0, 9), P1)])

    assert [] == entries(story)
    assert 2_000 == story.balance("cash")


def test_what_is_paid_at_the_same_rate_makes_no_difference():
    """An order of day 2, at 1.10: 20.00 dollars are 18.18 euros, are 20.00."""
    world = abroad("EUR", NIGHTLY, horizon=Horizon(4 * DAY_MS, 0, 60 * DAY_MS))

    assert [] == entries(visit(world, [(at(2, 9), P1)]))


@pytest.mark.parametrize(("currency", "plan"), [(None, NIGHTLY), ("USD", NIGHTLY), (None, None)])
def test_without_a_foreign_currency_nothing_is_posted(currency: str | None, plan: TreasuryPlan | None):
    story = visit(abroad(currency, plan), [(at(0, 9), P1)])

    assert [] == entries(story)
    assert 2_000 == story.balance("cash")


# In the entity's own.


def test_an_entity_gains_nothing_in_its_own_currency():
    """The branch gets its 16.00 euros; the group's cash is worth 2.40 less, which is no loss."""
    world = abroad("EUR", NEVER, Entity("shop"), Entity("gmbh", "EUR"))
    story, frame = visit(world, [(at(0, 9), P1)]), balances(world)

    assert [("3 23:59 +59999ms", "exchange_translated", "treasury:gmbh:web", -240)] == entries(story)
    assert [1_760, 1_600] == both(frame, "gmbh", "cash")
    assert [0, 0] == both(frame, "gmbh", "receivables")
    assert [0, 0] == both(frame, "gmbh", "card_clearing")
    assert [-2_000, -1_600] == both(frame, "gmbh", "revenue")
    assert [240, 0] == both(frame, "gmbh", "translation_reserve")


def test_an_entity_that_is_paid_in_the_groups_currency_gains_in_its_own():
    """20.00 dollars were 16.00 euros and are 18.18: 2.18 euros, or 2.40 dollars, that the group did not gain."""
    world = abroad("USD", NEVER, Entity("shop"), Entity("gmbh", "EUR"))
    story, frame = visit(world, [(at(0, 9), P1)]), balances(world)

    assert [
        ("3 23:59 +59999ms", "exchange_realised", "treasury:gmbh:web", 240),
        ("3 23:59 +59999ms", "exchange_translated", "treasury:gmbh:web", -240),
    ] == entries(story)
    assert [2_000, 1_818] == both(frame, "gmbh", "cash")
    assert [-240, -218] == both(frame, "gmbh", "exchange_realised")
    assert [0, 0] == both(frame, "gmbh", "card_clearing")


def test_three_currencies():
    """16.00 euros, 13.33 pounds when they are booked; on day 3 they are 17.60 dollars, or 10.67 pounds: 2.66 pounds
    are lost, 4.39 dollars, of which the group's translation has 1.99 back."""
    world = abroad("EUR", NEVER, Entity("shop"), Entity("ltd", "GBP"))
    story, frame = visit(world, [(at(0, 9), P1)]), balances(world)

    assert [("exchange_realised", -439), ("exchange_translated", 199)] == [(k, c) for _, k, _, c in entries(story)]
    assert [1_760, 1_067] == both(frame, "ltd", "cash")
    assert [439, 266] == both(frame, "ltd", "exchange_realised")
    assert [0, 0] == both(frame, "ltd", "card_clearing")


def test_what_was_valued_shrinks_with_what_is_open():
    def still(open_cents: int) -> tuple[int, int]:
        return Claims(open_cents, valued_cents=2_000, adjusted_cents=-240, adjusted_own_cents=-100).still()

    assert [(-240, -100), (-240, -100), (-120, -50), (0, 0), (0, 0)] == [still(x) for x in (2_000, 9_000, 1_000, 0, -5)]
    assert (60, 20) == Claims(-500, valued_cents=-1_000, adjusted_cents=120, adjusted_own_cents=40).still()


# Prices.


def test_prices_are_fixed_in_the_customers_currency():
    """10.00 and 25.00 dollars are 8.00 and 20.00 euros when the scenario starts, which are 8.80 and 22.00 on day 2."""

    def prices(world: World) -> list[set[int]]:
        offers = Customers(world, Streams(1)).offers()
        return [{int(p) for p in offer.price_cents} for offer in offers]

    channel, horizon = {"orders_per_day": 50.0}, Horizon(3 * DAY_MS, 0, 10 * DAY_MS)

    assert [{1_000, 2_500}] * 2 + [{880, 2_200}] == prices(abroad("EUR", channel=channel, horizon=horizon))
    assert [{1_000, 2_500}] * 3 == prices(abroad(None, channel=channel, horizon=horizon))


# All together.


@pytest.fixture(scope="module")
def busy():
    """Returns, losses, deposits, a marketplace; three entities of three currencies, rates that are drawn."""
    world = a_busy_world(60.0, horizon=Horizon(3 * DAY_MS, 0, 60 * DAY_MS + 7 * HOUR_MS))
    web, market = world.network.channels
    nodes = tuple(replace(n, entity=i) for i, n in enumerate(world.network.nodes))
    entities = (Entity("shop", tax_bp=700), Entity("gmbh", "EUR", 1_900, 500), Entity("ltd", "GBP"))
    channels = (replace(web, entity=1, currency="EUR"), replace(market, entity=2, currency="EUR"))
    rates = (FxRate("EUR", 0, 1.25, 0.3), FxRate("GBP", 0, 1.5, 0.3))
    network = replace(world.network, nodes=nodes, entities=entities, fx_rates=rates, channels=channels)
    model = Model(
        replace(world, network=network, treasury=TreasuryPlan("week", DAY_MS, "buyer", "week")), 3, check=True
    )
    with tempfile.TemporaryDirectory() as folder:
        model.run(Path(folder))
        books = Run.open(Path(folder)).books
        frame = entity_balances(books).set_index(["entity", "account"])
        return frame, split(books, "exchange_gains_cents_by_entity").set_index("entity")["value"]


def test_trial_balances_are_zero_abroad(busy):
    frame, _ = busy

    assert [[0, 0]] * 3 == frame.groupby("entity")[["balance_cents", "local_cents"]].sum().to_numpy().tolist()


def test_claims_are_settled_in_both_currencies(busy):
    """A cent an entry is what rounding may leave in an entity's own books."""
    frame, _ = busy
    claims = [
        (entity, account)
        for entity in ("gmbh", "ltd")
        for account in ("card_clearing", "receivables", "exchange_adjustments", *BETWEEN)
        if (entity, account) in frame.index
    ]

    assert {"gmbh", "ltd"} == {entity for entity, _ in claims}
    for entity, account in claims:
        group, own = both(frame, entity, account)
        assert 0 == group
        assert abs(own) <= 4


def test_gains_by_entity_are_those_of_its_books(busy):
    frame, gains = busy
    posted = {
        entity: -sum(frame["balance_cents"].get((entity, a), 0) for a in ("exchange_realised", "exchange_unrealised"))
        for entity in ("shop", "gmbh", "ltd")
    }

    assert posted == gains.astype(int).to_dict()
    assert np.count_nonzero(list(posted.values())) == 3
