"""The transfer policy that weighs what a unit is worth elsewhere against the truck that brings it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from optimize.transfers.plan import plan_transfers
from optimize.transfers.problem import TransferProblem
from optimize.transfers.trucks import Trucks, days_on_the_way
from sim.policies.registry import policy
from sim.policies.transfers import CoverView, Transfer
from sim.world import World

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_CLASSES_A_DAY = 2  # trucks that arrive on the same half day are taken together


@policy("transfers", "expected_shortage")
@dataclass(slots=True)
class ExpectedShortage:
    """Sends units to where they save more shortage, expected for ``ahead_days``, than their truck and handling cost.

    A unit that is asked for at a node which has none costs ``short_cents`` more than one that is there: the longer way,
    a second parcel, or a customer lost. Demand varies as if it were Poisson, times ``dispersion``. Trucks are those of
    the rules: their weight, their cost and miles, their loading and speed. Nothing is sent that does not pay.
    """

    ahead_days: float = 7.0
    short_cents: float = 500.0
    dispersion: float = 1.0
    _lead: Ints = field(init=False, repr=False)
    _lead_days: Floats = field(init=False, repr=False)
    _trucks: Trucks = field(init=False, repr=False)

    def bind(self, world: World) -> None:
        """What trucks cost and when they arrive, by lane."""
        self._trucks, days = Trucks.of(world), days_on_the_way(world)
        classes, lead = np.unique(np.ceil(days * _CLASSES_A_DAY), return_inverse=True)
        self._lead, self._lead_days = lead.reshape(days.shape), classes / _CLASSES_A_DAY

    def decide(self, view: CoverView) -> list[Transfer]:
        """The plan for what is there now."""
        problem = TransferProblem(
            stock=np.array(view.position, dtype=np.int64),
            free=np.array(view.free, dtype=np.int64),
            demand=view.demand(self.ahead_days),
            lead=self._lead,
            demand_before=np.array([view.demand(min(days, self.ahead_days)) for days in self._lead_days]),
            shortage_cost=np.full(len(self._trucks.unit_weight), self.short_cents),
            trucks=self._trucks,
            dispersion=self.dispersion,
            is_open=np.array(view.is_open, dtype=np.bool_),
        )
        return [(i, j, product, units) for i, j, product, units in plan_transfers(problem).transfers.tolist()]
