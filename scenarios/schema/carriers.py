"""Carriers: their services, when they call, and what they charge."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Any, Self

from pydantic import model_validator

from scenarios import quantities as q
from scenarios.fields import (
    Clock,
    Duration,
    Flag,
    Moment,
    Money,
    Name,
    Names,
    Number,
    PositiveCount,
    RandomDuration,
    Reads,
    Section,
    Share,
    ShareBp,
    Text,
    TimeZone,
    Weekdays,
    Weight,
    ZonedCount,
    ZonedDays,
    ZonedMoney,
    ZonedRates,
    fault,
    key,
    one_of,
)
from sim.plans.accounting import PERIODS
from sim.plans.carrier_bills import CarrierBilling


def _clocks(value: Any) -> tuple[int, ...]:
    words = value if isinstance(value, list) else [value]
    if not words:
        raise q.QuantityError(f"one or more times: {q.CLOCK_HELP}")
    return tuple(sorted(map(q.minute_of_day, words)))


def _rising_weights(value: Any) -> tuple[float, ...]:
    if not isinstance(value, list) or not value:
        raise q.QuantityError("a list of weights such as [1lb, 5lb]")
    found = tuple(map(q.weight_kg, value))
    if any(b <= a for a, b in pairwise(found)):
        raise q.QuantityError("weights that rise")
    return found


_CLOCKS = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
_WEIGHTS = {"type": "array", "items": {"type": "string"}, "minItems": 1}


class CollectionSpec(Section):
    """When a carrier calls at the nodes."""

    days: Weekdays = key("mon-fri", description="The weekdays.")
    at: Annotated[tuple[int, ...], Reads(_clocks, _CLOCKS)] = key(description="The times of day, local.")


class PalletsSpec(Section):
    """What a service takes on pallets."""

    above: Weight = key(description="Shipments above this weight go on pallets.")
    full: Weight = key("400kg", description="What one pallet holds.")
    rate: ZonedMoney = key(description="By zone, price of a pallet.")
    places: PositiveCount | None = key(
        None,
        description="Pallets that it takes at one call, beside its parcels; null: each shipment on pallets counts as "
        "one of its parcels.",
    )
    only: Flag = key(False, description="Whether it takes nothing else, as a freight service.")


class RemoteSpec(Section):
    """A surcharge on parcels to places that are far from everything."""

    regions: Names = key(description="Which regions.")
    cost: Money = key(description="What each parcel costs besides.")


class PeakSurchargeSpec(Section):
    """A surcharge for a while."""

    start: Moment = key(description="From when on.")
    end: Moment = key(description="Until when.")
    cost: Money = key(description="What each parcel costs besides.")


class HubSpec(Section):
    """Where a service sorts what it collected; the days of transit run from there."""

    parcels: PositiveCount = key(description="Parcels of this shop that one sort takes; the rest waits for the next.")
    at: Clock = key("23:00", description="When they leave the hub, after all that was collected by then.")
    days: Weekdays = key("daily", description="The weekdays on which it sorts.")
    timezone: TimeZone | None = key(None, description="Where it stands: the time zone of its clock; null: `timezone`.")
    tells: Flag = key(
        False, description="Whether the service says by how many sorts it is behind, to who chooses among carriers."
    )


class ServiceSpec(Section):
    """One product of a carrier."""

    name: Name = key(description="Name of the service, unique within its carrier.")
    weight_breaks: Annotated[tuple[float, ...], Reads(_rising_weights, _WEIGHTS)] = key(
        description="Upper ends of the weight classes, rising."
    )
    rates: ZonedRates = key(
        description="By zone, a price for each weight class; zones left out lie on a straight line between."
    )
    extra_kg: ZonedMoney = key(0, description="By zone, price of each kilogram above the last class.")
    transit_days: ZonedDays = key(description="By zone, working days from collection to delivery.")
    quoted_days: ZonedCount = key(description="By zone, working days that the carrier promises.")
    collections: list[CollectionSpec] = key(description="When it calls.")
    fuel: ShareBp = key("0%", description="Surcharge on the price.")
    residential: Money = key(0, description="Surcharge on a parcel to a home.")
    capacity_parcels: PositiveCount | None = key(None, description="Parcels it takes at one call; null: all.")
    lost_share: Share = key("0%", description="Share of parcels that never arrive.")
    damaged_share: Share = key("0%", description="Share of parcels that arrive broken.")
    claim_limit: Money = key(
        0, description="What it is liable for at most, for each parcel lost or broken; 0: no claims are filed."
    )
    claim_settlement: RandomDuration = key("30d", description="How long it takes to answer a claim.")
    claim_refused_share: Share = key("0%", description="Share of claims that it refuses.")
    delivery_weekdays: Weekdays = key("mon-fri", description="The days on which it delivers.")
    delivery_times: Annotated[tuple[int, ...], Reads(_clocks, _CLOCKS)] = key(
        ["12:00", "14:00", "16:00", "18:00"], description="When its rounds deliver, local time."
    )
    serves_nodes: Names | None = key(None, description="Nodes it calls at; null: all.")
    max_weight: Weight | None = key(None, description="Heaviest parcel it takes; null: any.")
    first_scan: RandomDuration | None = key(
        None,
        description="From a collection to the first scan of its parcels, of which no system knows until then; null: at "
        "the door.",
    )
    delivery_attempts: PositiveCount = key(
        3, description="How often it comes where nobody is in, a delivery day apart, before it takes the parcel back."
    )
    way_back_share: Share = key(
        "0%", description="What it charges for taking a parcel back, as a share of the freight that was paid for it."
    )
    dimensional_divisor: Number | None = key(
        None, description="Cubic inches charged as a pound, if that is more than the weight (139); null: weight only."
    )
    remote: RemoteSpec | None = key(None, description="Surcharge for remote regions; null: none.")
    peaks: list[PeakSurchargeSpec] = key([], description="Surcharges of a season.")
    closed_on: list[Moment] = key([], description="Days on which it neither calls nor delivers, as public holidays.")
    daily_parcels: PositiveCount | None = key(
        None, description="Parcels it takes in a local day, of all nodes together, first come first served; null: all."
    )
    hub: HubSpec | None = key(
        None, description="Where its parcels are sorted; null: any number travels from the collection on."
    )
    pallets: PalletsSpec | None = key(None, description="Rates for what is too heavy for parcels; null: none.")

    @model_validator(mode="after")
    def _price_for_each_class(self) -> Self:
        if any(len(prices) != len(self.weight_breaks) for prices in self.rates.values()):
            raise fault(f"{len(self.weight_breaks)} prices in each zone, one for each weight break")
        if self.dimensional_divisor == 0 or (self.pallets is not None and self.pallets.full == 0):
            raise fault("a dimensional divisor and a full pallet above 0")
        return self


class CarrierBillingSpec(Section):
    """When a carrier is paid."""

    period: Annotated[str, one_of(*PERIODS)] = key(
        "week", description="Period with whose end it bills what it charged in it, to each entity."
    )
    terms: Duration = key("14d", description="How long after that it is paid (7 to 30 days).")

    def plan(self) -> CarrierBilling:
        """What the simulation runs."""
        return CarrierBilling(self.period, self.terms)


class CarrierSpec(Section):
    """A parcel carrier."""

    name: Name = key(description="Name of the carrier.")
    currency: Text | None = key(
        None,
        description="What it is paid in, at rates fixed in it from the start; null: the first entity's. Needs a "
        "treasury.",
    )
    billing: CarrierBillingSpec | None = key(
        None, description="When it bills and is paid; null: freight stays owed until the end of the run."
    )
    services: list[ServiceSpec] = key(description="What it offers.", min_length=1)
