"""Sales at delivery of goods that one entity ships for another: they are the sender's until the customer has them."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from sim.distributions import Fixed
from sim.measures.entities import entity_balances
from sim.measures.group_statement import group_statement
from sim.model import Model
from sim.network import Category, Entity, FxRate, Segment
from sim.plans.return_rules import ReturnRules
from sim.run import Run
from sim.units import DAY_MS, HOUR_MS
from sim.world import Horizon, Rules, World
from tests.sim.finance.test_group_statement import told
from tests.sim.telling import Story, at, opened, visit, visited
from tests.worlds import a_busy_world, a_carrier, a_channel, a_node, a_world, stock

P1 = [(0, 2, 1_000)]
SHOP, MAKER = Entity("shop", tax_bp=700), Entity("maker", "EUR", transfer_markup_bp=500)
RATES = (FxRate("EUR", 0, 1.25), FxRate("EUR", 2 * DAY_MS, 1.1))
BETWEEN = ("intercompany_sold", "intercompany_bought", "intercompany_taken_back", "intercompany_given_back")
SHOWN = (
    "goods_with_carriers",
    "deferred_revenue",
    "intercompany_receivables",
    "intercompany_payables",
    "revenue",
    "cost_of_goods",
    "intercompany_sales",
    "intercompany_purchases",
)


def group(**changes: Any) -> World:
    """The shop sells two pieces for 20.00; the maker's node, where they cost 8.00, ships them, for 8.40. They leave at
    17:00 and are there two days later at noon."""
    usual = {
        "entities": (SHOP, replace(MAKER, currency="USD")),
        "nodes": (a_node(entity=1),),
        "rules": Rules(revenue_at="delivery"),
    }
    return a_world(**(usual | changes))


def between(story: Story) -> list[tuple[str, str]]:
    return [(t, k) for t, k in story.events(kind=BETWEEN)]


def statement(day: int, hour: int) -> dict[str, list[int]]:
    """Shop, maker, three columns of eliminations, group."""
    until_ms = day * DAY_MS + hour * HOUR_MS
    frame = opened(visited(group(), [(at(0, 9), P1)]), lambda books: group_statement(books, until_ms))
    assert [0] * 6 == frame.sum().tolist()
    return told(frame, *SHOWN)


def test_both_sales_are_of_the_moment_of_delivery():
    at_delivery, at_shipment = (visit(group(rules=rules), [(at(0, 9), P1)]) for rules in (group().rules, Rules()))

    assert [("2 12:00", "intercompany_sold"), ("2 12:00", "intercompany_bought")] == between(at_delivery)
    assert [("0 17:00", "intercompany_sold"), ("0 17:00", "intercompany_bought")] == between(at_shipment)


def test_on_the_road_neither_has_earned_anything():
    """The goods are the maker's at what they cost it; the shop has an invoice out that it has not earned."""
    assert {
        "goods_with_carriers": [0, 800, 0, 0, 0, 800],
        "deferred_revenue": [-2_000, 0, 0, 0, 0, -2_000],
    } == statement(1, 12)


def test_at_the_door_each_has_its_profit():
    """11.60 for the shop, 0.40 for the maker, 12.00 for the group."""
    assert {
        "intercompany_receivables": [0, 840, -840, 0, 0, 0],
        "intercompany_payables": [-840, 0, 840, 0, 0, 0],
        "revenue": [-2_000, 0, 0, 0, 0, -2_000],
        "cost_of_goods": [0, 800, 0, 0, 0, 800],
        "intercompany_sales": [0, -840, 0, 840, 0, 0],
        "intercompany_purchases": [840, 0, 0, -840, 0, 0],
    } == statement(3, 0)


def test_what_is_lost_was_never_sold_between_them():
    """The maker bears its 8.00; the shop gives its customer the money back and owes the maker nothing."""
    lost = visited(group(services=(a_carrier(lost_share=1.0),)), [(at(0, 9), P1)])
    balances = opened(lost, entity_balances).set_index(["entity", "account"])["balance_cents"]

    assert (0, 800) == (balances["maker", "cost_of_goods"], balances["maker", "write_offs"])
    assert 0 == balances["shop", "revenue"] + balances["shop", "sales_returns"]
    assert not {account for _, account in balances.index if account.startswith("intercompany")}


