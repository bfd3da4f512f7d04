"""What carriers say of parcels that are packed now."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.agents.site import Site


class Quotes:
    """When parcels that are packed now at the nodes of one clock would arrive, by the carriers' own word."""

    def __init__(self, site: Site, node: int) -> None:
        self._clock, self._timetables = site.clock, [carrier.timetables[node] for carrier in site.carriers]
        self._quoted: list[list[int]] = []
        self._until_ms = -1

    def now(self) -> list[list[int]]:
        """By service and `Geography.quote_index`; the same list until one of them calls."""
        now = self._clock.now_ms
        if now > self._until_ms:
            calls = [timetable.next_collection(now) for timetable in self._timetables]
            self._quoted = [t.told_ms(call) for t, call in zip(self._timetables, calls, strict=True)]
            self._until_ms = min([call.at_ms for call in calls])
        return self._quoted

    def ask_again(self) -> None:
        """One of them says something else than before."""
        self._until_ms = -1


def quotes_of(site: Site) -> list[Quotes]:
    """By node; nodes of one clock share theirs."""
    nodes = site.world.network.nodes
    own = {clock: Quotes(site, members[0]) for clock, members in site.calendar.groups(nodes)}
    return [own[site.calendar.of(node)] for node in nodes]
