"""What replenishment policies have in common that buy by sample average and a mixed-integer program."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from optimize.calls import Calls
from optimize.programs import Limits, Solver
from optimize.replenishment.buying import Buyer
from optimize.replenishment.expediting import Expediting
from optimize.replenishment.forecast_levels import ByLevels
from optimize.replenishment.levels import Levels
from optimize.replenishment.unit_prices import cost_something
from optimize.solver import solve
from sim.policies.company import CompanyView
from sim.policies.replenishment import PositionView, Purchase, Wanted
from sim.units import BASIS_POINTS
from sim.world import World


@dataclass(slots=True)
class SampledBuying(ByLevels):
    """Buys of all suppliers of a node at once, within ``budget_cents`` a review; without an answer, by best (s, S).

    A unit that would be lost without a hurry costs ``lost_share_bp`` of its margin, worth is the average over so many
    ``samples``, and a solve ends at ``gap_share_bp``, after ``work`` nodes, or at ``guard_seconds`` of wall time. A
    subclass has a field ``calls``.
    """

    lost_share_bp: int = BASIS_POINTS
    budget_cents: int | None = None
    samples: int = 50
    gap_share_bp: int = 50
    work: int = 500
    guard_seconds: float = 60.0
    calls: Calls = field(init=False, repr=False)
    solver: Solver = field(default=solve, init=False, repr=False)
    _buyer: Buyer = field(init=False, repr=False)

    def __post_init__(self) -> None:
        ByLevels.__post_init__(self)
        cost_something(self.lost_share_bp)
        if self.samples < 1:
            raise ValueError("an average needs a sample of 1 or more")

    def bind(self, world: World) -> None:
        """Learn lead times, prices and terms."""
        ByLevels.bind(self, world)
        self.calls.bind(world)
        urgent = Levels(world, self.holding_share_bp, self.lost_share_bp, 0)
        expediting = Expediting.of(world)
        self._buyer = Buyer(self._levels, urgent, expediting, self.order_cents, self.budget_cents, self.samples)

    def watch(self, company: CompanyView) -> None:
        """Keep the look-ups of what nodes have, expect and have on order."""
        self._buyer.company = company

    @property
    def limits(self) -> Limits:
        """Of a solve."""
        gap = self.gap_share_bp / BASIS_POINTS
        return Limits(gap=gap, work=self.work, guard_seconds=self.guard_seconds, apart=self.calls.apart)

    def with_plan(self, view: PositionView, bought: list[Purchase]) -> list[Wanted]:
        """What the program buys, and what the stock plan wants of what has no forecast."""
        return [*bought, *self._levels.with_plan(view, np.zeros(len(view.position), dtype=np.int64))]
