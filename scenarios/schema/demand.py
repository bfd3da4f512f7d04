"""Customers and channels, as a scenario file describes them."""

from __future__ import annotations

import math
from typing import Annotated, Self

from pydantic import model_validator

from scenarios.fields import (
    MOST_DAYS,
    Clock,
    Count,
    Duration,
    FactorBp,
    Flag,
    Growth,
    HourOfWeek,
    Moment,
    Money,
    Name,
    Number,
    PositiveCount,
    PositiveDuration,
    RandomDuration,
    Section,
    Share,
    ShareBp,
    Text,
    TimeZone,
    Weekdays,
    Weights,
    count_to,
    fault,
    key,
    number_to,
    one_of,
    random_to,
)
from scenarios.schema.agreements import ContractSpec, PendingSpec, RatingLimitsSpec
from scenarios.schema.billing import BillingSpec
from scenarios.schema.pickup import PickupSpec
from scenarios.schema.subscription import SubscriptionSpec
from sim.distributions import Distribution
from sim.network import CHANNEL_KINDS, PAYMENT_KINDS, RESERVATION_LEVELS, RESERVED_AT, SETTLEMENT_FROM


class SegmentSpec(Section):
    """A kind of customer."""

    name: Name = key(description="Name of the segment.")
    region_weights: Weights | None = key(None, description="Where they live; null: by population.")
    return_factor: Number = key(1, description="Multiplies the categories' return shares.")
    return_delay: RandomDuration = key("8d", description="From delivery to the start of a return.")
    return_transit: RandomDuration = key("5d", description="How long the parcel back takes.")
    cancel_share: Share = key("0%", description="Share of orders that the customer tries to cancel.")
    cancel_delay: RandomDuration = key("1h", description="From order to cancellation.")
    cancel_line_share: Share = key("0%", description="Share of those who cancel who mean one of several lines.")
    cancel_units_share: Share = key(
        "0%", description="Share of those who cancel who want fewer units of a line, at least one of several."
    )
    hold_patience: RandomDuration | None = key(
        None,
        description="How long a held order may lie in the desk's queue until its customer cancels; null: as long as "
        "it takes.",
    )
    status_contact_share: Share = key(
        "0%", description="Share of orders whose customer asks where it is, unless everything has arrived."
    )
    status_contact_delay: RandomDuration = key("2d", description="From order to that question.")
    late_contact_share: Share = key("0%", description="Share of broken promises for which service is contacted.")
    late_contact_delay: RandomDuration = key("12h", description="From the broken promise to that contact.")
    late_cancel_share: Share = key("0%", description="Share of broken promises after which patience ends.")
    late_cancel_delay: RandomDuration = key("2d", description="From the broken promise to the end of patience.")
    refuse_late_share: Share = key("0%", description="Share of parcels that come late which are refused at the door.")
    statement_delay: RandomDuration = key("7d", description="From being charged twice until they see it, and call.")
    repeated_notice_contact_share: Share = key(
        "0%", description="Share of parcels told of twice about which they ask, as soon as about a broken promise."
    )


class PaymentSpec(Section):
    """One way to pay at a channel."""

    kind: Annotated[str, one_of(*PAYMENT_KINDS)] = key(description="How it is paid.")
    share: Share = key("100%", description="Share of the channel's orders; the shares add up to 1.")
    declined_share: Share = key("0%", description="Share of first attempts that are declined.")
    recovered_share: Share = key("0%", description="Share of the declined that succeed at the retry.")
    retry: Duration = key("1h", description="When the retry comes.")
    review_share: Share = key("0%", description="Share that people review for fraud.")
    fraud_share: Share = key("0%", description="Share of the reviewed orders that is fraud.")
    fee_share: ShareBp = key("0%", description="What the payment provider takes of the amount.")
    fee: Money = key(0, description="What the payment provider takes for each payment.")
    caught_share: Share = key("100%", description="Share of the fraud under review that is rejected.")
    false_reject_share: Share = key("0%", description="Share of the honest orders under review that is rejected.")
    unnoticed_fraud_share: Share = key("0%", description="Share of all orders that is fraud and looks best of all.")
    chargeback_delay: RandomDuration | None = key(
        None, description="From shipment to the chargeback of accepted fraud (20 to 90 days); null: never."
    )
    chargeback_fee: Money = key(0, description="What the provider charges for each chargeback.")
    authorisation: Duration | None = key(
        None, description="How long an authorisation holds (some 7d), to be renewed before release; null: for ever."
    )
    renewal_declined_share: Share = key("0%", description="Share of renewals that are declined.")


