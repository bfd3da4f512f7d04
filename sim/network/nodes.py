"""Where stock lies and people work."""

from __future__ import annotations

from dataclasses import dataclass, field

from sim.calendar import Calendar
from sim.distributions import Distribution, Fixed
from sim.plans.floor import Loading, Outbound, PickFace, PutWall, Refurbishing
from sim.plans.labour import Congestion, Overtime, QuietHours, TemporaryStaff
from sim.units import BASIS_POINTS, DAY_MS, HOUR_MS

NODE_KINDS = ("warehouse", "third_party", "store", "dark_store")


PAID = ("work", "shifts")


STATION_NAMES = ("pick", "pack", "receive", "inspect")


@dataclass(frozen=True, slots=True)
class Shift:
    """A crew that works on ``weekdays`` (Monday 0) but for ``closed_days`` (numbers of local days), from
    ``start_minute`` to ``end_minute`` of the local day; ``staff`` gives people at each of `STATION_NAMES`, in that
    order. An end of 1440 is midnight."""

    weekdays: frozenset[int]
    start_minute: int
    end_minute: int
    staff: tuple[int, int, int, int]
    closed_days: frozenset[int] = frozenset()

    def is_on(self, day: int, calendar: Calendar) -> bool:
        """Whether it works on a local day."""
        return calendar.weekday(day) in self.weekdays and day not in self.closed_days


@dataclass(frozen=True, slots=True)
class Station:
    """How one kind of floor work is done: each unit of work (a line at pick, receive and inspect; a
    parcel at pack) takes ``work_ms``; a person takes up to ``batch_size`` jobs at a time, plus ``setup_ms``
    for each batch."""

    work_ms: Distribution
    batch_size: int = 1
    setup_ms: int = 0


@dataclass(frozen=True, slots=True)
class CycleCounts:
    """How a node compares its record with its shelf.

    SKUs of class A (those that make up the first 80% of sales at cost), B (the next 15%) and C are counted every
    ``every_ms`` (None: never), spread evenly over the days; with ``after_short_pick``, what a picker did not find is
    counted as soon as somebody is free. ``staff`` people count in each of the node's shifts, a SKU in ``work_ms``.
    """

    every_ms: tuple[int | None, int | None, int | None] = (None, None, None)
    after_short_pick: bool = True
    staff: int = 1
    work_ms: float = HOUR_MS / 40


@dataclass(frozen=True, slots=True)
class Dock:
    """Where trucks are unloaded: each takes a door for ``unload_ms``, begun and finished between ``open_minute`` and
    ``close_minute`` of a local day that is none of ``closed_days`` (by number)."""

    doors: int = 1
    unload_ms: int = HOUR_MS
    open_minute: int = 0
    close_minute: int = 1_440
    closed_days: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Storage:
    """Room for ``volume_l`` litres. Where there is none, trucks wait; or, with a rent, goods lie elsewhere for
    ``rent_cents_per_m3_day`` each midnight."""

    volume_l: float
    rent_cents_per_m3_day: int | None = None


@dataclass(frozen=True, slots=True)
class Node:
    """A place that holds stock and ships orders.

    ``stations`` follow `STATION_NAMES`. ``wave_interval_ms`` is how often waves release;
    ``wave_capacity`` how many shipments one may hold (None: all).
    ``source`` is the node that replenishes this one by transfer, or None where suppliers deliver.
    Replenishment is reviewed at ``review_minute`` of each local day; where ``review_every_ms`` is not a day, every so
    often from that minute of the first day on, or, where it is 0, with each demand (continuous review).

    Its shelf parts from its record: ``shrinkage_share`` of its units vanish in a year, ``mispick_share`` of picked
    lines are another SKU, ``receiving_error_share`` of received lines are a unit more or less than the record says.
    """

    name: str
    latitude: float
    longitude: float
    shifts: tuple[Shift, ...]
    stations: tuple[Station, Station, Station, Station]
    kind: str = "warehouse"
    entity: int = 0
    priority: int = 0
    wave_interval_ms: int = HOUR_MS
    wave_capacity: int | None = None
    wage_cents_per_hour: int = 2_500
    paid: str = "work"
    """One of `PAID`: for pieces of work at standard, whoever does them; or for the hours of shifts, idle ones too."""
    packaging_cents: int = 70
    order_fee_cents: int = 0
    line_fee_cents: int = 0
    serves_channels: frozenset[int] | None = None
    source: int | None = None
    transfer_ms: Distribution = field(default_factory=lambda: Fixed(2 * DAY_MS))
    review_minute: int = 360
    review_every_ms: int = DAY_MS
    shrinkage_share: float = 0.0
    mispick_share: float = 0.0
    receiving_error_share: float = 0.0
    cycle_counts: CycleCounts | None = None
    overtime: Overtime | None = None
    congestion: Congestion | None = None
    quiet_hours: QuietHours | None = None
    """When its people pick (None: whenever they are there)."""
    temporary_staff: TemporaryStaff | None = None
    dock: Dock | None = None
    """None: trucks are unloaded as they come."""
    storage: Storage | None = None
    put_wall: PutWall | None = None
    """Where shipments of several lines are sorted; None: they are packed as they are picked."""
    pick_face: PickFace | None = None
    """What pickers take from; None: from all that is there."""
    refurbish: Refurbishing | None = None
    """Who makes returned goods saleable again; None: it takes its time, and nobody's."""
    outbound: Outbound | None = None
    loading: Loading | None = None
    """Staging area and doors; None: any number of parcels, any number of vans."""
    """None: there is always room."""
    cross_dock_ms: int | None = None
    """How long it takes to bring received goods to where they are picked, if orders wait for them (None: they are put
    away like the others)."""
    timezone: str | None = None
    """The zone of the clock by which all of this happens; None: the scenario's."""
    opens_ms: int = 0
    """When it goes live, with its opening stock; from then on its crew is worth ``ramp_from_bp`` of itself, and day by
    day more, until it is whole after ``ramp_ms``."""
    ramp_ms: int = 0
    ramp_from_bp: int = BASIS_POINTS

    @property
    def is_paid_by_shift(self) -> bool:
        """Whether its people are paid for being there."""
        return self.paid == "shifts"

    @property
    def piece_cents_per_hour(self) -> int:
        """What an hour of work at standard costs; nothing where shifts are paid already."""
        return 0 if self.is_paid_by_shift else self.wage_cents_per_hour

    @property
    def keeps_shelf(self) -> bool:
        """Whether its shelf is told apart from its record."""
        errors = self.shrinkage_share or self.mispick_share or self.receiving_error_share
        return bool(errors) or self.cycle_counts is not None

    def can_serve(self, channel: int) -> bool:
        """Whether orders of ``channel`` may be sent from here."""
        return self.serves_channels is None or channel in self.serves_channels
