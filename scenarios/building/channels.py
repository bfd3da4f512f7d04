"""Channels, their payments and their customers, from what a scenario file says of them."""

from __future__ import annotations

from scenarios.building.names_to_numbers import position_of, weights_of
from scenarios.names import Names
from scenarios.schema.agreements import contract, pending, rating_limits
from scenarios.schema.billing import billing
from scenarios.schema.demand import ChannelSpec, PaymentSpec, SegmentSpec
from scenarios.schema.pickup import pickup
from scenarios.schema.subscription import subscription
from sim.network import (
    Channel,
    Payment,
    Promise,
    Rekeying,
    Reservation,
    Segment,
    Sync,
)


def segment_of(spec: SegmentSpec, names: Names) -> Segment:
    """A segment of customers."""
    return Segment(
        name=spec.name,
        region_weights=weights_of(names, "region", spec.region_weights),
        return_factor=spec.return_factor,
        return_delay_ms=spec.return_delay,
        return_transit_ms=spec.return_transit,
        cancel_share=spec.cancel_share,
        cancel_delay_ms=spec.cancel_delay,
        cancel_line_share=spec.cancel_line_share,
        cancel_units_share=spec.cancel_units_share,
        hold_patience_ms=spec.hold_patience,
        status_contact_share=spec.status_contact_share,
        status_contact_delay_ms=spec.status_contact_delay,
        late_contact_share=spec.late_contact_share,
        late_contact_delay_ms=spec.late_contact_delay,
        late_cancel_share=spec.late_cancel_share,
        refuse_late_share=spec.refuse_late_share,
        late_cancel_delay_ms=spec.late_cancel_delay,
        statement_delay_ms=spec.statement_delay,
        repeated_notice_contact_share=spec.repeated_notice_contact_share,
    )


def channel_of(spec: ChannelSpec, names: Names, closed_days: frozenset[int]) -> Channel:
    """A channel that promises nothing for ``closed_days``, but for the moment at which it opens."""
    promise, sync = spec.promise, spec.sync
    return Channel(
        name=spec.name,
        kind=spec.kind,
        entity=position_of(names, "entity", spec.entity),
        currency=spec.currency,
        timezone=spec.timezone,
        segment=position_of(names, "segment", spec.segment),
        orders_per_day=spec.orders_per_day,
        hour_of_week=spec.hour_of_week,
        weekly_growth=spec.weekly_growth,
        line_count=spec.lines,
        quantity=spec.quantity,
        category_weights=weights_of(names, "category", spec.category_weights),
        price_bp=spec.price,
        shipping_fee_cents=spec.shipping_fee,
        payments=tuple(_payment(payment) for payment in spec.payments),
        promise=Promise(
            promise.order_by, promise.transit_days, promise.working_days, promise.inbound_within, closed_days
        ),
        sync=Sync(
            sync.mode,
            sync.interval,
            sync.latency,
            sync.loss_share,
            sync.per_minute,
            sync.retries,
            sync.retry,
            sync.refresh,
            sync.duplicate_share,
        ),
        share=spec.stock_share,
        buffer_units=spec.buffer_units,
        protected_units=spec.protected_units,
        priority=spec.priority,
        commission_bp=spec.commission,
        settlement_ms=spec.settlement,
        settlement_interval_ms=spec.settlement_interval,
        settlement_from=spec.settlement_from,
        commission_kept_on_refund_bp=spec.commission_kept_on_refund,
        accepts_backorders=spec.accepts_backorders,
        refuses=spec.refuses,
        rekeying=None
        if spec.rekeying is None
        else Rekeying(spec.rekeying.wrong_address_share, spec.rekeying.wrong_item_share),
        ship_complete=spec.ship_complete,
        accounts=spec.accounts,
        credit_limit_cents=spec.credit_limit,
        credit_tolerance_share=spec.credit_tolerance_share,
        approval_over_cents=spec.approval_over,
        approval_rejected_share=spec.approval_rejected_share,
        residential=spec.kind != "b2b" if spec.residential is None else spec.residential,
        absent_share=spec.absent_share,
        subscription=subscription(spec.subscription),
        contracts=tuple(contract(agreed, names) for agreed in spec.contracts),
        limits=rating_limits(spec.limits),
        pending=pending(spec.pending),
        billing=billing(spec.billing),
        sales_lag_ms=spec.sales_lag,
        reservation=Reservation(spec.reservation.at, spec.reservation.level, spec.reservation.expires),
        checkout_ms=spec.checkout,
        abandoned_share=spec.abandoned_share,
        pickup=pickup(spec.pickup),
    )


def _payment(spec: PaymentSpec) -> Payment:
    return Payment(
        kind=spec.kind,
        share=spec.share,
        declined_share=spec.declined_share,
        recovered_share=spec.recovered_share,
        retry_ms=spec.retry,
        review_share=spec.review_share,
        fraud_share=spec.fraud_share,
        fee_bp=spec.fee_share,
        fee_cents=spec.fee,
        caught_share=spec.caught_share,
        false_reject_share=spec.false_reject_share,
        unnoticed_fraud_share=spec.unnoticed_fraud_share,
        chargeback_delay_ms=spec.chargeback_delay,
        chargeback_fee_cents=spec.chargeback_fee,
        authorisation_ms=spec.authorisation,
        renewal_declined_share=spec.renewal_declined_share,
    )
