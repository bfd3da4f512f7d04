"""What a node asks of the one that feeds it: its own best (s, S), less what is worth more if it is kept or sent
elsewhere."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from optimize.inventory.newsvendor import critical_levels
from optimize.replenishment.chain_kernel import demands_of, rationed, tables_of
from optimize.replenishment.chain_worth import Prices, Samples, dispersion
from optimize.replenishment.chains import ChainDemand
from optimize.replenishment.levels import best_levels

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_HALVINGS = 30


class ChainTransfers:
    """What goes to a place of a chain at its review.

    Parameters
    ----------
    demand
        Of all places, and what they have.
    place
        Which of them is asked about.
    free
        Units at the feeder that no order counts on, shape (products,).
    more_ms
        From now until the feeder gets more, shape (products,).
    prices
        Of a review of the places.
    carried
        Which places keep which products and know what they will sell, shape (places, products).
    """

    def __init__(
        self,
        demand: ChainDemand,
        place: int,
        free: Ints,
        more_ms: Floats,
        prices: Prices,
        samples: Samples,
        carried: NDArray[np.bool_],
    ) -> None:
        self._demand, self._place, self._free, self._prices, self._samples = demand, place, free, prices, samples
        none = np.zeros_like(demand.position, dtype=np.float64)
        self._now = demand.protected(none)
        # The last units that can be sent before the feeder gets more are those of the review before.
        reviews = np.array([place.review_ms for place in demand.chain.places])
        self._last_ms = np.maximum(0.0, more_ms - reviews[:, None])
        self._until_more, self._later = demand.until(self._last_ms), demand.protected(self._last_ms)
        self.wanted = np.zeros_like(demand.position)
        self.wanted[place] = self._missing(place, carried[place])
        competing = carried & (self.wanted[place] > 0)
        for other in range(len(carried) - 1):
            if other != place:
                self.wanted[other] = self._missing(other, competing[other])

    def _missing(self, place: int, which: NDArray[np.bool_]) -> Ints:
        """What a place would order of some products, of a feeder that always has enough."""
        demand, prices = self._demand, self._prices
        outlook, review_ms = demand.outlooks[place], demand.chain.places[place].review_ms
        position, found = demand.position[place][which], np.zeros(len(which), dtype=np.int64)
        period = np.full(len(which), max(review_ms, 1.0))
        now, now_spread = (part[place] for part in self._now)
        low, high = best_levels(
            (outlook.demand(demand.now_ms, period)[which], (period / outlook.bucket_ms * outlook.error_sd**2)[which]),
            (now[which], now_spread[which]),
            ((prices.holding + prices.extra[place])[which], prices.shortage[which]),
            prices.order,
        )
        found[which] = np.where(position <= np.maximum(low, 0), np.maximum(high, 1) - position, 0)
        return found

    def within(self, volume_l: Floats, room_l: float) -> None:
        """Want no more than there is room for: a price of room, the same for all products, lowers their levels."""
        place = self._place
        wanted, position = self.wanted[place].copy(), self._demand.position[place]
        if float(volume_l @ wanted) <= room_l:
            return
        low, high = 0.0, float((self._prices.shortage / np.maximum(volume_l, 1e-9)).max())
        for _ in range(_HALVINGS):
            price = (low + high) / 2
            ratio = (self._prices.shortage - price * volume_l) / self._prices.both
            levels = critical_levels(self._now[0][place], self._now[1][place], np.clip(ratio, 1e-9, 1 - 1e-9))
            fits = np.where(ratio > 0, np.clip(levels - position, 0, wanted), 0)
            if float(volume_l @ fits) <= room_l:
                high, self.wanted[place] = price, fits
            else:
                low = price
        if float(volume_l @ self.wanted[place]) > room_l:
            self.wanted[place] = 0

    def sent(self) -> Ints:
        """Units of each product that the place asks for, shape (products,)."""
        found = np.zeros(self.wanted.shape[1], dtype=np.int64)
        for product in np.flatnonzero(self.wanted[self._place]).tolist():
            found[product] = self._rationed(product)[self._place]
        return found

    def _rationed(self, product: int) -> Ints:
        free, wanted = int(self._free[product]), np.ascontiguousarray(self.wanted[:, product])
        until, spread = (part[:, product] for part in self._until_more)
        later, later_spread = (part[:, product] for part in self._later)
        # Where more comes before another unit could be sent, nobody waits for what is kept.
        later = np.where(self._last_ms[:, product] > 0, later, 0.0)
        now, now_spread = (part[:, product] for part in self._now)
        order = self._samples.order
        return np.asarray(
            rationed(
                free,
                wanted,
                np.ascontiguousarray(self._demand.position[:, product]),
                tables_of(now, dispersion(now, now_spread)),
                demands_of(until, dispersion(until, spread), order, np.zeros(order.T.shape)),
                tables_of(later, dispersion(later, later_spread)),
                float(self._prices.holding[product] / self._prices.shortage[product]),
            )
        )
