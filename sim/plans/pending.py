"""Marketplace orders that nobody may import yet."""

from __future__ import annotations

from dataclasses import dataclass

from sim.distributions import Distribution


@dataclass(frozen=True, slots=True)
class Pending:
    """A marketplace keeps an order to itself for ``lasts_ms`` while it checks the payment: its own list shows the units
    as sold, and the house knows of nothing. Then it can be imported, but for ``cancelled_share``, which are over."""

    lasts_ms: Distribution
    cancelled_share: float = 0.0