def test_what_nobody_takes_was_never_sold_between_them():
    world = group(channels=(a_channel(absent_share=1.0),), services=(a_carrier(delivery_attempts=1),))
    story = visit(world, [(at(0, 9), P1)])

    assert 1 == len(story.times("restocked"))
    assert [] == between(story)


@pytest.mark.parametrize(("back_to", "moves"), [(1, 2), (2, 4)])
def test_whoever_gets_what_nobody_took_has_bought_it(back_to: int, moves: int):
    """The shop's own node: it has bought from the maker. A third entity's: it has bought from the shop, which has."""
    nodes = (a_node(entity=1), a_node("B", 34.0, -118.0), a_node("C", 30.0, -97.0, entity=2))
    world = group(
        entities=(*group().network.entities, Entity("outlet")),
        nodes=nodes,
        stock=stock([[100], [0], [0]]),
        channels=(a_channel(absent_share=1.0),),
        services=(a_carrier(delivery_attempts=1),),
        returns=ReturnRules(node=back_to),
    )
    story = visit(world, [(at(0, 9), [(0, 2, 1_000)])])

    assert list(BETWEEN[:moves]) == [kind for _, kind in between(story)]
    assert [("2 12:00", kind) for kind in BETWEEN[:2]] == between(story)[:2]


def test_what_comes_back_is_credited_as_ever():
    categories, segments = (Category("all", 0.5),), (Segment("everyone", return_delay_ms=Fixed(DAY_MS)),)
    world = group(categories=categories, segments=segments)
    story = visit(world, [(at(0, 9), P1)], return_units=[2], return_delay_ms=[DAY_MS], return_transit_ms=[DAY_MS])

    assert ["2 12:00", "2 12:00", "5 08:00", "5 08:00"] == [t for t, _ in between(story)]
    assert [0] * 4 == [story.balance(account) for account in SHOWN if account.startswith("intercompany")]


def test_in_another_currency_the_goods_keep_what_they_cost_their_owner():
    """800 cents at 1.25 are 640 of the maker's on the road; the price of 840 at the 1.10 of delivery is 764, so that it
    earns 124."""
    world = group(entities=(SHOP, MAKER), fx_rates=RATES)
    local = {}
    for day in (1, 3):
        frame = opened(visited(world, [(at(0, 9), P1)]), partial(entity_balances, until_ms=day * DAY_MS))
        local[day] = frame[frame["entity"] == "maker"].set_index("account")["local_cents"]

    assert 640 == local[1]["goods_with_carriers"]
    assert "intercompany_sales" not in local[1].index
    assert (0, 640, -764) == tuple(local[3][a] for a in ("goods_with_carriers", "cost_of_goods", "intercompany_sales"))


@pytest.fixture(scope="module")
def ends(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pd.DataFrame]:
    """Balances of three entities when all is delivered, by when sales count: orders, returns, no losses."""
    found = {}
    for revenue_at in ("shipment", "delivery"):
        world = a_busy_world(60.0, products=10, horizon=Horizon(2 * DAY_MS, 0, 40 * DAY_MS))
        network = world.network
        nodes = tuple(replace(node, entity=i) for i, node in enumerate(network.nodes))
        entities = (SHOP, replace(MAKER, currency="USD"), Entity("depot", transfer_markup_bp=900))
        services = tuple(replace(service, lost_share=0.0) for service in network.services)
        network = replace(network, nodes=nodes, entities=entities, services=services)
        folder: Path = tmp_path_factory.mktemp(revenue_at)
        Model(replace(world, network=network, rules=Rules(revenue_at=revenue_at)), 2, check=True).run(folder)
        frame = entity_balances(Run.open(folder).books)
        found[revenue_at] = frame[frame["balance_cents"] != 0].set_index(["entity", "account"])
    return found


def test_in_the_end_each_entitys_books_are_those_of_sales_at_shipment(ends: dict[str, pd.DataFrame]):
    assert "intercompany_sales" in ends["delivery"].index.get_level_values("account")
    assert ends["shipment"]["balance_cents"].to_dict() == ends["delivery"]["balance_cents"].to_dict()
