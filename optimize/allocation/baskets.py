"""Types of basket: what share of the units is asked for in small orders and in large ones.

A parcel's fixed cost is borne by what is in it, so where a unit comes from matters most where it goes alone.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from sim.distributions import Distribution, at_many
from sim.network import Channel

Floats = NDArray[np.float64]

BY_SIZE = (1, 2, 4)
"""Units from which each type begins: a unit alone, two or three together, more."""
_PLACES = (np.arange(200) + 0.5) / 200


class BasketTypes:
    """Orders of some channels by their units, in the sizes in which they usually come.

    Parameters
    ----------
    channels
        Weighted by their orders.
    begins
        Units from which each type begins, in ascending order, the first of them 1.

    Attributes
    ----------
    units : ndarray
        Mean units of an order, by type.
    share : ndarray
        Share of all units that are asked for in orders of a type.
    """

    def __init__(self, channels: tuple[Channel, ...], begins: tuple[int, ...] = (1,)) -> None:
        weights = np.array([max(c.orders_per_day, 1e-9) for c in channels])
        small = np.average([_orders_of(c, begins[-1]) for c in channels], axis=0, weights=weights)
        all_units = float(np.average([_mean_units(c) for c in channels], weights=weights))
        sizes = np.arange(len(small))
        orders = np.array([small[a:b].sum() for a, b in pairwise(begins)])
        asked = np.array([(sizes * small)[a:b].sum() for a, b in pairwise(begins)])
        orders, asked = np.append(orders, 1 - orders.sum()), np.append(asked, all_units - asked.sum())
        self.units: Floats = np.where(orders > 1e-9, asked / np.maximum(orders, 1e-9), np.array(begins, dtype=float))
        self.share: Floats = np.maximum(0.0, asked) / np.maximum(0.0, asked).sum()


def counts_of(spread: Distribution) -> Floats:
    """Whole numbers, one at least, at evenly spaced places of a distribution."""
    return np.maximum(1.0, np.floor(at_many(spread, _PLACES)))


def _mean_units(channel: Channel) -> float:
    return float(counts_of(channel.line_count).mean() * counts_of(channel.quantity).mean())


def _orders_of(channel: Channel, below: int) -> Floats:
    """Share of a channel's orders that have so many units, for numbers from 0 to less than ``below``."""
    lines, quantities = (
        np.bincount(counts_of(spread).astype(np.int64), minlength=below)[:below] / len(_PLACES)
        for spread in (channel.line_count, channel.quantity)
    )
    found, together = np.zeros(below), np.eye(1, below)[0]  # of no line: no units
    for share in lines[1:]:
        together = np.convolve(together, quantities)[:below]
        found += share * together
    return found