class PromiseSpec(Section):
    """What a channel tells its customers."""

    order_by: Clock = key("14:00", description="Ordered before this on a working day, shipped that day.")
    transit_days: Annotated[int, count_to(MOST_DAYS)] = key(5, description="Working days until it arrives after that.")
    working_days: Weekdays = key("mon-fri", description="The days on which orders ship.")
    closed_on: list[Moment] = key([], description="Days that are no working days, whatever their weekday.")
    inbound_within: PositiveDuration | None = key(
        None,
        description="What is not in stock is promised from purchase orders that are due within this; null: refused.",
    )


class SyncSpec(Section):
    """How a channel learns of stock."""

    mode: Annotated[str, one_of("live", "events", "batch")] = key(
        "live",
        description="live reads the ledger itself; events hears of each change; batch gets a snapshot.",
    )
    interval: PositiveDuration = key("15min", description="Batch: time between snapshots.")
    latency: Duration = key(0, description="How late a change or a snapshot is applied.")
    loss_share: Share = key("0%", description="Share of messages that are lost.")
    duplicate_share: Share = key(
        "0%", description="Events: share of changes that come twice, to a channel that applies them twice."
    )
    per_minute: PositiveCount | None = key(
        None, description="How many changes the interface takes a minute, one after the other; null: any number."
    )
    retries: Count = key(0, description="How often a lost message is sent again; 0: nobody notices.")
    retry: PositiveDuration = key("1min", description="Time between attempts.")
    refresh: PositiveDuration | None = key(
        None,
        description="Events: how often all of it is read anew, in one go; null: what was lost is never made good.",
    )

    @model_validator(mode="after")
    def _has_messages(self) -> Self:
        if self.refresh is not None and self.mode != "events":
            raise fault("refresh only where mode is events: a batch is a full refresh, and live needs none")
        if self.duplicate_share and self.mode != "events":
            raise fault("duplicate_share only where mode is events: a snapshot that comes twice says the same")
        if self.mode == "live" and (self.per_minute is not None or self.retries):
            raise fault("per_minute and retries only where mode is events or batch")
        return self


class ReservationSpec(Section):
    """From when on, and where, an order's units are kept for it until they are allocated."""

    at: Annotated[str, one_of(*RESERVED_AT)] = key(
        "capture",
        description="cart (of a channel with a checkout), capture, or payment: a held order has no claim on stock.",
    )
    level: Annotated[str, one_of(*RESERVATION_LEVELS)] = key(
        "stock", description="stock: units of its nodes together; node: while it is held, at the nodes it would get."
    )
    expires: PositiveDuration | None = key(
        None, description="When the reservation of a cart or of a held order ends; null: never."
    )


class RekeyingSpec(Section):
    """What people mistype who enter a channel's orders."""

    wrong_address_share: Share = key("0%", description="Share of orders whose address is wrong: a data fault.")
    wrong_item_share: Share = key(
        "0%",
        description="Share of lines with another SKU or quantity than was asked for: the customer sends them back.",
    )


