"""Where orders come from: channels, their customers, their promises."""

from __future__ import annotations

from dataclasses import dataclass, field

from sim.distributions import Distribution, Fixed
from sim.plans.billing import BillingPlan
from sim.plans.contract import Contract
from sim.plans.pending import Pending
from sim.plans.pickup import Pickup
from sim.plans.rating_limits import RatingLimits
from sim.plans.subscription import Subscription
from sim.units import BASIS_POINTS, DAY_MS, HOUR_MS

PAYMENT_KINDS = ("card", "prepaid", "invoice", "marketplace")


CHANNEL_KINDS = ("storefront", "marketplace", "b2b", "store", "field", "subscription")


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
    day, and arrives ``transit_days`` working days after; ``closed_days`` (numbers of local days) are none. What the
    view does not show is promised from purchase orders whose date is within ``inbound_within_ms`` (None: it is
    refused)."""

    order_by_minute: int = 14 * 60
    transit_days: int = 5
    working_days: frozenset[int] = frozenset({0, 1, 2, 3, 4})
    inbound_within_ms: int | None = None
    closed_days: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Sync:
    """How a channel learns of stock. ``live`` reads the ledger itself (event-driven, zero latency, the sale
    reserves atomically); ``events`` hears of each change ``latency_ms`` later; ``batch`` gets an absolute
    snapshot every ``interval_ms``, applied ``latency_ms`` after it was taken. A message is lost with
    probability ``loss_share``, and sent again ``retry_ms`` later, ``retries`` times at most. Where the interface takes
    ``per_minute`` changes a minute (None: any number), further ones wait. With ``events``, ``duplicate_share`` of the
    changes come twice and are applied twice, and all of it is read anew every ``refresh_ms`` (None: never, a lost
    change is not made good, nor one that came twice)."""

    mode: str = "live"
    interval_ms: int = 15 * 60_000
    latency_ms: int = 0
    loss_share: float = 0.0
    per_minute: int | None = None
    retries: int = 0
    retry_ms: int = 60_000
    refresh_ms: int | None = None
    duplicate_share: float = 0.0


SETTLEMENT_FROM = ("departure", "delivery")
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
    cancel_units_share: float = 0.0
    """Of those who cancel, who want fewer units of a line of several."""
    hold_patience_ms: Distribution | None = None
    status_contact_share: float = 0.0
    status_contact_delay_ms: Distribution = field(default_factory=lambda: Fixed(2 * DAY_MS))
    late_contact_share: float = 0.0
    late_contact_delay_ms: Distribution = field(default_factory=lambda: Fixed(12 * HOUR_MS))
    late_cancel_share: float = 0.0
    refuse_late_share: float = 0.0
    """Of those whose parcel comes late, who do not take it."""
    late_cancel_delay_ms: Distribution = field(default_factory=lambda: Fixed(2 * DAY_MS))
    statement_delay_ms: Distribution = field(default_factory=lambda: Fixed(7 * DAY_MS))
    """How long after they were charged twice they see it."""
    repeated_notice_contact_share: float = 0.0
    """Of those who are told of a parcel twice, who ask why."""


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
    currency: str | None = None
    timezone: str | None = None
    """The zone of the clock by which its orders come and its cut-off is; None: the scenario's."""
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
    settlement_from: str = "departure"
    """What its settlement delay runs from: one of `SETTLEMENT_FROM`."""
    commission_kept_on_refund_bp: int = BASIS_POINTS
    """Of its commission on what is refunded, the share that its owner keeps."""
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
