"""The static world: what exists before the first order, and never changes while the clock runs.

Entities are frozen dataclasses that refer to one another by position (a node's index, a product's
index); names live at the edges. Large per-node, per-SKU tables are NumPy arrays of shape
``(nodes, products)``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sim.billing import BillingPlan
from sim.border import Border
from sim.contract import Contract
from sim.distributions import Distribution, Fixed
from sim.floor import Outbound, PickFace, PutWall
from sim.labour import Congestion, Overtime, QuietHours, TemporaryStaff
from sim.making import MakingPlan
from sim.pending import Pending
from sim.pickup import Pickup
from sim.rating_limits import RatingLimits
from sim.return_rules import Disposition
from sim.subscription import Subscription
from sim.units import BASIS_POINTS, DAY_MS, EARTH_RADIUS_KM, HOUR_MS, KM_PER_MILE

ZONE_MILES = (150.0, 300.0, 600.0, 1_000.0, 1_400.0, 1_800.0)
"""Upper ends of parcel zones 2 to 7; zone 8 is everything farther (US ground parcel convention)."""

KEPT_PROMISES = 0.8
"""How often a supplier keeps the date that it names, where a scenario does not say what it names (70-92%)."""

PAYMENT_KINDS = ("card", "prepaid", "invoice", "marketplace")
CHANNEL_KINDS = ("storefront", "marketplace", "b2b", "store", "field", "subscription")
NODE_KINDS = ("warehouse", "third_party", "store", "dark_store")
STATION_NAMES = ("pick", "pack", "receive", "inspect")


@dataclass(frozen=True, slots=True)
class Entity:
    """A legal entity: books in one currency, charges one tax rate, and other entities cost plus ``transfer_markup_bp``
    for goods that it ships for them."""

    name: str
    currency: str = "USD"
    tax_bp: int = 0
    transfer_markup_bp: int = 0


@dataclass(frozen=True, slots=True)
class FxRate:
    """From ``from_ms`` on, one unit of ``currency`` is ``rate`` units of the first entity's."""

    currency: str
    from_ms: int
    rate: float


@dataclass(frozen=True, slots=True)
class Category:
    """What products of one kind share: how often and in what state they come back, and what becomes of them."""

    name: str
    return_share: float = 0.0
    restock_share: float = 1.0
    disposition: Disposition = field(default_factory=Disposition)


@dataclass(frozen=True, slots=True)
class Product:
    """One SKU. ``category`` and ``supplier`` are indices; ``demand_weight`` is relative popularity."""

    sku: str
    price_cents: int
    cost_cents: int
    weight_kg: float
    volume_l: float = 1.0
    category: int = 0
    supplier: int = 0
    demand_weight: float = 1.0
    name: str = ""
    substitutes: tuple[int, ...] = ()
    """What may be offered in its place where a rule says so, in this sequence."""


@dataclass(frozen=True, slots=True)
class Region:
    """Where customers live: a city or a country with a centre and a population."""

    name: str
    latitude: float
    longitude: float
    population: float


