"""Fees and penalties of a channel in a foreign currency are fixed in it, like its prices."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from sim.agents.customers.foreign_prices import ForeignPrices
from sim.agents.orders.lane.fast_lane import FastLane
from sim.distributions import Fixed
from sim.measures.entities import entity_balances
from sim.model import Model
from sim.network import Entity, FxRate, Payment
from sim.plans.contract import Contract, DeliveryWindow
from sim.plans.rating_limits import RatingLimits
from sim.plans.treasury import TreasuryPlan
from sim.run import Run
from sim.streams import Streams
from sim.units import DAY_MS
from sim.world import Horizon, World
from tests.sim.telling import Story, at, visit, visited
from tests.worlds import a_busy_world, a_carrier, a_channel, a_node, a_world

P1 = [(0, 2, 1_000)]
RATES = (FxRate("EUR", 0, 1.25), FxRate("EUR", 2 * DAY_MS, 1.1))
DAYS = Horizon(4 * DAY_MS, 0, 60 * DAY_MS)
LATE = a_carrier(transit_days=(Fixed(9),) * 7)


def abroad(currency: str | None = "EUR", **changes) -> World:
    """A shop that is paid in euros; an order of day 2 at 1.10, what it asks was fixed at 1.25."""
    plain = {name: changes.pop(name) for name in ("services", "entities", "nodes") if name in changes}
    return a_world(
        channels=(a_channel(**({"currency": currency} | changes)),), fx_rates=RATES, horizon=DAYS,
        treasury=TreasuryPlan("month", 0, "seller", None), **({"entities": (Entity("shop"),)} | plain),
    )  # fmt: skip


def day_2(world: World) -> Story:
    return visit(world, [(at(2, 9), P1)])


@pytest.mark.parametrize(("currency", "cents"), [("EUR", 440), ("USD", 500), (None, 500)])
def test_delivery_is_4_euros_whatever_they_are_worth(currency: str | None, cents: int):
    story = day_2(abroad(currency, shipping_fee_cents=500))

    assert [2_000 + cents] == [r["amount_cents"] for r in story.rows("journal", kind="invoiced", account="receivables")]
    assert -cents == story.balance("shipping_income")
    assert [0, 0] == [story.balance(account) for account in ("receivables", "card_clearing")]


def test_who_pays_in_advance_pays_as_much():
    story = day_2(abroad(shipping_fee_cents=500, payments=(Payment("prepaid", 1.0),)))

    assert [2_440] == [r["value_cents"] for r in story.rows("events", kind="deposit_received")]
    assert 0 == story.balance("customer_deposits")


def test_the_provider_keeps_24_cents():
    """0.30 dollars were 0.24 euros, which are 0.26."""
    story = day_2(abroad(payments=(Payment("card", 1.0, fee_cents=30),)))

    assert 26 == story.balance("payment_fees")


def test_a_chargeback_costs_12_euros():
    """15.00 dollars were 12.00 euros, which are 13.20 when the fraudster orders; the goods were 20.00."""
    payment = Payment(
        "card", review_share=0.1, fraud_share=0.5, caught_share=0.8, chargeback_delay_ms=Fixed(30 * DAY_MS),
        chargeback_fee_cents=1_500,
    )  # fmt: skip
    story = visit(abroad(payments=(payment,)), [(at(2, 9), P1)], desk_luck=[0.045])

    assert [2_000, 1_320] == [r["value_cents"] for r in story.rows("events", kind=("charged_back", "chargeback_fee"))]


def test_a_marketplace_penalises_in_its_own_currency():
    limits = RatingLimits(defect_penalty_cents=400, suspension_ms=0)
    changes = {"kind": "marketplace", "payments": (Payment("marketplace"),), "limits": limits, "services": (LATE,)}

    assert [352, 400] == [day_2(abroad(c, **changes)).balance("penalties") for c in ("EUR", None)]


def test_a_customer_penalises_in_his_own_currency():
    """3% of 20.00 and 4.00 euros."""
    contract = Contract("inn", window=DeliveryWindow(0, penalty_bp=300, penalty_cents=500))
    payments = (Payment("invoice", 1.0),)
    story = day_2(abroad(kind="b2b", payments=payments, contracts=(contract,), services=(LATE,)))

    assert 60 + 440 == story.balance("penalties")


def test_its_entity_pays_what_was_fixed_to_the_cent():
    """Of an order of day 2, in the books of a company that counts in euros."""
    entities = (Entity("shop"), Entity("gmbh", "EUR"))
    payment = Payment("card", 1.0, fee_cents=30)
    world = abroad(entity=1, shipping_fee_cents=500, payments=(payment,), entities=entities, nodes=(a_node(entity=1),))
    with tempfile.TemporaryDirectory() as folder:
        visited(world, [(at(2, 9), P1)]).run(Path(folder))
        frame = entity_balances(Run.open(Path(folder)).books).set_index(["entity", "account"])["local_cents"]

    assert [-400, 24] == [frame["gmbh", account] for account in ("shipping_income", "payment_fees")]


def test_amounts_of_several_channels_at_once():
    channels = (a_channel("web"), a_channel("de", currency="EUR"), a_channel("us", currency="USD"))
    world = a_world(channels=channels, fx_rates=RATES, treasury=TreasuryPlan(), entities=(Entity("shop"),))
    prices = ForeignPrices(world, Streams(1))
    channel, at_ms, cents = (np.array(x) for x in ([0, 1, 1, 2], [at(2, 9), at(2, 9), 0, at(2, 9)], [500, 500, 500, 7]))

    assert [500, 440, 500, 7] == prices.worth(channel, at_ms, cents).tolist()
    assert [False, True, False] == [prices.is_abroad(c) for c in range(3)]


def test_the_lane_leaves_prepaid_deliveries_to_people(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Two shops, of which one is paid in advance, in euros that move: the same books with the lane and without."""
    world = a_busy_world(80.0, horizon=Horizon(4 * DAY_MS, 0, 20 * DAY_MS))
    web, market = world.network.channels
    channels = (replace(web, currency="EUR", shipping_fee_cents=495, payments=(Payment("prepaid", 1.0),)), market)
    network = replace(world.network, fx_rates=(FxRate("EUR", 0, 1.25, 0.3),), channels=channels)
    world = replace(world, network=network, treasury=TreasuryPlan())

    def journal(name: str) -> list[dict]:
        Model(world, 3).run(tmp_path / name)
        return pq.read_table(tmp_path / name / "journal.parquet").to_pylist()

    for name in ("with", "without"):
        (tmp_path / name).mkdir()
    with_lane = journal("with")
    monkeypatch.setattr(FastLane, "serves", staticmethod(lambda site: False))

    assert with_lane == journal("without")
