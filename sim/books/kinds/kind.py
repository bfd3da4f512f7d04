"""What is said of a kind of fact."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Record: TypeAlias = Literal[
    "order", "line", "piece", "shipment", "return", "goods", "note", "message", "channel", "node", "world"
]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of fact.

    Attributes
    ----------
    record
        In which table of the register the fact's number stands; of a ``message``, in that of what it is about: the
        fact's reason says of which kind it is.
    units, value, due
        The quantities (see `sim.books.amounts`) shown in the event log; ``due`` is a promise that the fact makes.
    moves
        Which bucket the units leave and enter.
    posts
        Balanced lines of the journal: (account, +1 debit or -1 credit, amount).
    between_nodes
        The units enter their bucket at the record's other node.
    shelf
        The sign with which the units change the difference between the shelf and the record: what lies there, less
        what the books say.
    """

    name: str
    record: Record
    units: str | None = None
    value: str | None = None
    due: str | None = None
    moves: tuple[str, str] | None = None
    posts: tuple[tuple[str, int, str], ...] = ()
    between_nodes: bool = False
    shelf: int = 0
