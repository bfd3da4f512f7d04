"""Which lanes run: prices at which they earn their trucks bound what can be saved, and changes of lanes only help."""

from __future__ import annotations

import numpy as np
import pytest

from optimize.transfers import lane_prices, model
from optimize.transfers.lane_prices import LanePrices
from optimize.transfers.lane_search import SAMPLE, LaneSearch, sample_of
from optimize.transfers.lane_sets import best_sets
from optimize.transfers.model import Lanes, TransferProblem
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


def bound_of(problem: TransferProblem, rounds: int, saved: float = 0.0) -> float:
    """What moves save at most, from prices of full trucks."""
    lanes = Lanes(problem)
    lanes.place(lanes.full_price)
    return LanePrices(lanes, lanes.full_price).descend(rounds, saved)


@pytest.mark.parametrize("truck_cost", [100.0, 290.0, 310.0, 1_000.0])
def test_of_one_lane_the_bound_is_exact(truck_cost: float):
    """Three units short cost 300, nearly all of which the truck saves with the 9 units that there are."""
    problem = one_lane(truck_cost)
    lanes = Lanes(problem)
    moves, _, _ = lanes.place(np.where(lanes.may_run, 0.0, np.inf))
    most = bound_of(problem, 40, saved=-1.0)

    assert max(0.0, lanes.base - lanes.cost(moves)) == pytest.approx(most, abs=0.2)
    assert (truck_cost < 300) == (most > 0.2)


@pytest.mark.parametrize("seed", range(12))
def test_no_moves_save_more_than_the_bound(seed: int):
    problem = a_network(seed)
    least = Lanes(problem).base - least_cost(problem)

    assert least <= bound_of(problem, 1, least) + 1e-3
    assert least <= bound_of(problem, 60, least) + 1e-3


@pytest.mark.parametrize("seed", range(4))
def test_the_bound_holds_where_too_many_lanes_end_for_their_sets(seed: int, monkeypatch: pytest.MonkeyPatch):
    """Lanes that are looked at one by one bound less tightly than their sets do, and hold all the same."""
    problem = a_network(seed)
    least = Lanes(problem).base - least_cost(problem)
    by_set = bound_of(problem, 60, least)
    monkeypatch.setattr(lane_prices, "_MOST_LANES", 1)
    by_lane = bound_of(problem, 60, least)

    assert least <= by_lane + 1e-3
    assert by_set <= by_lane + 0.01 * abs(by_lane)


@pytest.mark.parametrize("seed", range(4))
def test_a_descent_of_prices_tightens_the_bound(seed: int):
    problem = a_network(seed, nodes=6, products=40, truck_weight=400.0)

    assert 0.0 <= bound_of(problem, 80) < bound_of(problem, 1)


def test_a_set_of_lanes_earns_the_most_of_any_of_them_slot_by_slot():
    """Three lanes to one place, two slots, worth 5 3 1 and 2 4 0: every set by hand, less a truck of 1.5 a lane."""
    worth = np.array([[5.0, 3.0, 1.0], [2.0, 4.0, 0.0]])
    cost = np.array([[1.5, 1.5, 1.5]])
    by_group = np.zeros((1, 8))
    for slot in worth:
        order = np.argsort(-slot)
        for n in range(3):
            after = slot[order[n + 1]] if n < 2 else 0.0
            by_group[0, sum(1 << int(b) for b in order[: n + 1])] += slot[order[n]] - after
    sets = [[b for b in range(3) if one >> b & 1] for one in range(8)]
    values = [worth[:, chosen].max(axis=1).sum() - 1.5 * len(chosen) if chosen else 0.0 for chosen in sets]
    most = np.zeros(1)
    (best,) = best_sets(by_group, cost, np.array([3]), most)

    assert max(values) == pytest.approx(most[0])
    assert int(np.argmax(values)) == best


def test_many_products_are_placed_and_priced_in_two_parts(monkeypatch: pytest.MonkeyPatch):
    """The same moves, loads and bound as in one part."""
    problem = a_network(5, nodes=5, products=60, truck_weight=60.0)

    def all_of_it() -> tuple[np.ndarray, np.ndarray, float, float]:
        lanes = Lanes(problem)
        moves, load, most = lanes.place(lanes.full_price)
        return moves, load, most, LanePrices(lanes, lanes.full_price).descend(20, 0.0)

    whole = all_of_it()
    monkeypatch.setattr(model, "_ONE_PART", 1)
    parts = all_of_it()

    assert np.array_equal(whole[0], parts[0])
    assert whole[1] == pytest.approx(parts[1])
    assert whole[2:] == pytest.approx(parts[2:])


@pytest.mark.parametrize("seed", range(4))
def test_lanes_cost_no_more_than_those_at_the_beginning(seed: int):
    """The search's cost is the least that its lanes can cost: a plan on them costs at least that."""
    lanes = Lanes(a_network(seed, nodes=6, products=40, truck_weight=40.0))
    moves, load, _ = lanes.place(lanes.full_price)
    begun = LaneSearch(lanes, lanes.may_run & (load > 0), lanes.full_price).cost
    search = LaneSearch(lanes, lanes.may_run & (load > 0), lanes.full_price)
    runs = search.improve(30)
    moves, load, _ = lanes.place(search.price)
    kept, _ = lanes.leave_behind(moves, lanes.trucks_that_pay(moves, load))

    assert search.cost < begun
    assert search.cost <= lanes.cost(kept) + lanes.truck_cost[runs & (lanes.loads(kept) <= 0)].sum() + 1e-6
    assert not (runs & ~lanes.may_run).any()


def test_a_sample_has_trucks_in_proportion():
    problem = a_network(1, products=4 * SAMPLE)
    sample = sample_of(problem)

    assert SAMPLE == len(sample.weight) == sample.stock.shape[1] == sample.demand_before.shape[2]
    assert problem.truck_weight / 4 == sample.truck_weight
    assert (problem.truck_cost / 4 == sample.truck_cost).all()
    small = one_lane(1.0)
    assert small is sample_of(small)
