"""Names as they stand in SQL."""

from __future__ import annotations

from collections.abc import Iterable


def quoted(name: str) -> str:
    """A name as a string."""
    return "'" + name.replace("'", "''") + "'"


def listed(names: Iterable[str]) -> str:
    """Names as a list, for ``IN``."""
    return "(" + ", ".join(map(quoted, names)) + ")"
