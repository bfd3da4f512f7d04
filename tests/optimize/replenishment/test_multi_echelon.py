"""Replenishment of a chain: who gets what is short, what is bought for all, and who acts without an answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

import optimize  # noqa: F401  (its policies can be named)
from optimize.programs import FAILED, INFEASIBLE, Limits, Program, Solution
from optimize.replenishment.chain_worth import Samples
from optimize.replenishment.chains import ChainDemand, Chains
from optimize.solver import solve
from sim.distributions import Fixed, Uniform
from sim.model import Model
from sim.network import Storage, Supplier
from sim.plans.fallbacks import Fallbacks, LateSuppliers
from sim.policies.company import CompanyView
from sim.policies.outlook import Outlook
from sim.policies.registry import make
from sim.policies.replenishment import PositionView, Purchase
from sim.units import DAY_MS
from sim.world import ForecastPlan, Horizon, PolicyChoice, StockPlan, World
from tests.optimize.programs import as_text
from tests.optimize.stuck_solver import without_answer
from tests.sim.telling import tell
from tests.worlds import POLICIES, a_busy_world, a_channel, a_node, a_world

GOLDEN = Path(__file__).parents[2] / "golden" / "chain_purchases.txt"
HOLDING_BP, SHORTAGE_BP = 36_500, 5_000
"""A day costs a hundredth of a unit's cost to hold: 4 and 11 cents; a shortage 300 and 700."""
MAKER = Supplier("maker", Fixed(4 * DAY_MS))


def a_chain(*suppliers: Supplier, stores: int = 2, shared: bool = False, own: bool = False, **changes: Any) -> World:
    """A warehouse that feeds stores in two days; it has customers of its own where ``own``."""
    served = None if own else frozenset[int]()
    nodes = [a_node("DC", serves_channels=served)]
    nodes += [a_node(f"S{n}", 40.0 + n, source=0, transfer_ms=Fixed(2 * DAY_MS)) for n in range(1, stores + 1)]
    shape = (len(nodes), 2)
    plan = StockPlan(np.full(shape, 9), np.full(shape, 1), np.full(shape, 2))
    parts: dict[str, Any] = {"nodes": tuple(nodes), "stock": plan, "suppliers": suppliers or (MAKER,)}
    world = a_world(**{**parts, "channels": (a_channel(orders_per_day=9.0),)} | changes)
    return replace(world, forecast=ForecastPlan(shared=shared))


def outlook(*daily: float, variance: float = 1.0) -> Outlook:
    """Two products; the error's variance is so many times the mean."""
    mean = np.array(daily)
    return Outlook(0, DAY_MS, np.outer(np.arange(40), mean), np.sqrt(variance * mean), np.array([True, True]))


class Told:
    """A company that knows positions, free units and outlooks by node."""

    def __init__(self, positions: Sequence[Sequence[int]], *outlooks: Outlook, **known: Any) -> None:
        silent: dict[str, Any] = dict.fromkeys((f.name for f in fields(CompanyView)), lambda *_: [])
        self.positions, self.outlooks = positions, outlooks
        self.view = CompanyView(
            **silent
            | {
                "position": lambda node: self.positions[node],
                "free": lambda node: [max(0, units) for units in self.positions[node]],
                "outlook": lambda node: self.outlooks[node],
                "late": frozenset,
            }
            | known
        )

    def asks(self, node: int, shut: frozenset[int] = frozenset()) -> PositionView:
        return PositionView(node, 0, self.positions[node], self.outlooks[node], shut)


def bound(world: World, told: Told, name: str = "multi_echelon", **parameters: Any) -> Any:
    policy = make(
        "replenishment", name, {"holding_share_bp": HOLDING_BP, "shortage_share_bp": SHORTAGE_BP} | parameters
    )
    policy.bind(world)
    if hasattr(policy, "watch"):
        policy.watch(told.view)
    return policy


def decided(world: World, told: Told, node: int, **parameters: Any) -> list[Any]:
    return list(bound(world, told, **parameters).decide(told.asks(node)))


STORES = (outlook(0.0, 0.0), outlook(3.0, 0.1), outlook(3.0, 0.1))


# Who gets what is short.


