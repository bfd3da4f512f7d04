"""Margins by order, SKU and channel: by hand on the ordinary run, and whole on the engine's own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from reports.margins import margin_grid, margin_tables
from sim.measures.margins import BY, STEPS, MarginError
from sim.model import Model
from sim.network import Category
from sim.plans.return_rules import ReturnRules
from sim.run import Run
from sim.units import DAY_MS
from sim.world import Horizon
from tests.measures.hand_made import Writer
from tests.worlds import a_busy_world


@pytest.fixture(scope="module")
def exchange_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run in which half of what is sent back is exchanged: linked orders are no orders of the cohort."""
    folder = tmp_path_factory.mktemp("exchanges")
    world = a_busy_world(120.0, products=12, horizon=Horizon(2 * DAY_MS, 0, 40 * DAY_MS))
    categories = (Category("all", return_share=0.4),)
    rules = ReturnRules(exchange_share=0.5)
    world = replace(world, network=replace(world.network, categories=categories), returns=rules)
    Model(world, seed=3).run(folder)
    return Run.open(folder)


def earned(run: Run, by: str) -> dict[object, float]:
    frame = run.margins(by)
    return dict(zip(frame[by], frame["contribution_cents"]))


def test_what_an_order_earned_is_what_was_posted_for_it(ordinary_run: Run):
    """Order 1: 1,000 of revenue, 500 given back; 200 of goods, 100 back and scrapped; 800 freight, 270 handling, 60
    for the return, 30 of penalty. Order 2: twice 1,070 to serve, 150 + 50 of fees, 20 of penalty, 700 of goods. Of
    order 6 all revenue is given back."""
    orders = earned(ordinary_run, "order")

    assert 500 - 200 + 100 - 100 - 1_070 - 60 - 30 == orders[1]
    assert 2_000 - 700 - 2_140 - 200 - 20 == orders[2]
    assert -100 - 1_070 == orders[6]
    assert 4 > len(orders)


def test_a_parcel_of_two_skus_is_divided_by_their_value(tmp_path: Path):
    """Revenue of 2,000, freight of 800, labour of 200 and packaging of 70, a quarter of each for one cup of four
    things, in whole cents; goods are their own."""
    w = Writer()
    w.capture(1, 0, (0, "tea", 3), (1, "cup", 1))
    w.ship(0, 0, (0, "tea", 3), (1, "cup", 1), allocated=2, shipped=10, delivered=50)
    run = w.write(tmp_path / "run")

    assert {"cup": 500 - 200 - 50 - 18 - 100, "tea": 1_500 - 600 - 150 - 52 - 300} == earned(run, "sku")
    assert {0: 2_000 - 800 - 200 - 70 - 400} == earned(run, "order")


def test_an_exchange_is_a_part_of_its_first_order(exchange_run: Run):
    linked = exchange_run.books.frame("SELECT linked, first_order FROM linked")
    orders = exchange_run.margins("order")["order"]

    assert len(linked) > 5
    assert not set(linked["linked"]) & set(orders.dropna())
    assert set(linked["first_order"]) <= set(orders.dropna())


def test_what_was_packed_in_vain_falls_on_what_was_ordered(tmp_path: Path):
    w = Writer()
    w.capture(1, 0, (0, "tea", 1), (1, "cup", 1))
    w.add(2, "packed", order=0, shipment=0, node="east", channel="shop", value=270, posts={
        "handling_labour": 200, "packaging": 70, "accrued_operations": -270})  # fmt: skip
    w.add(3, "voided", order=0, shipment=0, node="east", channel="shop")

    assert {"tea": -135, "cup": -135} == earned(w.write(tmp_path / "run"), "sku")


@pytest.mark.parametrize("by", BY)
@pytest.mark.parametrize("kind", ["ordinary_run", "busy_run", "exchange_run"])
def test_every_split_adds_up_to_the_contribution_and_gross_margin(by: str, kind: str, request: pytest.FixtureRequest):
    run: Run = request.getfixturevalue(kind)
    frame = run.margins(by)
    steps = [name for name, _ in STEPS]

    kpis = run.kpis(["contribution_margin_cents", "gross_margin_cents"])

    assert kpis["contribution_margin_cents"] == frame["contribution_cents"].sum()
    assert kpis["gross_margin_cents"] == frame["gross_margin_cents"].sum()
    assert frame["contribution_cents"].equals(frame[[*steps, "other_cents"]].sum(axis=1))
    assert frame["contribution_cents"].is_monotonic_decreasing


@pytest.mark.parametrize("by", BY)
def test_margins_are_the_same_bits_on_any_number_of_threads(by: str, busy_run: Run):
    one, many = (Run.open(busy_run.folder, threads).margins(by) for threads in (1, 8))

    assert one.equals(many)


def test_an_unknown_split_is_refused_and_an_empty_run_has_none(empty_run: Run):
    assert empty_run.margins("sku").empty
    with pytest.raises(MarginError, match="not by 'day'"):
        empty_run.margins("day")


def test_the_tables_leave_out_what_nobody_paid(busy_run: Run):
    channels, *skus = margin_tables(busy_run, "USD")

    assert {"web", "market"} == {row[0] for row in channels.rows}
    assert 2 == len(skus)
    grid = margin_grid(busy_run.margins("channel").assign(freight_cents=0), "USD")
    assert ("freight" in channels.columns, "freight" in grid.columns) == (True, False)
