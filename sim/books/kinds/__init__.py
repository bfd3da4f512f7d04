"""The facts of the business: every kind of event, what stock it moves and what it posts.

This is the one table from which the event log, the inventory ledger and the journal are written. A *fact* is a
kind, a moment and the number of a record. A chapter of the table is a file (``floor``, ``delivery``, ``returns``, ...)
and a new kind a line of one; `Kind` tells what a line says.
"""

from __future__ import annotations

from sim.books.kinds.accounts import ACCOUNT_NUMBER, ACCOUNTS
from sim.books.kinds.kind import Kind
from sim.books.kinds.places import BUCKETS, COUNTERPARTS, PLACE_NUMBER, PLACES
from sim.books.kinds.table import KIND_NAMES, KINDS, NUMBER

__all__ = [
    "ACCOUNTS",
    "ACCOUNT_NUMBER",
    "BUCKETS",
    "COUNTERPARTS",
    "KINDS",
    "KIND_NAMES",
    "Kind",
    "NUMBER",
    "PLACES",
    "PLACE_NUMBER",
]
