"""What holds for every policy: it serves from what is there, pays what it says, and knows nothing of the future."""

from __future__ import annotations

import numpy as np
import pytest

from optimize.fulfilment.bounds import MethodProgram
from optimize.fulfilment.exact import expected_cost, optimum
from optimize.fulfilment.generator import Plan, arrivals, instance
from optimize.fulfilment.instance import NOBODY, Instance
from optimize.fulfilment.policies import Policy, run
from optimize.fulfilment.prices import DelayedPrices, FixedPrices, FuturePrices, MeanPrices
from optimize.fulfilment.rounding import Rounded, dilated, in_turn, independent, together
from optimize.fulfilment.rules import Greedy, Nearest
from optimize.fulfilment.unit_values import UnitValues

from .frozen import tiny
from .test_fulfilment_generator import ROUND

SMALL = instance(ROUND, Plan(slots=120, longest=3, items=6), seed=1)
CAME = arrivals(SMALL, 1)
POLICIES: dict[str, Policy] = {
    "greedy": Greedy(),
    "nearest": Nearest(),
    "fixed": FixedPrices(np.full(SMALL.stock.shape, 2.0)),
    "mean": MeanPrices(renewals=5),
    "mean by item": MeanPrices(renewals=2, by_item=True),
    "futures": FuturePrices(renewals=5, futures=3),
    "units": UnitValues(renewals=5, futures=3),
    "units of the mean": UnitValues(renewals=5, futures=0),
    "dilated": Rounded(dilated),
    "together": Rounded(together),
    "in turn": Rounded(in_turn),
    "independent": Rounded(independent),
}
every_policy = pytest.mark.parametrize("policy", POLICIES.values(), ids=list(POLICIES))


@every_policy
def test_stock_and_cost_add_up(policy: Policy):
    outcome, stock, cost = run(policy, SMALL, CAME), SMALL.stock.copy(), 0.0
    for order_class, row in zip(CAME.tolist(), outcome.taken):
        if order_class == NOBODY:
            assert (row == NOBODY).all()
            continue
        items = SMALL.orders[order_class // SMALL.cities]
        sources = row[: len(items)]
        cost += SMALL.cost(order_class, sources)
        for source, item in zip(sources.tolist(), items):
            if source < SMALL.centres:
                stock[source, item] -= 1

    assert stock.min() >= 0
    assert cost == pytest.approx(outcome.cost)
    assert MethodProgram(SMALL).solve(SMALL.count(CAME), SMALL.stock).value <= cost + 1e-9


@every_policy
@pytest.mark.parametrize("known", [17, 60])
def test_what_comes_later_changes_nothing_before(policy: Policy, known: int):
    other = CAME.copy()
    other[known:] = arrivals(SMALL, 2)[known:]
    before, after = run(policy, SMALL, CAME), run(policy, SMALL, other)

    assert not np.array_equal(CAME, other)
    assert before.taken[:known].tolist() == after.taken[:known].tolist()


@every_policy
def test_the_same_orders_are_served_the_same_way(policy: Policy):
    assert run(policy, SMALL, CAME).cost == run(policy, SMALL, CAME).cost


def test_with_a_delay_the_future_begins_after_the_orders_that_wait():
    policy, other = DelayedPrices(renewals=4), CAME.copy()
    other[60:] = arrivals(SMALL, 2)[60:]

    assert run(policy, SMALL, CAME).taken[:60].tolist() == run(policy, SMALL, other).taken[:60].tolist()


@pytest.mark.parametrize("seed", range(4))
def test_the_value_of_a_unit_is_exact_for_one_centre_and_item(seed: int):
    rng = np.random.default_rng(seed)
    one = Instance(
        slots=12,
        orders=((0,),),
        phases=rng.dirichlet(np.ones(5), 2)[:, :-1].reshape(2, 1, 4),
        fixed=np.zeros(2),
        unit=np.vstack([rng.uniform(0, 5, 4), rng.uniform(3, 9, 4)]),
        stock=np.array([[4]]),
        nearest=np.zeros((1, 4), dtype=np.int64),
    )
    # Of two slots taken together at most one order counts, which is a step away from exact; alone they are exact.
    policy = UnitValues(futures=0, coarse=0.0)

    assert optimum(one) == pytest.approx(expected_cost(policy, one), abs=1e-9)


def test_prices_are_zero_where_there_is_more_than_enough():
    plenty = Instance(**{**vars(tiny(1)), "stock": np.full((2, 3), 50)})
    for policy in (MeanPrices(), FuturePrices(futures=2)):
        policy.begin(plenty)

        assert 0.0 == policy.prices(0, plenty.stock).max()


@pytest.mark.parametrize("scheme", [independent, together, dilated, in_turn])
def test_rounding_keeps_the_shares(scheme):
    share = np.array([[0.5, 0.3, 0.2], [0.1, 0.3, 0.6], [0.4, 0.6, 0.0]])
    rng = np.random.default_rng(5)
    drawn = np.array([scheme(share, rng) for _ in range(6000)])
    found = np.array([[(drawn[:, item] == source).mean() for source in range(3)] for item in range(3)])

    assert (np.abs(found - share) <= 4.5 * np.sqrt(share * (1 - share) / 6000) + 1e-12).all()


def test_two_items_part_as_rarely_as_they_can():
    share = np.array([[0.5, 0.3, 0.2], [0.1, 0.3, 0.6]])
    rng = np.random.default_rng(6)
    parted = np.mean([len(set(together(share, rng).tolist())) == 2 for _ in range(6000)])

    assert 1 - (0.1 + 0.3 + 0.2) == pytest.approx(parted, abs=0.025)
