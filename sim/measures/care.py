"""How often customers contact service, and how long they wait for an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.measures.books import Books
from sim.measures.figures import Ratio, Total
from sim.measures.registry import breakdown, measure

if TYPE_CHECKING:
    import pandas as pd

# One row an order that is measured, with its contacts.
_CONTACTS = """(
    SELECT o."order", o.channel, count(e.event) AS contacts
    FROM orders AS o LEFT JOIN events AS e ON e."order" = o."order" AND e.kind = 'ticket_opened'
    WHERE o.in_window GROUP BY ALL
)"""
# One row an order that somebody asked about, with the last thing that was heard of it by the end of demand.
_TICKETS = """(
    SELECT "order", any_value(channel) AS channel, max_by(kind, event) AS last
    FROM events WHERE kind IN ('ticket_opened', 'ticket_closed') AND time_ms < end_ms() GROUP BY "order"
)"""

CONTACTS = Ratio("sum(contacts)", "count(*)", _CONTACTS)
OPEN_TICKETS = Total("count(*)", _TICKETS, "last = 'ticket_opened'")


@measure("contacts_per_order", unit="ratio", better="lower", title="Contacts an order")
def contacts_per_order(books: Books) -> float:
    """Times that customers contacted service / cohort orders (the trade's usual: 0.08 to 0.2). NaN when no order was
    captured."""
    return CONTACTS.value(books)


@measure("ticket_backlog", unit="count", better="lower", title="Open tickets at the end of demand")
def ticket_backlog(books: Books) -> float:
    """Tickets opened and not answered at the end of demand. 0 on an empty run."""
    return OPEN_TICKETS.value(books)


@measure("tickets_opened", unit="count", better="lower", title="Tickets opened")
def tickets_opened(books: Books) -> float:
    """Times that customers of cohort orders contacted service. 0 on an empty run."""
    return Total("sum(contacts)", _CONTACTS).value(books)


@breakdown("contacts_per_order", by="channel")
def contacts_per_order_by_channel(books: Books) -> pd.DataFrame:
    """Contacts an order of each channel."""
    return CONTACTS.by(books, "channel")


@breakdown("ticket_backlog", by="channel")
def ticket_backlog_by_channel(books: Books) -> pd.DataFrame:
    """Open tickets of each channel."""
    return OPEN_TICKETS.by(books, "channel")
