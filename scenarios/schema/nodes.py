"""The places from which goods are sent, with their people and their floors."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import model_validator

from scenarios.fields import (
    AtLeastOne,
    Clock,
    Count,
    Duration,
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
    Section,
    Share,
    ShareBp,
    TimeZone,
    Volume,
    Weekdays,
    fault,
    key,
    one_of,
)
from scenarios.schema.floor import LoadingSpec, OutboundSpec, PickFaceSpec, PutWallSpec, RefurbishSpec
from sim.network import NODE_KINDS, PAID
from sim.units import MINUTE_MS


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
    timezone: TimeZone | None = key(
        None,
        description="Its time zone, by whose clock all of its hours and days are; null: its place's, or `timezone`.",
    )
    entity: Name | None = key(None, description="Its legal entity; the first one, if not given.")
    priority: Count = key(0, description="Rank for the site_priority policy; the lowest is asked first.")
    shifts: list[ShiftSpec] = key([], description="When people work here, and how many at which station.")
    closed_on: list[Moment] = key(
        [], description="Days on which nobody works here and no truck is unloaded, as public holidays."
    )
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
    refurbish: RefurbishSpec | None = key(
        None, description="People who refurbish returned goods; null: it takes its time, and nobody's."
    )
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
