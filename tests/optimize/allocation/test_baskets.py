"""Types of basket: small orders and large ones, as the channels have them."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from optimize.allocation.baskets import BY_SIZE, BasketTypes
from optimize.allocation.outlook_programs import OutlookPrograms
from optimize.allocation.serving import ServingCosts
from sim.distributions import Discrete, Distribution, Fixed
from sim.network import Channel
from sim.policies.allocation import StockView
from tests.worlds import a_busy_world

TWO = Discrete((1.0, 2.0), (0.5, 0.5))


def a_channel(lines: Distribution, quantity: Distribution, orders_per_day: float = 10.0) -> Channel:
    return replace(
        a_busy_world().network.channels[0], line_count=lines, quantity=quantity, orders_per_day=orders_per_day
    )


def test_by_hand():
    """One or two lines of one or two units: 1, 2, 2 (1+1), 3, 3, 4 units with chances 1/4, 1/4, 1/8, 1/8, 1/8, 1/8."""
    baskets = BasketTypes((a_channel(TWO, TWO),), BY_SIZE)

    asked = np.array([1 / 4, 2 * (1 / 4 + 1 / 8) + 3 * (1 / 8 + 1 / 8), 4 / 8])
    assert baskets.share == pytest.approx(asked / asked.sum())
    assert baskets.units == pytest.approx(asked / [1 / 4, 1 / 4 + 3 / 8, 1 / 8])


def test_one_type_is_the_usual_order():
    baskets = BasketTypes((a_channel(TWO, TWO, 30.0), a_channel(Fixed(1.0), Fixed(5.0), 10.0)))

    assert baskets.share.tolist() == [1.0]
    assert baskets.units[0] == pytest.approx(0.75 * 1.5 * 1.5 + 0.25 * 5)


def test_where_all_orders_are_alike_the_other_types_ask_for_nothing():
    baskets = BasketTypes((a_channel(Fixed(1.0), Fixed(3.0)),), BY_SIZE)

    assert baskets.share == pytest.approx([0, 1, 0])
    assert baskets.units == pytest.approx([1, 3, 4])


def test_the_program_knows_each_type_as_zones_of_its_own():
    world = a_busy_world()
    nodes, costs = len(world.network.nodes), ServingCosts(world)
    stock = StockView([[5] * len(world.network.products)] * nodes, [1] * nodes)
    regions, products = len(world.network.regions), len(world.network.products)
    company = SimpleNamespace(on_order=list, demand=lambda since, until: np.ones((regions, products)))

    usual = OutlookPrograms(world, costs).stock(company, stock, 0, 2.0)  # type: ignore[arg-type]
    by_basket = OutlookPrograms(world, costs, by_basket=True).stock(company, stock, 0, 2.0)  # type: ignore[arg-type]

    assert by_basket.demand.shape == (3 * regions, products)
    assert by_basket.demand.sum() == pytest.approx(usual.demand.sum())
    alone, together = by_basket.unit_cost[:, :regions], by_basket.unit_cost[:, regions:]
    assert (alone > together[:, :regions]).all(), "a unit that goes alone bears its whole parcel"
    units = (by_basket.demand[:, 0] @ by_basket.unit_cost.min(axis=0), usual.demand[:, 0] @ usual.unit_cost.min(axis=0))
    assert units[0] == pytest.approx(units[1]), "all parcels together cost what they did"
