"""Transfers as their planner sees them: what nodes have, what they expect, and the trucks between them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from optimize.transfers.trucks import Trucks

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class TransferProblem:
    """What nodes have, and what they expect until a horizon. Costs are in cents.

    Attributes
    ----------
    stock, free
        Units there or on the way, and units of them that may leave, shape (nodes, products).
    demand
        Expected until the horizon, shape (nodes, products).
    lead
        Lead class of each lane, 0 for the fastest, shape (nodes, nodes).
    demand_before
        Expected until goods of a lead class that leave now can be sold, shape (classes, nodes, products).
    shortage_cost
        Of a unit that is asked for where there is none, shape (products,).
    trucks
        What goods travel by.
    dispersion
        Variance of demand over its mean; 1 for Poisson, more for negative binomial.
    """

    stock: Ints
    free: Ints
    demand: Floats
    lead: Ints
    demand_before: Floats
    shortage_cost: Floats
    trucks: Trucks
    dispersion: float = 1.0
    is_open: Bools = field(default_factory=lambda: np.empty(0, dtype=np.bool_))

    def __post_init__(self) -> None:
        """All nodes are open unless told otherwise."""
        if not self.is_open.size:
            object.__setattr__(self, "is_open", np.ones(len(self.stock), dtype=np.bool_))
        if self.dispersion < 1:
            raise ValueError("dispersion is 1 or more")
