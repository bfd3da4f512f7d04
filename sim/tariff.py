"""What sending costs: prices by node, region and weight, looked up rather than computed."""

from __future__ import annotations

import math
from bisect import bisect_left

from sim.network import CarrierService, Geography, Network
from sim.units import GRAMS_PER_KG, HOUR_MS

TYPICAL_KG = 1.0

_A_HAIR_KG = 1e-9
_A_HAIR_LITRES = 1e-9
_HEAVIEST_KG = 10_000
"""Prices are kept up to this weight; what is heavier is asked for each time."""
_BUSINESS = 7
"""Added to a zone where nobody lives."""


class Tariff:
    """Parcel prices and the cost of serving a region from a node.

    Attributes
    ----------
    zones : list of list of int
        ``[node][region]``: the parcel zone's index.
    quotes : list of list of int
        ``[node][region]``: which of a service's quotes goes for the region (`Geography.quote_index`).
    typical_cents : list of list of float
        ``[region][node]``: freight of a parcel of `TYPICAL_KG` by the cheapest service, with handling and packaging;
        infinite where no service goes.
    """

    def __init__(self, network: Network, geography: Geography) -> None:
        self._network = network
        self.zones: list[list[int]] = geography.zone_index.tolist()
        self.quotes: list[list[int]] = geography.quote_index.tolist()
        self._breaks = _steps(network.services)
        self._volumes = _volumes(network.services, self._breaks)
        self._offers: list[list[dict[int, list[tuple[int, int]]]]] = [[{} for _ in range(14)] for _ in network.nodes]
        self.is_dimensional = any(s.dimensional_divisor is not None for s in network.services)
        """Whether any price depends on volume."""
        self.has_surcharges = any(s.has_surcharges for s in network.services)
        """Whether any depends on region or day besides, which is known when a parcel is labelled and not before."""
        peaks = [peak for s in network.services for peak in s.peaks]
        self.surcharges_change_ms = sorted({ms for peak in peaks for ms in (peak.from_ms, peak.until_ms)})
        """When surcharges of a day begin and end."""
        self._ranked: dict[tuple[int, int, int, int], list[tuple[float, int]]] = {}
        self._handling = [
            (
                n.wage_cents_per_hour * n.stations[1].work_ms.mean / HOUR_MS + n.packaging_cents + n.order_fee_cents,
                n.wage_cents_per_hour * n.stations[0].work_ms.mean / HOUR_MS + n.line_fee_cents,
            )
            for n in network.nodes
        ]
        self.typical_cents = [
            [self.serve_cents(node, region, TYPICAL_KG, 1) for node in range(len(network.nodes))]
            for region in range(len(network.regions))
        ]

    @property
    def breaks(self) -> list[float]:
        """Weights (kg) up to which parcels cost the same."""
        return self._breaks

    @property
    def volumes(self) -> list[float]:
        """Volumes (litres) up to which parcels of one weight cost the same; one without end, where volume is free."""
        return self._volumes

    def bucket(self, weight_kg: float) -> int:
        """Parcels of one bucket cost the same: up to a weight break; heavier ones to the gram."""
        position = bisect_left(self._breaks, weight_kg)
        if position < len(self._breaks) or not self._breaks:
            return position
        return position + math.ceil((weight_kg - self._breaks[-1]) * GRAMS_PER_KG)

    def offers(
        self, node: int, zone: int, weight_kg: float, litres: float = 0.0, *, to_home: bool = True
    ) -> list[tuple[int, int]]:
        """(price in cents, service), cheapest first, of the services that take such a parcel from node to zone."""
        by_bucket = self._offers[node][zone if to_home else zone + _BUSINESS]
        breaks, volumes = self._breaks, self._volumes
        heavy, bulky = bisect_left(breaks, weight_kg), bisect_left(volumes, litres)
        if heavy == len(breaks) or bulky == len(volumes):  # rare: asked each time
            return self._quote(node, zone, weight_kg, litres, to_home=to_home)
        bucket = bulky * len(breaks) + heavy
        found = by_bucket.get(bucket)
        if found is None:
            # A weight and a volume just inside the bucket: its very end would be a matter of rounding.
            weight_kg, litres = breaks[heavy] - _A_HAIR_KG, volumes[bulky] - _A_HAIR_LITRES
            found = by_bucket[bucket] = self._quote(node, zone, weight_kg, litres, to_home=to_home)
        return found

    def _quote(self, node: int, zone: int, weight: float, litres: float, *, to_home: bool) -> list[tuple[int, int]]:
        return sorted(
            (service.price_cents(zone, weight, litres, to_home=to_home), number)
            for number, service in enumerate(self._network.services)
            if service.can_collect_at(node) and service.takes(weight)
        )

    def pallet_offers(self, node: int, zone: int, pallets: int) -> list[tuple[int, int]]:
        """`offers` for so many whole pallets, of the services that take such."""
        return sorted(
            (service.pallets_cents(zone, pallets), number)
            for number, service in enumerate(self._network.services)
            if service.pallets is not None and service.can_collect_at(node)
        )

    def serve_cents(
        self,
        node: int,
        region: int,
        weight_kg: float,
        lines: int,
        within_days: int | None = None,
        *,
        to_home: bool = True,
    ) -> float:
        """Freight, handling and packaging of one parcel of ``lines`` lines, by the cheapest service that quotes at most
        ``within_days``; where none does, by the dearest, which is what a parcel in a hurry is sent with. Volume, which
        is known when a parcel is packed, is left out."""
        zone = self.zones[node][region]
        offers = self.offers(node, zone, weight_kg, to_home=to_home)
        if not offers:
            return math.inf
        prices = [price for price, service in offers if self._quotes(service, zone, within_days)]
        per_order, per_line = self._handling[node]
        return (prices[0] if prices else offers[-1][0]) + per_order + per_line * lines

    def _quotes(self, service: int, zone: int, within_days: int | None) -> bool:
        return within_days is None or self._network.services[service].quoted_days[zone] <= within_days

    def cheapest_nodes(self, channel: int, region: int, weight_kg: float, lines: int) -> list[tuple[float, int]]:
        """(cost in cents, node), cheapest first, of the nodes that may serve the channel, at its promise."""
        key = (channel, region, self.bucket(weight_kg), lines)
        ranked = self._ranked.get(key)
        if ranked is None:
            spec = self._network.channels[channel]
            days, to_home = spec.promise.transit_days, spec.residential
            ranked = self._ranked[key] = sorted(
                (self.serve_cents(number, region, weight_kg, lines, days, to_home=to_home), number)
                for number, place in enumerate(self._network.nodes)
                if place.can_serve(channel)
            )
        return ranked


