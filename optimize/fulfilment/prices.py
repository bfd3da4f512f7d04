"""Shadow prices of stock from linear programs, renewed as the stock goes.

The program of the mean demand (Acimovic and Graves 2015 for single items, here in method form) takes the future for
known; where a few units will or will not last, its prices jump between zero and all. Averaged over sampled futures,
each served with hindsight, they are the slope of the expected cost of hindsight, and change with each unit.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from optimize.fulfilment.bounds import MethodProgram, item_bound
from optimize.fulfilment.instance import Floats, Instance, Ints
from optimize.fulfilment.policies import Serving, at_fixed


@dataclass
class FixedPrices:
    """Prices (centres, items) that never change."""

    given: Floats
    renewals: int = 1
    _instance: Instance = field(init=False, repr=False)

    def begin(self, instance: Instance) -> None:
        """Look at a new instance."""
        self._instance = instance

    def renew(self, slot: int, until: int, stock: Ints) -> Serving:
        """The prices given."""
        return at_fixed(self._instance, self.given)


@dataclass
class MeanPrices:
    """Prices of the program of the expected orders still to come, in method form or, with ``by_item``, in item form.

    ``program`` is one of the same instance that already knows methods, to go on from.
    """

    renewals: int = 50
    by_item: bool = False
    program: MethodProgram | None = field(default=None, repr=False)
    _instance: Instance = field(init=False, repr=False)
    _program: MethodProgram = field(init=False, repr=False)

    def begin(self, instance: Instance) -> None:
        """Look at a new instance."""
        self._instance = instance
        if not self.by_item:
            self._program = self.program or MethodProgram(instance)

    def prices(self, slot: int, stock: Ints) -> Floats:
        """Prices (centres, items) at the start of a slot."""
        orders = self._instance.expected(slot)
        if self.by_item:
            return item_bound(replace(self._instance, stock=stock), orders).prices
        return self._program.solve(orders, stock).prices

    def renew(self, slot: int, until: int, stock: Ints) -> Serving:
        """Fixed prices until the next renewal."""
        return at_fixed(self._instance, self.prices(slot, stock))


@dataclass
class FuturePrices:
    """Prices with hindsight, averaged over sampled futures; the futures are drawn once and followed, so that they stay.

    ``seed`` is of the sample, which knows the rates alone.
    """

    renewals: int = 50
    futures: int = 10
    seed: int = 1
    _instance: Instance = field(init=False, repr=False)
    _program: MethodProgram = field(init=False, repr=False)
    _sample: list[Ints] = field(init=False, repr=False)

    def begin(self, instance: Instance) -> None:
        """Look at a new instance."""
        self._instance = instance
        self._program = MethodProgram(instance)
        rng = np.random.default_rng((self.seed, 2))
        self._sample = [instance.draw(rng) for _ in range(self.futures)]

    def prices(self, slot: int, stock: Ints) -> Floats:
        """Prices (centres, items) at the start of a slot."""
        solved = [self._program.solve(self._instance.count(future[slot:]), stock) for future in self._sample]
        return np.asarray(np.mean([bound.prices for bound in solved], axis=0))

    def renew(self, slot: int, until: int, stock: Ints) -> Serving:
        """Fixed prices until the next renewal."""
        return at_fixed(self._instance, self.prices(slot, stock))


@dataclass
class DelayedPrices:
    """As `MeanPrices`, but orders wait until the next renewal: those that wait are known when prices are set.

    The only policy here that decides on an order later than it comes; by the slots between two renewals at most.
    """

    renewals: int = 50
    _instance: Instance = field(init=False, repr=False)
    _program: MethodProgram = field(init=False, repr=False)

    def begin(self, instance: Instance) -> None:
        """Look at a new instance."""
        self._instance, self._program = instance, MethodProgram(instance)

    def renew(self, slot: int, until: int, stock: Ints) -> Serving:
        """Prices of the program of the orders that wait and of those expected after them."""
        instance = self._instance

        def serving(arrivals: Ints, left: Ints, taken: Ints) -> float:
            orders = instance.count(arrivals) + instance.expected(until)
            return at_fixed(instance, self._program.solve(orders, left).prices)(arrivals, left, taken)

        return serving
