"""The problem: orders of several items arrive one by one, and each item leaves from a centre or is lost for good.

A *source* is a centre, or, as the last source, nothing at all (*unfilled*). An order pays a fixed cost for each
distinct source that it uses, and for each item a cost by source and city. There is no replenishment. Orders of one type
and city are a *class*, whose number is ``type * cities + city``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

NOBODY = -1
"""The type of a slot in which no order arrives, and the filling of short rows of items."""


@dataclass(frozen=True)
class Instance:
    """One problem.

    Attributes
    ----------
    slots
        How many slots of time there are, T; in each, at most one order arrives.
    orders
        The items of each type of order.
    phases
        (phases, types, cities): probability that an order of that class arrives in a slot; the phases share the
        slots evenly.
    fixed
        (sources,) paid once by an order that uses the source.
    unit
        (sources, cities) paid for each item.
    stock
        (centres, items) units at the start.
    nearest
        (items, cities) the centre whose stock was meant for that city, or the source *unfilled*.
    """

    slots: int
    orders: tuple[tuple[int, ...], ...]
    phases: Floats
    fixed: Floats
    unit: Floats
    stock: Ints
    nearest: Ints

    @property
    def centres(self) -> int:
        """How many there are; also the number of the source *unfilled*."""
        return len(self.stock)

    @property
    def cities(self) -> int:
        """How many there are."""
        return self.unit.shape[1]

    @property
    def classes(self) -> int:
        """Types times cities."""
        return len(self.orders) * self.cities

    @cached_property
    def items(self) -> Ints:
        """(types, longest order) items of each type, filled up with `NOBODY`."""
        table = np.full((len(self.orders), max(map(len, self.orders))), NOBODY, dtype=np.int64)
        for row, order in zip(table, self.orders):
            row[: len(order)] = order
        return table

    @cached_property
    def sizes(self) -> Ints:
        """(types,) items in an order."""
        return np.array([len(order) for order in self.orders], dtype=np.int64)

    def expected(self, first: int = 0, last: int | None = None) -> Floats:
        """Expected orders (classes,) that arrive in the slots from ``first`` to before ``last``, by default the end."""
        edges = self.edges
        low, high = np.clip((first, self.slots if last is None else last), 0, self.slots)
        weights = np.clip(np.minimum(edges[1:], high) - np.maximum(edges[:-1], low), 0, None)
        return np.tensordot(weights.astype(np.float64), self.phases, axes=1).reshape(-1)

    @property
    def edges(self) -> Ints:
        """(phases + 1,) the slots at which phases begin, and the end."""
        return np.linspace(0, self.slots, len(self.phases) + 1).round().astype(np.int64)

    def draw(self, rng: np.random.Generator, first: int = 0) -> Ints:
        """Arrivals (slots - first,) from a slot on: the class of each, or `NOBODY`."""
        pieces = []
        for number, rates in enumerate(self.phases):
            start, end = (max(first, int(edge)) for edge in self.edges[number : number + 2])
            cumulative = np.cumsum(rates.reshape(-1))
            drawn = np.searchsorted(cumulative, rng.random(end - start), side="right")
            pieces.append(np.where(drawn < self.classes, drawn, NOBODY))
        return np.concatenate(pieces).astype(np.int64)

    def count(self, arrivals: Ints) -> Floats:
        """Orders of each class (classes,) among arrivals."""
        return np.bincount(arrivals[arrivals != NOBODY], minlength=self.classes).astype(np.float64)

    def cost(self, order_class: int, sources: Ints) -> float:
        """Cost of an order of that class whose items come from ``sources``."""
        city = order_class % self.cities
        return float(self.fixed[np.unique(sources)].sum() + self.unit[sources, city].sum())