def _steps(services: tuple[CarrierService, ...]) -> list[float]:
    """Weights at which any service's price or willingness may change, up to the heaviest that a table names, or
    `_HEAVIEST_KG`: a limit may be a number that stands for none."""
    tables = [s.weight_breaks_kg for s in services]
    ends = {s.max_weight_kg for s in services if s.max_weight_kg < math.inf}
    steps = ends.union(*tables)
    pallets = [s.pallets for s in services if s.pallets is not None]
    steps.update(p.above_kg for p in pallets)
    top = min(max(steps, default=0.0), max(_HEAVIEST_KG, min(steps, default=0.0)))
    for table in tables:
        steps.update(table[-1] + kg for kg in range(1, math.ceil(top - table[-1])))
    for p in pallets:
        steps.update(n * p.full_kg for n in range(1, math.floor(top / p.full_kg) + 1))
    return sorted(kg for kg in steps if kg <= top)


def _volumes(services: tuple[CarrierService, ...], breaks: list[float]) -> list[float]:
    """Volumes at which the weight that any service charges for passes one of ``breaks``, up to where the first of them
    has passed all; one without end, where none charges for volume."""
    steps = [[s.litres_up_to(kg) for kg in breaks] for s in services if s.dimensional_divisor is not None]
    known = min((own[-1] for own in steps), default=math.inf)
    return sorted({litres for own in steps for litres in own if litres <= known} | {known})
