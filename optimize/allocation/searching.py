"""What allocation policies have in common that search for the cheapest set of shipments of an order."""

from __future__ import annotations

from dataclasses import dataclass, field

from optimize.allocation.cheapest_set import CheapestSet
from optimize.allocation.floors import Floors
from optimize.allocation.serving import LATE_CENTS, ServingCosts
from sim.policies.allocation import NAN, Answer, OrderView, StockView
from sim.policies.company import CompanyView
from sim.world import World


@dataclass(slots=True)
class Searching:
    """Looks at the floors every ``look_minutes``, searches order by order, and remembers what was placed where.

    A subclass calls `bind` and `watch` of this class from its own, and may set what the search is charged
    (`CheapestSet.prices`, `CheapestSet.work_cents`).
    """

    late_cents: float = LATE_CENTS
    look_minutes: float = 15.0
    most_steps: int = 300
    runner_up: int | None = field(default=None, init=False)
    gap_cents: float = field(default=NAN, init=False)
    _costs: ServingCosts = field(init=False, repr=False)
    _chooser: CheapestSet = field(init=False, repr=False)
    _floors: Floors | None = field(default=None, init=False, repr=False)

    def bind(self, world: World) -> None:
        """Learn prices and handling costs."""
        self._costs = ServingCosts(world)
        self._chooser = CheapestSet(self._costs, self.late_cents, self.most_steps)

    def watch(self, company: CompanyView) -> None:
        """Look at the floors from now on."""
        self._floors = Floors(company, len(self._costs.fixed_cents), self.look_minutes)

    def decide(self, order: OrderView, stock: StockView) -> Answer:
        """Search; remember what was placed where until the next look."""
        self.see_floors(order.now_ms)
        answer = self._chooser.choose(order, stock)
        self.runner_up, self.gap_cents = self._chooser.runner_up, self._chooser.gap_cents
        self.note_placed(answer, len(order.lines))
        return answer

    def see_floors(self, now_ms: int) -> None:
        """Let the search know when each node would pack; at once, where nobody can tell."""
        floors, chooser = self._floors, self._chooser
        if floors is None:
            chooser.slots = [chooser.costs.slot(now_ms)] * len(chooser.slots)
        elif floors.look(now_ms):
            chooser.slots = [chooser.costs.slot(ready_ms) for ready_ms in floors.ready_ms]

    def note_placed(self, answer: Answer, lines: int) -> None:
        """Add what was decided for an order of so many lines to the floors' queues."""
        floors, chooser = self._floors, self._chooser
        if floors is None:
            return
        if isinstance(answer, int):
            if floors.place(answer, lines):
                chooser.slots[answer] = chooser.costs.slot(floors.ready_ms[answer])
            return
        counts: dict[int, int] = {}
        for _, node, _ in answer:
            counts[node] = counts.get(node, 0) + 1
        for node, count in counts.items():
            if floors.place(node, count):
                chooser.slots[node] = chooser.costs.slot(floors.ready_ms[node])
