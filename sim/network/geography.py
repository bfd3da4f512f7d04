"""Regions, and how far they are from the nodes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.units import EARTH_RADIUS_KM, KM_PER_MILE

if TYPE_CHECKING:
    from sim.network.network import Network

ZONE_MILES = (150.0, 300.0, 600.0, 1_000.0, 1_400.0, 1_800.0)
"""Upper ends of parcel zones 2 to 7; zone 8 is everything farther (US ground parcel convention)."""
ZONES = len(ZONE_MILES) + 1


@dataclass(frozen=True, slots=True)
class Region:
    """Where customers live: a city or a country with a centre and a population."""

    name: str
    latitude: float
    longitude: float
    population: float
    timezone: str | None = None
    """The zone of the clock by which parcels are delivered there; None: the scenario's."""


class Geography:
    """Distances and parcel zones between nodes and regions, computed once.

    Attributes
    ----------
    miles : ndarray, shape (nodes, regions)
        Great-circle miles (haversine), unless overridden.
    zone_index : ndarray, shape (nodes, regions)
        0 for parcel zone 2 up to 6 for zone 8.
    clocks : tuple of str or None
        The time zones that regions are in, each once; None: the scenario's.
    clock_of : ndarray, shape (regions,)
        Which of ``clocks`` a region goes by.
    quote_index : ndarray, shape (nodes, regions)
        Which of what a carrier service quotes goes for a region: the parcel zone, and, where there are several clocks,
        `ZONES` times the region's.
    """

    def __init__(self, network: Network) -> None:
        self.miles = great_circle_miles(
            np.array([(n.latitude, n.longitude) for n in network.nodes]),
            np.array([(r.latitude, r.longitude) for r in network.regions]),
        )
        for node, region, miles in network.miles_override:
            self.miles[node, region] = miles
        places = np.array([(n.latitude, n.longitude) for n in network.nodes])
        self.node_miles: list[list[float]] = great_circle_miles(places, places).tolist()
        """Great-circle miles from node to node."""
        self.zone_index = np.searchsorted(np.array(ZONE_MILES), self.miles, side="left")
        self.clocks: tuple[str | None, ...] = tuple(dict.fromkeys(region.timezone for region in network.regions))
        self.clock_of = np.array([self.clocks.index(r.timezone) for r in network.regions], dtype=np.int64)
        self.quote_index = self.zone_index + ZONES * self.clock_of

    @cached_property
    def nearest_nodes(self) -> list[list[int]]:
        """For each region, the nodes from nearest to farthest; equal distances by index."""
        order = np.argsort(self.miles, axis=0, kind="stable")
        nearest: list[list[int]] = order.T.tolist()
        return nearest


def great_circle_miles(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Haversine distances in miles between rows of ``a`` (n, 2) and ``b`` (m, 2): degrees north, east."""
    lat_a, lon_a = np.radians(a.reshape(-1, 2)).T
    lat_b, lon_b = np.radians(b.reshape(-1, 2)).T
    half_chord = (
        np.sin((lat_b[None, :] - lat_a[:, None]) / 2) ** 2
        + np.cos(lat_a)[:, None] * np.cos(lat_b)[None, :] * np.sin((lon_b[None, :] - lon_a[:, None]) / 2) ** 2
    )
    km = 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.clip(half_chord, 0, 1)))
    return np.asarray(km / KM_PER_MILE)
