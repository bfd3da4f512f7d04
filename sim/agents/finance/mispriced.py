"""Prices that are wrong on record: customers pay what they are asked."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sim.disruptions.bad_master_data import BadMasterData
from sim.disruptions.recurring import Occurrence
from sim.network import Network
from sim.streams import Streams
from sim.world import World

Ints = NDArray[np.int64]


class Mispriced:
    """What a wrong price list makes of the prices of a basket; falsy where all prices are right."""

    def __init__(self, world: World, streams: Streams, planned: Sequence[Occurrence]) -> None:
        plan = world.master_data
        faults = None if plan is None else plan.prices
        count = len(world.network.products)
        luck = streams.counter("wrong price", "products")
        self._factor = np.array(
            [faults.factor if faults is not None and luck.at(p) < faults.share else 1.0 for p in range(count)]
        )
        struck = [o.disruption for o in planned if isinstance(o.disruption, BadMasterData)]
        self._struck = [d for d in struck if d.fault == "price" and not d.checked]
        self._products = [_mask(world.network, d) for d in self._struck]

    def __bool__(self) -> bool:
        return bool(self._struck) or bool((self._factor != 1.0).any())

    def prices(self, at_ms: Ints, product: Ints, price: Ints) -> Ints:
        """Prices of lines that are asked for at ``at_ms``, where ``price`` would be right."""
        factor = self._factor[product]
        for d, products in zip(self._struck, self._products, strict=True):
            during = (at_ms >= d.at_ms) & (at_ms < d.at_ms + d.duration_ms) & products[product]
            factor = np.where(during, d.factor, factor)
        return np.rint(price * factor).astype(np.int64)


def _mask(network: Network, d: BadMasterData) -> NDArray[np.bool_]:
    return np.array([d.concerns(number, product.category) for number, product in enumerate(network.products)])
