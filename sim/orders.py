"""The governed order lifecycle: which moves exist, who owns them, how long they may take.

Four tables share one order. The *order* is captured, validated, perhaps held, and ends closed or cancelled. Each
*line*'s open quantity is allocated, backordered or cancelled. Each *shipment* goes from planned to delivered. Each
*return* goes from requested to refunded. The state that people see is derived: the least advanced open piece.

The tables are data that the engine enforces (`sim.lifecycle`): a move that is not listed raises, a limit that passes
is an event.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sim.units import DAY_MS, HOUR_MS

# Order states.
OFFERED, REFUSED, CAPTURED, HELD, VALIDATED, CANCELLED, CLOSED, ABANDONED = range(8)
ORDER_STATES = ("offered", "refused", "captured", "held", "validated", "cancelled", "closed", "abandoned")

# States of a line's open quantity.
LINE_OFFERED, LINE_REFUSED, OPEN, BACKORDERED, ALLOCATED, LINE_CANCELLED = range(6)
LINE_STATES = ("offered", "refused", "open", "backordered", "allocated", "cancelled")

# Shipment states.
PLANNED, RELEASED, PICKED, PACKED, SHIPPED, DELIVERED, LOST, VOIDED, RETURNED_TO_SENDER, READY = range(10)
SENT_TO_MERGE, WAITS_TO_MERGE, MERGED, RESENT = range(10, 14)
SHIPMENT_STATES = (
    "allocated",
    "released",
    "picked",
    "packed",
    "shipped",
    "delivered",
    "lost",
    "voided",
    "returned_to_sender",
    "ready_for_pickup",
    "sent_to_merge",
    "waits_to_merge",
    "merged",
    "resent",
)
IN_PREPARATION = (PLANNED, RELEASED, PICKED, PACKED, SENT_TO_MERGE, WAITS_TO_MERGE)
"""Neither sent nor ready to be fetched; the numbers of states are no sequence."""
NOT_ARRIVED = (*IN_PREPARATION, READY, SHIPPED)
"""Those, and what is ready, or on the road."""
REPLACED = (VOIDED, MERGED, RESENT)
"""What these held is wanted again, or in another shipment."""

# Return states.
RETURN_REQUESTED, RETURN_RECEIVED, REFUNDED, RETURN_LABELLED, RETURN_LOST, DISPUTED, RETURN_REFUSED = range(7)
RETURN_STATES = (
    "return_requested",
    "return_received",
    "refunded",
    "return_labelled",
    "return_lost",
    "return_disputed",
    "return_refused",
)


@dataclass(frozen=True, slots=True)
class Move:
    """One legal transition.

    Attributes
    ----------
    source, target
        State numbers of the table that the move belongs to.
    entry_rule
        What must be true before it.
    requires
        The data that must be on record.
    trigger
        What sets it off.
    owner
        The role that answers for it.
    limit_ms
        How long a piece may stay in ``source`` before this move; None: as long as it takes.
    escalates_to
        The role that hears of it when the limit passes.
    """

    source: int
    target: int
    entry_rule: str
    requires: str
    trigger: str
    owner: str
    limit_ms: int | None = None
    escalates_to: str = ""


ORDER_MOVES = (
    Move(OFFERED, REFUSED, "the channel's view shows too little", "basket", "arrival", "channel"),
    Move(OFFERED, ABANDONED, "the cart was not checked out", "cart", "customer", "channel"),
    Move(
        OFFERED,
        CAPTURED,
        "the view shows enough, or backorders are welcome",
        "basket, address, payment",
        "arrival",
        "channel",
    ),
    Move(
        CAPTURED,
        VALIDATED,
        "payment authorised, address and data complete",
        "authorisation",
        "order message",
        "orchestrator",
        HOUR_MS,
        "order desk",
    ),
    Move(CAPTURED, HELD, "a check failed", "hold reason", "order message", "orchestrator"),
    Move(
        HELD,
        VALIDATED,
        "the hold's cause is cleared",
        "who cleared it",
        "retry or desk",
        "order desk",
        DAY_MS,
        "operations manager",
    ),
    Move(VALIDATED, HELD, "a check before release failed", "hold reason", "release", "orchestrator"),
    Move(HELD, HELD, "its cause is cleared, but another check failed", "hold reason", "retry or desk", "orchestrator"),
    Move(HELD, CANCELLED, "the cause cannot be cleared", "reason", "retry or desk", "order desk"),
    Move(CAPTURED, CANCELLED, "nothing shipped", "reason", "customer or company", "customer service"),
    Move(VALIDATED, CANCELLED, "nothing shipped", "reason", "customer or company", "customer service"),
    Move(
        VALIDATED,
        CLOSED,
        "all pieces terminal, window past, money settled",
        "settlement",
        "closing run",
        "finance",
    ),
    Move(
        CLOSED,
        VALIDATED,
        "a recall brings back what it holds",
        "who has the goods",
        "recall",
        "customer service",
    ),
)

LINE_MOVES = (
    Move(LINE_OFFERED, LINE_REFUSED, "the view shows too little", "view", "arrival", "channel"),
    Move(LINE_OFFERED, OPEN, "accepted", "units, price", "arrival", "channel"),
    Move(
        OPEN,
        ALLOCATED,
        "stock committed at nodes",
        "node",
        "allocation",
        "orchestrator",
        4 * HOUR_MS,
        "inventory planner",
    ),
    Move(OPEN, BACKORDERED, "no node has stock", "shortfall", "allocation", "orchestrator"),
    Move(
        BACKORDERED,
        ALLOCATED,
        "stock arrived and was committed",
        "node",
        "receipt",
        "orchestrator",
        7 * DAY_MS,
        "inventory planner",
    ),
    Move(ALLOCATED, OPEN, "its shipment was voided", "reason", "intercept or short pick", "orchestrator"),
    Move(OPEN, LINE_CANCELLED, "not shipped", "reason", "customer or company", "customer service"),
    Move(BACKORDERED, LINE_CANCELLED, "not shipped", "reason", "customer or company", "customer service"),
)

SHIPMENT_MOVES = (
    Move(
        PLANNED,
        RELEASED,
        "payment and stock hold",
        "wave",
        "wave",
        "warehouse",
        DAY_MS,
        "warehouse leader",
    ),
    Move(
        RELEASED,
        PICKED,
        "units taken from the shelf",
        "picker",
        "pick confirmation",
        "warehouse",
        8 * HOUR_MS,
        "warehouse leader",
    ),
    Move(
        PICKED,
        PACKED,
        "units in a carton",
        "weight, service",
        "pack confirmation",
        "warehouse",
        4 * HOUR_MS,
        "warehouse leader",
    ),
    Move(
        PACKED,
        SHIPPED,
        "on the manifest",
        "manifest, freight",
        "collection",
        "carrier",
        DAY_MS,
        "transport planner",
    ),
    Move(
        SHIPPED,
        DELIVERED,
        "handed over",
        "delivery scan",
        "delivery round",
        "carrier",
        7 * DAY_MS,
        "customer service",
    ),
    Move(SHIPPED, LOST, "traced and not found", "trace", "carrier's notice", "carrier"),
    Move(LOST, RESENT, "there is stock to send it again", "trace", "carrier's notice", "orchestrator"),
    Move(SHIPPED, RETURNED_TO_SENDER, "nobody took it", "attempts", "last attempt", "carrier"),
    Move(PLANNED, VOIDED, "not shipped", "reason", "cancel, intercept or outage", "orchestrator"),
    Move(RELEASED, VOIDED, "not shipped", "reason", "cancel, intercept or outage", "orchestrator"),
    Move(PICKED, VOIDED, "not shipped; units put back", "reason", "cancel or intercept", "orchestrator"),
    Move(PACKED, VOIDED, "not shipped; units put back", "reason", "cancel or intercept", "orchestrator"),
    Move(PACKED, READY, "its customer fetches it", "notice", "pack confirmation", "warehouse"),
    Move(READY, SHIPPED, "handed over", "customer", "customer", "warehouse"),
    Move(READY, VOIDED, "nobody came; units put back", "reason", "end of its time", "orchestrator"),
    Move(PICKED, SENT_TO_MERGE, "the rest of its order is elsewhere", "where to", "van", "warehouse"),
    Move(PICKED, WAITS_TO_MERGE, "the rest of its order is on its way here", "rule", "pick confirmation", "warehouse"),
    Move(SENT_TO_MERGE, WAITS_TO_MERGE, "it has arrived", "scan", "van", "warehouse"),
    Move(WAITS_TO_MERGE, PICKED, "nothing is left to wait for", "reason", "orchestrator", "warehouse"),
    Move(
        WAITS_TO_MERGE,
        MERGED,
        "all is there, or its time is up: it goes on as a part of another",
        "shipment",
        "last arrival or time limit",
        "warehouse",
    ),
)

RETURN_MOVES = (
    Move(
        RETURN_REQUESTED,
        RETURN_RECEIVED,
        "the parcel is back",
        "scan",
        "carrier",
        "warehouse",
        21 * DAY_MS,
        "customer service",
    ),
    Move(RETURN_RECEIVED, REFUNDED, "inspected", "disposition", "inspection", "finance", 4 * DAY_MS, "finance"),
    Move(RETURN_REQUESTED, RETURN_LABELLED, "within its window", "label", "request", "customer service"),
    Move(RETURN_REQUESTED, RETURN_REFUSED, "past its window", "delivery date", "request", "customer service"),
    Move(RETURN_REQUESTED, REFUNDED, "not worth its freight", "value", "request", "customer service"),
    Move(RETURN_REQUESTED, RETURN_LOST, "traced and not found", "trace", "carrier's notice", "carrier"),
    Move(
        RETURN_LABELLED,
        RETURN_RECEIVED,
        "the parcel is back",
        "scan",
        "carrier",
        "warehouse",
        21 * DAY_MS,
        "customer service",
    ),
    Move(RETURN_LABELLED, RETURN_LOST, "traced and not found", "trace", "carrier's notice", "carrier"),
    Move(RETURN_LOST, REFUNDED, "the customer can show the scan", "trace", "carrier's notice", "finance"),
    Move(RETURN_RECEIVED, RETURN_REFUSED, "nothing was in it", "inspection", "inspection", "warehouse"),
    Move(RETURN_RECEIVED, DISPUTED, "the customer objects", "objection", "reduced or no refund", "customer service"),
    Move(DISPUTED, REFUNDED, "the case is decided", "who decided", "desk", "customer service"),
    Move(DISPUTED, RETURN_REFUSED, "the case is decided", "who decided", "desk", "customer service"),
)


def limits(moves: Iterable[Move]) -> dict[int, tuple[int, str]]:
    """The time limit and the role it escalates to, by state that has one."""
    return {m.source: (m.limit_ms, m.escalates_to) for m in moves if m.limit_ms is not None}
