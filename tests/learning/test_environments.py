"""Environments pass Gymnasium's checker; an agent that does what a rule does gets what the simulation gets with it."""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

import scenarios.learning  # noqa: F401  # registers the environments
from scenarios.learning.allocation import FEATURES, AllocationEnv
from scenarios.learning.driver import Driver
from scenarios.learning.replenishment import ReplenishmentEnv
from sim.distributions import Uniform
from sim.model import Model
from sim.network import FxRate, Supplier
from sim.plans.accounting import AccountingPlan
from sim.plans.treasury import TreasuryPlan
from sim.units import DAY_MS, MINUTE_MS
from sim.world import Horizon, PolicyChoice, Rules, World
from tests.worlds import a_busy_world, a_world, stock

ENVIRONMENTS = [ReplenishmentEnv, AllocationEnv]


def a_fortnight(**changes: Any) -> World:
    """Suppliers who take one to three days, so that levels matter."""
    world = a_busy_world(orders_per_day=120, products=6, horizon=Horizon(8 * DAY_MS, 0, 30 * DAY_MS), **changes)
    network = replace(world.network, suppliers=(Supplier("maker", Uniform(DAY_MS, 3 * DAY_MS)),))
    return replace(world, network=network, stock=stock(np.full((3, 6), 30), 15, 45))


def plain(world: World, seed: int) -> Driver:
    """The same run with nobody asked."""
    driver = Driver(world, seed, lambda *_: False)
    driver.go_on()
    return driver


def play(env: Any, agent: Any, seed: int) -> list[tuple[Any, float, dict[str, Any]]]:
    """Observations, rewards and infos of an episode."""
    observation, info = env.reset(seed=seed)
    told, over = [(observation, 0.0, info)], False
    while not over:
        observation, reward, over, cut, info = env.step(agent(env, observation, info))
        assert not cut
        told.append((observation, reward, info))
    return told


def seed_of(env: Any, seed: int) -> int:
    """The seed of the simulation that a reset with ``seed`` begins."""
    env.reset(seed=seed)
    return int(env.driver.model.seed)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_gymnasium_has_nothing_to_object(environment: Any):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", message=".*alternative render modes.*")
        check_env(environment(a_fortnight()))


@pytest.mark.parametrize("name", ["Peakproof/Replenishment-v0", "Peakproof/Allocation-v0"])
def test_they_are_registered(name: str):
    env = gymnasium.make(name, scenario=a_fortnight())
    _, info = env.reset(seed=1)

    assert 0 < info["now_ms"] < DAY_MS


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_same_seed_and_actions_give_the_same_episode(environment: Any):
    env = environment(a_fortnight())

    def at_random(env: Any, *_: Any) -> Any:
        return env.action_space.sample()

    episodes = []
    for _ in range(2):
        env.action_space.seed(5)
        episodes.append(play(env, at_random, seed=9))

    assert len(episodes[0]) == len(episodes[1]) > 20
    for one, other in zip(*episodes, strict=True):
        assert np.array_equal(one[0], other[0])
        assert one[1] == other[1] <= 0.0


def test_to_order_up_to_the_plan_is_the_policy_base_stock():
    world = a_fortnight()
    env = ReplenishmentEnv(world)
    played = play(env, lambda env, *_: np.zeros(6, dtype=np.float32), seed=3)
    ended = env.driver
    policies = {**world.policies, "replenishment": PolicyChoice("base_stock")}
    rule = plain(replace(world, policies=policies), seed_of(env, 3))

    # Three nodes, a review a day at 6:00.
    assert 1 + 3 * 8 == len(played)
    assert ["EAST", "MID", "WEST"] == [info["node"] for _, _, info in played[:3]]
    assert [row.tolist() for row in rule.site.inventory.available] == [
        row.tolist() for row in ended.site.inventory.available
    ]
    assert rule.site.purchasing.on_order == ended.site.purchasing.on_order
    assert max(max(row) for row in rule.site.purchasing.on_order) > 0


def test_who_orders_nothing_refuses_more():
    env = ReplenishmentEnv(a_fortnight())
    none, full = (
        sum(r for _, r, _ in play(env, lambda env, *_, a=a: np.full(6, a, np.float32), seed=3)) for a in (-1.0, 0.0)
    )

    assert none < 2 * full < 0


