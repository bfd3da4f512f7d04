"""Carrier services: what they charge, when they call, how long they take."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from sim.distributions import Distribution, Fixed
from sim.plans.carrier_bills import CarrierBilling
from sim.units import BASIS_POINTS, DAY_MS

LITRES_PER_CUBIC_INCH = 0.016387064


KG_PER_LB = 0.45359237


@dataclass(frozen=True, slots=True)
class Pallets:
    """What a service takes on pallets: shipments above ``above_kg``, at ``rate_cents[z]`` for each pallet of at most
    ``full_kg``, and whole pallets. A collection has room for ``places`` of them beside its parcels; None: each shipment
    on pallets is one of its parcels. Where they are the ``only`` thing it takes, it takes no parcels."""

    above_kg: float
    full_kg: float
    rate_cents: tuple[int, ...]
    places: int | None = None
    only: bool = False

    def count(self, weight_kg: float) -> int:
        """On how many pallets a shipment of a weight goes that nobody keeps on pallets; 0: it is a parcel."""
        return math.ceil(weight_kg / self.full_kg) if weight_kg > self.above_kg else 0


@dataclass(frozen=True, slots=True)
class Hub:
    """Where a service sorts what its vans collected, each night at ``minute`` of these weekdays: ``parcels`` of this
    shop in one sort, in the sequence in which they came. ``tells``: whether it says how far it is behind."""

    parcels: int
    minute: int = 23 * 60
    weekdays: frozenset[int] = frozenset(range(7))
    tells: bool = False
    timezone: str | None = None
    """The zone of its clock; None: the scenario's."""


@dataclass(frozen=True, slots=True)
class PeakSurcharge:
    """What each parcel costs besides from one moment until another."""

    from_ms: int
    until_ms: int
    cents: int