@dataclass(frozen=True, slots=True)
class Shift:
    """A crew that works on ``weekdays`` (Monday 0) from ``start_minute`` to ``end_minute`` of the local
    day; ``staff`` gives people at each of `STATION_NAMES`, in that order. An end of 1440 is midnight."""

    weekdays: frozenset[int]
    start_minute: int
    end_minute: int
    staff: tuple[int, int, int, int]


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
    ``close_minute`` of the local day."""

    doors: int = 1
    unload_ms: int = HOUR_MS
    open_minute: int = 0
    close_minute: int = 1_440


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
    outbound: Outbound | None = None
    """Staging area and doors; None: any number of parcels, any number of vans."""
    """None: there is always room."""
    cross_dock_ms: int | None = None
    """How long it takes to bring received goods to where they are picked, if orders wait for them (None: they are put
    away like the others)."""
    opens_ms: int = 0
    """When it goes live, with its opening stock; from then on its crew is worth ``ramp_from_bp`` of itself, and day by
    day more, until it is whole after ``ramp_ms``."""
    ramp_ms: int = 0
    ramp_from_bp: int = BASIS_POINTS

    @property
    def keeps_shelf(self) -> bool:
        """Whether its shelf is told apart from its record."""
        errors = self.shrinkage_share or self.mispick_share or self.receiving_error_share
        return bool(errors) or self.cycle_counts is not None

    def can_serve(self, channel: int) -> bool:
        """Whether orders of ``channel`` may be sent from here."""
        return self.serves_channels is None or channel in self.serves_channels


@dataclass(frozen=True, slots=True)
class Pallets:
    """What a service takes on pallets: shipments above ``above_kg``, at ``rate_cents[z]`` for each pallet of at most
    ``full_kg``."""

    above_kg: float
    full_kg: float
    rate_cents: tuple[int, ...]


LITRES_PER_CUBIC_INCH = 0.016387064
KG_PER_LB = 0.45359237


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
    Where nobody is at home it comes again, ``delivery_attempts`` times in all, and then takes the parcel back.
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
    dimensional_divisor: float | None = None
    pallets: Pallets | None = None
    remote_cents: int = 0
    remote_regions: frozenset[int] = frozenset()
    peaks: tuple[PeakSurcharge, ...] = ()
    closed_days: frozenset[int] = frozenset()
    daily_parcels: int | None = None

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
            weight_kg = max(weight_kg, litres / LITRES_PER_CUBIC_INCH / self.dimensional_divisor * KG_PER_LB)
        on_pallets = self.pallets is not None and weight_kg > self.pallets.above_kg
        base = self._pallet_cents(zone_index, weight_kg) if on_pallets else self._parcel_cents(zone_index, weight_kg)
        fuelled = (base * (BASIS_POINTS + self.fuel_bp) + BASIS_POINTS // 2) // BASIS_POINTS
        return fuelled + (self.residential_cents if to_home and not on_pallets else 0)

    def _parcel_cents(self, zone_index: int, weight_kg: float) -> int:
        for limit, rate in zip(self.weight_breaks_kg, self.rates_cents[zone_index], strict=True):
            if weight_kg <= limit:
                return rate
        above = math.ceil(weight_kg - self.weight_breaks_kg[-1]) * self.extra_kg_cents[zone_index]
        return self.rates_cents[zone_index][-1] + above

    def _pallet_cents(self, zone_index: int, weight_kg: float) -> int:
        assert self.pallets is not None
        return math.ceil(weight_kg / self.pallets.full_kg) * self.pallets.rate_cents[zone_index]


@dataclass(frozen=True, slots=True)
class Supplier:
    """Who delivers products: after ``lead_ms`` of a confirmed purchase order, short by the draw of
    ``fill_share`` (1 delivers all; the rest is cancelled by the supplier). ``quoted_lead_time_ms`` is what it
    promises; None: the 80th percentile of its lead time."""

    name: str
    lead_ms: Distribution
    min_order_units: int = 1
    lot_units: int = 1
    fill_share: Distribution = field(default_factory=lambda: Fixed(1.0))
    payment_terms_ms: int = 30 * DAY_MS
    quoted_lead_time_ms: int | None = None
    alternates: tuple[int, ...] = ()
    """Who delivers its products while it is shut, in this sequence."""
    confirmation_ms: Distribution | None = None
    """From an order to its confirmation (None: at once), by which ``confirmed_share`` of each line is accepted."""
    confirmed_share: Distribution = field(default_factory=lambda: Fixed(1.0))
    min_order_cents: int = 0
    price_breaks: tuple[tuple[int, int], ...] = ()
    """(units of a line, discount in basis points on all of them), rising."""
    price_bp: int = BASIS_POINTS
    """Its prices as a share of a product's cost; freight and duty (on the price) come on top."""
    freight_cents_per_kg: int = 0
    duty_bp: int = 0
    capacity_units_per_day: int | None = None
    """What it can make; orders are made one after the other before their lead time begins."""
    partial_share: float = 0.0
    """Share of orders that come in two parts: ``partial_first`` of the units, the rest ``partial_delay_ms`` later."""
    partial_first: float = 0.5
    partial_delay_ms: Distribution = field(default_factory=lambda: Fixed(3 * DAY_MS))
    expedited_lead_ms: Distribution | None = None
    """Lead time of lines of which a node has less than ``expedite_below_bp`` of its reorder point (None: never)."""
    expedite_surcharge_bp: int = 0
    expedite_below_bp: int = 5_000
    second_source: int | None = None
    """Who is asked for ``second_share_bp`` of each line at the same time."""
    second_share_bp: int = 0
    making: MakingPlan | None = None
    """How it makes to stock; None: what is ordered is made, or there, within the lead time."""

    @property
    def promised_expedited_ms(self) -> int:
        """The same of an order in a hurry."""
        return self.promised_ms if self.expedited_lead_ms is None else round(self.expedited_lead_ms.at(KEPT_PROMISES))

    quality_hold_ms: int | None = None
    """How long ``sampled_share`` of its lines are in quarantine after put-away (None: none is); ``rejected_share`` of
    these are scrapped then."""
    sampled_share: float = 1.0
    rejected_share: float = 0.0

    @property
    def promised_ms(self) -> int:
        """From a purchase order to the date that its confirmation names."""
        if self.quoted_lead_time_ms is not None:
            return self.quoted_lead_time_ms
        return round(self.lead_ms.at(KEPT_PROMISES))


