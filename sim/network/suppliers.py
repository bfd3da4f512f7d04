"""Who makes the goods, on what terms."""

from __future__ import annotations

from dataclasses import dataclass, field

from sim.distributions import Distribution, Fixed
from sim.plans.making import MakingPlan
from sim.units import BASIS_POINTS, DAY_MS

KEPT_PROMISES = 0.8
"""How often a supplier keeps the date that it names, where a scenario does not say what it names (70-92%)."""


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
    currency: str | None = None
    """What it is paid in; None: the first entity's, whatever an entity counts in."""
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
