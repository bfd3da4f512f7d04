"""Borders: what it costs and takes to send a parcel into another country."""

from __future__ import annotations

from dataclasses import dataclass, field

from sim.distributions import Distribution, Fixed


@dataclass(frozen=True, slots=True)
class Border:
    """A parcel for one of ``regions`` from a node that is not one of ``nodes`` crosses it.

    It waits for ``clearance_ms`` on its way, and the seller pays ``duty_bp`` of its net value and ``fee_cents`` for it
    (delivered duty paid).
    """

    name: str
    regions: frozenset[int]
    nodes: frozenset[int] = frozenset()
    duty_bp: int = 0
    fee_cents: int = 0
    clearance_ms: Distribution = field(default_factory=lambda: Fixed(0))
