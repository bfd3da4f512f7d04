"""Trucks between nodes: what they cost and carry, and when they arrive."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sim.network import great_circle_miles
from sim.units import DAY_MS
from sim.world import World

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

LEAST_WEIGHT = 1e-9
"""Of a unit, where it is divided by; and of a load, below which there is none."""


@dataclass(frozen=True, slots=True, eq=False)
class Trucks:
    """What goods travel by. Costs are in cents.

    Attributes
    ----------
    cost
        Of a truck, infinite where none may run, shape (nodes, nodes).
    capacity
        Weight that one carries.
    unit_weight
        Of a unit of each product, shape (products,).
    handling_cost
        Of a unit that is moved.
    """

    cost: Floats
    capacity: float
    unit_weight: Floats
    handling_cost: float = 0.0

    def __post_init__(self) -> None:
        if not self.capacity > 0 or (self.unit_weight < 0).any():
            raise ValueError("trucks carry some weight, and products have none below zero")

    @classmethod
    def of(cls, world: World) -> Trucks:
        """Those of a world's rules, on every lane; in kilograms."""
        rules = world.rules
        return cls(
            cost=rules.transfer_truck_cost_cents + _miles(world) * rules.transfer_mile_cost_cents,
            capacity=rules.transfer_truck_weight_kg,
            unit_weight=np.array([p.weight_kg for p in world.network.products]),
            handling_cost=float(rules.transfer_handling_cents),
        )

    @property
    def may_run(self) -> Bools:
        """By lane, shape (nodes, nodes)."""
        return np.isfinite(self.cost) & ~np.eye(len(self.cost), dtype=np.bool_)

    def carrying(self, products: Ints) -> Trucks:
        """The same for some products alone."""
        return replace(self, unit_weight=self.unit_weight[products])


def days_on_the_way(world: World) -> Floats:
    """From the decision, loading included, until goods are there, by lane, shape (nodes, nodes)."""
    rules = world.rules
    return rules.transfer_loading_ms / DAY_MS + _miles(world) / rules.transfer_miles_per_hour / 24


def _miles(world: World) -> Floats:
    places = np.array([(n.latitude, n.longitude) for n in world.network.nodes])
    return np.asarray(great_circle_miles(places, places))
