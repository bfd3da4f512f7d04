"""Temporary people: on a schedule the labour policy says whom to call; they come, work, and are paid by the hour."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.agents.floor.pace import Pace
from sim.agents.floor.temporary import TemporaryStation
from sim.agents.floor.workload import Workload
from sim.books.kinds import NUMBER
from sim.clock import BOUNDARY, DECISION, SWEEP
from sim.errors import DecisionError
from sim.network import STATION_NAMES
from sim.policies.labour import Call, LabourView, most_together
from sim.units import BASIS_POINTS, HOUR_MS, MINUTE_MS

if TYPE_CHECKING:
    from sim.agents.site import Site

_CALLED, _WORKED = NUMBER["temporary_called"], NUMBER["temporary_worked"]
_RANK = -2
"""Before balancing and waves of the same instant."""


class Staffing:
    """Asks the labour policy every ``rules.labour_every``, until demand has ended and the floors are empty.

    Handling is charged at standard by shipment, whoever does it: when a call is over, what it cost beyond the standard
    of the work that its people did is charged to the day, so that labour in the journal is what was paid. Where
    shifts are paid instead, no work is charged, and the whole call is.
    """

    def __init__(self, site: Site, planner: int) -> None:
        self._site, self._planner = site, planner
        nodes = site.world.network.nodes
        self._every_ms = site.world.rules.labour_every_ms
        self._load, self._pace = Workload(site), Pace(site)
        self._called: list[list[Call]] = [[] for _ in nodes]
        self._credit = [[0] * len(STATION_NAMES) for _ in nodes]
        """Cents of work at standard that no call has answered for yet."""
        self._counted = [[0.0] * len(STATION_NAMES) for _ in nodes]
        """Units of work that are in the credit."""

    def start(self) -> None:
        """Put the first look on the clock."""
        self._site.clock.at(self._site.clock.now_ms, DECISION, self._look, rank=_RANK)

    def _look(self, _: None) -> None:
        site, now = self._site, self._site.clock.now_ms
        for node, calls in enumerate(self._called):
            terms = site.world.network.nodes[node].temporary_staff
            self._called[node] = [c for c in calls if terms is not None and c.end_ms + terms.rest_ms > now]
        for call in site.policies.labour.decide(self._view()):
            self._check(call)
            self._book(call)
        if now + self._every_ms < site.world.horizon.drain_until_ms and self._goes_on():
            site.clock.at(now + self._every_ms, DECISION, self._look, rank=_RANK)

    def _goes_on(self) -> bool:
        site = self._site
        return site.clock.now_ms < site.world.horizon.end_ms or any(
            self._load.backlog_ms(node) != (0.0, 0.0) for node in range(len(self._called))
        )

    def call_in(self, node: int, station: int) -> bool:
        """One person more for a station, as soon and for as short as the agency's terms allow; whether anybody is left,
        and nobody is on the way there already."""
        terms, now = self._site.world.network.nodes[node].temporary_staff, self._site.clock.now_ms
        if terms is None:
            return False
        calls = self._called[node] = [c for c in self._called[node] if c.end_ms + terms.rest_ms > now]
        start_ms = now + terms.notice_ms
        call = Call(node, station, start_ms, start_ms + terms.shortest_ms, people=1)
        if any(c.station == station and c.end_ms > start_ms for c in calls):
            return False
        if most_together(calls, call.start_ms, call.end_ms, terms.rest_ms) >= terms.people:
            return False
        self._book(call)
        return True

    def _check(self, call: Call) -> None:
        """What the agency's terms rule out is an error of the policy."""
        terms = self._site.world.network.nodes[call.node].temporary_staff
        length_ms = call.end_ms - call.start_ms
        if (
            terms is None
            or call.people <= 0
            or call.start_ms < self._site.clock.now_ms + terms.notice_ms
            or not terms.shortest_ms <= length_ms <= terms.longest_ms
        ):
            raise DecisionError(f"{call} is outside the terms of the node's temporary staff")
        busy = most_together(self._called[call.node], call.start_ms, call.end_ms, terms.rest_ms)
        if busy + call.people > terms.people:
            raise DecisionError(f"{call} asks for more people than the {terms.people} that there are, {busy} taken")

    def _book(self, call: Call) -> None:
        site = self._site
        self._called[call.node].append(call)
        self._helpers(call).crew.call(call)
        note = site.register.notes.add(units=call.people * (call.end_ms - call.start_ms) // MINUTE_MS)
        site.log.one(_CALLED, site.warehouses[call.node].actor, 0, note)
        site.clock.at(call.start_ms, BOUNDARY, self._come, call, rank=call.node)
        site.clock.at(call.end_ms, SWEEP, self._pay, call, rank=call.node)

    def _helpers(self, call: Call) -> TemporaryStation:
        return self._site.warehouses[call.node].temporary[call.station]

    def _come(self, call: Call) -> None:
        self._helpers(call).start()
        self._site.warehouses[call.node].call_wave_now()

    def _pay(self, call: Call) -> None:
        site, node = self._site, self._site.world.network.nodes[call.node]
        assert node.temporary_staff is not None
        people_ms = call.people * (call.end_ms - call.start_ms)
        rate = node.wage_cents_per_hour * (BASIS_POINTS + node.temporary_staff.premium_bp)
        cents = round(people_ms * rate / (BASIS_POINTS * HOUR_MS))
        credit = self._credit[call.node][call.station] + self._standard_cents(call)
        beyond = max(0, cents - credit)
        self._credit[call.node][call.station] = credit - (cents - beyond)
        note = site.register.notes.add(units=people_ms // MINUTE_MS, value_cents=beyond)
        site.log.one(_WORKED, site.warehouses[call.node].actor, 0, note)

    def _standard_cents(self, call: Call) -> int:
        """What shipments and returns were charged for the work that was finished since the last call was paid; putting
        goods away is charged to nothing."""
        node, station = self._site.world.network.nodes[call.node], call.station
        if STATION_NAMES[station] == "receive":
            return 0
        units = self._helpers(call).units
        fresh, self._counted[call.node][station] = units - self._counted[call.node][station], units
        return round(fresh * round(node.piece_cents_per_hour * node.stations[station].work_ms.mean / HOUR_MS))

    def _view(self) -> LabourView:
        site, now = self._site, self._site.clock.now_ms
        nodes = site.world.network.nodes
        moment = site.calendar.moment(now)
        self._pace.look()
        backlog = [self._load.backlog_ms(node) for node in range(len(nodes))]
        return LabourView(
            now_ms=now,
            minute=moment.hour * 60 + moment.minute,
            terms=[n.temporary_staff for n in nodes],
            wage_cents=[n.wage_cents_per_hour for n in nodes],
            called=[tuple(calls) for calls in self._called],
            backlog_hours=[(pick / HOUR_MS, pack / HOUR_MS) for pick, pack in backlog],
            rostered_hours=lambda *when: self._load.rostered_ms(*when) / HOUR_MS,
            expected_hours=self._expected_hours,
            collections=self._collections,
        )

    def _expected_hours(self, node: int, from_ms: int, until_ms: int) -> tuple[float, float]:
        lines, parcels = self._pace.expected(node, from_ms, until_ms)
        pick_ms, pack_ms = self._load.each_ms(node)
        return lines * pick_ms / HOUR_MS, parcels * pack_ms / HOUR_MS

    def _collections(self, node: int, from_ms: int, until_ms: int) -> list[int]:
        found: set[int] = set()
        for carrier in self._site.carriers:
            moment = from_ms
            while carrier.spec.can_collect_at(node):
                moment = carrier.timetables[node].next_collection(moment).at_ms
                if moment >= until_ms:
                    break
                found.add(moment)
                moment += 1
        return sorted(found)
