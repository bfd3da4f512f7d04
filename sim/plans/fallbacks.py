"""What the house falls back on while something is out of order, and gives up again when it is back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sim.plans.labour import Overtime

if TYPE_CHECKING:
    from sim.world import PolicyChoice

SYNC_ACTIONS = ("pause", "buffer")
"""What a channel may do that hears nothing of stock: sell nothing, or keep some units of each product back."""


@dataclass(frozen=True, slots=True)
class UnsecuredOrders:
    """While the gateway is down for ``after_ms`` or longer, orders by card worth ``up_to_cents`` net or less are
    accepted without an authorisation, which is asked for when it is up again. Parcels of an order that is declined then
    are kept, if they have not left; what has left is a bad debt."""

    up_to_cents: int
    after_ms: int = 0


@dataclass(frozen=True, slots=True)
class CutOffChannels:
    """A channel (of ``channels``; None: any) that has heard nothing of stock for ``after_ms`` pauses, or keeps
    ``buffer_units`` of each product back besides its own buffer, until it hears again."""

    action: str = "pause"
    buffer_units: int = 0
    after_ms: int = 0
    channels: frozenset[int] | None = None


@dataclass(frozen=True, slots=True)
class ShortCrews:
    """What is done for a node at which, for ``after_ms`` or longer, less than ``below_bp`` of a station's people are.

    Those who are there stay on after their shifts (``overtime``); carriers wait ``collections_wait_ms`` at its door and
    charge ``waiting_cents`` each time; ``policies`` decide, such as a balancing policy that gives its work to others.
    """

    below_bp: int = 8_000
    after_ms: int = 0
    overtime: Overtime | None = None
    collections_wait_ms: int = 0
    waiting_cents: int = 0
    policies: Mapping[str, PolicyChoice] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LateSuppliers:
    """A supplier with a purchase order that is ``after_ms`` or more over its date is not relied upon: what is overdue
    does not count as on order, and its first alternate that can deliver is asked instead, until it has come."""

    after_ms: int


@dataclass(frozen=True, slots=True)
class Fallbacks:
    """The fallback rules that a scenario chose; None: no such rule."""

    payment_gateway: UnsecuredOrders | None = None
    stock_sync: CutOffChannels | None = None
    labour: ShortCrews | None = None
    late_supplier: LateSuppliers | None = None
