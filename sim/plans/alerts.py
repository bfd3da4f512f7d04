"""What the company watches while the clock runs: alerts by role, and orders that will be late."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sim.units import DAY_MS, MINUTE_MS
from sim.world import PolicyChoice

QUANTITIES = (
    "shipments_waiting",
    "hours_of_work",
    "overdue_orders",
    "at_risk_orders",
    "held_orders",
    "open_cases",
    "backordered_lines",
    "oversold_units",
    "skus_out_of_stock",
    "late_parcels",
    "unscanned_parcels",
    "parcels_at_hubs",
    "refused_documents",
)
"""What an alert may watch; the first three also of one node."""
OF_NODES = QUANTITIES[:3]


@dataclass(frozen=True, slots=True)
class AlertPlan:
    """An alert of one role.

    Every ``every_ms`` the quantity is taken, and reported ``lag_ms`` later. A report above ``over`` raises the alert;
    it is cleared by one of at most ``clears_at``, which is lower so that it does not flicker. While it is raised,
    ``policies`` decide (decision point to choice).
    """

    name: str
    role: str
    quantity: str
    over: float
    clears_at: float
    node: int | None = None
    every_ms: int = 15 * MINUTE_MS
    lag_ms: int = 0
    policies: Mapping[str, PolicyChoice] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AtRiskPlan:
    """Every ``every_ms``, open orders whose ship-by falls within ``ahead_ms`` are asked whether they will make it."""

    every_ms: int = 30 * MINUTE_MS
    ahead_ms: int = DAY_MS
