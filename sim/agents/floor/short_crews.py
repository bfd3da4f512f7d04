"""Nodes with too few people: those who are there stay longer, carriers wait, and other policies decide."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from sim.books.kinds import NUMBER
from sim.books.reasons import REASON_NUMBER
from sim.clock import BOUNDARY
from sim.plans.fallbacks import ShortCrews
from sim.plans.labour import Overtime
from sim.world import PolicyChoice

if TYPE_CHECKING:
    from sim.agents.site import Site

_BEGAN, _ENDED, _WAITED = (NUMBER[k] for k in ("fallback_began", "fallback_ended", "carrier_waited"))
_SHORTAGE = REASON_NUMBER["labour_shortage"]
_RANK = (1 << 29) + (1 << 20)


class ShortCrewRule:
    """What is done for nodes whose people are missing, as long as they are.

    Parameters
    ----------
    actors
        By node: what the event log calls the rule at work there.
    put_in_force
        Called with a decision point whose policy may have to change.
    """

    def __init__(
        self, site: Site, plan: ShortCrews, actors: Sequence[int], put_in_force: Callable[[str], None]
    ) -> None:
        self._site, self._plan, self._actors, self._put_in_force = site, plan, actors, put_in_force
        self._since: dict[int, int] = {}
        """By node that is short of people: since when."""
        self._acting: set[int] = set()
        self._waited: set[tuple[int, int, int]] = set()
        """(node, service, moment) of collections that waited, or do."""

    def crew(self, node: int, present_bp: Sequence[int]) -> None:
        """So many of a node's people are there from now on, station by station."""
        now_ms = self._site.clock.now_ms
        if min(present_bp) < self._plan.below_bp:
            if node not in self._since:
                self._since[node] = now_ms
                at_ms = now_ms + self._plan.after_ms
                self._site.clock.at(at_ms, BOUNDARY, self._begin, (node, now_ms), rank=_RANK + node)
            return
        self._since.pop(node, None)
        if node in self._acting:
            self._acting.discard(node)
            self._tell(_ENDED, node)

    def _begin(self, what: tuple[int, int]) -> None:
        node, since_ms = what
        if self._since.get(node) == since_ms:
            self._acting.add(node)
            self._tell(_BEGAN, node)

    def _tell(self, kind: int, node: int) -> None:
        self._site.log.one(kind, self._actors[node], _SHORTAGE, self._site.register.notes.add())
        for decision in self._plan.policies:
            self._put_in_force(decision)

    # What it changes.

    def overtime(self, node: int) -> Overtime | None:
        """The rule by which those who are there stay on; None where this one says nothing."""
        return self._plan.overtime if node in self._acting else None

    def choices(self, decision: str) -> list[PolicyChoice]:
        """The policy that decides while any node is short of people."""
        found = self._plan.policies.get(decision) if self._acting else None
        return [] if found is None else [found]

    def carrier_waits(self, node: int, service: int, at_ms: int) -> int:
        """How long a carrier that calls at a node waits at its door, for a fee; 0 if it leaves as ever."""
        wait_ms, call = self._plan.collections_wait_ms, (node, service, at_ms)
        if node not in self._acting or not wait_ms or call in self._waited:
            self._waited.discard(call)
            return 0
        self._waited.add(call)
        note = self._site.register.notes.add(value_cents=self._plan.waiting_cents)
        self._site.log.one(_WAITED, self._site.carriers[service].actor, _SHORTAGE, note)
        return wait_ms
