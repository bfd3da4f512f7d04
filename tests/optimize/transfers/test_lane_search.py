"""Which lanes run: prices at which they earn their trucks bound what can be saved, and changes of lanes only help."""

from __future__ import annotations

import numpy as np
import pytest

from optimize.transfers import lane_prices
from optimize.transfers import lanes as tables
from optimize.transfers.lane_prices import LanePrices
from optimize.transfers.lane_search import LaneSearch
from optimize.transfers.lane_sets_kernel import hit_shares, net_of_sets, shift_shares
from optimize.transfers.lanes import Lanes
from optimize.transfers.problem import TransferProblem
from optimize.transfers.trucks import Trucks
from tests.optimize.transfers.test_stock_transfers import a_network, least_cost


def one_lane(truck_cost: float, products: int = 1) -> TransferProblem:
    """From plenty to nothing: 3 units are wanted there, of which a truck takes 100."""
    return TransferProblem(
        stock=np.array([[40] * products, [0] * products]),
        free=np.array([[9] * products, [0] * products]),
        demand=np.array([[1.0] * products, [3.0] * products]),
        lead=np.zeros((2, 2), dtype=np.int64),
        demand_before=np.zeros((1, 2, products)),
        shortage_cost=np.full(products, 100.0),
        trucks=Trucks(np.array([[np.inf, truck_cost], [np.inf, np.inf]]), 100.0, np.ones(products)),
    )


def prices_of(lanes: Lanes) -> LanePrices:
    """From prices of full trucks."""
    _, load, _ = lanes.place(lanes.full_price)
    return LanePrices(lanes, lanes.full_price, load)


def bound_of(problem: TransferProblem, rounds: int) -> float:
    """What moves save at most."""
    return prices_of(Lanes(problem)).descend(rounds)


@pytest.mark.parametrize("truck_cost", [100.0, 290.0, 310.0, 1_000.0])
def test_of_one_lane_the_bound_is_exact(truck_cost: float):
    """Three units short cost 300, nearly all of which the truck saves with the 9 units that there are."""
    problem = one_lane(truck_cost)
    lanes = Lanes(problem)
    moves, _, _ = lanes.place(np.where(lanes.may_run, 0.0, np.inf))
    most = bound_of(problem, 150)

    assert max(0.0, lanes.base - lanes.cost(moves)) == pytest.approx(most, abs=0.2)
    assert (truck_cost < 300) == (most > 0.2)


@pytest.mark.parametrize("seed", range(12))
def test_no_moves_save_more_than_the_bound(seed: int):
    problem = a_network(seed)
    least = Lanes(problem).base - least_cost(problem)

    assert least <= bound_of(problem, 1) + 1e-3
    assert least <= bound_of(problem, 60) + 1e-3


@pytest.mark.parametrize("seed", range(4))
def test_the_bound_holds_where_too_many_lanes_end_for_their_sets(seed: int, monkeypatch: pytest.MonkeyPatch):
    """Lanes that are looked at one by one bound less tightly than their sets do, and hold all the same."""
    problem = a_network(seed)
    least = Lanes(problem).base - least_cost(problem)
    by_set = bound_of(problem, 60)
    monkeypatch.setattr(lane_prices, "_MOST_LANES", 1)
    by_lane = bound_of(problem, 60)

    assert least <= by_lane + 1e-3
    assert by_set <= by_lane + 0.01 * abs(by_lane)


@pytest.mark.parametrize("seed", range(4))
def test_a_descent_of_prices_tightens_the_bound(seed: int):
    problem = a_network(seed, nodes=6, products=40, capacity=400.0)

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
    (net,) = net_of_sets(by_group, cost, np.array([3]))

    assert values == pytest.approx(net.tolist())


def test_a_mixture_leans_to_the_sets_that_earn_most():
    """Two lanes: sets 00, 01, 10 and 11. A set that earns one pace more than another gains e times its share."""
    share = np.full((1, 4), 0.25)
    bits, pace = np.array([2]), np.array([0.5])
    shift_shares(share, np.array([[0.0, 2.0, 0.0, 4.0]]), pace, bits, np.array([0]), np.array([3]))
    (hit,) = hit_shares(share, bits)
    weights = np.exp([-2.0, -1.0, -2.0, 0.0])

    assert (weights / weights.sum()).tolist() == pytest.approx(share[0].tolist())
    assert [0.0, *(share[0, [1, 3]].sum(), share[0, 2:].sum(), share[0, 1:].sum())] == pytest.approx(hit.tolist())

    shift_shares(share, np.zeros((1, 4)), pace, bits, np.array([1]), np.array([3]))
    assert [0.0, 0.0] == share[0, [0, 2]].tolist()
    assert 1.0 == pytest.approx(share.sum())


