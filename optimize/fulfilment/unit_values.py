"""The value of one more unit, by how many there are and how much time is left, for each centre and item by itself.

A dynamic program by centre and item (the decomposition of Talluri and van Ryzin 2004, section 3.4, carried over to
fulfilment): other stock is paid for at given prices, so an order gains by a unit the difference between its best method
without it and with it, and takes it where the gain is above the unit's value. With d(s) the value of the s-th unit and
h(x) the expected gain above x of a slot's order, d before the slot is d(s) + h(d(s)) - h(d(s - 1)).

Prices and values must agree: what other stock is paid is its own value. So values become prices and are computed
again, in steps, from prices of a linear program. They are not computed from each other for long: units of a centre that
sell together prop up each other's value, and prices that follow only each other run away.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from optimize.fulfilment.instance import Floats, Instance, Ints
from optimize.fulfilment.policies import Serving
from optimize.fulfilment.prices import FuturePrices, MeanPrices
from optimize.fulfilment.unit_values_kernel import all_values, gains, serve_by_values


@dataclass
class UnitValues:
    """Units at their own values, from prices averaged over sampled futures, or without futures from the mean demand.

    Attributes
    ----------
    futures
        How many are sampled at each renewal; 0 for the mean demand.
    rounds
        How often values are computed at a renewal.
    pull
        How far prices move to the values after each round but the last, from 0 to 1.
    coarse
        Slots are taken together while the orders expected in them for a unit are at most this; at most one order is
        then assumed to come in them.
    """

    renewals: int = 50
    futures: int = 10
    rounds: int = 3
    pull: float = 0.25
    coarse: float = 0.3
    seed: int = 1
    _instance: Instance = field(init=False, repr=False)
    _anchor: FuturePrices | MeanPrices = field(init=False, repr=False)

    def begin(self, instance: Instance) -> None:
        """Look at a new instance."""
        self._instance = instance
        self._anchor = FuturePrices(futures=self.futures, seed=self.seed) if self.futures else MeanPrices()
        self._anchor.begin(instance)

    def renew(self, slot: int, until: int, stock: Ints) -> Serving:
        """Values of all units by time, until the next renewal."""
        prices = self._anchor.prices(slot, stock)
        values, wide = self._values(slot, until, prices, stock)
        for _ in range(self.rounds - 1):
            prices = (1 - self.pull) * prices + self.pull * np.where(stock > 0, values[0, :, :, 0], 0.0)
            values, wide = self._values(slot, until, prices, stock)
        instance = self._instance

        def serving(arrivals: Ints, left: Ints, taken: Ints) -> float:
            return float(
                serve_by_values(
                    arrivals, instance.items, instance.sizes, instance.unit, instance.fixed, values, wide, stock, left,
                    taken,
                )
            )  # fmt: skip

        return serving

    def _values(self, slot: int, until: int, prices: Floats, stock: Ints) -> tuple[Floats, Ints]:
        instance, block = self._instance, until - slot
        gain = np.zeros((instance.classes, instance.items.shape[1], instance.centres))
        gains(instance.items, instance.sizes, instance.unit, instance.fixed, prices, stock, gain)
        values = np.zeros((block, *stock.shape, min(block, int(stock.max(initial=0))) + 1))
        phase_of_slot = np.searchsorted(instance.edges[1:], np.arange(slot, instance.slots), side="right")
        rates = instance.phases.reshape(len(instance.phases), -1)
        wide = all_values(
            gain, instance.items, instance.cities, rates, phase_of_slot, stock, self.coarse, block, values
        )  # fmt: skip
        return values, wide
