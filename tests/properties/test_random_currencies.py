"""Small worlds of several entities and currencies at random: their books balance, each entity's and the group's."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.books.reconcile import reconcile
from sim.measures.consolidation import consolidated_balances, translation_by_period
from sim.measures.entities import entity_balances
from sim.measures.group_statement import group_statement
from sim.measures.own_stock import STOCK
from sim.measures.registry import compute, split
from sim.model import Model
from sim.network import Entity, FxRate
from sim.plans.accounting import PERIODS, AccountingPlan
from sim.plans.carrier_bills import CarrierBilling
from sim.plans.treasury import DEBTS_IN, TreasuryPlan
from sim.run import Run
from sim.units import DAY_MS, HOUR_MS
from sim.world import Horizon, World
from tests.sim.disruptions.test_injected_faults import tamper
from tests.worlds import a_busy_world

CURRENCIES = st.sampled_from(["USD", "EUR", "JPY"])


BILLS = st.sampled_from([CarrierBilling("day", 4 * DAY_MS), CarrierBilling("week", 0)])


@st.composite
def worlds(draw: Any) -> World:
    """Three entities, nodes and currencies; some channels and a supplier in one of their own; rates that move."""
    horizon = Horizon(2 * DAY_MS, 0, draw(st.sampled_from([9, 45])) * DAY_MS + draw(st.sampled_from([0, 5 * HOUR_MS])))
    world = a_busy_world(15.0, products=8, horizon=horizon)
    network = world.network
    markup = st.sampled_from([0, 450])
    entities = (
        Entity("one", tax_bp=700, stock_markup_bp=draw(markup)),
        *(Entity(name, draw(CURRENCIES), 1_900, 300, draw(markup)) for name in ("two", "three")),
    )
    owners = st.integers(0, 2)
    plan = TreasuryPlan(
        draw(st.sampled_from([None, *PERIODS])),
        draw(st.sampled_from([0, 3])) * DAY_MS,
        draw(st.sampled_from(DEBTS_IN)),
        draw(st.sampled_from([None, *PERIODS])),
    )
    network = replace(
        network,
        entities=entities,
        nodes=tuple(
            replace(node, entity=draw(owners), source=draw(st.sampled_from([None, *range(n)])))
            for n, node in enumerate(network.nodes)
        ),
        channels=tuple(
            replace(c, entity=draw(owners), currency=draw(st.none() | CURRENCIES), settlement_ms=4 * DAY_MS)
            for c in network.channels
        ),
        suppliers=tuple(
            replace(s, currency=draw(st.none() | CURRENCIES), payment_terms_ms=6 * DAY_MS) for s in network.suppliers
        ),
        services=tuple(
            replace(s, carrier=s.name, currency=draw(st.none() | CURRENCIES), billing=draw(st.none() | BILLS))
            for s in network.services
        ),
        fx_rates=(
            *(FxRate("EUR", 0, 1.1, draw(st.sampled_from([0.0, 0.5]))), FxRate("JPY", 0, 0.0067, 0.5)),
            *(FxRate("EUR", 30 * HOUR_MS, 0.97), FxRate("JPY", 5 * DAY_MS, 0.008)),
        ),
    )
    accounting = draw(st.none() | st.just(AccountingPlan(period="day")))
    return replace(world, network=network, treasury=plan, accounting=accounting)


@settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(worlds())
def test_books_of_several_currencies_balance(world: World):
    with tempfile.TemporaryDirectory() as folder:
        Model(world, 1, check=True).run(Path(folder))
        books = Run.open(Path(folder)).books
        frame, found = entity_balances(books), reconcile(folder)
        gains = compute(books, ["exchange_gains_cents"])["exchange_gains_cents"]
        by_entity = split(books, "exchange_gains_cents_by_entity")["value"].sum()
        closing, closes = consolidated_balances(books), translation_by_period(books, "week")
        group, unrealised = group_statement(books), compute(books, ["unrealised_profit_cents"])

    assert [] == found
    assert not frame.groupby("entity")[["balance_cents", "local_cents"]].sum().to_numpy().any()
    assert gains == by_entity
    figures = ["balance_cents", "local_cents", "translated_cents"]
    assert not closing.groupby("entity")[figures].sum().to_numpy().any()
    dollars = closing[closing["currency"] == "USD"]
    assert dollars["local_cents"].tolist() == dollars["translated_cents"].tolist()
    assert not group.sum().any()
    between = [account for account in group.index if account.startswith("intercompany")]
    assert not group.loc[between, [("group", "group")]].to_numpy().any()
    held = group.reindex(STOCK, fill_value=0)["elimination", "unrealised profit"].sum()
    assert -unrealised["unrealised_profit_cents"] == held
    ends = closes.groupby("entity")["adjustment_cents"].last()
    assert closes.groupby("entity")["change_cents"].sum().to_dict() == ends.to_dict()
    reserve = closing[(closing["account"] == "translation_reserve") & (closing["currency"] != "USD")]
    assert ends.to_dict() == dict(zip(reserve["entity"], -reserve["translated_cents"], strict=True))
    first = frame[frame["entity"] == "one"]
    if not any(entity.stock_markup_bp for entity in world.network.entities):
        assert first["balance_cents"].tolist() == first["local_cents"].tolist()


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("intercompany_bought", "debts between entities are not claims"),
        ("intercompany_collected", "money between entities is lost"),
    ],
)
def test_what_one_entity_does_not_book_is_found_out(tmp_path: Path, kind: str, message: str):
    world = a_busy_world(15.0, products=8, horizon=Horizon(2 * DAY_MS, 0, 20 * DAY_MS))
    entities = tuple(Entity(name) for name in ("one", "two", "three"))
    nodes = tuple(replace(node, entity=n) for n, node in enumerate(world.network.nodes))
    network = replace(world.network, entities=entities, nodes=nodes)
    Model(replace(world, network=network, treasury=TreasuryPlan("day", 0)), 1).run(tmp_path)
    copy = tmp_path / "copy"
    copy.mkdir()
    for path in (*tmp_path.glob("*.parquet"), tmp_path / "manifest.json"):
        shutil.copy(path, copy)

    assert [] == reconcile(copy)
    tamper(copy, "journal", lambda table: table.filter([k != kind for k in table["kind"].to_pylist()]))
    assert any(message in line for line in reconcile(copy))