def test_a_reward_by_hand():
    """100 units of 4.00 and 100 of 11.00 are held for a day each; nobody comes."""
    world = a_world(
        stock=stock([[100, 100]], 10, 100), horizon=Horizon(3 * DAY_MS, 0, 30 * DAY_MS), rules=Rules(sweep_ms=DAY_MS)
    )
    played = play(ReplenishmentEnv(world, holding_bp=3_650), lambda env, *_: np.zeros(2, np.float32), seed=1)

    # 1,500.00 at 36.5% a year are 1.50 a day; the last review, on the third day at 6:00, has 18 hours to go.
    assert [0.0, -1.5, -1.5, -1.125] == pytest.approx([reward for _, reward, _ in played])


def nearest_with_everything(env: Any, observation: Any, info: dict[str, Any]) -> int:
    """What the rule ``closest`` does."""
    told = dict(zip(FEATURES, observation.reshape(-1, len(FEATURES)).T, strict=True))
    order = env._order
    nearest = env.driver.site.geography.nearest_nodes[order.region]
    able = [n for n in nearest if told["everything"][n] > 0]
    return able[0] if able else nearest[0]


@pytest.mark.parametrize("every_minutes", [0, 60])
def test_to_send_from_the_nearest_is_the_policy_closest(every_minutes: int):
    world = a_fortnight(rules=Rules(data_fault_share=0.01, allocate_every_ms=every_minutes * MINUTE_MS))
    env = AllocationEnv(world)
    played = play(env, nearest_with_everything, seed=4)
    ended = env.driver
    batched = replace(world.rules, allocate_every_ms=(every_minutes or 15) * MINUTE_MS)
    rule = plain(replace(world, rules=batched), seed_of(env, 4))
    mine, theirs = (list(d.site.register.shipments.node[: d.site.register.shipments.count]) for d in (ended, rule))

    assert len(played) > 700
    assert theirs == mine
    assert len(set(theirs)) == 3
    assert list(rule.site.register.orders.state) == list(ended.site.register.orders.state)


def test_a_node_that_may_not_send_is_passed_over():
    world = a_fortnight()
    nodes = tuple(replace(n, serves_channels=frozenset({1})) if n.name == "MID" else n for n in world.network.nodes)
    env = AllocationEnv(replace(world, network=replace(world.network, nodes=nodes)))
    played = play(env, lambda *_: 1, seed=2)
    register = env.driver.site.register
    shipments = register.shipments
    senders = {(register.orders.channel[shipments.order[s]], shipments.node[s]) for s in range(shipments.count)}

    assert (0, 1) not in senders
    assert (1, 1) in senders
    assert {(1, 0, 1), (1, 1, 1)} == {tuple(info["action_mask"].tolist()) for _, _, info in played[:-1]}


def read_meanwhile(model: Model) -> tuple[Any, ...]:
    """What those who read the journal made of it."""
    site = model.site
    assert site.accounting is not None
    assert site.treasury is not None
    assert site.treasury.sales is not None
    assert model.log.recorder is not None
    model.log.recorder.flush()
    claims = [party.claims for party in site.treasury.sales._channels.values()]
    return dict(site.accounting.ledger.balances), site.accounting.ledger.booked, claims


def test_the_journal_is_read_though_nobody_keeps_it(tmp_path: Path):
    """An accounting feed and a channel in euros, which an episode and an ordinary run tell the same."""
    world = a_fortnight(accounting=AccountingPlan())
    channels = tuple(replace(c, currency="EUR") for c in world.network.channels)
    network = replace(world.network, channels=channels, fx_rates=(FxRate("EUR", 0, 1.1, 0.3),))
    end_ms = 8 * DAY_MS + 31 * MINUTE_MS
    plan = TreasuryPlan(revalue="day")
    world = replace(world, network=network, treasury=plan, horizon=Horizon(end_ms, 0, end_ms))
    episode = Driver(world, 3, lambda *_: False)
    episode.go_on()
    run = Model(world, 3)
    run.run(tmp_path)

    assert read_meanwhile(run) == read_meanwhile(episode.model)
    assert read_meanwhile(run)[1] > 1_000


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_steps_belong_to_an_episode(environment: Any):
    env = environment(a_fortnight())
    with pytest.raises(gymnasium.error.ResetNeeded):
        env.step(env.action_space.sample())
    play(env, lambda env, *_: env.action_space.sample(), seed=1)
    with pytest.raises(gymnasium.error.ResetNeeded):
        env.step(env.action_space.sample())
