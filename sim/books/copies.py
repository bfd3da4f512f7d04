"""Records that are copies of others, but for some columns."""

from __future__ import annotations

from sim.books.register import Lines, Orders


def append_copy(table: Orders | Lines, record: int, **changes: int) -> None:
    """One record more in every column: that of ``record``, but for ``changes``."""
    copy = table.extend(1).start
    for name in table.COLUMNS:
        column = getattr(table, name)
        if name == table.BEGINS:
            column[copy + 1] = changes[name]  # where it ends; it begins where the one before it ended
        else:
            column[copy] = changes[name] if name in changes else column[record]