def test_stores_get_their_best_levels_where_there_is_enough():
    told = Told([[500, 500], [0, 9], [0, 9]], *STORES)
    plain = bound(a_chain(), told, "best_s_S").decide(told.asks(1))

    assert plain == decided(a_chain(), told, 1)


def test_what_is_short_is_shared_whoever_asks_first():
    """14 units for two stores that want more than 10 each, and will sell 9 before more can be there."""
    told = Told([[14, 0], [0, 9], [0, 9]], *STORES)
    first, second = (dict(decided(a_chain(), told, node)).get(0, 0) for node in (1, 2))

    assert first == second
    assert 5 <= first <= 7
    assert dict(bound(a_chain(), told, "best_s_S").decide(told.asks(1)))[0] > 10


def test_the_store_that_has_stock_leaves_it_to_the_other():
    told = Told([[8, 0], [8, 9], [0, 9]], *STORES)

    assert 0 == dict(decided(a_chain(), told, 1)).get(0, 0)
    assert 8 == dict(decided(a_chain(), told, 2))[0]


def test_what_may_be_wanted_more_elsewhere_is_kept():
    """Lumpy demand, and more in 25 days: a half of what goes if more comes tomorrow is kept until it is clear where it
    is needed."""
    lumpy = (STORES[0], *[outlook(0.4, 0.1, variance=30.0)] * 2)

    def asked(days: int) -> list[Any]:
        told = Told([[12, 0], [0, 9], [0, 9]], *lumpy, on_order=lambda: [(0, 0, 99, days * DAY_MS)])
        return decided(a_chain(), told, 1)

    assert [[(0, 3)], [(0, 6)]] == [asked(25), asked(1)]


def test_a_store_asks_for_no_more_than_it_has_room_for():
    world = a_chain()
    nodes = (*world.network.nodes[:1], replace(world.network.nodes[1], storage=Storage(15.0)), world.network.nodes[2])
    narrow = replace(world, network=replace(world.network, nodes=nodes))
    told = Told([[500, 500], [0, 0], [0, 0]], STORES[0], outlook(3.0, 3.0), outlook(3.0, 3.0))
    free, tight = (decided(w, told, 1) for w in (world, narrow))

    assert sum(units for _, units in free) > 15
    assert 10 < sum(units for _, units in tight) <= 15
    assert [0, 1] == [product for product, _ in tight]


# What is bought for all.


def units_bought(world: World, told: Told, **parameters: Any) -> int:
    return sum(line.units for line in decided(world, told, 0, **parameters) if line.product == 0)


def test_a_warehouse_of_one_store_buys_up_to_the_level_of_both_ways():
    """Without order costs: the newsvendor of the supplier's four days, the two to the store and a day's review."""
    told = Told([[0, 99], [0, 99]], outlook(0.0, 0.0), outlook(3.0, 0.1))
    level = stats.poisson.ppf(300 / 304, 3.0 * 7)

    assert units_bought(a_chain(stores=1), told, order_cents=0, samples=400) == pytest.approx(level, abs=1)


def test_stock_in_one_store_does_not_serve_the_other():
    """The same units in all: where they lie in the wrong store more must be bought."""
    even, uneven = ([[0, 99], here, there] for here, there in (([20, 99], [20, 99]), ([40, 99], [0, 99])))
    bought = [units_bought(a_chain(), Told(positions, *STORES), order_cents=0) for positions in (even, uneven)]

    assert bought[0] + 2 < bought[1]


def test_more_places_want_more_safety_for_the_same_demand():
    """What is sent to a store cannot serve another: four that sell as much as one between them need more stock."""
    one = Told([[0, 99], [0, 99]], outlook(0.0, 0.0), outlook(8.0, 0.1))
    four = Told([[0, 99], *[[0, 99]] * 4], outlook(0.0, 0.0), *[outlook(2.0, 0.1)] * 4)

    assert units_bought(a_chain(stores=1), one, order_cents=0) < units_bought(a_chain(stores=4), four, order_cents=0)


def test_what_costs_more_to_hold_in_a_store_is_sent_there_later():
    told = Told([[500, 500], [0, 9], [0, 9]], *STORES)
    cheap, dear = (dict(decided(a_chain(), told, 1, fed_holding_share_bp=bp))[0] for bp in (0, 300_000))

    assert dear < cheap


