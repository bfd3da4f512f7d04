"""Contracts with business customers and limits of marketplaces, as a scenario file describes them."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import model_validator

from scenarios.fields import (
    Count,
    Duration,
    Flag,
    Money,
    Name,
    PositiveCount,
    PositiveDuration,
    RandomDuration,
    Section,
    Share,
    ShareBp,
    fault,
    key,
    one_of,
)
from scenarios.names import Names
from scenarios.schema.billing import BillingSpec, billing
from sim.plans.contract import Contract, ContractPrice, DeliveryWindow
from sim.plans.pending import Pending
from sim.plans.rating_limits import DEFECT_KINDS, RatingLimits


class ContractPriceSpec(Section):
    """One line of a price list. Of the lines that fit, a product's holds before a category's, and the largest tier."""

    sku: Name | None = key(None, description="The product it is for.")
    category: Name | None = key(None, description="Or the category; neither: everything.")
    from_units: PositiveCount = key(1, description="Smallest number of units of an order line.")
    price: Money | None = key(None, description="Net price of a unit.")
    discount: ShareBp | None = key(None, description="Or: what is taken off the list price.")

    @model_validator(mode="after")
    def _one_of_each(self) -> Self:
        if (self.price is None) == (self.discount is None) or (self.sku is not None and self.category is not None):
            raise fault("either a price or a discount, and a sku or a category at most")
        return self


class DeliveryWindowSpec(Section):
    """When a delivery is welcome, around the promised moment."""

    early: Duration = key(description="How long before the promise it may arrive.")
    late: Duration = key(0, description="How long after the promise it may arrive.")
    penalty: Money = key(0, description="What each shipment outside the window costs.")
    penalty_share: ShareBp = key("0%", description="What it costs besides, as a share of its net value (1 to 5%).")
    hold: Flag = key(False, description="Whether shipments wait for a wave after which they would not come too early.")


class ContractSpec(Section):
    """What was agreed with some of the channel's accounts."""

    name: Name = key(description="Name of the customer, or of the group of customers.")
    accounts: PositiveCount = key(1, description="How many of the channel's accounts it is for.")
    prices: list[ContractPriceSpec] = key([], description="Its price list; what is not on it costs what others pay.")
    terms: Duration | None = key(
        None, description="From shipment to payment (30d to 60d); null: the channel's settlement."
    )
    ship_complete: Flag | None = key(None, description="Whether orders ship as a whole; null: as the channel does.")
    node: Name | None = key(None, description="The only node that may serve it; null: any.")
    window: DeliveryWindowSpec | None = key(None, description="When deliveries are welcome; null: any time.")
    billing: BillingSpec | None = key(None, description="How it is billed, and how it pays; null: as the channel says.")


class RatingLimitsSpec(Section):
    """What a marketplace asks of its sellers."""

    late: Share = key("4%", description="Most orders that are not whole on their way at their ship-by.")
    cancelled: Share = key("2.5%", description="Most orders that the seller cancels.")
    defects: Share = key("1%", description="Most orders with a defect.")
    defect_kinds: list[Annotated[str, one_of(*DEFECT_KINDS)]] = key(
        ["late"],
        description="What is a defect, an order once: late (not whole with the customer in time), damaged (arrived "
        "broken), wrong_item (something else was in the parcel), defective (sent back as faulty), lost, cancelled (the "
        "seller took units off, all or some).",
        min_length=1,
    )
    defect_after: Duration = key("3d", description="How long after the promise an order is a defect.")
    window: PositiveDuration = key("30d", description="Of what time the shares are taken.")
    min_orders: Count = key(100, description="Orders below which nobody judges.")
    review_every: PositiveDuration = key("1d", description="How often the shares are looked at.")
    suspension: Duration = key(0, description="How long nothing is sold after a limit was passed; 0: it has no effect.")
    late_penalty: Money = key(0, description="What each late order costs.")
    cancelled_penalty: Money = key(0, description="What each cancelled order costs.")
    defect_penalty: Money = key(0, description="What each defect costs.")
    confirm_by: PositiveDuration | None = key(
        None, description="An order is cancelled that is not validated so long after it can be imported; null: none."
    )
    confirm_penalty: Money = key(0, description="What an order costs besides that was not confirmed in time.")


class PendingSpec(Section):
    """How long a marketplace keeps an order to itself before it can be imported."""

    lasts: RandomDuration = key(description="How long it checks the payment (30min to 24h).")
    cancelled_share: Share = key("0%", description="Share of those orders that end there: nothing was paid.")


def pending(spec: PendingSpec | None) -> Pending | None:
    """What the simulation knows of it."""
    return None if spec is None else Pending(spec.lasts, spec.cancelled_share)


def contract(spec: ContractSpec, names: Names) -> Contract:
    """What the simulation knows of a contract."""
    window = spec.window
    return Contract(
        name=spec.name,
        accounts=spec.accounts,
        prices=tuple(
            ContractPrice(
                product=None if price.sku is None else names.index("product", price.sku),
                category=None if price.category is None else names.index("category", price.category),
                from_units=price.from_units,
                price_cents=price.price,
                discount_bp=price.discount or 0,
            )
            for price in spec.prices
        ),
        terms_ms=spec.terms,
        ship_complete=spec.ship_complete,
        node=None if spec.node is None else names.index("node", spec.node),
        window=None
        if window is None
        else DeliveryWindow(window.early, window.late, window.penalty_share, window.penalty, window.hold),
        billing=billing(spec.billing),
    )


def rating_limits(spec: RatingLimitsSpec | None) -> RatingLimits | None:
    """What the simulation knows of a marketplace's limits."""
    if spec is None:
        return None
    return RatingLimits(
        late_share=spec.late,
        cancelled_share=spec.cancelled,
        defect_share=spec.defects,
        window_ms=spec.window,
        min_orders=spec.min_orders,
        review_ms=spec.review_every,
        suspension_ms=spec.suspension,
        late_penalty_cents=spec.late_penalty,
        cancelled_penalty_cents=spec.cancelled_penalty,
        defect_penalty_cents=spec.defect_penalty,
        defect_after_ms=spec.defect_after,
        defect_kinds=tuple(spec.defect_kinds),
        confirm_by_ms=spec.confirm_by,
        confirm_penalty_cents=spec.confirm_penalty,
    )