class ChannelSpec(Section):
    """Where orders come from."""

    name: Name = key(description="Name of the channel.")
    kind: Annotated[str, one_of(*CHANNEL_KINDS)] = key("storefront", description="What kind it is.")
    entity: Name | None = key(None, description="Its legal entity; the first one, if not given.")
    currency: Text | None = key(
        None,
        description="What its customers pay in, at prices and fees fixed in it from the start; null: the first "
        "entity's, without exchange gains. Needs a treasury.",
    )
    timezone: TimeZone | None = key(
        None, description="The time zone of the clock by which its orders come and its cut-off is; null: `timezone`."
    )
    segment: Name | None = key(None, description="Its customers; the first segment, if not given.")
    orders_per_day: Annotated[float, number_to(5_000_000)] = key(0, description="Orders a day, on average over a week.")
    hour_of_week: HourOfWeek = key({"hours": [1] * 24}, description="When they come; scaled to a mean of 1.")
    weekly_growth: Growth = key("0%", description="Growth of demand from week to week.")
    opens: Moment = key(0, description="When it goes live; nobody comes before.")
    lines: Annotated[Distribution, random_to(1_000)] = key(1, description="Lines of an order.")
    quantity: Annotated[Distribution, random_to(1_000_000)] = key(1, description="Units of a line.")
    category_weights: Weights | None = key(
        None, description="Multiplies the demand weights of a category's products; those not named have 0."
    )
    price: FactorBp = key("100%", description="Its prices, as a share of list prices.")
    shipping_fee: Money = key(0, description="What a customer pays for shipping an order.")
    payments: list[PaymentSpec] = key([{"kind": "card"}], description="How its customers pay.", min_length=1)
    promise: PromiseSpec = key({}, description="What it promises.")
    sync: SyncSpec = key({}, description="How it learns of stock.")
    stock_share: Share = key("100%", description="Share of available stock that is published to it.")
    buffer_units: Count = key(0, description="Units of each SKU that are withheld from it.")
    protected_units: Count = key(0, description="Units of each SKU that channels with the same stock leave to it.")
    priority: Count = key(0, description="Rank of its orders for release by priority; the highest goes first.")
    commission: ShareBp = key("0%", description="What the channel's owner takes.")
    commission_kept_on_refund: ShareBp = key(
        "100%", description="Share of its commission that the channel's owner keeps when a customer is refunded."
    )
    settlement: Duration = key("2d", description="How long until the money for a parcel may be paid out.")
    settlement_from: Annotated[str, one_of(*SETTLEMENT_FROM)] = key(
        "departure",
        description="What that runs from: the parcel's departure; or its delivery, or its loss or return to us.",
    )
    settlement_interval: PositiveDuration = key("1d", description="How often it is paid out.")
    accepts_backorders: Flag = key(False, description="Whether it takes orders beyond its stock.")
    refuses: Annotated[str, one_of("line", "order")] = key(
        "line", description="What a missing SKU costs: its line, or the order."
    )
    rekeying: RekeyingSpec | None = key(
        None, description="Its orders are typed in by the desk that handles `rekeying`; null: they come by themselves."
    )
    ship_complete: Flag = key(False, description="Whether an order ships as a whole or not at all.")
    accounts: PositiveCount = key(1, description="How many customer accounts its orders belong to.")
    credit_limit: Money | None = key(
        None,
        description="Limit of each account's net receivables and open orders, at entry and at release; fixed in the "
        "channel's currency.",
    )
    credit_tolerance_share: Share = key("0%", description="How far above it a credit controller lets an account go.")
    approval_over: Money | None = key(
        None, description="Net order value above which somebody has to approve; fixed in the channel's currency."
    )
    approval_rejected_share: Share = key("0%", description="Share of those orders that is rejected.")
    residential: Flag | None = key(
        None, description="Whether its parcels go to homes, for which carriers may charge more; null: all but b2b do."
    )
    absent_share: Share = key("0%", description="Share of delivery attempts at which nobody takes the parcel.")
    contracts: list[ContractSpec] = key([], description="What was agreed with the first of its accounts, in turn.")
    billing: BillingSpec | None = key(
        None, description="How accounts on invoice are billed, and pay; null: each shipment by itself, in time."
    )
    pending: PendingSpec | None = key(
        None, description="How long its orders are the marketplace's alone; null: they can be imported at once."
    )
    limits: RatingLimitsSpec | None = key(None, description="What a marketplace asks of its sellers; null: nothing.")
    subscription: SubscriptionSpec | None = key(None, description="Recurring orders of its subscribers; null: none.")
    sales_lag: Duration = key(0, description="How long after a bucket's end its sales reach the forecaster.")
    reservation: ReservationSpec = key({}, description="What an order that is not allocated yet has a claim on.")
    checkout: RandomDuration | None = key(
        None, description="From the cart to the order; null: who arrives orders at once."
    )
    abandoned_share: Share = key("0%", description="Share of carts that never become an order.")
    pickup: PickupSpec | None = key(None, description="How its customers fetch orders at stores; null: they do not.")

    @model_validator(mode="after")
    def _all_paid(self) -> Self:
        if not math.isclose(math.fsum(payment.share for payment in self.payments), 1, abs_tol=1e-6):
            raise fault("payments whose shares add up to 1")
        if self.reservation.at == "cart" and self.checkout is None:
            raise fault("a checkout, where a cart reserves")
        if self.pickup is not None and (self.checkout is not None or self.rekeying is not None):
            raise fault("either pickup, or a checkout or rekeying")
        if self.checkout is not None and (
            self.pending is not None or (self.limits is not None and self.limits.confirm_by is not None)
        ):
            raise fault("either a checkout, or pending or confirm_by of a marketplace")
        return self

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        under_contract = sum(contract.accounts for contract in self.contracts)
        if under_contract > self.accounts:
            raise fault(f"accounts of {under_contract} or more, as many as have contracts")
        if self.subscription is not None and (self.limits is not None or self.checkout is not None):
            raise fault("either a subscription, or a marketplace's limits or a checkout")
        return self
