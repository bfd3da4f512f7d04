"""What allocation policies have in common that plan by the network's linear program, again and again."""

from __future__ import annotations

from dataclasses import dataclass, field

from optimize.allocation.outlook_programs import OutlookPrograms
from optimize.allocation.searching import Searching
from optimize.calls import Calls
from optimize.programs import Limits
from sim.policies.allocation import StockView
from sim.policies.company import CompanyView
from sim.units import HOUR_MS
from sim.world import World

LONG_AGO_MS = -(1 << 61)
"""When it was that something was done which never was."""


@dataclass(slots=True)
class LookingAhead(Searching):
    """Looks ``ahead_days`` ahead, every ``every_hours`` and when a node closes or opens.

    A solve ends at ``gap``, after ``most_work`` pivots, or at ``guard_seconds`` of wall time, which marks the run. A
    subclass has a field ``calls``.
    """

    every_hours: float = 2.0
    ahead_days: float = 2.0
    gap: float = 0.001
    most_work: int = 200_000
    guard_seconds: float = 60.0
    calls: Calls = field(init=False, repr=False)
    _programs: OutlookPrograms = field(init=False, repr=False)
    _company: CompanyView | None = field(default=None, init=False, repr=False)
    _solved_ms: int = field(default=LONG_AGO_MS, init=False, repr=False)
    _open: bytes = field(default=b"", init=False, repr=False)

    def bind(self, world: World) -> None:
        """Learn prices and handling costs; a subclass says what a usual order is (`_programs`)."""
        Searching.bind(self, world)
        self.calls.bind(world)

    def watch(self, company: CompanyView) -> None:
        """Look at floors, purchase orders and sales from now on."""
        Searching.watch(self, company)
        self._company = company

    @property
    def limits(self) -> Limits:
        """Of a solve."""
        return Limits(gap=self.gap, work=self.most_work, guard_seconds=self.guard_seconds, apart=self.calls.apart)

    def is_old(self, now_ms: int) -> bool:
        """Whether the last solve was ``every_hours`` ago."""
        return now_ms - self._solved_ms >= self.every_hours * HOUR_MS

    def has_changed(self, stock: StockView) -> bool:
        """Whether a node has closed or opened since this was asked the last time."""
        before, self._open = self._open, bytes(stock.is_open)
        return before != self._open
