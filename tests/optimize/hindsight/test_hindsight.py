"""The clairvoyant bound: below every policy's cost; the optimum where that can be computed, and near it elsewhere."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import optimize  # noqa: F401  (its policies are judged too)
from optimize.hindsight.bound import Hindsight, HindsightError, bound_of, hindsight
from optimize.hindsight.costs import costs_of
from optimize.hindsight.prices import dual_bound
from optimize.hindsight.program import program_bound
from optimize.hindsight.regret_causes import causes_of
from optimize.hindsight.sent import Sent, read_sent
from sim.measures.books import Books
from sim.model import Model
from sim.network import Region
from sim.policies.registry import policies
from sim.units import DAY_MS, MINUTE_MS
from sim.world import Horizon, PolicyChoice, Rules, World
from tests.worlds import POLICIES, a_busy_world, a_carrier, a_node, a_trace, a_world, stock


def judged(world: World, folder: Path, seed: int = 3, **options: Any) -> tuple[Hindsight, Sent, Books]:
    folder.mkdir(parents=True)
    Model(world, seed).run(folder)
    books = Books(folder)
    return hindsight(world, books, **options), read_sent(world, books), books


def a_scarce_world(name: str) -> World:
    """Little stock, so that where it is sent from matters, and a promise that only some services keep."""
    world = a_busy_world(120.0, products=8)
    batch = hasattr(policies()["allocation"][name], "decide_batch")
    return replace(
        world,
        policies=POLICIES | {"allocation": PolicyChoice(name)},
        stock=stock(np.full((3, 8), 12)),
        horizon=Horizon(DAY_MS, 0, 8 * DAY_MS),
        rules=Rules(allocate_every_ms=30 * MINUTE_MS if batch else 0),
    )


@pytest.mark.parametrize("name", sorted(policies()["allocation"]))
def test_no_policy_is_below_the_bound(name: str, tmp_path: Path):
    world = a_scarce_world(name)
    found, sent, books = judged(world, tmp_path / "run", rounds=20)
    own = costs_of(world, sent)

    assert found.orders > 100
    assert 0 < found.bound_cents <= found.cost_cents
    assert found.regret_share < 1.0
    # The cost is that of the journal's own accounts, in the period in which nothing is posted for anything else.
    posted = books.value(
        "SELECT sum(amount_cents) FROM journal WHERE account IN ('freight', 'handling_labour', 'packaging') "
        "AND kind IN ('packed', 'manifested')"
    )
    assert found.cost_cents == posted
    # Stock has a price: the bound is above what orders cost if each had all of it.
    assert found.bound_cents > np.minimum(own.whole.min(axis=1), 1e9).sum() - 1e-6


def by_hand(units: tuple[tuple[int, int], ...], supply: Any, late: bool = False) -> tuple[World, Sent]:
    """One region beside node A; B is far and dearer by 300 cents, of which 0 are handling. An order for each of
    ``units``: (product, units)."""
    world = a_world(
        nodes=(a_node("A"), a_node("B", 34.1, -118.2)),
        regions=(Region("here", 40.0, -75.1, 1.0),),
        services=(a_carrier(weight_breaks_kg=(50.0,), rates_cents=tuple((500 + 50 * z,) for z in range(7))),),
    )
    n = len(units)
    return world, Sent(
        order=np.arange(n),
        channel=np.zeros(n, dtype=np.int64),
        region=np.zeros(n, dtype=np.int64),
        ready_ms=np.zeros(n, dtype=np.int64),
        due_ms=np.full(n, 0 if late else 20 * DAY_MS),
        in_time=np.full(n, not late),
        period=np.zeros(n, dtype=np.int64),
        cents=np.full(n, 10_000),
        first=np.arange(n + 1),
        product=np.array([p for p, _ in units]),
        units=np.array([u for _, u in units]),
        supply=np.array([supply]),
    )


HANDLING = 70 + 83 + 42
"""Packaging, two minutes of packing and one of picking at 25.00 an hour, rounded."""


@pytest.mark.parametrize("late", [False, True])
def test_two_nodes_by_hand(late: bool):
    """Three orders of one unit, two units nearby: the third comes from afar, for six zones more."""
    world, sent = by_hand(((0, 1), (0, 1), (0, 1)), [[2, 0], [5, 0]], late)
    found = bound_of(world, sent)

    assert "program" == found.method
    assert found.bound_cents == pytest.approx(3 * (500 + HANDLING) + 300)


def test_one_line_may_come_in_two_parcels():
    """Two units of which each node has one: two parcels, each with its handling."""
    world, sent = by_hand(((0, 2),), [[1, 0], [1, 0]])

    assert bound_of(world, sent).bound_cents == pytest.approx(2 * (500 + HANDLING) + 300)


def test_periods_keep_stock_that_comes_later_from_orders_that_left_before():
    world, sent = by_hand(((0, 1), (0, 1)), [[1, 0], [5, 0]])
    later = replace(sent, period=np.array([0, 1]), supply=np.array([[[0, 0], [5, 0]], [[1, 0], [5, 0]]]))

    assert bound_of(world, sent).bound_cents == pytest.approx(2 * (500 + HANDLING) + 300)
    assert bound_of(world, later).bound_cents == pytest.approx(2 * (500 + HANDLING) + 300)
    both = replace(later, period=np.array([0, 0]))
    assert bound_of(world, both).bound_cents == pytest.approx(2 * (500 + HANDLING) + 2 * 300)


@pytest.mark.parametrize("seed", range(4))
def test_prices_come_near_the_program(seed: int):
    """On random instances the dual is below the integer optimum, and within two in a hundred of it."""
    rng = np.random.default_rng(seed)
    orders = 40
    lines = rng.integers(1, 3, orders)
    first = np.concatenate([[0], np.cumsum(lines)])
    product = np.concatenate([rng.choice(4, count, replace=False) for count in lines])
    units = rng.integers(1, 3, len(product))
    world = a_busy_world(products=4)
    wanted = np.bincount(product, weights=units, minlength=4)
    share = rng.dirichlet(np.ones(3), 4).T
    sent = Sent(
        order=np.arange(orders),
        channel=rng.integers(0, 2, orders),
        region=rng.integers(0, 3, orders),
        ready_ms=np.zeros(orders, dtype=np.int64),
        due_ms=np.full(orders, 20 * DAY_MS),
        in_time=np.ones(orders, dtype=bool),
        period=np.zeros(orders, dtype=np.int64),
        cents=np.full(orders, 3_000),
        first=first,
        product=product,
        units=units,
        supply=np.ceil(1.2 * share * wanted).astype(np.int64)[None],
    )
    optimum = program_bound(world, sent)
    bound = dual_bound(sent, costs_of(world, sent), 200, 1e-6).cents

    assert "proven" == optimum.status
    assert 0.98 * optimum.objective <= bound <= optimum.objective + 1e-6


def test_a_run_of_another_world_is_not_judged(tmp_path: Path):
    world = a_scarce_world("closest")
    (tmp_path / "run").mkdir()
    Model(world, 3).run(tmp_path / "run")

    with pytest.raises(HindsightError, match="is not a run of scenario"):
        hindsight(a_busy_world(130.0, products=8), Books(tmp_path / "run"))


def test_a_run_that_sent_nothing_has_no_regret(tmp_path: Path):
    world = a_world(trace=a_trace([(0, [(0, 1, 1_000)])]), stock=stock([[0, 0]]))
    found, _, _ = judged(world, tmp_path / "run")

    assert (0, 0, 0.0) == (found.orders, found.cost_cents, found.bound_cents)
    assert np.isnan(found.regret_share)


def test_waiting_and_place_are_told_apart():
    """Two orders of one unit, both with a unit near and far. The first went from afar; the second from near, by a
    service that cost 400 more than the one that would have done, had it not waited."""
    world, sent = by_hand(((0, 1), (1, 1)), [[2, 2], [2, 2]])
    near = 500 + HANDLING
    sent = replace(sent, cents=np.array([near + 300, near + 400]))
    pieces = pd.DataFrame(
        {"order": [0, 1], "shipment": [0, 1], "node": [1, 0], "line": [0, 1], "product": [0, 1], "units": [1, 1]}
    )
    found = causes_of(world, sent, pieces)

    assert [0, 400] == found.orders["waiting_cents"].tolist()
    assert [300, 0] == found.orders["place_cents"].tolist()
    assert (0, 2 * near) == (found.idle_cents, found.bound_cents)


def test_stock_that_is_scarce_is_charged_to_who_took_it():
    """One unit near, and two orders, the far one of which could have had it as cheaply from elsewhere: whoever took the
    scarce unit pays for it, and nothing is left over."""
    world, sent = by_hand(((0, 1), (0, 1), (0, 1)), [[2, 0], [5, 0]])
    near = 500 + HANDLING
    sent = replace(sent, cents=np.array([near, near, near + 300]))
    pieces = pd.DataFrame(
        {"order": [0, 1, 2], "shipment": [0, 1, 2], "node": [0, 0, 1], "line": [0, 1, 2]}
        | {"product": [0, 0, 0], "units": [1, 1, 1]}
    )
    found = causes_of(world, sent, pieces)

    assert 3 * near + 300 == pytest.approx(found.bound_cents, abs=1)
    assert [0, 0, 0] == pytest.approx(found.orders["place_cents"].tolist(), abs=1)


def test_a_dear_service_for_the_heavier_step_does_not_make_a_second_parcel_free():
    """A line below a steep staircase begins far below zero. Two parcels still cost at least their lightest."""
    world, sent = by_hand(((0, 5),), [[5, 0], [5, 0]])  # 2.5 kg
    world = replace(
        world,
        network=replace(
            world.network,
            services=(
                a_carrier(weight_breaks_kg=(2.0, 3.0), rates_cents=tuple((500 + 50 * z, 9_000) for z in range(7))),
            ),
        ),
    )
    two = 2 * (500 + HANDLING) + 300

    assert two - HANDLING <= dual_bound(sent, costs_of(world, sent), 50, 1e-6).cents <= two
