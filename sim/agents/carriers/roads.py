"""Roads that trucks and vans need: while a node is cut off, nothing comes and nothing leaves."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.agents.site import Site


class Roads:
    """Which nodes are cut off, and what waits for their roads.

    Attributes
    ----------
    closed : frozenset of int
        Nodes that no truck and no van reaches.
    """

    def __init__(self, site: Site) -> None:
        self._site = site
        self.closed: frozenset[int] = frozenset()
        self._waiting: dict[int, list[tuple[Callable[[Any], None], Any]]] = {}

    def close(self, nodes: frozenset[int]) -> None:
        """From now on these nodes are cut off, and no others; what waited for one that is not any more goes on."""
        self.closed = nodes
        for node in sorted(self._waiting.keys() - nodes):
            for act, what in self._waiting.pop(node):
                act(what)

    def when_open(self, node: int, act: Callable[[Any], None], what: Any) -> None:
        """Do something now, or as soon as the node can be reached."""
        if node in self.closed:
            self._waiting.setdefault(node, []).append((act, what))
        else:
            act(what)
