"""Demand that stock must carry: what is expected until an order placed at the next review would arrive."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sim.distributions import standard_deviation
from sim.policies.outlook import Outlook
from sim.world import World

Floats = NDArray[np.float64]


@dataclass(slots=True)
class ProtectedDemand:
    """Demand in lead time and review, by node and product, from an outlook and the lead times of the network.

    With L the mean lead time, R the review interval, σ_e the forecast error of a bucket, d the forecast demand of a
    bucket and σ_L the lead time's standard deviation, both in buckets, its variance is (L+R) σ_e² + d² σ_L². While a
    product's supplier is shut, the lead time is that of who delivers instead.
    """

    world: World
    _leads: dict[tuple[int, frozenset[int]], tuple[Floats, Floats]] = field(default_factory=dict)

    def lead_ms(self, node: int, shut: frozenset[int] = frozenset()) -> tuple[Floats, Floats]:
        """Mean and standard deviation of each product's lead time to a node, shape (products,)."""
        if (node, shut) not in self._leads:
            self._leads[node, shut] = self._lead_of(node, shut)
        return self._leads[node, shut]

    def _lead_of(self, node: int, shut: frozenset[int]) -> tuple[Floats, Floats]:
        network = self.world.network
        spec = network.nodes[node]
        if spec.source is not None:
            count = len(network.products)
            return np.full(count, spec.transfer_ms.mean), np.full(count, standard_deviation(spec.transfer_ms))
        asked = [self._asked(supplier, shut) for supplier in range(len(network.suppliers))]
        source = np.array([asked[p.supplier] for p in network.products])
        mean = np.array([s.lead_ms.mean for s in network.suppliers])[source]
        return mean, np.array([standard_deviation(s.lead_ms) for s in network.suppliers])[source]

    def _asked(self, supplier: int, shut: frozenset[int]) -> int:
        """Who delivers for a supplier: itself, or while it is shut its first open alternate."""
        if supplier not in shut or not self.world.rules.alternate_suppliers:
            return supplier
        alternates = self.world.network.suppliers[supplier].alternates
        return next((other for other in alternates if other not in shut), supplier)

    def span_ms(self, node: int, shut: frozenset[int] = frozenset()) -> Floats:
        """Lead time and review of each product at a node."""
        return self.lead_ms(node, shut)[0] + self.world.network.nodes[node].review_every_ms

    def moments(
        self, node: int, now_ms: int, outlook: Outlook, shut: frozenset[int] = frozenset()
    ) -> tuple[Floats, Floats]:
        """Mean and variance of each product's demand in lead time and review from now on, shape (products,)."""
        span = self.span_ms(node, shut)
        mean = outlook.demand(now_ms, span)
        return mean, spread_of(outlook, mean, span, self.lead_ms(node, shut)[1])


def spread_of(outlook: Outlook, demand: Floats, span_ms: Floats, lead_sd_ms: Floats) -> Floats:
    """Variance of ``demand`` expected in a span of time that ends with a delivery: forecast error and lead time."""
    bucket = outlook.bucket_ms
    per_bucket = demand / np.maximum(span_ms / bucket, 1e-9)
    return np.asarray(span_ms / bucket * outlook.error_sd**2 + (per_bucket * lead_sd_ms / bucket) ** 2)
