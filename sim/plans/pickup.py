"""Orders that their customers fetch at a store."""

from __future__ import annotations

from dataclasses import dataclass, field

from sim.distributions import Distribution, Fixed
from sim.units import DAY_MS, HOUR_MS

NOT_AT_STORE = ("send", "refuse")
"""What becomes of a pickup that its store cannot serve whole."""


@dataclass(frozen=True, slots=True)
class Pickup:
    """Of a channel's orders, ``share`` are fetched at the open store that is nearest to the customer's region.

    Their units are reserved at that store when they are captured. What it does not have is a parcel from anywhere
    (``unavailable`` is ``send``) or refused (``refuse``: the line or the order, as the channel refuses). The customer
    comes ``collect_ms`` after the goods are ready; ``no_show_share`` never come. What nobody has fetched ``hold_ms``
    after it was ready goes back on the shelf, and its order is cancelled.
    """

    share: float = 1.0
    unavailable: str = "send"
    collect_ms: Distribution = field(default_factory=lambda: Fixed(4 * HOUR_MS))
    no_show_share: float = 0.0
    hold_ms: int = 5 * DAY_MS
