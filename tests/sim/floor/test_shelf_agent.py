"""The shelf behind the record: how they part, what pickers find, and what a count does about it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.books.reconcile import reconcile
from sim.clock import BOUNDARY
from sim.disruptions.stock_record_error import StockRecordError
from sim.distributions import Fixed
from sim.model import Model
from sim.network import CycleCounts, Product, Segment
from sim.units import DAY_MS, HOUR_MS, MINUTE_MS
from sim.world import Horizon, StockPlan, World
from tests.sim.telling import Story, at, tell, told, visit, visited
from tests.sim.witness import faults, frame, illegal_moves
from tests.worlds import a_busy_world, a_node, a_world, stock

P1 = [(0, 1, 1_000)]
QUICK = a_node(wave_interval_ms=MINUTE_MS)
COUNTED_AT_ONCE = CycleCounts(work_ms=6 * MINUTE_MS)


def differences(story: Story) -> dict[tuple[str, str], int]:
    """Shelf less record by (node, sku), from the events alone."""
    signs = {"shelf_lost": -1, "shelf_gained": 1, "record_raised": -1, "record_lowered": 1}
    found: dict[tuple[str, str], int] = {}
    for row in story.rows("events", kind=tuple(signs)):
        cell = row["node"], row["sku"]
        found[cell] = found.get(cell, 0) + signs[row["kind"]] * row["quantity"]
    return {cell: units for cell, units in found.items() if units}


# Phantom stock, short picks, counts.


def phantom(**changes) -> Story:
    """Two units at A and two at B; at 8:00 the record of A gets two more that do not exist; customers at 9, 10, 11."""
    error = StockRecordError(0, at(0, 8), 60 * DAY_MS, share_bp=10_000, products=frozenset({0}), phantom=True)
    nodes = (replace(QUICK, **changes), replace(QUICK, name="B", latitude=41.0))
    world = a_world(nodes=nodes, stock=stock([[2, 9], [2, 9]]), disruptions=(error,))
    return visit(world, [(at(0, h), P1) for h in (9, 10, 11)])


def test_phantom_stock_is_sold_not_found_and_served_from_elsewhere():
    story = phantom(cycle_counts=COUNTED_AT_ONCE)

    assert [
        ("0 08:00", "record_raised", None, "A", 2, "record_error"),
        ("0 11:01", "short_picked", 2, None, 1, "short_pick"),
        ("0 11:01", "quarantined", None, "A", 2, "short_pick"),
        ("0 11:07", "quarantine_released", None, "A", 2, "counted"),
        ("0 11:07", "record_lowered", None, "A", 2, "counted"),
        ("0 11:07", "counted", None, "A", 0, "short_pick"),
    ] == story.events(
        "order",
        "node",
        "quantity",
        "reason",
        kind=("record_raised", "short_picked", "quarantined", "quarantine_released", "record_lowered", "counted"),
    )
    assert [
        ("0 09:00", "allocated", 0, "A", 0),
        ("0 10:00", "allocated", 1, "A", 1),
        ("0 11:00", "allocated", 2, "A", 2),
        ("0 11:01", "deallocated", 2, "A", 2),
        ("0 11:01", "allocated", 2, "B", 3),
    ] == story.events("order", "node", "shipment", kind=("allocated", "deallocated"))
    assert {} == differences(story)
    assert 0 == story.balance("inventory_adjustments"), "what was invented was written off"


def test_without_a_count_what_was_not_found_stays_on_the_books_and_is_not_promised_again():
    story = phantom()

    assert [("0 11:01", "short_picked", 1)] == story.events("quantity", kind=("short_picked", "counted"))
    assert {("A", "P1"): -2} == differences(story)
    assert -2 * 400 == story.balance("inventory_adjustments")
    assert 2 == story.model.site.inventory.quarantined[0][0]


def test_a_count_costs_minutes_and_their_wage():
    story = phantom(cycle_counts=COUNTED_AT_ONCE)

    assert [("handling_labour", 250), ("accrued_operations", -250)] == story.postings(kind="counted")


def test_a_count_takes_stock_from_the_latest_promise():
    """Two orders hold two recorded units, one of which is stolen: the later promise loses it before a picker walks."""
    world = a_world(
        nodes=(a_node(wave_interval_ms=12 * HOUR_MS, shrinkage_share=0.001), a_node("B", latitude=41.0)),
        stock=stock([[2, 9], [1, 9]]),
    )
    model = visited(world, [(at(0, 1), P1), (at(0, 2), P1)])
    shelf = model.site.shelf
    assert shelf is not None

    def steal(_: None) -> None:
        shelf._lose(0, 0, 1, 0)

    def count(_: None) -> None:
        shelf.count(0, 0)

    model.clock.at(at(0, 3), BOUNDARY, steal)
    model.clock.at(at(0, 4), BOUNDARY, count)
    story = told(model)

    assert [("0 04:00", "deallocated", 1, "A", "counted"), ("0 04:00", "allocated", 1, "B", "")] == [
        e for e in story.events("order", "node", "reason", kind=("deallocated", "allocated")) if e[0] == "0 04:00"
    ]
    assert [] == story.times("short_picked")


def test_skus_are_counted_by_class_at_their_interval():
    """P2 is 92% of sales at cost: class A and every day; P1 is class B and every other day."""
    products = (Product("P1", 1_000, 400, 0.5), Product("P2", 2_500, 1_100, 1.5, demand_weight=4.0))
    counts = CycleCounts((DAY_MS, 2 * DAY_MS, None), work_ms=10 * MINUTE_MS)
    world = a_world(products=products, nodes=(a_node(cycle_counts=counts),), horizon=Horizon(3 * DAY_MS, 0, 4 * DAY_MS))
    story = visit(world, [])

    assert [
        ("0 00:10", "counted", "P2", 100),
        ("0 00:20", "counted", "P1", 100),
        ("1 00:10", "counted", "P2", 100),
        ("2 00:10", "counted", "P2", 100),
        ("2 00:20", "counted", "P1", 100),
    ] == story.events("sku", "quantity", kind="counted")


# Shrinkage.


def test_shrinkage_takes_its_share_of_a_year():
    """A tenth a year of 40 SKUs with 5,000 units each over 73 days: 4,000 within four standard errors."""
    nodes = (a_node(shrinkage_share=0.1),)
    quiet = a_busy_world(orders_per_day=0.0, nodes=1)
    world = replace(
        quiet,
        network=replace(quiet.network, nodes=nodes, channels=(quiet.network.channels[0],)),
        stock=StockPlan(np.full((1, 40), 5_000), np.zeros((1, 40), int), np.zeros((1, 40), int)),
        horizon=Horizon(73 * DAY_MS, 0, 74 * DAY_MS),
    )
    lost = sum(r["quantity"] for r in tell(world).rows("events", kind="shelf_lost", reason="shrinkage"))

    expected = 40 * 5_000 * 0.1 * 73 / 365
    assert abs(lost - expected) < 4 * expected**0.5


def a_leaky_world(counts: CycleCounts | None, shrinkage: float = 0.9) -> World:
    world = a_busy_world(orders_per_day=150.0, horizon=Horizon(10 * DAY_MS, 0, 30 * DAY_MS))
    nodes = tuple(replace(n, shrinkage_share=shrinkage, cycle_counts=counts) for n in world.network.nodes)
    return replace(world, network=replace(world.network, nodes=nodes))


def test_counts_find_what_is_missing_before_customers_do():
    """The same customers, the same thieves: with a count of every SKU each day fewer lines are picked in vain."""
    short, hashes = [], []
    for counts in (None, CycleCounts((DAY_MS, DAY_MS, DAY_MS), staff=4)):
        story = tell(a_leaky_world(counts, shrinkage=6.0), check=False)
        short.append(len(story.rows("events", kind="short_picked")))
        hashes.append(story.manifest["demand_hash"])

    assert hashes[0] == hashes[1]
    assert short[0] > 10
    assert short[1] < short[0] / 2


# Wrong items.


def test_a_wrong_item_comes_back_and_both_shelves_are_right_again():
    """Every line is picked wrongly: P2 goes out for P1, is noticed a day after delivery, and lands on its own shelf."""
    segment = Segment("everyone", return_transit_ms=Fixed(DAY_MS))
    world = a_world(nodes=(replace(QUICK, mispick_share=1.0),), stock=stock([[3, 3]]), segments=(segment,))
    story = visit(world, [(at(0, 9), P1)])

    assert [
        ("0 09:01", "shelf_lost", "P2"),
        ("0 09:01", "shelf_gained", "P1"),
        ("0 09:01", "mispicked", "P2"),
        ("2 12:00", "delivered", None),
        ("3 12:00", "return_requested", "P1"),
        ("5 08:05", "restocked", "P1"),
        ("5 08:05", "refunded", "P1"),
        ("5 08:05", "shelf_gained", "P2"),
        ("5 08:05", "shelf_lost", "P1"),
    ] == story.events(
        "sku",
        kind=("shelf_lost", "shelf_gained", "mispicked", "delivered", "return_requested", "restocked", "refunded"),
    )
    assert ["wrong_item"] == [r["reason"] for r in story.rows("events", kind="return_requested")]
    assert {} == differences(story)


def test_a_unit_more_or_less_is_put_away_than_is_on_record():
    world = a_busy_world(orders_per_day=60.0, horizon=Horizon(6 * DAY_MS, 0, 30 * DAY_MS))
    nodes = tuple(replace(n, receiving_error_share=1.0) for n in world.network.nodes)
    story = tell(replace(world, network=replace(world.network, nodes=nodes)))
    put_away = len(story.rows("events", kind="put_away"))
    wrong = [r["quantity"] for r in story.rows("events", kind=("shelf_lost", "shelf_gained"), reason="miscounted")]

    assert put_away > 10
    assert [1] * put_away == wrong
    assert {"shelf_lost", "shelf_gained"} == {
        r["kind"] for r in story.rows("events", kind=("shelf_lost", "shelf_gained"))
    }


def test_a_batch_that_is_taken_as_usual_is_one_in_which_a_closer_look_finds_nothing(tmp_path: Path):
    """Thieves and slips wherever there are shelves that are nearly empty; few batches are usual there, but some are."""
    world = a_busy_world(orders_per_day=200.0, horizon=Horizon(3 * DAY_MS, 0, 20 * DAY_MS))
    nodes = tuple(replace(n, mispick_share=0.05, shrinkage_share=6.0) for n in world.network.nodes)
    model = Model(replace(world, network=replace(world.network, nodes=nodes)), 5)
    shelf, goods = model.site.shelf, model.site.register.goods
    assert shelf is not None
    usual, seen = [0, 0], [0, 0]

    def watched(node: int, shipments: list[int]) -> list[tuple[int, int, int]]:
        is_usual = shelf._usual.are(node, shipments, shelf._mispicks[node])
        before = goods.count
        missing = shelf._look_closer(node, shipments)
        found = bool(missing) or goods.count > before
        usual[is_usual] += 1
        seen[is_usual] += found
        return missing

    shelf.look_for = watched  # type: ignore[method-assign]
    model.run(tmp_path)

    assert seen[True] == 0, "nothing odd in any of them"
    assert seen[False] > 0.9 * usual[False], "and hardly a usual one among the others"
    assert min(usual) > 20


# Always.


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.tuples(*[st.sampled_from([0.0, 0.05, 0.6])] * 2),
    st.sampled_from([0.0, 3.0]),
    st.sampled_from([None, CycleCounts(), CycleCounts((DAY_MS, 2 * DAY_MS, None), staff=2)]),
    st.integers(0, 3),
    st.booleans(),
)
def test_record_and_shelf_are_both_conserved(
    tmp_path_factory: pytest.TempPathFactory,
    shares: tuple[float, float],
    shrinkage: float,
    counts: CycleCounts | None,
    seed: int,
    continuous: bool,
):
    """Under audit, by the reconciliation of the files, and by the witness: whatever goes wrong on the floor."""
    world = a_busy_world(orders_per_day=60.0, products=8, horizon=Horizon(3 * DAY_MS, 0, 20 * DAY_MS))
    nodes = [
        replace(
            n,
            mispick_share=shares[0],
            receiving_error_share=shares[1],
            shrinkage_share=shrinkage,
            cycle_counts=counts,
            review_every_ms=0 if continuous else DAY_MS,
        )
        for n in world.network.nodes
    ]
    nodes[2] = replace(nodes[2], source=0)
    folder = tmp_path_factory.mktemp("books")
    error = StockRecordError(1, at(0, 12), 2 * DAY_MS, 5_000, phantom=True)
    forgets = StockRecordError(0, at(0, 18), DAY_MS, 5_000)
    model = Model(
        replace(world, network=replace(world.network, nodes=tuple(nodes)), disruptions=(error, forgets)),
        seed,
        check=True,
    )
    model.run(folder)

    assert ([], [], []) == (faults(folder), illegal_moves(folder), reconcile(folder))
    live, events = model.site.inventory, frame(folder, "events")
    signs = events["kind"].map({"shelf_lost": -1, "shelf_gained": 1, "record_raised": -1, "record_lowered": 1})
    moved = (signs.astype(float).fillna(0) * events["quantity"]).sum()
    assert moved == sum(map(sum, live.difference))
