"""Which lanes run: prices at which they earn their trucks bound what can be saved, and changes of lanes only help."""

from __future__ import annotations

import numpy as np
import pytest

from optimize.lane_search import SAMPLE, LanePrices, LaneSearch, sample_of
from optimize.transfer_model import Lanes, TransferProblem
from tests.optimize.test_stock_transfers import a_network, least_cost


def one_lane(truck_cost: float, products: int = 1) -> TransferProblem:
    """From plenty to nothing: 3 units are wanted there, of which a truck takes 100."""
    return TransferProblem(
        stock=np.array([[40] * products, [0] * products]),
        free=np.array([[9] * products, [0] * products]),
        demand=np.array([[1.0] * products, [3.0] * products]),
        lead=np.zeros((2, 2), dtype=np.int64),
        demand_before=np.zeros((1, 2, products)),
        shortage_cost=np.full(products, 100.0),
        truck_cost=np.array([[np.inf, truck_cost], [np.inf, np.inf]]),
        weight=np.ones(products),
        truck_weight=100.0,
    )


@pytest.mark.parametrize("truck_cost", [100.0, 290.0, 310.0, 1_000.0])
def test_of_one_lane_the_bound_is_exact(truck_cost: float):
    """Three units short cost 300, nearly all of which the truck saves with the 9 units that there are."""
    lanes = Lanes(one_lane(truck_cost))
    moves, _, _ = lanes.place(np.where(lanes.may_run, 0.0, np.inf))
    prices = LanePrices(lanes)
    for _ in range(40):
        prices.look()
        prices.step()
    prices.look()

    assert max(0.0, lanes.base - lanes.cost(moves)) == pytest.approx(prices.tighten(), abs=0.2)
    assert (truck_cost < 300) == (prices.tighten() > 0.2)


@pytest.mark.parametrize("seed", range(12))
def test_no_moves_save_more_than_the_bound(seed: int):
    problem = a_network(seed)
    lanes, saved = Lanes(problem), []
    prices = LanePrices(lanes)
    for _ in range(6):
        _, most = prices.look()
        saved += [most, prices.tighten()]
        prices.step()

    least = lanes.base - least_cost(problem)

    assert least <= min(saved) + 1e-3
    assert min(saved[1::2]) <= min(saved[::2]) + 1e-6
    assert least <= prices.descend(60, least) + 1e-3


@pytest.mark.parametrize("seed", range(4))
def test_a_descent_on_single_prices_tightens_the_bound(seed: int):
    lanes = Lanes(a_network(seed, nodes=6, products=40, truck_weight=400.0))
    prices = LanePrices(lanes)
    for _ in range(6):
        prices.look()
        prices.step()
    prices.look()
    most = prices.tighten()

    assert 0.0 <= prices.descend(80, 0.0) < most


@pytest.mark.parametrize("seed", range(4))
def test_every_change_of_lanes_that_is_kept_saves(seed: int):
    lanes = Lanes(a_network(seed, nodes=6, products=40))
    _, load, _ = lanes.place(lanes.full_price)
    search = LaneSearch(lanes, lanes.may_run & (load > 0), load)
    begun = search.cost
    runs = search.improve(30)
    costs = [LaneSearch(lanes, r, load).cost for r in (runs, lanes.may_run & (load > 0))]

    assert search.cost < begun == costs[1]
    assert not (runs & ~lanes.may_run).any()


def test_a_sample_has_trucks_in_proportion():
    problem = a_network(1, products=4 * SAMPLE)
    sample = sample_of(problem)

    assert SAMPLE == len(sample.weight) == sample.stock.shape[1] == sample.demand_before.shape[2]
    assert problem.truck_weight / 4 == sample.truck_weight
    assert (problem.truck_cost / 4 == sample.truck_cost).all()
    small = one_lane(1.0)
    assert small is sample_of(small)
