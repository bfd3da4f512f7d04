"""The group's statement: what entities owe and sell one another is nothing to it, nor what they earned on its stock."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from sim.distributions import Fixed
from sim.measures.consolidation import consolidated_balances
from sim.measures.group_statement import eliminations_by_period, group_statement
from sim.measures.intercompany import intercompany_balances
from sim.measures.own_stock import Leg, OwnStock
from sim.measures.registry import compute, split
from sim.network import Category, Entity, FxRate, Payment, Region, Segment
from sim.plans.treasury import TreasuryPlan
from sim.units import DAY_MS
from sim.world import Horizon, World
from tests.sim.telling import at, opened, visited
from tests.worlds import a_channel, a_node, a_world, stock

P1 = [(0, 2, 1_000)]
SHOP, MAKER = Entity("shop", tax_bp=700), Entity("maker", transfer_markup_bp=500, stock_markup_bp=1_000)
RATES = (FxRate("EUR", 0, 1.25), FxRate("EUR", 2 * DAY_MS, 1.1))


def pair(**changes: Any) -> World:
    """The maker's node feeds the shop's, which has one piece and is filled up to ten on the first evening. Customers
    live there."""
    usual = {
        "entities": (SHOP, MAKER),
        "nodes": (a_node("A", entity=1), a_node("B", 34.0, -118.0, source=0)),
        "regions": (Region("there", 34.0, -118.1, 100.0),),
        "stock": stock([[100, 100], [1, 100]], [[0, 0], [5, 0]], [[0, 0], [10, 0]]),
        "horizon": Horizon(4 * DAY_MS, 0, 10 * DAY_MS),
    }
    return a_world(**(usual | changes))


def told(frame: pd.DataFrame, *accounts: str) -> dict[str, list[int]]:
    """Entities, eliminations and the group, by account."""
    rows = zip(map(str, frame.index), frame.to_numpy().tolist(), strict=True)
    return {account: cents for account, cents in rows if account in (accounts or frame.index)}


def test_stock_that_another_entity_still_has_costs_what_it_cost_the_group():
    """Nine pieces at 4.00, for 4.40: the shop has them at 39.60 beside its own for 4.00 and 100 of 11.00; 3.60 are no
    profit yet, and the sale of 39.60 none at all."""
    frame = opened(visited(pair(), []), group_statement)

    assert [("entity", "shop"), ("entity", "maker"), *(("elimination", name) for name in
            ("balances", "trade", "unrealised profit")), ("group", "group")] == frame.columns.tolist()  # fmt: skip
    assert {
        "inventory": [114_360, 146_400, 0, 0, -360, 260_400],
        "intercompany_receivables": [0, 3_960, -3_960, 0, 0, 0],
        "intercompany_payables": [-3_960, 0, 3_960, 0, 0, 0],
        "opening_equity": [-110_400, -150_000, 0, 0, 0, -260_400],
        "cost_of_goods": [0, 0, 0, -360, 360, 0],
        "intercompany_sales": [0, -3_960, 0, 3_960, 0, 0],
        "intercompany_cost": [0, 3_600, 0, -3_600, 0, 0],
    } == told(frame)


def test_what_is_sold_on_is_earned():
    """Two of its ten pieces cost the shop 8.72, the group 8.00: 0.72 of the 3.60 are earned."""
    frame = opened(visited(pair(), [(at(2, 9), P1)]), group_statement)

    assert {
        "inventory": [113_488, 146_400, 0, 0, -288, 259_600],
        "cost_of_goods": [872, 0, 0, -360, 288, 800],
        "revenue": [-2_000, 0, 0, 0, 0, -2_000],
    } == told(frame, "inventory", "cost_of_goods", "revenue")


def test_what_was_unrealised_before_is_released_in_the_period_of_the_sale():
    """At the end of day 1 all of 3.60 is retained; then 0.72 come out of the cost of goods."""
    frame = opened(visited(pair(), [(at(2, 9), P1)]), lambda books: group_statement(books, None, 2 * DAY_MS))

    assert {
        "inventory": [113_488, 146_400, 0, 0, -288, 259_600],
        "retained_earnings": [0, -360, 0, 0, 360, 0],
        "revenue": [-2_000, 0, 0, 0, 0, -2_000],
        "cost_of_goods": [872, 0, 0, 0, -72, 800],
    } == told(frame, "inventory", "retained_earnings", "revenue", "cost_of_goods")
    assert "intercompany_sales" not in frame.index
    assert [0] * 6 == frame.sum().tolist()


def test_what_comes_back_is_unrealised_again():
    world = pair(categories=(Category("all", 0.5),), segments=(Segment("everyone", return_delay_ms=Fixed(DAY_MS)),))
    model = visited(world, [(at(2, 9), P1)], return_units=[2], return_delay_ms=[DAY_MS], return_transit_ms=[DAY_MS])
    frame = opened(model, group_statement)

    assert [114_360, 146_400, 0, 0, -360, 260_400] == frame.loc["inventory"].tolist()
    assert [0, 0, 0, -360, 360, 0] == frame.loc["cost_of_goods"].tolist()


def test_what_entities_ship_for_one_another_is_one_sale():
    """The maker's node alone, two pieces of 4.00 for 8.40."""
    world = pair(nodes=(a_node(entity=1),), stock=stock([[100, 100]]))
    frame = opened(visited(world, [(at(1, 9), P1)]), group_statement)

    assert {
        "intercompany_receivables": [0, 840, -840, 0, 0, 0],
        "intercompany_payables": [-840, 0, 840, 0, 0, 0],
        "revenue": [-2_000, 0, 0, 0, 0, -2_000],
        "cost_of_goods": [0, 800, 0, 0, 0, 800],
        "intercompany_sales": [0, -840, 0, 840, 0, 0],
        "intercompany_purchases": [840, 0, 0, -840, 0, 0],
    } == told(frame, "intercompany_receivables", "intercompany_payables", "revenue", "cost_of_goods",
              "intercompany_sales", "intercompany_purchases")  # fmt: skip


