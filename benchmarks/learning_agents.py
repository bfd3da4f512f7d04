"""Random agents and plain rules in the Gymnasium environments, on the same customers.

    python benchmarks/learning_agents.py
    python benchmarks/learning_agents.py --scenario benchmarks/small_month.yaml --episodes 5

Prints, for each environment and agent, the return of an episode (its reward summed) over so many seeds, with its 95%
interval, and the paired difference to the plain rule.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

import numpy as np

from scenarios.experiments.statistics import mean_interval, paired_difference
from scenarios.learning.allocation import FEATURES, AllocationEnv
from scenarios.learning.replenishment import ReplenishmentEnv

Agent = Callable[[Any, Any, dict[str, Any]], Any]


def at_random(env: Any, observation: Any, info: dict[str, Any]) -> Any:
    """Whatever the action space gives, among what is allowed."""
    return env.action_space.sample(info["action_mask"]) if "action_mask" in info else env.action_space.sample()


def by_the_plan(env: Any, observation: Any, info: dict[str, Any]) -> Any:
    """Base stock at the plan's levels."""
    return np.zeros(env.action_space.shape, dtype=np.float32)


def a_quarter_more(env: Any, observation: Any, info: dict[str, Any]) -> Any:
    """The same with a quarter more of everything."""
    return np.full(env.action_space.shape, 0.25, dtype=np.float32)


def cheapest_with_everything(env: Any, observation: Any, info: dict[str, Any]) -> Any:
    """Of the nodes that have everything the cheapest; else the one that has most."""
    told = dict(zip(FEATURES, observation.reshape(-1, len(FEATURES)).T, strict=True))
    rank = np.where(told["everything"] > 0, told["cost"] - 1e6, told["cost"] - 1e3 * told["share of units"])
    return int(np.argmin(np.where(told["may send"] > 0, rank, np.inf)))


def play(env: Any, agent: Agent, seed: int) -> tuple[float, int]:
    """One episode: its return and its steps."""
    observation, info = env.reset(seed=seed)
    env.action_space.seed(seed)
    total, steps, over = 0.0, 0, False
    while not over:
        observation, reward, terminated, truncated, info = env.step(agent(env, observation, info))
        total, steps, over = total + float(reward), steps + 1, terminated or truncated
    return total, steps


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenario", default="benchmarks/small_month.yaml")
    parser.add_argument("--episodes", type=int, default=5)
    asked = parser.parse_args()
    games: list[tuple[Any, dict[str, Agent]]] = [
        (ReplenishmentEnv(asked.scenario), {"plan": by_the_plan, "quarter more": a_quarter_more, "random": at_random}),
        (AllocationEnv(asked.scenario), {"cheapest": cheapest_with_everything, "random": at_random}),
    ]
    for env, agents in games:
        returns: dict[str, list[float]] = {}
        for name, agent in agents.items():
            played = [play(env, agent, seed) for seed in range(1, asked.episodes + 1)]
            returns[name] = [total for total, _ in played]
            mean, steps = mean_interval(returns[name]), sum(n for _, n in played)
            gap = paired_difference(returns[name], next(iter(returns.values())))
            print(
                f"{type(env).__name__:17} {name:13} {steps / asked.episodes:8,.0f} steps  return {mean.mean:12,.2f}"
                f"  to the rule {gap.mean:+12,.2f} ({gap.low:+,.2f} to {gap.high:+,.2f})"
            )


if __name__ == "__main__":
    main()
