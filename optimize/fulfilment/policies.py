"""How a policy is run: it sees the orders one by one, and may think anew at set times.

At each renewal a policy is told the slot and the stock and answers with a way to serve orders, which then serves those
of the slots up to the next renewal in turn. What comes later is never within reach of either.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from optimize.fulfilment.choice_kernel import serve
from optimize.fulfilment.instance import NOBODY, Floats, Instance, Ints

Serving = Callable[[Ints, Ints, Ints], float]
"""Serves arrivals (slots,) in turn: lowers the stock (centres, items), writes the sources of each order's items into
the third array (slots, longest order), and returns the cost."""


class Policy(Protocol):
    """One policy for one instance after the other."""

    @property
    def renewals(self) -> int:
        """How often it thinks, evenly over the slots; at the start if once."""
        ...

    def begin(self, instance: Instance) -> None:
        """Forget what was, and look at a new instance."""
        ...

    def renew(self, slot: int, until: int, stock: Ints) -> Serving:
        """How to serve the slots from ``slot`` to before ``until``, given the stock (centres, items) that is left."""
        ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was paid, and the sources (slots, longest order) of all items, `NOBODY` where there is no item."""

    cost: float
    taken: Ints


def run(policy: Policy, instance: Instance, arrivals: Ints) -> Outcome:
    """Serve all arrivals (slots,) by a policy."""
    policy.begin(instance)
    stock, cost = instance.stock.copy(), 0.0
    taken = np.full((len(arrivals), instance.items.shape[1]), NOBODY, dtype=np.int64)
    edges = np.unique(np.linspace(0, len(arrivals), policy.renewals + 1).round().astype(np.int64)).tolist()
    for slot, until in itertools.pairwise(edges):
        serving = policy.renew(slot, until, stock.copy())
        cost += serving(arrivals[slot:until], stock, taken[slot:until])
    return Outcome(cost, taken)


def at_fixed(instance: Instance, prices: Floats) -> Serving:
    """Serve each order at the least cost plus prices (centres, items) of what is in stock."""

    def serving(arrivals: Ints, stock: Ints, taken: Ints) -> float:
        return float(
            serve(arrivals, instance.items, instance.sizes, instance.unit, instance.fixed, prices, stock, taken)
        )

    return serving
