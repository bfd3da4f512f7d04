"""The order desk: people who look at held orders, one case after the other, in their shift.

A customer whose patience ends while the order still lies in the queue cancels it; one whose case is being worked on
stays (Palm's model, M/M/c+M, where all is exponential).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.agents.crew import Crew
from sim.agents.station import Station
from sim.clock import CAPTURE
from sim.network import Shift
from sim.network import Station as StationSpec
from sim.orders import HELD

if TYPE_CHECKING:
    from sim.agents.site import Site


class Desk:
    """Holds are worked first in, first out; the verdict is the orchestrator's rule for the case."""

    def __init__(self, site: Site) -> None:
        plan = site.world.rules.desk
        shift = Shift(plan.weekdays, plan.start_minute, plan.end_minute, (plan.staff, 0, 0, 0))
        self._site = site
        self.cases = Station(
            StationSpec(plan.handling_ms),
            Crew((shift,), 0, site.calendar),
            site.clock,
            len,
            self._decide,
            site.streams.counter("desk", "order desk"),
            rank=1 << 20,
        )
        network = site.world.network
        self._patience = [network.segments[c.segment].hold_patience_ms for c in network.channels]
        self._luck = [site.streams.counter("hold patience", c.name) for c in network.channels]

    def put(self, order: int) -> None:
        """A held order joins the queue."""
        self.cases.put([order])
        queue, channel = self.cases.queue, self._site.register.orders.channel[order]
        patience = self._patience[channel]
        if patience is not None and queue and queue[-1] == order:
            # The moment of the order is its number: neither a policy nor another channel shifts it.
            waits_ms = round(patience.at(self._luck[channel].at(self._site.register.orders.at_ms[order])))
            at_ms = self._site.clock.now_ms + waits_ms
            self._site.clock.at(at_ms, CAPTURE, self._tires, order, rank=order & 0xFFFFFFF)

    def _tires(self, order: int) -> None:
        if self._site.register.orders.state[order] == HELD and order in self.cases.queue:
            self.cases.queue.remove(order)
            self._site.orchestrator.customer_tires(order)

    def _decide(self, orders: list[int]) -> None:
        for order in orders:
            self._site.orchestrator.reviewed(order)
