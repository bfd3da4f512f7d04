"""Records that are copies of others, but for some columns."""

from __future__ import annotations

from sim.books.records import Lines, Orders

ANEW = {
    **dict.fromkeys(
        ("state", "open_units", "cancelled_units", "smooth", "pending", "told_at_risk", "windows", "on_credit"), 0
    ),
    **dict.fromkeys(("deposit_cents", "deposit_left_cents"), 0),
    **dict.fromkeys(("cancel_ms", "last_shipment"), -1),
}
"""What has happened to an order or a line so far: nothing yet has to its copy."""


def append_copy(table: Orders | Lines, record: int, **changes: int) -> None:
    """One record more in every column: that of ``record``, but for ``changes`` and what begins `ANEW`."""
    changes = ANEW | changes
    copy = table.extend(1).start
    for name in table.COLUMNS:
        column = getattr(table, name)
        if name == table.BEGINS:
            column[copy + 1] = changes[name]  # where it ends; it begins where the one before it ended
        else:
            column[copy] = changes[name] if name in changes else column[record]