@dataclass(frozen=True, slots=True)
class CarrierService:
    """One product of one carrier.

    ``rates_cents[z][b]`` is the base price for zone index ``z`` (0 for zone 2, up to 6 for zone 8) and a
    parcel of at most ``weight_breaks_kg[b]``; above the last break every further kilogram costs
    ``extra_kg_cents[z]``. ``transit_days[z]`` counts working days from collection to delivery;
    ``quoted_days[z]`` is what the carrier promises. ``collections`` are (weekday, minute of day).
    Of the parcels, ``lost_share`` never arrive and ``damaged_share`` of the others arrive broken. The carrier is liable
    for their cost up to ``claim_limit_cents`` (0: for nothing); it answers a claim after ``claim_settlement_ms``
    and refuses ``claim_refused_share`` of them.
    Where nobody is at home it comes again, ``delivery_attempts`` times in all, and then takes the parcel back, for
    ``way_back_share`` of what the way there cost.
    ``dimensional_divisor`` (cubic inches to the pound) turns volume into the weight that is charged, if that is more.
    Parcels to ``remote_regions`` cost ``remote_cents`` besides, and those of ``peaks`` what these say. It neither calls
    nor delivers on ``closed_days`` (numbers of local days), and takes ``daily_parcels`` in a day of all nodes together.
    """

    name: str
    carrier: str
    weight_breaks_kg: tuple[float, ...]
    rates_cents: tuple[tuple[int, ...], ...]
    extra_kg_cents: tuple[int, ...]
    transit_days: tuple[Distribution, ...]
    quoted_days: tuple[int, ...]
    collections: tuple[tuple[int, int], ...]
    fuel_bp: int = 0
    residential_cents: int = 0
    capacity_parcels: int | None = None
    lost_share: float = 0.0
    damaged_share: float = 0.0
    claim_limit_cents: int = 0
    claim_settlement_ms: Distribution = field(default_factory=lambda: Fixed(30 * DAY_MS))
    claim_refused_share: float = 0.0
    delivery_weekdays: frozenset[int] = frozenset({0, 1, 2, 3, 4})
    delivery_minutes: tuple[int, ...] = (720, 840, 960, 1_080)
    serves_nodes: frozenset[int] | None = None
    max_weight_kg: float = math.inf
    first_scan_ms: Distribution | None = None
    """From a collection to the first scan of its parcels; None: they are scanned at the door."""
    delivery_attempts: int = 3
    way_back_share: float = 0.0
    dimensional_divisor: float | None = None
    pallets: Pallets | None = None
    remote_cents: int = 0
    remote_regions: frozenset[int] = frozenset()
    peaks: tuple[PeakSurcharge, ...] = ()
    closed_days: frozenset[int] = frozenset()
    daily_parcels: int | None = None
    hub: Hub | None = None
    """Where its parcels are sorted before they travel; None: their days run from the collection."""
    currency: str | None = None
    """What it is paid in, at prices that were fixed in it when the scenario starts; None: the first entity's."""
    billing: CarrierBilling | None = None
    """When it is paid; None: freight stays owed."""

    @property
    def has_surcharges(self) -> bool:
        """Whether a parcel may cost more by its region or its day."""
        return bool(self.peaks) or bool(self.remote_cents and self.remote_regions)

    def surcharge_cents(self, region: int, time_ms: int) -> int:
        """What a parcel that is labelled now costs besides its price."""
        remote = self.remote_cents if region in self.remote_regions else 0
        return remote + sum(peak.cents for peak in self.peaks if peak.from_ms <= time_ms < peak.until_ms)

    def can_collect_at(self, node: int) -> bool:
        """Whether this service calls at ``node``."""
        return self.serves_nodes is None or node in self.serves_nodes

    def price_cents(self, zone_index: int, weight_kg: float, litres: float = 0.0, *, to_home: bool = True) -> int:
        """What one parcel costs, surcharges included, rounded half up to a minor unit; the residential one only
        ``to_home``, and never for a pallet."""
        if self.dimensional_divisor is not None:
            weight_kg = max(weight_kg, _dimensional_kg(litres, self.dimensional_divisor))
        on_pallets = 0 if self.pallets is None else self.pallets.count(weight_kg)
        if on_pallets:
            return self.pallets_cents(zone_index, on_pallets)
        base = self._parcel_cents(zone_index, weight_kg)
        return self._fuelled(base) + (self.residential_cents if to_home else 0)

    def litres_up_to(self, weight_kg: float) -> float:
        """The largest volume that is charged as no more than a weight; infinite where volume is not charged."""
        divisor = self.dimensional_divisor
        if divisor is None:
            return math.inf
        litres = weight_kg / KG_PER_LB * divisor * LITRES_PER_CUBIC_INCH
        while _dimensional_kg(litres, divisor) > weight_kg:  # by rounding, at most a few steps of a float
            litres = math.nextafter(litres, 0.0)
        while _dimensional_kg(further := math.nextafter(litres, math.inf), divisor) <= weight_kg:
            litres = further
        return litres

    def pallets_cents(self, zone_index: int, pallets: int) -> int:
        """What so many whole pallets cost."""
        assert self.pallets is not None
        return self._fuelled(pallets * self.pallets.rate_cents[zone_index])

    def takes(self, weight_kg: float) -> bool:
        """Whether it takes a shipment of a weight, as a parcel or on pallets."""
        too_light = self.pallets is not None and self.pallets.only and weight_kg <= self.pallets.above_kg
        return weight_kg <= self.max_weight_kg and not too_light

    def _fuelled(self, cents: int) -> int:
        return (cents * (BASIS_POINTS + self.fuel_bp) + BASIS_POINTS // 2) // BASIS_POINTS

    def _parcel_cents(self, zone_index: int, weight_kg: float) -> int:
        for limit, rate in zip(self.weight_breaks_kg, self.rates_cents[zone_index], strict=True):
            if weight_kg <= limit:
                return rate
        above = math.ceil(weight_kg - self.weight_breaks_kg[-1]) * self.extra_kg_cents[zone_index]
        return self.rates_cents[zone_index][-1] + above


def _dimensional_kg(litres: float, divisor: float) -> float:
    """The weight that is charged for a volume."""
    return litres / LITRES_PER_CUBIC_INCH / divisor * KG_PER_LB
