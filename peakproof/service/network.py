"""The network that live decisions are made for: names, distances and rates of a scenario."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from typing import Any

import numpy as np

from scenarios.errors import Mark, Problems, listed
from scenarios.names import Names
from scenarios.overrides import parse_policy
from scenarios.reflection import Context
from scenarios.settings import read_choice
from sim.network import Geography, great_circle_miles
from sim.policies.registry import make
from sim.tariff import Tariff
from sim.world import PolicyChoice, World

_NAMED = {
    "product": "products",
    "region": "regions",
    "node": "nodes",
    "channel": "channels",
    "supplier": "suppliers",
    "service": "services",
}


class LiveNetwork:
    """A scenario's world, seen as what decisions need to know."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.network = world.network

    @cached_property
    def names(self) -> Names:
        """Every name of the scenario that a row may refer to."""
        return Names(
            {
                kind: [getattr(thing, "sku" if kind == "product" else "name") for thing in getattr(self.network, many)]
                for kind, many in _NAMED.items()
            }
        )

    @cached_property
    def geography(self) -> Geography:
        """Distances."""
        return Geography(self.network)

    @cached_property
    def tariff(self) -> Tariff:
        """Rates."""
        return Tariff(self.network, self.geography)

    def known(self, kind: str) -> dict[str, int]:
        """Name -> position."""
        return self.names.of(kind) or {}

    def ms(self, moment: datetime | None) -> int:
        """A moment on the scenario's clock; a naive one is local, None is the start."""
        return 0 if moment is None else self.world.calendar.ms(moment)

    def nearest_region(self, latitude: float, longitude: float) -> int:
        """The region whose centre is nearest to a place."""
        centres = np.array([(r.latitude, r.longitude) for r in self.network.regions])
        return int(np.argmin(great_circle_miles(np.array([[latitude, longitude]]), centres)))

    def open_nodes(self, closed: Sequence[str], where: str, problems: Problems) -> list[int]:
        """By node 1 where it is open; closed ones are named."""
        is_open = [1] * len(self.network.nodes)
        for name in closed:
            node = self.known("node").get(name)
            if node is None:
                known = self.known("node")
                message = f"there is no node {name!r}"
                problems.add(Mark(where), "", message, value=name, known=known, accepted=listed(known))
            else:
                is_open[node] = 0
        return is_open

    def choice(self, decision: str, spec: str | None, problems: Problems) -> PolicyChoice | None:
        """The policy that a request names, or the scenario's own; None if there is no such policy."""
        if spec is None:
            own = self.world.policies.get(decision)
            if own is None:
                message = f"nobody takes the decision {decision} in {self.world.name}"
                problems.add(Mark("policy"), "", message, accepted="the name of a policy")
            return own
        found = Problems()
        change = parse_policy(f"{decision}={spec}", found)
        context = Context(self.names, self.world.calendar, found)
        chosen = None if change is None else read_choice(decision, change.value, f"policies.{decision}", context)
        problems.extend(replace(fault, file="policy") for fault in found)
        return chosen

    def policy(self, decision: str, choice: PolicyChoice) -> Any:
        """A fresh policy, bound to this network: it remembers nothing of earlier requests."""
        policy = make(decision, choice.name, choice.parameters)
        policy.bind(self.world)
        return policy


def label(choice: PolicyChoice) -> str:
    """A policy with its parameters, as ``--policy`` takes it."""
    given: Mapping[str, Any] = choice.parameters
    return ":".join([choice.name, *([",".join(f"{k}={v}" for k, v in given.items())] if given else [])])
