"""Alerts: quantities are watched as late as they are reported; a raised alert is told to its role, and may act."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from sim.agents.alerts.quantities import TAKE
from sim.books.kinds import NUMBER
from sim.books.reasons import REASON_NUMBER
from sim.clock import DECISION
from sim.world import PolicyChoice

if TYPE_CHECKING:
    from sim.agents.site import Site

_RAISED, _CLEARED = NUMBER["alert_raised"], NUMBER["alert_cleared"]
_RANK = -(1 << 20)
"""Before waves and balancing of the same instant."""


class Watch:
    """The alerts of one run.

    Parameters
    ----------
    actors
        By alert: its actor in the log.
    put_in_force
        Called with a decision point whose policy may have to change.
    """

    def __init__(self, site: Site, actors: Sequence[int], put_in_force: Callable[[str], None]) -> None:
        self._site, self._actors, self._put_in_force = site, actors, put_in_force
        self._plans = site.world.alerts
        self.raised = [False] * len(self._plans)

    def start(self) -> None:
        """Put the first look of each alert on the clock."""
        for number, plan in enumerate(self._plans):
            self._site.clock.at(plan.every_ms, DECISION, self._take, number, rank=_RANK + number)

    def choices(self, decision: str) -> list[PolicyChoice]:
        """Policies that raised alerts put in force for a decision, in the order of the alerts."""
        alerts = zip(self._plans, self.raised, strict=True)
        return [plan.policies[decision] for plan, up in alerts if up and decision in plan.policies]

    def _take(self, number: int) -> None:
        clock, plan = self._site.clock, self._plans[number]
        value = TAKE[plan.quantity](self._site, plan.node)
        if plan.lag_ms:
            rank = _RANK + len(self._plans) + number
            clock.at(clock.now_ms + plan.lag_ms, DECISION, self._report, (number, value), rank=rank)
        else:
            self._report((number, value))
        if clock.now_ms + plan.every_ms <= self._site.world.horizon.drain_until_ms:
            clock.at(clock.now_ms + plan.every_ms, DECISION, self._take, number, rank=_RANK + number)

    def _report(self, report: tuple[int, float]) -> None:
        """A reading reaches the role: raise or clear."""
        number, value = report
        plan, up = self._plans[number], self.raised[number]
        if (up and value > plan.clears_at) or (not up and value <= plan.over):
            return
        self.raised[number] = not up
        note = self._site.register.notes.add(units=round(value))
        kind = _CLEARED if up else _RAISED
        self._site.log.one(kind, self._actors[number], REASON_NUMBER[plan.role], note)
        for decision in plan.policies:
            self._put_in_force(decision)