@dataclass(frozen=True, slots=True)
class Payment:
    """One way to pay at a channel. ``declined_share`` is that of first attempts; ``recovered_share`` of
    those succeed at the retry after ``retry_ms``.

    Each order has a score: a uniform number, low where it looks like fraud. The ``review_share`` that looks worst is
    reviewed, of which ``fraud_share`` is fraud; the ``unnoticed_fraud_share`` of all orders that scores best is fraud
    too. Reviewers reject ``caught_share`` of the fraud and ``false_reject_share`` of the honest orders that they see.
    Fraud that was sent out is charged back after ``chargeback_delay_ms`` (None: never), for a fee.

    An authorisation holds for ``authorisation_ms`` (None: for ever); later it is renewed before release, and
    ``renewal_declined_share`` of renewals are declined.
    """

    kind: str
    share: float = 1.0
    declined_share: float = 0.0
    recovered_share: float = 0.0
    retry_ms: int = HOUR_MS
    review_share: float = 0.0
    fraud_share: float = 0.0
    fee_bp: int = 0
    fee_cents: int = 0
    caught_share: float = 1.0
    false_reject_share: float = 0.0
    unnoticed_fraud_share: float = 0.0
    chargeback_delay_ms: Distribution | None = None
    chargeback_fee_cents: int = 0
    authorisation_ms: int | None = None
    renewal_declined_share: float = 0.0

    def is_fraud(self, score: float) -> bool:
        """Whether an order of this score is fraud, seen or unseen."""
        return score < self.review_share * self.fraud_share or score >= 1 - self.unnoticed_fraud_share

    def is_rejected(self, score: float) -> bool:
        """What reviewers say of an order of this score: theirs is the same uniform, so that luck is the customer's."""
        fraud = self.review_share * self.fraud_share
        if score < fraud:
            return score < fraud * self.caught_share
        return score < fraud + (self.review_share - fraud) * self.false_reject_share


