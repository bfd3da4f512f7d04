"""When customers are told that their order will be late, and how they take it."""

from __future__ import annotations

from dataclasses import dataclass, field

from sim.distributions import Distribution, Fixed
from sim.units import DAY_MS, HOUR_MS


@dataclass(frozen=True, slots=True)
class DelayNotice:
    """Customers whose goods are not in stock hear of it ``before_ms`` before their order should leave, with a second
    promise by what is on order; ``unknown_ms`` from then on where nothing is.

    They answer after ``answer_ms``: ``wait_share`` wait, the others cancel what has not been sent.
    """

    before_ms: int = 12 * HOUR_MS
    wait_share: float = 0.7
    answer_ms: Distribution = field(default_factory=lambda: Fixed(6 * HOUR_MS))
    unknown_ms: int = 14 * DAY_MS
