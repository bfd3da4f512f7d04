"""Records that are copies of others, but for some columns."""

from __future__ import annotations


def append_copy(table: object, record: int, **changes: int) -> None:
    """One record more in every column: that of ``record``, but for ``changes``."""
    for name, column in vars(table).items():
        column.append(changes[name] if name in changes else column[record])
