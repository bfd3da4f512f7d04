"""Randomised rounding of the program of expected orders in item form: each item's shares of the sources are kept.

The program says what share of a class's item leaves from each source. Each order draws sources with these shares, so
that stock is used as planned; the schemes differ in how alike they draw for the items of an order: in shipments.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from optimize.fulfilment.bounds import item_plan
from optimize.fulfilment.instance import NOBODY, Floats, Instance, Ints
from optimize.fulfilment.policies import Serving
from optimize.fulfilment.rules import take

Scheme = Callable[[Floats, np.random.Generator], Ints]
"""Sources (items,) for shares (items, sources) whose rows sum to one."""


def independent(share: Floats, rng: np.random.Generator) -> Ints:
    """Each item draws by itself."""
    return _drawn(share, rng.random(len(share)))


def _drawn(share: Floats, uniform: Floats) -> Ints:
    above = np.cumsum(share, axis=1) < uniform[:, None] * share.sum(axis=1, keepdims=True)
    return np.minimum(above.sum(axis=1), share.shape[1] - 1).astype(np.int64)


def together(share: Floats, rng: np.random.Generator) -> Ints:
    """What all items have in common at a source is drawn once for all; the rest by pairs, then each by itself.

    For two items this is the best there is, as the scheme of Jasin and Sinha (2015) is; for more, theirs is finer.
    """
    common = share.min(axis=0)
    if rng.random() < common.sum():
        return np.full(len(share), _drawn(common[None], rng.random(1))[0], dtype=np.int64)
    rest = share - common
    if len(share) <= 2 or rest.sum() <= 0:
        return independent(rest, rng)
    rest = rest / rest.sum(axis=1, keepdims=True)
    middle = len(share) // 2
    return np.concatenate([together(rest[:middle], rng), together(rest[middle:], rng)])


def dilated(share: Floats, rng: np.random.Generator) -> Ints:
    """Sources open at exponential times, which an item sees stretched by its share: it takes the first (Ma 2023)."""
    opening = rng.exponential(size=share.shape[1])
    with np.errstate(divide="ignore"):
        return np.asarray(np.argmin(opening / share, axis=1), dtype=np.int64)


def in_turn(share: Floats, rng: np.random.Generator) -> Ints:
    """Sources are asked in random order, and take the waiting items whose share of what is left is high enough.

    One draw at each source decides for all items, in the spirit of the forced openings of Ma (2023) for items that few
    centres have.
    """
    sources = np.full(len(share), NOBODY, dtype=np.int64)
    left = share.sum(axis=1)
    for source in rng.permutation(share.shape[1]).tolist():
        chance = np.divide(share[:, source], left, out=np.zeros(len(share)), where=left > 1e-12)
        sources[(sources == NOBODY) & (rng.random() < chance)] = source
        left = left - share[:, source]
    sources[sources == NOBODY] = np.argmax(share[sources == NOBODY], axis=1)  # of rounding errors in sums alone
    return sources


@dataclass
class Rounded:
    """A plan in item form made once, each order drawn by a scheme; where stock is out, the item is left unfilled."""

    scheme: Scheme = dilated
    renewals: int = 1
    seed: int = 1
    _instance: Instance = field(init=False, repr=False)
    _rng: np.random.Generator = field(init=False, repr=False)

    def begin(self, instance: Instance) -> None:
        """Look at a new instance."""
        self._instance = instance
        self._rng = np.random.default_rng((self.seed, 3))

    def renew(self, slot: int, until: int, stock: Ints) -> Serving:
        """Plan for the expected orders from now on."""
        instance = self._instance
        plan = item_plan(instance, instance.expected(slot), stock)

        def serving(arrivals: Ints, left: Ints, taken: Ints) -> float:
            cost = 0.0
            for place in np.flatnonzero(arrivals != NOBODY).tolist():
                order_class = int(arrivals[place])
                sources = self.scheme(plan[order_class], self._rng)
                cost += take(instance, order_class, sources, left)
                taken[place, : len(sources)] = sources
            return cost

        return serving
