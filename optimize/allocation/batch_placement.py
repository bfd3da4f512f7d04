"""A batch allocation that can be carried out, made and mended one order after the other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimize.allocation.batch_kernel import Orders, Shared, place_each, take, total_cost

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(slots=True)
class Placement:
    """Who sends what, and what that uses of stock and capacity."""

    orders: Orders
    shared: Shared
    choice: Ints
    used: Ints
    load: Floats

    @classmethod
    def empty(cls, orders: Orders, shared: Shared) -> Placement:
        """No line is served."""
        return cls.of(orders, shared, np.full(len(orders.product), -1))

    @classmethod
    def of(cls, orders: Orders, shared: Shared, choice: Ints) -> Placement:
        """As chosen."""
        used, load = np.zeros_like(shared.stock), np.zeros(len(shared.capacity))
        take(orders, choice, used, load)
        return cls(orders, shared, choice, used, load)

    @property
    def cost(self) -> float:
        """In cents, penalties included."""
        return total_cost(self.orders, self.shared, self.choice, self.load)

    def place(self, price: Floats, load_price: Floats) -> None:
        """Each order anew, by what is cheapest at prices among what the others leave."""
        sequence = np.arange(len(self.orders.first) - 1)
        place_each(self.orders, self.shared, sequence, price, load_price, self.choice, self.used, self.load)

    def settle(self, times: int) -> None:
        """The same without prices, so that no order gains by moving alone."""
        price, load_price = np.zeros(self.shared.stock.shape), np.zeros(len(self.load))
        for _ in range(times):
            self.place(price, load_price)
