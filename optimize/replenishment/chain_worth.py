"""What further units of a product are worth to a chain, by sample average, as a curve that a program can buy on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimize.inventory.newsvendor import critical_levels
from optimize.replenishment.chain_kernel import chain_worths
from optimize.replenishment.chains import Chain, ChainDemand
from optimize.replenishment.levels import LEAST_DEMAND, best_levels
from optimize.replenishment.purchase_program import Curve
from optimize.replenishment.purchase_worth import curve_of, sampled
from sim.streams import Streams

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_PURPOSE = "chain samples"
_LEAST_SHARE = 0.01
"""Of what a unit costs to hold: a worth below that is none."""


@dataclass(frozen=True, slots=True)
class Samples:
    """Which futures stand beside one another: the same for every product, at every review and in every run.

    Attributes
    ----------
    order
        Of each place, which of its equally likely demands each sample has, shape (places, samples).
    late
        By how many standard deviations of its lead time the supplier is late, shape (samples,).
    """

    order: Ints
    late: Floats

    @classmethod
    def of(cls, chain: Chain, names: list[str], count: int) -> Samples:
        """Latin hypercube of ``count`` samples; each place's sequence is drawn by its own name (McKay et al. 1979)."""
        streams, entities = Streams(0), [names[place.node] for place in chain.places[:-1]]
        drawn = [streams.generator(_PURPOSE, name).permutation(count) for name in (*entities, names[chain.feeder])]
        late = np.sort(sampled_normal(count))[streams.generator(_PURPOSE, "suppliers").permutation(count)]
        return cls(np.array(drawn, dtype=np.int64), late)


def sampled_normal(count: int) -> Floats:
    """Equally likely values of a standard normal, of mean 0 and variance 1."""
    from scipy.special import ndtri

    values = np.asarray(ndtri((np.arange(count) + 0.5) / count), dtype=np.float64)
    return values / max(float(values.std()), 1e-9)


@dataclass(frozen=True, slots=True)
class Prices:
    """Cents a review, by product: to hold a unit, to be short of one, to hold one at each place instead of the feeder
    (places, products); and of an order line."""

    holding: Floats
    shortage: Floats
    extra: Floats
    order: float

    @property
    def both(self) -> Floats:
        """What a unit decides between."""
        return self.holding + self.shortage


