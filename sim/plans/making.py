"""Suppliers that make to stock."""

from __future__ import annotations

from dataclasses import dataclass

from sim.units import DAY_MS

SEES = ("orders", "forecast")
"""What a supplier plans by: the orders that it gets, or what its customer expects to sell."""


@dataclass(frozen=True, slots=True)
class MakingPlan:
    """A supplier ships from stock, and makes its products ahead: what it starts is there ``takes_ms`` later.

    Every ``every_ms`` it makes up to what it expects to be asked for until what it would start next time is there, and
    ``safety_units`` of each product more. It expects the mean of its last ``window`` intervals' orders, or, where the
    company shares its forecast, what that says. It begins with ``opening_units`` of each product.
    """

    takes_ms: int
    every_ms: int = DAY_MS
    window: int = 14
    safety_units: int = 0
    opening_units: int = 0
    sees: str = "orders"
