"""Columns are quick to reach for compiled code by their address; this tells it when they are about to move."""

from __future__ import annotations

from collections.abc import Callable


class Moves:
    """Announces that columns will be replaced or grow."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[], None]] = []

    def listen(self, listener: Callable[[], None]) -> None:
        """Call ``listener`` before every move: it must forget its addresses then."""
        self._listeners.append(listener)

    def announce(self) -> None:
        """Columns are about to move."""
        for listener in self._listeners:
            listener()