@dataclass(frozen=True, slots=True)
class Promise:
    """What a channel tells the customer: ordered before ``order_by_minute`` of a working day ships that
    day, and arrives ``transit_days`` working days after. What the view does not show is promised from purchase orders
    whose date is within ``inbound_within_ms`` (None: it is refused)."""

    order_by_minute: int = 14 * 60
    transit_days: int = 5
    working_days: frozenset[int] = frozenset({0, 1, 2, 3, 4})
    inbound_within_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Sync:
    """How a channel learns of stock. ``live`` reads the ledger itself (event-driven, zero latency, the sale
    reserves atomically); ``events`` hears of each change ``latency_ms`` later; ``batch`` gets an absolute
    snapshot every ``interval_ms``, applied ``latency_ms`` after it was taken. A message is lost with
    probability ``loss_share``, and sent again ``retry_ms`` later, ``retries`` times at most. Where the interface takes
    ``per_minute`` changes a minute (None: any number), further ones wait."""

    mode: str = "live"
    interval_ms: int = 15 * 60_000
    latency_ms: int = 0
    loss_share: float = 0.0
    per_minute: int | None = None
    retries: int = 0
    retry_ms: int = 60_000


RESERVED_AT = ("cart", "capture", "payment")
RESERVATION_LEVELS = ("stock", "node")


@dataclass(frozen=True, slots=True)
class Reservation:
    """From when on, and where, an order's units are kept for it until they are allocated.

    ``at`` is ``cart`` (where the channel has a checkout), ``capture``, or ``payment``: then a held order has no claim
    on stock until its hold is cleared. ``level`` is ``stock``, units that the eligible nodes have together, or
    ``node``: while the order is held they are committed where it would be allocated, out of everybody's reach. A
    reservation of a cart, or of a held order, ends after ``expires_ms`` (None: never).
    """

    at: str = "capture"
    level: str = "stock"
    expires_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Rekeying:
    """Orders of a channel are typed in by the desk that handles ``rekeying``. Of the orders, ``wrong_address_share``
    bear a wrong address, which a check finds; of the lines, ``wrong_item_share`` are another SKU or quantity than was
    asked for, which the customer finds, and sends back."""

    wrong_address_share: float = 0.0
    wrong_item_share: float = 0.0


@dataclass(frozen=True, slots=True)
class Segment:
    """A kind of customer: where they live (weights over regions; None: by population), how long after
    delivery they return, how long the parcel back takes, how soon they cancel; how long they bear that nobody looks at
    their held order (None: as long as it takes).

    Of those whose order has not arrived whole when it was promised, ``late_contact_share`` contact service after a
    while, and the patience of ``late_cancel_share`` ends: they cancel what is not released by then. Of all orders,
    ``status_contact_share`` ask where the order is, some time after it was placed, unless everything has arrived.
    """

    name: str
    region_weights: tuple[float, ...] | None = None
    return_factor: float = 1.0
    return_delay_ms: Distribution = field(default_factory=lambda: Fixed(8 * DAY_MS))
    return_transit_ms: Distribution = field(default_factory=lambda: Fixed(5 * DAY_MS))
    cancel_share: float = 0.0
    cancel_delay_ms: Distribution = field(default_factory=lambda: Fixed(HOUR_MS))
    cancel_line_share: float = 0.0
    """Of those who cancel, who mean one line of several."""
    hold_patience_ms: Distribution | None = None
    status_contact_share: float = 0.0
    status_contact_delay_ms: Distribution = field(default_factory=lambda: Fixed(2 * DAY_MS))
    late_contact_share: float = 0.0
    late_contact_delay_ms: Distribution = field(default_factory=lambda: Fixed(12 * HOUR_MS))
    late_cancel_share: float = 0.0
    refuse_late_share: float = 0.0
    """Of those whose parcel comes late, who do not take it."""
    late_cancel_delay_ms: Distribution = field(default_factory=lambda: Fixed(2 * DAY_MS))


