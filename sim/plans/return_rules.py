"""How the house takes goods back: who pays the label, when the refund is due, what is not believed."""

from __future__ import annotations

from dataclasses import dataclass, field

from sim.distributions import Distribution, Fixed
from sim.units import DAY_MS, MINUTE_MS

RETURN_REASONS = ("changed_mind", "wrong_size", "defect", "wrong_item", "late")
"""Why customers send goods back; what arrived broken comes back by itself."""

REFUND_TRIGGERS = ("scan", "receipt", "inspection")
"""When a refund is due: at the carrier's first scan, when the parcel is back, when it was looked at."""

EXCHANGE_TRIGGERS = ("request", *REFUND_TRIGGERS)
"""When an exchange is sent: in advance, or when a refund might be due."""


@dataclass(frozen=True, slots=True)
class ReturnRules:
    """The returns policy of the house, and how honest and how lucky its customers are.

    A request is answered with a label ``label_after_ms`` later, whose freight of ``label_cents`` the house pays; of the
    parcels, ``lost_share`` never arrive, and ``empty_box_share`` hold nothing. ``used_share`` of the goods were used:
    none of them is sold as new again, and ``used_deduction_bp`` of the refund is kept, if it was not paid before
    anybody looked. Of the customers who get less than they asked for, ``dispute_share`` dispute it, and a desk decides
    for ``dispute_upheld_share`` of them. Requests for less than ``keep_below_cents`` are refunded and the goods left
    with the customer. ``node`` takes all returns; None: each goes back to the node that sent it.
    """

    refund_on: str = "inspection"
    accepts_late_requests: bool = True
    label_after_ms: int = 0
    label_cents: int = 0
    lost_share: float = 0.0
    empty_box_share: float = 0.0
    used_share: float = 0.0
    used_deduction_bp: int = 0
    dispute_share: float = 0.0
    dispute_upheld_share: float = 0.0
    keep_below_cents: int = 0
    exchange_share: float = 0.0
    """Share of accepted returns whose customers want something else instead of money; it is sent at ``exchange_on``."""
    exchange_on: str = "receipt"
    at_store_share: float = 0.0
    """Share of returns that are brought to a store, ``store_visit_ms`` after the request, if there is one within
    ``store_miles``."""
    store_visit_ms: int = DAY_MS
    store_miles: float = 50.0
    blind_share: float = 0.0
    """Share of returns that come without a request; of these ``no_receipt_share`` belong to no order that anybody
    finds, and ``no_receipt_refund_bp`` of their price is refunded."""
    no_receipt_share: float = 0.0
    no_receipt_refund_bp: int = 5_000
    node: int | None = None

    @property
    def has_label(self) -> bool:
        """Whether sending a return off is a step of its own: it takes time, costs money, or sets off the refund."""
        return bool(self.label_after_ms or self.label_cents or "scan" in (self.refund_on, self.exchange_on))


@dataclass(frozen=True, slots=True)
class Disposition:
    """What becomes of returned goods of one category, after those that are restocked as new.

    Of all returned units that may be as new ``refurbish_share`` are made saleable within ``refurbish_ms`` at
    ``refurbish_cents`` a unit, and ``vendor_share`` go back to the supplier, who credits ``vendor_credit_bp`` of their
    cost; the rest is scrapped. What was used, or has a fault, is divided among the others in the same proportions.
    ``reasons`` are the weights of `RETURN_REASONS`; None: nobody asks.
    """

    reasons: tuple[float, ...] | None = None
    refurbish_share: float = 0.0
    refurbish_ms: Distribution = field(default_factory=lambda: Fixed(30 * MINUTE_MS))
    refurbish_cents: int = 0
    vendor_share: float = 0.0
    vendor_credit_bp: int = 10_000
