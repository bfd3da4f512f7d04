"""A carrier's service from its description: rate cards by zone, days of transit, collections."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TypeVar

from scenarios.fields import ZONES
from scenarios.moments import days_of, moment_ms
from scenarios.names import Names
from scenarios.schema.carriers import CarrierSpec, HubSpec, PalletsSpec, ServiceSpec
from sim.calendar import Calendar
from sim.network import CarrierService, Hub, Pallets, PeakSurcharge

T = TypeVar("T")


def service(of: CarrierSpec, spec: ServiceSpec, names: Names, calendar: Calendar) -> CarrierService:
    """One service, under the name ``carrier/service``."""
    nodes = spec.serves_nodes
    return CarrierService(
        name=f"{of.name}/{spec.name}",
        carrier=of.name,
        weight_breaks_kg=spec.weight_breaks,
        rates_cents=_rates(spec.rates),
        extra_kg_cents=tuple(column[0] for column in _rates({z: (c,) for z, c in spec.extra_kg.items()})),
        transit_days=_nearest_below(spec.transit_days),
        quoted_days=_nearest_below(spec.quoted_days),
        collections=tuple(sorted({(day, minute) for c in spec.collections for day in c.days for minute in c.at})),
        fuel_bp=spec.fuel,
        residential_cents=spec.residential,
        capacity_parcels=spec.capacity_parcels,
        lost_share=spec.lost_share,
        damaged_share=spec.damaged_share,
        claim_limit_cents=spec.claim_limit,
        claim_settlement_ms=spec.claim_settlement,
        claim_refused_share=spec.claim_refused_share,
        delivery_weekdays=spec.delivery_weekdays,
        delivery_minutes=spec.delivery_times,
        serves_nodes=None if nodes is None else frozenset(names.index("node", name) for name in nodes),
        max_weight_kg=math.inf if spec.max_weight is None else spec.max_weight,
        first_scan_ms=spec.first_scan,
        delivery_attempts=spec.delivery_attempts,
        way_back_share=spec.way_back_share,
        dimensional_divisor=spec.dimensional_divisor,
        pallets=None if spec.pallets is None else _pallets(spec.pallets),
        remote_cents=0 if spec.remote is None else spec.remote.cost,
        remote_regions=frozenset(names.index("region", r) for r in (spec.remote.regions if spec.remote else ())),
        peaks=tuple(
            PeakSurcharge(moment_ms(p.start, calendar), moment_ms(p.end, calendar), p.cost) for p in spec.peaks
        ),
        closed_days=days_of(spec.closed_on, calendar),
        daily_parcels=spec.daily_parcels,
        hub=None if spec.hub is None else _hub(spec.hub),
        currency=of.currency,
        billing=None if of.billing is None else of.billing.plan(),
    )


def _pallets(spec: PalletsSpec) -> Pallets:
    rates = _rates({zone: (cents,) for zone, cents in spec.rate.items()})
    return Pallets(spec.above, spec.full, tuple(column[0] for column in rates), spec.places, spec.only)


def _rates(given: Mapping[int, Sequence[int]]) -> tuple[tuple[int, ...], ...]:
    """Prices of all zones; those between two given zones lie on a straight line, rounded half up."""
    rates = {zone: tuple(prices) for zone, prices in given.items()}
    for low, high in pairwise(sorted(given)):
        for zone in range(low + 1, high):
            rates[zone] = tuple(
                (2 * (a * (high - zone) + b * (zone - low)) + high - low) // (2 * (high - low))
                for a, b in zip(given[low], given[high], strict=True)
            )
    return tuple(rates[zone] for zone in ZONES)


def _nearest_below(given: Mapping[int, T]) -> tuple[T, ...]:
    """Values of all zones; a zone that was left out is like the next one below it."""
    return tuple(given[max(z for z in given if z <= zone)] for zone in ZONES)


def _hub(spec: HubSpec) -> Hub:
    return Hub(spec.parcels, spec.at, spec.days, spec.tells, spec.timezone)
