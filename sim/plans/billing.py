"""How business customers are billed, and how they pay."""

from __future__ import annotations

from dataclasses import dataclass, field

from sim.distributions import Distribution, Fixed
from sim.units import DAY_MS

INVOICED = ("shipment", "month")
"""What an invoice is for: one shipment, or all of an account's of a calendar month."""


@dataclass(frozen=True, slots=True)
class BillingPlan:
    """Invoices of one kind of account, which are due ``terms_ms`` after their date.

    A month's invoice is dated at its end. ``late_share`` of the invoices are paid ``late_by_ms`` after they are due. Of
    ``short_share`` of them a part is missing, ``short_by`` of the amount: what is below ``write_off_below_cents`` is
    written off; else somebody looks at it, who finds that the customer is right in ``upheld_share`` of the cases, and
    gives a credit, or asks for the rest, which comes ``residual_after_ms`` later.
    """

    invoices: str = "shipment"
    terms_ms: int = 30 * DAY_MS
    late_share: float = 0.0
    late_by_ms: Distribution = field(default_factory=lambda: Fixed(10 * DAY_MS))
    short_share: float = 0.0
    short_by: Distribution = field(default_factory=lambda: Fixed(0.05))
    write_off_below_cents: int = 0
    upheld_share: float = 0.5
    residual_after_ms: int = 14 * DAY_MS
