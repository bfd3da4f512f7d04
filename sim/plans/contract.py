"""Contracts: what a business channel agreed with some of its customers' accounts."""

from __future__ import annotations

from dataclasses import dataclass

from sim.plans.billing import BillingPlan


@dataclass(frozen=True, slots=True)
class ContractPrice:
    """One line of a price list: for lines of ``from_units`` or more of a product (or category; both None: anything),
    either ``price_cents`` a unit or the list price less ``discount_bp``."""

    product: int | None = None
    category: int | None = None
    from_units: int = 1
    price_cents: int | None = None
    discount_bp: int = 0

    @property
    def rank(self) -> tuple[bool, bool, int]:
        """Of the lines that fit, the one of highest rank holds: a product's before a category's, the largest tier."""
        return self.product is not None, self.category is not None, self.from_units


@dataclass(frozen=True, slots=True)
class DeliveryWindow:
    """When a delivery is welcome: from ``early_ms`` before the promised moment to ``late_ms`` after it. A shipment
    outside costs ``penalty_cents`` and ``penalty_bp`` of its net value. With ``hold`` it is not released before it
    would arrive inside."""

    early_ms: int
    late_ms: int = 0
    penalty_bp: int = 0
    penalty_cents: int = 0
    hold: bool = False


@dataclass(frozen=True, slots=True)
class Contract:
    """What holds for ``accounts`` of a channel's accounts; None leaves to the channel what the contract does not say.

    Attributes
    ----------
    terms_ms
        From shipment to payment.
    node
        The only node that may serve them.
    """

    name: str
    accounts: int = 1
    prices: tuple[ContractPrice, ...] = ()
    terms_ms: int | None = None
    ship_complete: bool | None = None
    node: int | None = None
    window: DeliveryWindow | None = None
    billing: BillingPlan | None = None