def test_each_close_says_what_it_eliminated():
    """3.60 earned in the first day, 0.72 of them sold on in the third."""
    frame = opened(visited(pair(), [(at(2, 9), P1)]), lambda books: eliminations_by_period(books, "day"))

    assert [
        (DAY_MS, 3_960, 0, 3_960, 0, 0, 360, 0, 360),
        (2 * DAY_MS, 3_960, 0, 0, 0, 360, 0, 0, 360),
        (3 * DAY_MS, 3_960, 0, 0, 0, 360, 0, 72, 288),
    ] == list(frame.head(3).itertuples(index=False, name=None))


def test_it_is_a_measure_by_who_holds_the_stock():
    found, parts = opened(
        visited(pair(), []),
        lambda books: (compute(books, ["unrealised_profit_cents"]), split(books, "unrealised_profit_cents_by_entity")),
    )

    assert {"unrealised_profit_cents": 360.0} == found
    assert [("shop", 360.0)] == list(parts.itertuples(index=False, name=None))


def test_at_cost_nothing_is_sold_and_nothing_earned():
    """As without the key: a claim and a debt of 36.00, and no other line."""
    at_cost = replace(MAKER, stock_markup_bp=0)
    frame, found = opened(
        visited(pair(entities=(SHOP, at_cost)), []),
        lambda books: (group_statement(books), compute(books, ["unrealised_profit_cents"])),
    )

    assert ["inventory", "intercompany_receivables", "intercompany_payables", "opening_equity"] == frame.index.tolist()
    assert [-3_600, 0, 3_600, 0, 0, 0] == frame.loc["intercompany_payables"].tolist()
    assert {"unrealised_profit_cents": 0.0} == found


def test_one_company_is_its_own_group():
    frame = opened(visited(a_world(), [(at(0, 9), P1)]), group_statement)

    assert ("entity", "company") == frame.columns[0]
    assert frame["entity", "company"].tolist() == frame["group", "group"].tolist()
    assert not frame["elimination"].to_numpy().any()


# Other currencies.


def abroad(**changes: Any) -> World:
    """The maker counts in euros, which lose 12% on the third day: 39.60 dollars for stock of 28.80 euros are 31.68."""
    return pair(**({"entities": (SHOP, replace(MAKER, currency="EUR")), "fx_rates": RATES} | changes))


def test_profit_on_stock_is_worth_what_it_was_on_the_day_of_the_sale():
    """2.88 euros at 1.25 on stock that the shop has in dollars; the maker's own stock at the closing rate."""
    frame = opened(visited(abroad(), []), group_statement)

    assert [114_360, 128_832, 0, 0, -360, 242_832] == frame.loc["inventory"].tolist()
    assert [0, -3_960, 0, 3_960, 0, 0] == frame.loc["intercompany_sales"].tolist()
    assert [0] * 6 == frame.sum().tolist()


def test_what_rates_leave_of_a_debt_has_a_name():
    """31.68 euros are 34.85 at the close, and the shop owes 39.60 until it values them: 4.75 that nobody has gained."""
    frame = opened(visited(abroad(), []), group_statement)

    assert {
        "intercompany_receivables": [0, 3_485, -3_485, 0, 0, 0],
        "intercompany_payables": [-3_960, 0, 3_960, 0, 0, 0],
        "differences_of_debts": [0, 0, -475, 0, 0, -475],
    } == told(frame, "intercompany_receivables", "intercompany_payables", "differences_of_debts")


def test_both_entities_say_what_is_owed():
    """The maker 31.68 euros, 34.85 dollars at the close; the shop, 39.60 dollars."""
    frame = opened(visited(abroad(), []), intercompany_balances)

    assert [
        ("maker", "shop", "EUR", 3_168, 3_485, 0, 0, 3_485, -3_960, -475),
        ("shop", "maker", "USD", -3_960, 0, -3_960, 0, -3_960, 3_485, -475),
    ] == list(frame.itertuples(index=False, name=None))