def test_budget_minimum_and_lots_hold():
    told = Told([[0, 0], [0, 0], [0, 0]], STORES[0], outlook(3.0, 3.0), outlook(3.0, 3.0))
    world = a_chain(replace(MAKER, lot_units=7, min_order_units=30))
    lines = decided(world, told, 0, budget_cents=30_000)
    dear = [400, 1_100]

    assert sum(dear[line.product] * line.units for line in lines) <= 30_000
    assert 30 <= sum(line.units for line in lines)
    assert all(line.units % 7 == 0 for line in lines)
    assert [] == decided(world, told, 0, budget_cents=5_000)


@pytest.mark.parametrize("how", ["shut", "late"])
def test_the_alternate_is_asked_while_the_supplier_cannot_be_relied_upon(how: str):
    world = a_chain(replace(MAKER, alternates=(1,)), Supplier("other", Fixed(9 * DAY_MS), lot_units=4))
    late = frozenset({0}) if how == "late" else frozenset[int]()
    told = Told([[0, 99], [0, 99], [0, 99]], *STORES, late=lambda: late)
    view = told.asks(0, frozenset({0}) if how == "shut" else frozenset())
    lines = list(bound(world, told).decide(view))

    assert [Purchase(0, lines[0].units, 1)] == lines
    assert lines[0].units > units_bought(world, Told(told.positions, *STORES))


def test_the_same_futures_at_every_review():
    chain = Chains(a_chain()).by_feeder[0]
    one, other = (Samples.of(chain, ["DC", "S1", "S2"], 50) for _ in range(2))

    assert (one.order == other.order).all()
    assert [list(range(50))] * 3 == np.sort(one.order, axis=1).tolist()
    assert 0.3 > abs(np.corrcoef(one.order).flat[1])


# Chains.


def test_customers_of_a_feeder_are_told_apart_where_demand_is_shared():
    daily = (outlook(5.0, 0.5, variance=2.0), outlook(3.0, 0.1), outlook(1.0, 0.1))
    chains = Chains(a_chain(shared=True, own=True))
    (chain,) = [c for c in chains.by_feeder if len(c.places) > 1]
    outlooks = chains.outlooks(chain, lambda node: daily[node])
    assert outlooks is not None
    told = ChainDemand.of(chain, 0, outlooks, lambda node: [7, 7])
    mean, _ = told.until(np.full((3, 2), 2.0 * DAY_MS))

    assert [6, 2, 2] == pytest.approx(np.array(mean)[:, 0])
    assert [[7, 7], [7, 7], [0, 0]] == told.position.tolist()
    assert 10 - 3 - 1 == pytest.approx(float(outlooks[2].error_sd[0]) ** 2)


def test_without_shared_demand_a_feeder_with_customers_orders_for_itself():
    world = a_chain(own=True)
    chains = Chains(world)
    told = Told([[0, 99], [0, 9], [0, 9]], outlook(9.0, 0.1), *STORES[1:])

    # Only the warehouse is a home of demand then: stores are asked where there is nobody else.
    assert [1, 1, 1] == [len(chain.places) for chain in chains.by_feeder]
    assert chains.feeds(1) is None
    assert bound(world, told, "best_s_S").decide(told.asks(1)) == decided(world, told, 1)


def test_a_store_that_feeds_another_stands_for_both():
    nodes = (
        a_node("DC", serves_channels=frozenset()),
        a_node("hub", source=0, transfer_ms=Fixed(2 * DAY_MS), serves_channels=frozenset()),
        a_node("shop", 41.0, source=1, transfer_ms=Fixed(DAY_MS)),
    )
    chains = Chains(a_chain(stores=2, nodes=nodes))
    (place, own) = chains.by_feeder[0].places
    sold = [outlook(9.9, 9.9), outlook(9.9, 9.9), outlook(3.0, 0.1)]
    outlooks = chains.outlooks(chains.by_feeder[0], lambda node: sold[node])
    assert outlooks is not None

    assert ((1, 2), 2 * DAY_MS, 3 * DAY_MS) == (place.members, place.lead_ms, place.review_ms)
    assert (0, 0.0) == (own.node, own.lead_ms)
    assert 3.0 == outlooks[0].demand(0, np.full(2, float(DAY_MS)))[0]


# The program, and none.


