"""Guaranteed service: where in a tree of stages safety stock lies, by the times that they promise each other."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage: ``time`` it takes in whole periods, ``holding`` of a unit of safety stock.

    ``demand_sd`` is the standard deviation of what customers ask of it in a period; ``promise_at_most`` what it may
    promise them (None: no limit); ``supplied_after`` how long its own supplier takes, where no stage supplies it.
    """

    time: int
    holding: float
    supplies: Sequence[str] = ()
    demand_sd: float = 0.0
    promise_at_most: int | None = None
    supplied_after: int = 0


@dataclass(frozen=True, slots=True)
class GuaranteedService:
    """The service time that each stage promises, and the cost of all safety stock."""

    promises: Mapping[str, int]
    cost: float


def best_service_times(stages: Mapping[str, Stage], z: float = 1.0) -> GuaranteedService:
    """Promises of least cost in a tree: ``z sd sqrt(net replenishment time)`` at each stage (Graves and Willems 2000).

    A stage that is supplied within SI and promises S covers SI + time - S periods. Demands are independent; a stage
    sees those of all that it supplies, directly or not. The tree is hung up at its first stage, and each branch is
    solved for every service time at which it may join.
    """
    suppliers = {name: [u for u, other in stages.items() if name in other.supplies] for name in stages}
    sd = {name: math.sqrt(_variance(stages, name)) for name in stages}
    longest = {name: _longest(stages, suppliers, name) for name in stages}

    def own_options(name: str) -> list[tuple[int, int]]:
        stage = stages[name]
        first = 0 if suppliers[name] else stage.supplied_after
        last = longest[name] - stage.time
        most = math.inf if stage.promise_at_most is None else stage.promise_at_most
        return [(si, s) for si in range(first, last + 1) for s in range(si + stage.time + 1) if s <= most]

    @cache
    def branch(name: str, parent: str | None, joined_at: int | None) -> tuple[float, dict[str, int]]:
        """Best cost and promises of the branch beyond ``parent``: what it is promised, or what it promises, by then."""
        stage, best = stages[name], (math.inf, dict[str, int]())
        supplied_by_parent = parent in suppliers[name]
        for si, s in own_options(name):
            if joined_at is not None and (si if supplied_by_parent else -s) < (
                joined_at if supplied_by_parent else -joined_at
            ):
                continue
            cost = stage.holding * z * sd[name] * math.sqrt(si + stage.time - s)
            promises = {name: s}
            for other in [*suppliers[name], *stage.supplies]:
                if other != parent:
                    more, theirs = branch(other, name, si if other in suppliers[name] else s)
                    cost += more
                    promises |= theirs
            if cost < best[0] - 1e-12:
                best = cost, promises
        return best

    cost, promises = branch(next(iter(stages)), None, None)
    return GuaranteedService(promises, cost)


def _variance(stages: Mapping[str, Stage], name: str) -> float:
    stage = stages[name]
    return stage.demand_sd**2 + sum(_variance(stages, other) for other in stage.supplies)


def _longest(stages: Mapping[str, Stage], suppliers: Mapping[str, list[str]], name: str) -> int:
    """The longest time in which a stage and all before it could make a unit from nothing."""
    before = [_longest(stages, suppliers, other) for other in suppliers[name]]
    return stages[name].time + max(before, default=stages[name].supplied_after)
