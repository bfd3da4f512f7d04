"""Several legal entities: who sells to whom, what each owes, and whose books balance."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from sim.agents.finance.intercompany import Intercompany
from sim.distributions import Fixed
from sim.measures.entities import BETWEEN, entity_balances
from sim.model import Model
from sim.network import Category, Entity, FxRate, Segment
from sim.run import Run
from sim.units import DAY_MS
from sim.world import Horizon, World
from tests.sim.telling import Story, at, told, visit, visited
from tests.worlds import a_busy_world, a_node, a_world, stock

P1 = [(0, 2, 1_000)]
SHOP, MAKER = Entity("shop", tax_bp=700), Entity("maker", "EUR", 0, transfer_markup_bp=500)
RATES = (FxRate("EUR", 0, 1.25), FxRate("EUR", 2 * DAY_MS, 1.1))


def group(**changes) -> World:
    """The shop sells, the maker's node ships."""
    usual = {"entities": (SHOP, MAKER), "nodes": (a_node(entity=1),), "fx_rates": RATES}
    return a_world(**(usual | changes))


def balances(model: Model) -> pd.DataFrame:
    with tempfile.TemporaryDirectory() as folder:
        model.run(Path(folder))
        return entity_balances(Run.open(Path(folder)).books)


def test_who_ships_for_another_sells_to_it_at_cost_plus():
    """Two units at a cost of 4.00 each, plus 5%."""
    story = visit(group(), [(at(0, 9), P1)])

    assert [
        ("intercompany_sold", "intercompany_receivables", 840),
        ("intercompany_sold", "intercompany_sales", -840),
        ("intercompany_bought", "intercompany_purchases", 840),
        ("intercompany_bought", "intercompany_payables", -840),
    ] == [
        (r["kind"], r["account"], r["amount_cents"])
        for r in story.rows("journal", kind=("intercompany_sold", "intercompany_bought"))
    ]
    assert ["0 17:00"] == story.times("intercompany_sold")


def test_what_comes_back_is_credited():
    categories, segments = (Category("all", 0.5),), (Segment("everyone", return_delay_ms=Fixed(DAY_MS)),)
    world = group(categories=categories, segments=segments)
    story = visit(world, [(at(0, 9), P1)], return_units=[2], return_delay_ms=[DAY_MS], return_transit_ms=[DAY_MS])

    assert 1 == len(story.times("intercompany_taken_back"))
    assert [0, 0, 0, 0] == [
        story.balance(f"intercompany_{what}") for what in ("receivables", "payables", "sales", "purchases")
    ]


def test_one_entity_owes_itself_nothing():
    """The same customers: without a second entity no such entry is made, and all other entries are the same."""

    def others(story: Story) -> list[tuple]:
        return [
            (r["time_ms"], r["account"], r["node"], r["amount_cents"])
            for r in story.rows("journal")
            if "intercompany" not in r["kind"]
        ]

    alone = visit(group(nodes=(a_node(),)), [(at(0, 9), P1)])
    two = visit(group(), [(at(0, 9), P1)])

    assert not Intercompany.is_needed(a_world().network)
    assert [] == alone.rows("journal", kind=("intercompany_sold", "intercompany_bought"))
    assert others(alone) == others(two)


def test_a_transfer_between_entities_is_at_cost():
    """The maker's node feeds the shop's: one has a claim for what the goods cost, the other a debt."""
    nodes = (a_node("A", entity=1), a_node("B", 34.0, -118.0, source=0))
    levels = stock([[100, 100], [1, 100]], [[0, 0], [5, 0]], [[0, 0], [10, 0]])
    story = told(visited(group(nodes=nodes, stock=levels), [(at(1, 9), P1)], region=[0]))
    sent = sum(r["value_cents"] for r in story.rows("events", kind="transfer_shipped"))

    assert sent == 400 * 9
    assert sent == sum(r["amount_cents"] for r in story.rows("journal", kind="intercompany_transfer_sent",
                                                             account="intercompany_receivables"))  # fmt: skip
    assert 0 == story.balance("inventory_in_transit")


