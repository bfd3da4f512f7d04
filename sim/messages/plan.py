"""How messages between systems travel, as a scenario says it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from sim.distributions import Distribution, Fixed
from sim.units import DAY_MS, MINUTE_MS

MESSAGES = ("order_in", "release", "ship_confirmation", "receipt", "return_receipt", "tracking", "posting")
"""What one system tells another: the channel of an order, the orchestrator of a release, a warehouse of what left, was
put away or came back, a carrier of a delivery, a payment provider or marketplace of what it paid out."""

OF_CHANNELS = ("order_in", "posting")
"""Those whose sender is a channel; the others belong to a node."""
OF_SHIPMENTS = ("release", "ship_confirmation", "tracking", "posting")
"""Those that are about a shipment; the others are about an order, goods or a return."""


@dataclass(frozen=True, slots=True)
class MessageRoute:
    """The way of some kinds of message, of some channels or nodes.

    Attributes
    ----------
    kinds
        Members of `MESSAGES`.
    channels, nodes
        Whose messages; None: all.
    mode
        ``events`` sends each at once; ``batch`` collects them in a file that leaves every ``interval_ms``, and is lost
        or repeated as a whole.
    latency_ms
        From departure to arrival.
    loss_share, duplicate_share
        Share of messages (files) that never arrive; that arrive twice.
    per_minute
        How many messages the interface takes a minute, one after the other; further ones wait. None: any number.
    retries, retry_ms
        With retries, the sender waits for an acknowledgement and sends again after ``retry_ms``, that often; what is
        still unheard then is a dead letter, a case of kind ``message`` for a desk. With none, nobody notices a loss.
    idempotent
        Whether the receiver knows a message again; if not, it acts on it twice (`sim.messages.doubles`).
    """

    name: str
    kinds: tuple[str, ...]
    channels: frozenset[int] | None = None
    nodes: frozenset[int] | None = None
    mode: str = "events"
    interval_ms: int = 15 * MINUTE_MS
    latency_ms: Distribution = field(default_factory=lambda: Fixed(0))
    loss_share: float = 0.0
    duplicate_share: float = 0.0
    per_minute: int | None = None
    retries: int = 0
    retry_ms: int = 5 * MINUTE_MS
    idempotent: bool = True


def act_twice(routes: Iterable[MessageRoute], *kinds: str) -> bool:
    """Whether any message of these kinds can come twice to a receiver that forgets."""
    return any(r.duplicate_share and not r.idempotent and set(kinds) & set(r.kinds) for r in routes)


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """Two systems' statuses are compared every ``every_ms``, first at ``minute`` of the first day: what one has sent
    and the other has not heard for ``older_than_ms`` is a case of kind ``message`` for a desk."""

    minute: int = 2 * 60
    every_ms: int = DAY_MS
    older_than_ms: int = 2 * 60 * MINUTE_MS