@pytest.mark.parametrize("seed", range(4))
def test_a_dive_ends_with_lanes_that_may_run(seed: int):
    """And the bound of the prices that it began with stays as it was."""
    lanes = Lanes(a_network(seed, nodes=6, products=40, capacity=40.0))
    prices = prices_of(lanes)
    most = prices.descend(60)
    runs = prices.carried_to(lanes).dive()

    assert runs.any()
    assert not (runs & ~lanes.may_run).any()
    assert most == prices.least


@pytest.mark.parametrize("seed", range(4))
def test_room_that_is_left_is_filled_with_what_pays(seed: int):
    """Trucks of which half the load was left behind: filled up, they save more, and no lane has more of them."""
    lanes = Lanes(a_network(seed, nodes=6, products=40, capacity=40.0))
    moves, load, _ = lanes.place(np.where(lanes.may_run, 0.0, np.inf))
    trucks = lanes.trucks_for(load)
    kept, _ = lanes.leave_behind(moves, trucks // 2)
    filled = lanes.filled_up(kept, trucks)
    sent = np.bincount(filled[:, 0], filled[:, 2], len(lanes.losses.node))

    assert (lanes.loads(filled) <= trucks * lanes.truck_load + 1e-6).all()
    assert (sent <= np.diff(lanes.losses.at)).all()
    assert lanes.cost(filled) - lanes.truck_cost[lanes.loads(filled) > 0].sum() < lanes.cost(kept)
    assert len(filled) == len(np.unique(filled[:, :2], axis=0))


def test_many_products_are_placed_and_priced_in_two_parts(monkeypatch: pytest.MonkeyPatch):
    """The same moves, loads and bound as in one part."""
    problem = a_network(5, nodes=5, products=60, capacity=60.0)

    def all_of_it() -> tuple[np.ndarray, np.ndarray, float, float]:
        lanes = Lanes(problem)
        moves, load, most = lanes.place(lanes.full_price)
        return moves, load, most, LanePrices(lanes, lanes.full_price, load).descend(20)

    whole = all_of_it()
    monkeypatch.setattr(tables, "_ONE_PART", 1)
    parts = all_of_it()

    assert np.array_equal(whole[0], parts[0])
    assert whole[1] == pytest.approx(parts[1])
    assert whole[2:] == pytest.approx(parts[2:])


@pytest.mark.parametrize("seed", range(4))
def test_lanes_cost_no_more_than_those_at_the_beginning(seed: int):
    """The search's cost is the least that its lanes can cost: a plan on them costs at least that."""
    lanes = Lanes(a_network(seed, nodes=6, products=40, capacity=40.0))
    moves, load, _ = lanes.place(lanes.full_price)
    begun = LaneSearch(lanes, lanes.may_run & (load > 0), lanes.full_price).cost
    search = LaneSearch(lanes, lanes.may_run & (load > 0), lanes.full_price)
    runs = search.improve(30)
    moves, load, _ = lanes.place(search.price)
    kept, _ = lanes.leave_behind(moves, lanes.trucks_that_pay(moves, load))

    assert search.cost < begun
    assert search.cost <= lanes.cost(kept) + lanes.truck_cost[runs & (lanes.loads(kept) <= 0)].sum() + 1e-6
    assert not (runs & ~lanes.may_run).any()


def test_a_sample_stands_for_all_products():
    """Products that gain more are likelier to be drawn, and what lanes earn and carry is right within a few percent."""
    lanes = Lanes(a_network(1, nodes=4, products=2_000, capacity=4_000.0))
    sample = lanes.sample(600)
    _, load, most = lanes.place(lanes.full_price)
    _, load_of_sample, most_of_sample = sample.place(sample.full_price)

    assert 550 <= len(sample.weight) <= 650
    assert most == pytest.approx(most_of_sample, rel=0.05)
    assert load.sum() == pytest.approx(load_of_sample.sum(), rel=0.1)
    assert lanes is lanes.sample(1_001)
