"""Contracts of business accounts: prices, terms, fulfilment and windows, each to the cent and the minute."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sim.agents.customers.accounts import Accounts
from sim.distributions import Discrete, Fixed
from sim.network import Channel, Payment
from sim.plans.contract import Contract, ContractPrice, DeliveryWindow
from sim.streams import Streams
from sim.units import DAY_MS
from sim.world import Horizon, World
from tests.sim.telling import Story, at, tell, visit
from tests.worlds import a_carrier, a_channel, a_node, a_world, stock

P1 = [(0, 1, 1_000)]
BOTH = [(0, 1, 1_000), (1, 1, 2_500)]


def portal(contract: Contract | None, **changes) -> Channel:
    """A portal of one account, with that contract or none, paid 14 days after shipment."""
    contracts = () if contract is None else (contract,)
    usual = {"kind": "b2b", "payments": (Payment("invoice"),), "settlement_ms": 14 * DAY_MS, "contracts": contracts}
    return a_channel("portal", **(usual | changes))


def ordered(contract: Contract | None, lines=P1, **changes) -> Story:
    """One order on Monday at 9:00, promised for the end of Saturday."""
    return visit(a_world(channels=(portal(contract),), **changes), [(at(0, 9), lines)])


def test_terms_of_payment():
    """Both left on day 0 at 17:00; settlement runs are at midnight."""
    assert ["15 00:00"] == ordered(None).times("settled")
    assert ["31 00:00"] == ordered(Contract("inn", terms_ms=30 * DAY_MS)).times("settled")


def test_many_accounts_have_the_contracts_that_each_has():
    own = Accounts(portal(Contract("inn", accounts=3), accounts=10), Streams(4))
    moments = np.arange(0, 500_000, 997)

    assert [own.contract(moment) is not None for moment in moments.tolist()] == own.have_contracts(moments).tolist()
    assert 0.2 < own.have_contracts(moments).mean() < 0.4


def test_a_contract_is_named_in_the_log():
    assert [("0 09:00", "contract_applied", 0, "contract:inn")] == ordered(Contract("inn")).events(
        "order", "actor", kind="contract_applied"
    )


def test_ship_complete_for_one_account():
    """Ten of P1, none of P2: the one waits for all, the other gets what there is."""
    world = {"stock": stock([[10, 0]]), "rules": replace(a_world().rules, backorder_patience_ms=DAY_MS)}
    channel = {"accepts_backorders": True}

    def shipped(contract: Contract) -> list[str]:
        one = portal(contract, **channel)
        return visit(a_world(channels=(one,), **world), [(at(0, 9), BOTH)]).times("shipped")

    assert ["0 17:00"] == shipped(Contract("inn"))
    assert [] == shipped(Contract("inn", ship_complete=True)), "both were given up together"


def test_a_node_of_its_own():
    nodes = (a_node("A"), a_node("B", 34.0, -118.0))
    world = {"nodes": nodes, "stock": stock([[10, 10], [10, 10]])}

    assert ["A"] == [r["node"] for r in ordered(None, **world).rows("events", kind="manifested")]
    assert ["B"] == [r["node"] for r in ordered(Contract("inn", node=1), **world).rows("events", kind="manifested")]


@pytest.mark.parametrize(
    ("days", "early_days", "late_days", "said"),
    [
        (2, 4, 0, ("2 12:00", "window_met", "")),
        (2, 1, 0, ("2 12:00", "window_missed", "early")),
        (7, 1, 0, ("7 12:00", "window_missed", "late")),
        (7, 1, 2, ("7 12:00", "window_met", "")),
    ],
)
def test_early_and_late_against_the_window(days: int, early_days: int, late_days: int, said: tuple):
    """Promised for the end of day 5. Outside, 3% of 10.00 and 5.00 are charged."""
    window = DeliveryWindow(early_days * DAY_MS, late_days * DAY_MS, penalty_bp=300, penalty_cents=500)
    story = ordered(Contract("inn", window=window), services=(a_carrier(transit_days=(Fixed(days),) * 7),))

    assert [said] == story.events("reason", kind=("window_met", "window_missed"))
    assert (530 if said[1] == "window_missed" else 0) == story.balance("penalties")


def test_a_lost_parcel_is_late():
    contract = Contract("inn", window=DeliveryWindow(0, penalty_cents=500))
    world = a_world(channels=(portal(contract),), services=(a_carrier(lost_share=0.01),))
    story = visit(world, [(at(0, 9), P1)], transit_luck=[0.995])

    assert ["late"] == [r["reason"] for r in story.rows("events", kind="window_missed")]
    assert 500 == story.balance("penalties")


LIST = (
    ContractPrice(discount_bp=1_000),
    ContractPrice(category=0, from_units=3, discount_bp=2_000),
    ContractPrice(product=0, price_cents=850),
    ContractPrice(product=0, from_units=5, price_cents=700),
)


def busy(contracts: tuple[Contract, ...]) -> World:
    """Four accounts who order up to six units at the channel's 90% of the list prices."""
    quantity = Discrete((1, 2, 3, 4, 5, 6), (1 / 6,) * 6)
    channel = portal(None, orders_per_day=40.0, accounts=4, price_bp=9_000, quantity=quantity, contracts=contracts)
    return a_world(channels=(channel,), stock=stock([[9_000, 9_000]]), horizon=Horizon(2 * DAY_MS, 0, 40 * DAY_MS))


def test_the_price_list_by_product_and_tier():
    """Contract before usual price, product before category before all, the largest tier that is reached. The account is
    the customer's own draw; the accounts without a contract pay what they always paid."""
    contracts = (Contract("inn", accounts=2, prices=LIST),)
    own = Accounts(busy(contracts).network.channels[0], Streams(1))
    seen = set()
    for row in tell(busy(contracts)).rows("events", kind="captured"):
        units, each = row["quantity"], row["value_cents"] // row["quantity"]
        listed = {"P1": 1_000, "P2": 2_500}[row["sku"]]
        if own.contract(row["time_ms"]) is None:
            expected = listed * 9 // 10
        elif row["sku"] == "P1":
            expected = 850 if units < 5 else 700
        else:
            expected = 2_250 if units < 3 else 2_000
        seen.add((row["sku"], expected))
        assert expected == each

    assert {("P1", 900), ("P1", 850), ("P1", 700), ("P2", 2_250), ("P2", 2_000)} == seen


def test_with_and_without_the_same_customers_come():
    """What they order, and when, is the same; what they pay is not."""

    def orders(contracts: tuple[Contract, ...]) -> tuple[list[tuple], int]:
        rows = tell(busy(contracts)).rows("events", kind="captured")
        return [(r["time_ms"], r["sku"], r["quantity"]) for r in rows], sum(r["value_cents"] for r in rows)

    usual, with_list = orders(()), orders((Contract("inn", accounts=4, prices=LIST),))

    assert usual[0] == with_list[0]
    assert usual[1] > with_list[1]