def test_who_has_dealt_with_nobody_has_nothing_to_say():
    for world in (pair(nodes=(a_node(),), stock=stock([[9, 9]])), a_world()):
        assert opened(visited(world, [(at(0, 9), P1)]), intercompany_balances).empty


def test_debts_that_are_valued_at_the_close_leave_nothing():
    """The shop gains the 4.75."""
    frame = opened(visited(abroad(treasury=TreasuryPlan(None, 0, "seller", "day")), []), group_statement)

    assert {
        "exchange_adjustments": [475, 0, -475, 0, 0, 0],
        "exchange_unrealised": [-475, 0, 0, 0, 0, -475],
    } == told(frame, "exchange_adjustments", "exchange_unrealised")
    assert "differences_of_debts" not in frame.index


def test_what_customers_owe_is_no_debt_between_entities_whatever_they_are_called():
    """A channel with the name of the maker: 17.12 euros that its customers owe for 21.40 dollars are 2.57 less; what
    the shop owes the maker, 31.68 for stock and 6.72 for their parcel, is 5.76 less."""
    customers = a_channel("maker", currency="EUR", payments=(Payment("invoice"),), settlement_ms=30 * DAY_MS)
    world = abroad(treasury=TreasuryPlan(None, 0, "seller", "day"), channels=(customers,))
    frame = opened(visited(world, [(at(1, 9), P1)]), group_statement)

    assert [576 - 257, 0, -576, 0, 0, -257] == frame.loc["exchange_adjustments"].tolist()
    assert "differences_of_debts" not in frame.index


def test_who_buys_at_cost_plus_pays_it():
    """39.60 dollars at the end of the first day."""
    world = pair(treasury=TreasuryPlan("day", 0, "group", None))
    frame = opened(visited(world, []), consolidated_balances)
    cash = frame[frame["account"] == "cash"].set_index("entity")["translated_cents"]

    assert {"maker": 3_960, "shop": -3_960} == cash.to_dict()


# Goods at their own cost.


def legs(event: int, entity: str, node: str, line: int = -1, is_between: bool = False, **cents: int) -> list[Leg]:
    return [Leg(event, a, c, entity, 1.0, is_between, node, "S", line) for a, c in sorted(cents.items())]


def sale(event: int, seller: str, buyer: str, cost: int, price: int) -> list[Leg]:
    """From shelf to shelf: loaded, sold, bought, received."""
    sold = {"intercompany_cost": cost, "intercompany_sales": -price, "intercompany_receivables": price}
    bought = {"intercompany_purchases": price - cost, "intercompany_payables": -price}
    return [
        *legs(event, seller, seller, inventory=-cost, inventory_in_transit=cost),
        *legs(event + 1, seller, seller, is_between=True, inventory_in_transit=-cost, **sold),
        *legs(event + 2, buyer, buyer, is_between=True, inventory_in_transit=cost, **bought),
        *legs(event + 3, buyer, buyer, inventory=cost, inventory_in_transit=-cost),
    ]


@pytest.mark.parametrize(
    ("gone", "account"),
    [
        ({"write_offs": 200}, "write_offs"),
        ({"inventory_adjustments": 200}, "inventory_adjustments"),
        ({"payables": 150, "write_offs": 50}, "write_offs"),
        ({"payables": 200}, "write_offs"),
        ({"cost_of_goods": 200}, "cost_of_goods"),
    ],
)
def test_what_is_lost_or_sent_back_takes_its_share_with_it(gone, account):
    """Stock of 4.00 for 4.40, of which half goes."""
    stock = OwnStock()
    own = list(
        stock.replay(
            [
                *legs(0, "a", "a", inventory=400, opening_equity=-400),
                *sale(1, "a", "b", 400, 440),
                *legs(9, "b", "b", line=3, inventory=-200, **gone),
            ]
        )
    )

    assert (9, "inventory", -220) in own
    assert {("b", "inventory", -20), ("b", account, 20)} == {profit[1:] for profit in stock.profits if profit[0] == 9}
    assert 0 == sum(cents for *_, cents in stock.profits)


def test_stock_of_three_hands_bears_what_each_of_them_earned():
    """4.00 for 4.40, sold on for 4.60 by who has paid 4.40: 0.60 are no profit while the third has it."""
    stock = OwnStock()
    list(
        stock.replay(
            [
                *legs(0, "a", "a", inventory=400, opening_equity=-400),
                *sale(1, "a", "b", 400, 440),
                *sale(5, "b", "c", 400, 460),
            ]
        )
    )
    held: dict[tuple[str, str], int] = {}
    for _, entity, account, cents in stock.profits:
        held[entity, account] = held.get((entity, account), 0) + cents

    assert {("a", "intercompany_sales"): -40, ("b", "intercompany_sales"): -20, ("c", "inventory"): 60} == {
        key: cents for key, cents in held.items() if cents
    }
