"""The order desk: people who look at held orders, one case after the other, in their shift."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.agents.crew import Crew
from sim.agents.station import Station
from sim.distributions import Fixed
from sim.network import Shift
from sim.network import Station as StationSpec

if TYPE_CHECKING:
    from sim.agents.site import Site


class Desk:
    """Holds are worked first in, first out; the verdict is the orchestrator's rule for the case."""

    def __init__(self, site: Site) -> None:
        plan = site.world.rules.desk
        shift = Shift(plan.weekdays, plan.start_minute, plan.end_minute, (plan.staff, 0, 0, 0))
        self._site = site
        self.cases = Station(
            StationSpec(Fixed(plan.handling_ms)),
            Crew((shift,), 0, site.calendar),
            site.clock,
            len,
            self._decide,
            site.streams.counter("desk", "order desk"),
            rank=1 << 20,
        )

    def put(self, order: int) -> None:
        """A held order joins the queue."""
        self.cases.put([order])

    def _decide(self, orders: list[int]) -> None:
        for order in orders:
            self._site.orchestrator.reviewed(order)