def test_the_formulation_is_pinned():
    """Two products, three places, a minimum, a break and a hurry. To renew the file: write ``program`` into it."""
    seen: list[Program] = []

    def looking(program: Program, limits: Limits) -> Solution:
        seen.append(program)
        return solve(program, limits)

    maker = replace(
        MAKER,
        lot_units=6,
        min_order_units=24,
        price_breaks=((48, 300),),
        expedited_lead_ms=Fixed(DAY_MS),
        expedite_surcharge_bp=2_000,
    )
    told = Told([[2, 1], [1, 0], [2, 0]], STORES[0], outlook(1.0, 0.5), outlook(0.5, 0.5))
    policy = bound(a_chain(maker), told, samples=10)
    policy.solver = looking
    policy.decide(told.asks(0))
    (program,) = (as_text(p) for p in seen)

    assert GOLDEN.read_text(encoding="utf-8") == program


@pytest.mark.parametrize("status", [FAILED, INFEASIBLE])
def test_where_the_solver_has_no_answer_the_rule_orders(status: str):
    told = Told([[0, 0], [0, 0], [0, 0]], outlook(6.0, 0.2), *STORES[1:])
    policy = bound(a_chain(), told)
    policy.solver = without_answer(status)

    assert bound(a_chain(), told, "best_s_S").decide(told.asks(0)) == policy.decide(told.asks(0))
    assert [("best_s_S", status)] == [(call.actor, call.status) for call in policy.calls.rows]


@pytest.mark.parametrize("parameters", [{"samples": 0}, {"fed_holding_share_bp": -1}, {"order_cents": -1}])
def test_parameters_that_mean_nothing_are_refused(parameters: Any):
    with pytest.raises(ValueError):
        bound(a_chain(), Told([[0, 0]] * 3, *STORES), **parameters)


# In a run.


def a_short_chain(policy: str, **parameters: Any) -> World:
    """A week of a warehouse that feeds two others, with all terms; what it begins with does not last."""
    world = a_busy_world(160.0, products=12)
    network = world.network
    first, *rest = network.nodes
    fed = (replace(node, source=0, transfer_ms=Uniform(DAY_MS, 2 * DAY_MS)) for node in rest)
    maker = Supplier(
        "maker",
        Uniform(3 * DAY_MS, 6 * DAY_MS),
        min_order_units=20,
        lot_units=4,
        price_breaks=((48, 300),),
        alternates=(1,),
        expedited_lead_ms=Fixed(DAY_MS),
        expedite_surcharge_bp=1_000,
        expedite_below_bp=0,
    )
    other = Supplier("other", Fixed(2 * DAY_MS), lot_units=2, price_bp=10_800)
    return replace(
        world,
        network=replace(network, suppliers=(maker, other), nodes=(replace(first, serves_channels=frozenset()), *fed)),
        horizon=Horizon(7 * DAY_MS, 0, 20 * DAY_MS),
        stock=StockPlan(*(np.full((3, 12), n) for n in (24, 12, 36))),
        policies={
            **POLICIES,
            "forecast": PolicyChoice("moving_average"),
            "replenishment": PolicyChoice(policy, parameters),
        },
        forecast=ForecastPlan(history_buckets=14, backtest_buckets=7),
        fallbacks=Fallbacks(late_supplier=LateSuppliers(DAY_MS)),
    )


def test_a_run_keeps_its_books_and_is_the_same_again(tmp_path: Path):
    world = a_short_chain("multi_echelon", budget_cents=200_000)
    manifests = []
    for name in "ab":
        (tmp_path / name).mkdir()
        manifests.append(Model(world, 3, check=True).run(tmp_path / name))

    assert manifests[0] == manifests[1]
    assert manifests[0]["reproducible"]
    assert manifests[0]["solver_calls"]["replenishment=multi_echelon"]["calls"] > 5
    assert manifests[0]["counters"]["orders_offered"] > 1_000


def test_the_same_customers_get_more_of_what_is_scarce_when_it_is_shared():
    """Two warehouses are fed from one that runs short: first come, first served leaves one of them without."""
    stories = {name: tell(a_short_chain(name), check=False) for name in ("best_s_S", "multi_echelon")}
    lost = {n: sum(r["quantity"] for r in s.rows("events", kind="refused")) for n, s in stories.items()}

    assert 1 == len({s.manifest["demand_hash"] for s in stories.values()})
    assert lost["multi_echelon"] < 0.9 * lost["best_s_S"]