class ChainWorth:
    """Worth of units that a feeder might order now.

    Parameters
    ----------
    demand
        Of all places, and what they have.
    own
        The feeder's own inventory position, shape (products,).
    lead_ms, lead_sd_ms
        How long suppliers take, shape (products,).
    review_ms
        From one of the feeder's reviews to the next.
    considered
        Products of which levels are wanted.

    Attributes
    ----------
    position
        Of the whole chain.
    served, point, level
        The newsvendor's level of the whole chain, and its best (s, S); all by product.
    pace
        Units a review.
    total
        Mean and variance of all demand that an order protects.
    """

    def __init__(
        self,
        demand: ChainDemand,
        own: Ints,
        prices: Prices,
        samples: Samples,
        lead_ms: Floats,
        lead_sd_ms: Floats,
        review_ms: float,
        considered: Ints,
    ) -> None:
        self._demand, self._own, self._prices, self._samples = demand, own, prices, samples
        self.position = own + demand.position.sum(axis=0)
        reviews = np.array([min(place.review_ms, review_ms) for place in demand.chain.places])
        last_sent_ms = lead_ms + (review_ms - reviews)[:, None]
        self._before, self._after = demand.until(last_sent_ms), demand.protected(last_sent_ms)
        # A supplier that is late is so for all places, each of which goes on selling.
        self._late = self._before[0] / np.maximum(last_sent_ms, 1.0) * lead_sd_ms
        self.total = (
            self._before[0].sum(axis=0) + self._after[0].sum(axis=0),
            self._before[1].sum(axis=0) + self._after[1].sum(axis=0) + self._late.sum(axis=0) ** 2,
        )
        self._worths: dict[int, Floats] = {}
        self._levels(considered, review_ms)

    def _levels(self, considered: Ints, review_ms: float) -> None:
        """The newsvendor's level by units' worth; s and S lie as far from it as they would if all places were one."""
        outlook, now_ms, prices = self._demand.total, self._demand.now_ms, self._prices
        period = np.full(len(self._own), review_ms)
        mean = outlook.demand(now_ms, period)
        until, spread = (part[considered] for part in self.total)
        low, high = best_levels(
            (mean[considered], (period / outlook.bucket_ms * outlook.error_sd**2)[considered]),
            (until, spread),
            (prices.holding[considered], prices.shortage[considered]),
            prices.order,
        )
        pooled = critical_levels(until, spread, (prices.shortage / prices.both)[considered])
        self.pace = np.maximum(mean, LEAST_DEMAND)
        self.served, self.point, self.level = np.zeros((3, len(self._own)), dtype=np.int64)
        self.served[considered] = [self._served(product) for product in considered.tolist()]
        self.point[considered] = np.maximum(self.served[considered] + np.minimum(low - pooled, 0), 0)
        self.level[considered] = np.maximum(self.served[considered] + np.maximum(high - pooled, 0), 1)

    def _served(self, product: int) -> int:
        ratio = self._prices.holding[product] / self._prices.both[product]
        worths = self.worths(product)
        wanted = int(np.searchsorted(-worths, -ratio, side="left"))
        return wanted + int(self._demand.position[:, product].sum())

    def worths(self, product: int) -> Floats:
        """The chance that the k-th unit at the feeder is asked for, wherever it is best, shape (units,)."""
        if product not in self._worths:
            mean, spread = (part[:, product] for part in self._before)
            after, spread_after = (part[:, product] for part in self._after)
            both, holding = float(self._prices.both[product]), float(self._prices.holding[product])
            self._worths[product] = chain_worths(
                mean,
                dispersion(mean, spread),
                self._samples.order,
                np.outer(self._samples.late, self._late[:, product]),
                np.ascontiguousarray(self._demand.position[:, product]),
                after,
                dispersion(after, spread_after),
                self._prices.extra[:, product] / both,
                _LEAST_SHARE * holding / both,
            )
        return self._worths[product]

    def curve(self, product: int, pooled: Floats, ends: Floats) -> Curve:
        """Cost of further units of a product, in what they cost to hold and the shortage that they prevent.

        The first review's stock and shortage are those of the places; stock that is left over waits until it is sold
        at the pace of all of them together, whose demand has equally likely values ``pooled``. A unit that is bought
        along puts off the next order line, which is worth as much as makes the last one up to S cost nothing (as in
        `optimize.replenishment.purchase_worth`).
        """
        both, holding = float(self._prices.both[product]), float(self._prices.holding[product])
        pace, level, own = float(self.pace[product]), int(self.level[product]), int(self._own[product])
        worths = self.worths(product)
        anyway = np.maximum(int(self.served[product]) - pooled, 0).mean()
        waits = np.maximum(level - pooled, 0).mean() - anyway
        last = own + level - int(self.position[product])
        asked = np.diff(summed(worths, np.array([last - 1.0, last])))
        puts_off = max(0.0, holding * (1 + waits / pace) - both * float(asked[0]))
        more = np.concatenate([[0.0], ends])
        stock = int(self.position[product]) + more
        waiting = ((np.maximum(stock[:, None] - pooled, 0) ** 2).mean(axis=1) / 2 - stock * anyway) / pace
        costs = holding * (stock + waiting) - both * summed(worths, own + more) - puts_off * stock
        return curve_of(ends, costs)

    def pooled(self, products: Ints, samples: int) -> Floats:
        """Equally likely demands of all places together, shape (products, samples)."""
        return sampled(self.total[0][products], self.total[1][products], samples)


def summed(worths: Floats, units: Floats) -> Floats:
    """The sum of a falling sequence up to a number of units: the number itself below none, the whole sum beyond all."""
    sums = np.concatenate([[0.0], np.cumsum(worths)])
    return sums[np.clip(units, 0, len(worths)).astype(np.int64)] + np.minimum(units, 0.0)


def dispersion(mean: Floats, variance: Floats) -> Floats:
    """Variance over mean, at least that of a Poisson."""
    return np.asarray(np.maximum(1.0, variance / np.maximum(mean, 1e-9)))
