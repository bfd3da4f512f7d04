"""Allocation, order by order: the cheapest set of shipments at what the company knows of its floors."""

from __future__ import annotations

from dataclasses import dataclass, field

from optimize.allocation.cheapest_set import CheapestSet
from optimize.allocation.floors import Floors
from optimize.allocation.serving import LATE_CENTS, ServingCosts
from sim.policies.allocation import NAN, Answer, OrderView, StockView
from sim.policies.company import CompanyView
from sim.policies.registry import policy
from sim.world import World


@policy("allocation", "exact")
@dataclass(slots=True)
class Exact:
    """The cheapest set of shipments for each order: freight in time for its promise, handling, splits, lateness.

    Floors' queues are looked at every ``look_minutes``, so that an order goes past a node that would send it late if
    that saves more than ``late_cents`` (a guess: see `optimize.allocation.serving.LATE_CENTS`). A search over splits
    ends after ``most_steps``.
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
        see_floors(self._floors, self._chooser, order.now_ms)
        answer = self._chooser.choose(order, stock)
        self.runner_up, self.gap_cents = self._chooser.runner_up, self._chooser.gap_cents
        place(self._floors, self._chooser, answer, len(order.lines))
        return answer


def see_floors(floors: Floors | None, chooser: CheapestSet, now_ms: int) -> None:
    """Let the chooser know when each node would pack; at once, where nobody can tell."""
    if floors is None:
        chooser.slots = [chooser.costs.slot(now_ms)] * len(chooser.slots)
    elif floors.look(now_ms):
        chooser.slots = [chooser.costs.slot(ready_ms) for ready_ms in floors.ready_ms]


def place(floors: Floors | None, chooser: CheapestSet, answer: Answer, lines: int) -> None:
    """Add what was decided to the floors' queues."""
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