@dataclass(frozen=True, slots=True)
class Channel:
    """Where orders come from.

    ``hour_of_week`` are 168 weights (Monday 0:00 first, mean 1) on ``orders_per_day``. ``share`` and
    ``buffer_units`` rule what stock is published to it: ``max(0, floor(share x ATS) - buffer)``. Of each SKU,
    ``protected_units`` are kept for it: the buffers of channels that sell the same stock grow by that much.
    ``accepts_backorders`` takes orders beyond the view on purpose; ``refuses`` is ``line`` (a missing line is
    dropped from the basket) or ``order`` (the customer leaves).

    Orders belong to one of ``accounts`` customers, each with a credit limit on net receivables and open orders (None:
    no limit), of which a credit controller lets ``credit_tolerance_share`` more pass. Orders of more than
    ``approval_over_cents`` net need approval; ``approval_rejected_share`` of these are rejected.
    """

    name: str
    kind: str = "storefront"
    entity: int = 0
    segment: int = 0
    orders_per_day: float = 0.0
    hour_of_week: tuple[float, ...] = (1.0,) * 168
    weekly_growth: float = 0.0
    line_count: Distribution = field(default_factory=lambda: Fixed(1))
    quantity: Distribution = field(default_factory=lambda: Fixed(1))
    category_weights: tuple[float, ...] | None = None
    price_bp: int = BASIS_POINTS
    shipping_fee_cents: int = 0
    payments: tuple[Payment, ...] = (Payment("card"),)
    promise: Promise = Promise()
    sync: Sync = Sync()
    share: float = 1.0
    buffer_units: int = 0
    protected_units: int = 0
    priority: int = 0
    commission_bp: int = 0
    settlement_ms: int = 2 * DAY_MS
    settlement_interval_ms: int = DAY_MS
    accepts_backorders: bool = False
    refuses: str = "line"
    ship_complete: bool = False
    rekeying: Rekeying | None = None
    accounts: int = 1
    credit_limit_cents: int | None = None
    credit_tolerance_share: float = 0.0
    approval_over_cents: int | None = None
    approval_rejected_share: float = 0.0
    residential: bool = True
    """Whether its parcels go to homes, for which carriers may charge more."""
    absent_share: float = 0.0
    """Share of delivery attempts at which nobody takes the parcel."""
    subscription: Subscription | None = None
    opens_ms: int = 0
    """When it goes live: nobody comes before."""
    contracts: tuple[Contract, ...] = ()
    limits: RatingLimits | None = None
    sales_lag_ms: int = 0
    """How long after a bucket's end its sales reach the forecaster."""
    reservation: Reservation = Reservation()
    checkout_ms: Distribution | None = None
    """From the cart to the order (None: who arrives orders at once); ``abandoned_share`` of carts never get there."""
    abandoned_share: float = 0.0
    pickup: Pickup | None = None
    pending: Pending | None = None
    billing: BillingPlan | None = None
    """How its customers fetch orders at stores (None: they do not)."""

    @property
    def expected_orders_per_day(self) -> float:
        """Orders on an average day, renewals of subscribers among them."""
        renewals = 0.0 if self.subscription is None else self.subscription.renewals_per_day
        return self.orders_per_day + renewals


@dataclass(frozen=True, slots=True)
class Network:
    """Everything that exists, by position."""

    products: tuple[Product, ...]
    regions: tuple[Region, ...]
    nodes: tuple[Node, ...]
    services: tuple[CarrierService, ...]
    suppliers: tuple[Supplier, ...]
    channels: tuple[Channel, ...]
    segments: tuple[Segment, ...] = (Segment("everyone"),)
    entities: tuple[Entity, ...] = (Entity("company"),)
    fx_rates: tuple[FxRate, ...] = ()
    borders: tuple[Border, ...] = ()
    categories: tuple[Category, ...] = (Category("all"),)
    miles_override: tuple[tuple[int, int, float], ...] = ()
    """(node, region, miles) where the great circle is not the distance to charge."""


class Geography:
    """Distances and parcel zones between nodes and regions, computed once.

    Attributes
    ----------
    miles : ndarray, shape (nodes, regions)
        Great-circle miles (haversine), unless overridden.
    zone_index : ndarray, shape (nodes, regions)
        0 for parcel zone 2 up to 6 for zone 8.
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
