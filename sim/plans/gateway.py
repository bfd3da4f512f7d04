"""A payment gateway that answers so many requests and no more."""

from __future__ import annotations

from dataclasses import dataclass

from sim.units import SECOND_MS


@dataclass(frozen=True, slots=True)
class GatewayPlan:
    """Authorisations are answered ``per_minute``, one after the other; ``queue`` requests at most are in its hands.

    A request that finds it full is refused at once. The shop waits ``timeout_ms`` for an answer; the gateway works on
    requests that nobody waits for any more all the same. A failed attempt is made again after the payment's own retry
    interval, ``backoff`` times as late each time, and up to ``spread_share`` of that earlier, by chance. After
    ``attempts`` (None: as many as it takes) the customer leaves.
    """

    per_minute: int
    queue: int = 1_000
    timeout_ms: int = 30 * SECOND_MS
    backoff: float = 1.0
    spread_share: float = 0.0
    attempts: int | None = None
