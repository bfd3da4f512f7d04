"""Allocation, order by order: the cheapest set of shipments at what the company knows of its floors."""

from __future__ import annotations

from dataclasses import dataclass

from optimize.allocation.searching import Searching
from sim.policies.registry import policy


@policy("allocation", "exact")
@dataclass(slots=True)
class Exact(Searching):
    """The cheapest set of shipments for each order: freight in time for its promise, handling, splits, lateness.

    Floors' queues are looked at every ``look_minutes``, so that an order goes past a node that would send it late if
    that saves more than ``late_cents`` (a guess: see `optimize.allocation.serving.LATE_CENTS`). A search over splits
    ends after ``most_steps``.
    """