def test_each_entitys_books_by_hand():
    """In euros: the stock of day 0 at 1.25, the sale of day 0 too."""
    frame = balances(visited(group(), [(at(0, 9), P1)]))
    maker = frame[frame["entity"] == "maker"].set_index("account")
    shop = frame[frame["entity"] == "shop"].set_index("account")["balance_cents"]

    assert (840, 672) == tuple(maker.loc["intercompany_receivables", ["balance_cents", "local_cents"]])
    assert (800, 640) == tuple(maker.loc["cost_of_goods", ["balance_cents", "local_cents"]])
    assert {"EUR"} == set(maker["currency"])
    assert (-2_000, 840, -840) == tuple(shop[["revenue", "intercompany_purchases", "intercompany_payables"]])


def test_wages_are_paid_by_the_entity_whose_people_work():
    """Six people around the clock for two days, at 18.00 an hour."""
    node = a_node(entity=1, paid="shifts", wage_cents_per_hour=1_800)
    frame = balances(visited(group(nodes=(node,), horizon=Horizon(2 * DAY_MS, 0, 2 * DAY_MS)), [(at(0, 9), P1)]))
    wages = frame[frame["account"] == "handling_labour"].set_index("entity")["balance_cents"]

    assert {"maker": 6 * 48 * 1_800} == wages.to_dict()


@pytest.fixture(scope="module")
def busy() -> pd.DataFrame:
    """Two channels and three nodes of three entities, with returns, losses, replenishment and a rate that moves."""
    world = a_busy_world(200.0, horizon=Horizon(3 * DAY_MS, 0, 40 * DAY_MS))
    web, market = world.network.channels
    nodes = tuple(replace(n, entity=i) for i, n in enumerate(world.network.nodes))
    entities = (Entity("shop", tax_bp=700), MAKER, Entity("depot", "JPY", transfer_markup_bp=310))
    rates = (*RATES, FxRate("JPY", 0, 0.0067), FxRate("JPY", 3 * DAY_MS, 0.0071))
    channels = (web, replace(market, entity=1))
    network = replace(world.network, nodes=nodes, entities=entities, fx_rates=rates, channels=channels)
    return balances(Model(replace(world, network=network), 3, check=True))


def test_each_entitys_trial_balance_is_zero_in_both_currencies(busy: pd.DataFrame):
    sums = busy.groupby("entity")[["balance_cents", "local_cents"]].sum()

    assert {"shop", "maker", "depot"} == set(sums.index)
    assert [[0, 0]] * 3 == sums.to_numpy().tolist()
    assert busy["local_cents"].abs().sum() > 0


def test_what_entities_owe_one_another_is_nothing_to_the_group(busy: pd.DataFrame):
    between = busy[busy["account"].isin(BETWEEN)]
    whole = busy.groupby("account")["balance_cents"].sum()

    assert (between["balance_cents"] != 0).sum() >= 5
    assert 0 == between["balance_cents"].sum()
    assert 0 == whole["intercompany_sales"] + whole["intercompany_purchases"]


def test_whose_nodes_they_are_changes_nothing_of_their_people(tmp_path: Path):
    """The manifest of a group tells of a node all that it tells of one company's; so do the measures of labour."""

    def labour(world: World, folder: Path) -> tuple[list[dict], dict[str, float]]:
        folder.mkdir()
        Model(world, 1).run(folder)
        run = Run.open(folder)
        told = [{key: node[key] for key in node if key != "entity"} for node in run.manifest["nodes"]]
        return told, run.kpis(["labour_utilisation", "lines_per_labour_hour"])

    world = a_busy_world()
    alone, two = (
        labour(replace(world, network=replace(world.network, entities=entities, fx_rates=RATES)), tmp_path / str(i))
        for i, entities in enumerate(((SHOP,), (SHOP, MAKER)))
    )

    assert alone == two
    assert 0 < two[1]["labour_utilisation"]
