"""The company's places and partners, as a scenario file describes them."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Any, Self

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from scenarios import quantities as q
from scenarios.fields import (
    AtLeastOne,
    Clock,
    Count,
    Duration,
    FactorBp,
    Flag,
    Latitude,
    Longitude,
    Moment,
    Money,
    Name,
    Names,
    Number,
    PositiveCount,
    PositiveDuration,
    RandomDuration,
    RandomShare,
    Reads,
    Section,
    Share,
    ShareBp,
    Text,
    Volume,
    Weekdays,
    Weight,
    ZonedCount,
    ZonedDays,
    ZonedMoney,
    ZonedRates,
    key,
    one_of,
)
from scenarios.schema.floor import LoadingSpec, OutboundSpec, PickFaceSpec, PutWallSpec
from scenarios.schema.returns import ReturnReasons
from sim.network import NODE_KINDS, PAID
from sim.plans.making import SEES
from sim.units import MINUTE_MS


def fault(accepted: str) -> PydanticCustomError:
    """A fault of several keys together."""
    return PydanticCustomError("quantity", "{accepted}", {"accepted": accepted})


def _two_shares(value: Any) -> tuple[float, float]:
    if not isinstance(value, list) or len(value) != 2:
        raise q.QuantityError("two shares: lowest and highest")
    return q.share(value[0]), q.share(value[1])


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


_PAIR = {"type": "array", "items": {"type": ["string", "number"]}, "minItems": 2, "maxItems": 2}
_CLOCKS = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
_WEIGHTS = {"type": "array", "items": {"type": "string"}, "minItems": 1}


class EntitySpec(Section):
    """A legal entity."""

    name: Name = key(description="Name of the legal entity.")
    currency: Text = key("USD", description="Its currency, by ISO 4217 code.")
    tax: ShareBp = key("0%", description="Sales tax on what it sells.")
    transfer_markup: ShareBp = key(
        "0%", description="What it adds to the cost of goods that it ships for other entities (cost plus, 3 to 10%)."
    )


class FxRateSpec(Section):
    """What a currency is worth from a date on."""

    currency: Text = key(description="The currency, by ISO 4217 code.")
    at: Moment = key(0, description="From when on.")
    rate: Number = key(description="What one unit of it is worth in the first entity's currency.")


class BorderSpec(Section):
    """A border that parcels cross on their way into a country."""

    name: Name = key(description="Name of the country, or of the customs union.")
    regions: Names = key(description="The regions behind it.")
    nodes: Names = key([], description="Nodes behind it too, whose parcels do not cross it.")
    duty: ShareBp = key("0%", description="Duties on the net value of a parcel, which the seller pays.")
    fee: Money = key(0, description="What each parcel costs at the customs.")
    clearance: RandomDuration = key(0, description="How long a parcel waits there.")


class CategorySpec(Section):
    """What products of one kind share."""

    name: Name = key(description="Name of the category.")
    return_share: Share = key("0%", description="Share of shipped units that customers send back.")
    restock_share: Share = key("100%", description="Share of returned units that are sold again as new.")
    return_reasons: ReturnReasons = key(
        None,
        description="Why they come back: weights of changed_mind, wrong_size, defect, wrong_item and late (which only "
        "customers say whose goods were late); null: nobody asks.",
    )
    refurbish_share: Share = key("0%", description="Share of returned units that are made saleable again.")
    refurbish_time: RandomDuration = key("30min", description="How long that takes for a unit.")
    refurbish_cost: Money = key(0, description="What that costs for a unit.")
    vendor_share: Share = key("0%", description="Share of returned units that go back to their supplier.")
    vendor_credit: ShareBp = key("100%", description="What the supplier credits of their cost.")

    @model_validator(mode="after")
    def _at_most_all(self) -> Self:
        if self.refurbish_share + self.vendor_share and (
            self.restock_share + self.refurbish_share + self.vendor_share > 1 + 1e-9
        ):
            raise fault("restock, refurbish and vendor shares of 100% together at most")
        return self


class ProductSpec(Section):
    """One SKU."""

    sku: Name = key(description="The stock keeping unit's code.")
    price: Money = key(description="List price, in whole currency units.")
    cost: Money = key(description="Landed cost, in whole currency units.")
    weight: Weight = key(description="Shipping weight.")
    volume: Volume = key("1l", description="Shipping volume.")
    category: Name | None = key(None, description="Name of its category; the first one, if not given.")
    supplier: Name | None = key(None, description="Name of its supplier; the first one, if not given.")
    demand_weight: Number = key(1, description="Popularity relative to other products.")
    name: Text | None = key(None, description="What people call it; the SKU, if not given.")
    substitutes: Names = key(
        [], description="SKUs that a rule of `workflow` may offer where it is short, in this sequence."
    )


class ProductTableSpec(Section):
    """Products from a CSV or Parquet file."""

    table: Text = key(description="The file: columns sku, price, cost, weight_kg and further optional ones.")


class GeneratedCategorySpec(Section):
    """What generated products of one category look like. Prices and weights are lognormal."""

    share: Number = key(1, description="How many of the products are of this category, relative to others.")
    price: Money = key(description="Median list price.")
    price_cv: Number = key(0.5, description="Spread of prices (coefficient of variation).")
    cost_share: Annotated[tuple[float, float], Reads(_two_shares, _PAIR)] = key(
        ["45%", "60%"], description="Cost as a share of the price: lowest and highest."
    )
    weight: Weight = key(description="Median weight.")
    weight_cv: Number = key(0.6, description="Spread of weights (coefficient of variation).")
    density: Number = key(0.25, description="Kilograms in a litre, which gives the volume.")
    suppliers: Names = key([], description="Suppliers of the category, in turn; all of them, if not given.")


class GenerateSpec(Section):
    """A catalogue made up by rule, the same on every machine."""

    count: PositiveCount = key(description="How many products.")
    seed: Count = key(0, description="Another seed gives another catalogue.")
    prefix: Text = key("SKU", description="What the SKUs begin with.")
    zipf: Number = key(0.8, description="Popularity: the r-th most popular product sells r^-zipf as often.")
    categories: dict[str, GeneratedCategorySpec] = key(description="By name of the category.")


class GeneratedProductsSpec(Section):
    """Products that are made up by rule."""

    generate: GenerateSpec = key(description="The rule.")


class RegionSpec(Section):
    """Where customers live."""

    name: Name = key(description="Name of the city or country.")
    latitude: Latitude = key(description="Degrees north.")
    longitude: Longitude = key(description="Degrees east.")
    population: Number = key(description="People, or any other weight of its demand.")


class RegionTableSpec(Section):
    """Regions from a CSV or Parquet file."""

    table: Text = key(description="The file: columns name, latitude, longitude, population.")


class ShiftSpec(Section):
    """A crew of a node."""

    days: Weekdays = key("mon-fri", description="The weekdays on which it begins.")
    start: Clock = key(description="When it begins, local time.")
    end: Clock = key(description="When it ends, on the same day.")
    pick: Count = key(0, description="People who pick.")
    pack: Count = key(0, description="People who pack.")
    receive: Count = key(0, description="People who receive and put away.")
    inspect: Count = key(0, description="People who inspect returns.")

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if self.end <= self.start:
            raise fault("a start before the end (split a shift that runs over midnight)")
        return self


class StationSpec(Section):
    """How fast one kind of work is done."""

    per_hour: Number | None = key(None, description="Units that one person does in an hour.")
    work: RandomDuration | None = key(None, description="Or: how long one unit takes.")
    batch: PositiveCount = key(1, description="How many jobs one person takes at a time.")
    setup: Duration = key(0, description="Extra time for each batch.")

    @model_validator(mode="after")
    def _one_speed(self) -> Self:
        if (self.per_hour is None) == (self.work is None) or self.per_hour == 0:
            raise fault("either per_hour (above 0) or work")
        return self


class StationsSpec(Section):
    """The four kinds of floor work."""

    pick: StationSpec = key({"per_hour": 90}, description="Picking, by order line.")
    pack: StationSpec = key({"per_hour": 40}, description="Packing, by parcel.")
    receive: StationSpec = key({"per_hour": 22}, description="Receiving and putting away, by line.")
    inspect: StationSpec = key({"per_hour": 20}, description="Inspecting returns, by line.")


class CycleCountsSpec(Section):
    """How a node compares record and shelf: class A is the first 80% of sales at cost, B the next 15%."""

    a: PositiveDuration | None = key(None, description="How often each SKU of class A is counted; null: never.")
    b: PositiveDuration | None = key(None, description="The same for class B.")
    c: PositiveDuration | None = key(None, description="The same for class C.")
    after_short_pick: Flag = key(True, description="Whether what a picker did not find is counted, before all else.")
    staff: PositiveCount = key(1, description="People who count, in each of the node's shifts.")
    per_hour: PositiveCount = key(40, description="SKUs that one of them counts in an hour.")


class DockSpec(Section):
    """Where trucks are unloaded."""

    doors: PositiveCount = key(1, description="How many trucks are unloaded at a time.")
    unload: PositiveDuration = key("1h", description="How long one has its door.")
    open: Clock = key("00:00", description="From when on trucks are unloaded.")
    close: Clock = key("24:00", description="When the last one must be done.")

    @model_validator(mode="after")
    def _long_enough(self) -> Self:
        if (self.close - self.open) * MINUTE_MS < self.unload:
            raise fault("hours in which a truck can be unloaded")
        return self


class StorageSpec(Section):
    """How much a node holds."""

    volume: Volume = key(description="What fits in, by the products' volumes.")
    rent: Money | None = key(
        None,
        description="Rent of a cubic metre elsewhere, each midnight, for what does not; null: trucks wait at the gate.",
    )


class OvertimeSpec(Section):
    """When people stay on after their shift."""

    backlog: PositiveCount = key(description="Jobs that wait at a station, from which on its people stay.")
    at_most: PositiveDuration = key("3h", description="How long they stay in all; never into the next shift.")
    step: PositiveDuration = key("1h", description="How long they stay before the backlog is looked at again.")
    premium: ShareBp = key("50%", description="What their time costs beyond the wage.")


class CongestionSpec(Section):
    """How a full floor slows picking and packing."""

    above: PositiveCount = key(
        description="Shipments on the floor, released and not packed, beyond which work takes longer in proportion."
    )
    slowest: AtLeastOne = key(2, description="How many times as long it takes at most.")


class QuietHoursSpec(Section):
    """When the people of a store pick."""

    start: Clock = key(description="When it gets quiet, local time.")
    end: Clock = key(description="Until when it is.")
    otherwise: ShareBp = key("0%", description="What share of the pickers picks at other hours, rounded down.")

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if self.end <= self.start:
            raise fault("a start before the end")
        return self


class TemporaryStaffSpec(Section):
    """People whom an agency sends when a labour policy calls them."""

    people: PositiveCount = key(description="How many there are in all.")
    notice: Duration = key("4h", description="From the call until they are there.")
    shortest: PositiveDuration = key("4h", description="For how long they come at least.")
    longest: PositiveDuration = key("10h", description="For how long they come at most.")
    rest: Duration = key("11h", description="How long one of them rests between two calls.")
    productivity: Share = key("70%", description="What they do in an hour, of what the crew does (60 to 80%).")
    premium: ShareBp = key("30%", description="What their time costs beyond the wage, with work or without.")

    @model_validator(mode="after")
    def _some_hours(self) -> Self:
        if self.longest < self.shortest or not self.productivity:
            raise fault("a longest call of no less than the shortest, and a productivity above 0%")
        return self


class NodeSpec(Section):
    """A place that holds stock and ships orders."""

    name: Name = key(description="Name of the node.")
    kind: Annotated[str, one_of(*NODE_KINDS)] = key("warehouse", description="What kind of place it is.")
    place: Name | None = key(None, description="The region it stands in, instead of its coordinates.")
    latitude: Latitude | None = key(None, description="Degrees north.")
    longitude: Longitude | None = key(None, description="Degrees east.")
    entity: Name | None = key(None, description="Its legal entity; the first one, if not given.")
    priority: Count = key(0, description="Rank for the site_priority policy; the lowest is asked first.")
    shifts: list[ShiftSpec] = key([], description="When people work here, and how many at which station.")
    stations: StationsSpec = key({}, description="How fast the work is done.")
    wave_interval: PositiveDuration = key("1h", description="How often waves are released to the floor.")
    wave_capacity: PositiveCount | None = key(None, description="Shipments in a wave at most; null: all.")
    wage: Money = key(25, description="Loaded cost of an hour's work.")
    paid: Annotated[str, one_of(*PAID)] = key(
        "work",
        description="What its people are paid for: work done, at standard; or the hours of their shifts, idle or not.",
    )
    packaging: Money = key(0.7, description="Material for one parcel.")
    order_fee: Money = key(0, description="What a third party charges for each shipment.")
    line_fee: Money = key(0, description="What a third party charges for each order line.")
    serves_channels: Names | None = key(None, description="Channels it may ship for; null: all.")
    opens: Moment = key(0, description="When it goes live, with its opening stock.")
    ramp: Duration = key(0, description="How long its people learn after that (2 to 8 weeks).")
    ramp_from: ShareBp = key("100%", description="What share of its crew it is worth on the first day; more each day.")
    review_at: Clock = key("06:00", description="When replenishment is reviewed each day.")
    review_every: Duration = key(
        "1d", description="How often it is reviewed, from review_at of the first day on; 0: with each demand."
    )
    overtime: OvertimeSpec | None = key(None, description="When its people stay on after their shift; null: never.")
    temporary_staff: TemporaryStaffSpec | None = key(
        None, description="People whom a labour policy may call; null: nobody."
    )
    congestion: CongestionSpec | None = key(
        None, description="How a full floor slows picking and packing; null: not at all."
    )
    quiet_hours: QuietHoursSpec | None = key(
        None, description="Hours of the shifts in which orders are picked; null: all of them."
    )
    shrinkage_share: Share = key("0%", description="Share of its units that vanish in a year, unseen by the record.")
    mispick_share: Share = key("0%", description="Share of picked lines that are another SKU.")
    receiving_error_share: Share = key(
        "0%", description="Share of received lines of which a unit more or less is put away than is on record."
    )
    put_wall: PutWallSpec | None = key(None, description="Where shipments of several lines are sorted; null: nowhere.")
    pick_face: PickFaceSpec | None = key(None, description="What pickers take from; null: all that is there.")
    loading: LoadingSpec | None = key(
        None, description="People who load its vans, and when manifests close; null: at once, when a van leaves."
    )
    outbound: OutboundSpec | None = key(None, description="Its staging area and doors; null: as many as it takes.")
    storage: StorageSpec | None = key(None, description="Its room; null: as much as it takes.")
    dock: DockSpec | None = key(None, description="Its doors and their hours; null: trucks are unloaded as they come.")
    cross_dock: Duration | None = key(
        None,
        description="How long received goods for which orders wait take to where they are picked; null: they are put "
        "away like the others.",
    )
    cycle_counts: CycleCountsSpec | None = key(
        None, description="How the record is compared with the shelf; null: never."
    )

    @model_validator(mode="after")
    def _somewhere(self) -> Self:
        if (self.place is None) == (self.latitude is None) or (self.latitude is None) != (self.longitude is None):
            raise fault("either place, or latitude and longitude")
        if self.overtime is not None and self.quiet_hours is not None:
            raise fault("either overtime or quiet_hours")
        return self


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
    pallets: PalletsSpec | None = key(None, description="Rates for what is too heavy for parcels; null: none.")

    @model_validator(mode="after")
    def _price_for_each_class(self) -> Self:
        if any(len(prices) != len(self.weight_breaks) for prices in self.rates.values()):
            raise fault(f"{len(self.weight_breaks)} prices in each zone, one for each weight break")
        if self.dimensional_divisor == 0 or (self.pallets is not None and self.pallets.full == 0):
            raise fault("a dimensional divisor and a full pallet above 0")
        return self


class CarrierSpec(Section):
    """A parcel carrier."""

    name: Name = key(description="Name of the carrier.")
    services: list[ServiceSpec] = key(description="What it offers.", min_length=1)


class PriceBreakSpec(Section):
    """A discount on all units of a line that is large enough."""

    units: PositiveCount = key(description="From so many units on.")
    discount: ShareBp = key(description="Taken off the price of each.")


class PartialSpec(Section):
    """Deliveries that come in two parts."""

    share: Share = key(description="Share of orders.")
    first: Share = key("50%", description="Share of the units that comes at first.")
    delay: RandomDuration = key("3d", description="How much later the rest comes.")


class ExpediteSpec(Section):
    """Lines in a hurry: those of a SKU of which the node has little left."""

    lead_time: RandomDuration = key(description="Lead time of such lines.")
    surcharge: ShareBp = key("0%", description="Their surcharge, on landed cost; an expense.")
    below: ShareBp = key("50%", description="What is little: less than this share of the reorder point.")


class SecondSourceSpec(Section):
    """Another supplier who always gets a share of what is ordered."""

    supplier: Name = key(description="Its name.")
    share: ShareBp = key(description="Its share of each line.")


class MakingSpec(Section):
    """How a supplier makes to stock, from which it ships what is ordered."""

    takes: PositiveDuration = key(description="From the start of a batch until it is there.")
    every: PositiveDuration = key("1d", description="How often it plans.")
    sees: Annotated[str, one_of(*SEES)] = key(
        "orders", description="What it plans by: the orders that it gets, or the forecast of the company."
    )
    window: PositiveCount = key(14, description="Of how many intervals' orders it expects the mean.")
    safety_units: Count = key(0, description="Units of each product that it wants to have besides.")
    opening_units: Count = key(0, description="Units of each product that it has at first.")


class SupplierSpec(Section):
    """Who delivers products."""

    name: Name = key(description="Name of the supplier.")
    lead_time: RandomDuration = key(description="From order to delivery.")
    quoted_lead_time: Duration | None = key(
        None, description="What it promises when an order is placed; null: what it keeps four times out of five."
    )
    min_order_units: Count = key(1, description="Smallest number of units on one purchase order, all SKUs together.")
    lot_units: PositiveCount = key(1, description="Quantities come in multiples of this.")
    fill_share: RandomShare = key("100%", description="Share of what was ordered that arrives.")
    payment_terms: Duration = key("30d", description="When its invoice is due.")
    alternates: Names = key([], description="Who delivers its products while it is shut; the first that is not shut.")
    confirmation: RandomDuration | None = key(
        None, description="From order to confirmation; null: at once. Making and lead time begin with it."
    )
    confirmed_share: RandomShare = key("100%", description="Share of each line that it confirms; it declines the rest.")
    min_order: Money = key(0, description="Smallest value of one purchase order, at its prices.")
    price_breaks: list[PriceBreakSpec] = key(
        [], description="Discounts on all units of a line; it is raised to a break where that costs no more."
    )
    price: FactorBp = key("100%", description="Its prices, as a share of the products' cost.")
    freight_per_kg: Money = key(0, description="Freight of a kilogram, which its goods are worth more.")
    duty: ShareBp = key("0%", description="Duty on its prices, which its goods are worth more.")
    capacity_units_per_day: PositiveCount | None = key(
        None, description="Units that it can make in a day, one order after the other; null: any."
    )
    partial: PartialSpec | None = key(None, description="Deliveries in two parts.")
    expedite: ExpediteSpec | None = key(None, description="What it offers when stock runs out; null: nothing.")
    second_source: SecondSourceSpec | None = key(None, description="Who is asked for a share of every line.")
    quality_hold: PositiveDuration | None = key(
        None, description="How long its goods are in quarantine after put-away; null: they can be sold at once."
    )
    sampled_share: Share = key("100%", description="With quality_hold: share of lines that are held.")
    rejected_share: Share = key("0%", description="With quality_hold: share of these that are scrapped then.")
    making: MakingSpec | None = key(None, description="How it makes to stock; null: it has what is ordered.")


class LaneSpec(Section):
    """A lane: to a node that another one replenishes, or to a region that is not as far as the crow flies."""

    source: Name = key(alias="from", description="Node where it begins.")
    to: Name = key(description="Node or region where it ends.")
    transit: RandomDuration | None = key(None, description="To a node: how long a transfer takes.")
    miles: Number | None = key(None, description="To a region: the distance to charge.")

    @model_validator(mode="after")
    def _one_meaning(self) -> Self:
        if (self.transit is None) == (self.miles is None):
            raise fault("either transit (to a node) or miles (to a region)")
        return self


class CarriesSpec(Section):
    """Which products a node carries, when not all."""

    top: Count | None = key(None, description="Only so many of the most popular.")
    categories: Names | None = key(None, description="Only products of these categories.")


class SlowMoversSpec(Section):
    """Slow movers lie in few nodes: which SKUs are slow, and in how many."""

    beyond: Count = key(description="A SKU is slow if so many others, or more, are more popular.")
    nodes: PositiveCount = key(
        description="How many of the nodes that could carry it do: in turn, so that each has its share of them; one "
        "more for a channel that none of these serves."
    )


class StockSpec(Section):
    """Opening stock and reorder levels, by rule from expected demand or from a table.

    A node's expected daily demand for a SKU is the sum over its channels of orders a day x lines an order x
    units a line x the SKU's share of the channel x the node's share of the channel. A node's share of a
    channel is ``node_shares`` if given; else, stores and nodes that another node replenishes have none
    (unless the channel has only such nodes), and the others divide the rest by the weight of the regions to
    which they are the nearest that carries the SKU. A node that replenishes others has their demand as well.
    Reorder point = demand x (lead time + review + safety); order up to = that + demand x order_cover.
    """

    table: Text | None = key(
        None,
        description="A file with columns node, sku, units and, if wanted, reorder_point and order_up_to.",
    )
    extra: Text | None = key(
        None,
        description="A file with columns sku and units: opening stock beyond the rule or the table, which lies "
        "where the SKU sells most.",
    )
    days_of_cover: Duration | None = key(
        None, description="Opening stock; null: each SKU somewhere between its two levels, evenly spread."
    )
    opening_units: Count | None = key(
        None, description="Opening stock of each SKU at each node that carries it, instead of days_of_cover."
    )
    spread: Share = key(
        "0%", description="With days_of_cover: how far a SKU lies above or below it at all nodes together."
    )
    node_spread: Share = key(
        "0%", description="With days_of_cover: how far a SKU's stock at a node lies above or below that."
    )
    review: Duration = key("1d", description="Time between two looks at a SKU.")
    safety_days: Duration = key("5d", description="Demand held against surprises.")
    order_cover: Duration = key("10d", description="Demand that one replenishment covers.")
    min_units: Count = key(1, description="Smallest reorder point of a SKU that is carried.")
    node_shares: dict[str, Share] = key({}, description="Share of demand by node, for those set by hand.")
    carries: dict[str, CarriesSpec] = key({}, description="By node: what it carries, when not all.")
    slow_movers: SlowMoversSpec | None = key(None, description="SKUs that lie in a few nodes only.")
