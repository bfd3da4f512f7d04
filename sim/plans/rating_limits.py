"""What a marketplace asks of its sellers, and what it does to those who fall short."""

from __future__ import annotations

from dataclasses import dataclass

from sim.units import DAY_MS

DEFECT_KINDS = ("late", "damaged", "wrong_item", "defective", "lost", "cancelled")
"""What a marketplace may count as a defect: an order that is not whole with its customer in time; of which a parcel
arrived broken, something else was in the parcel, it was sent back as faulty, a parcel was lost; or of which the seller
cancelled units, all or some."""


@dataclass(frozen=True, slots=True)
class RatingLimits:
    """Limits on three rates in a rolling window of ``window_ms``, looked at every ``review_ms`` once ``min_orders``
    orders were due in it.

    Late: orders not whole on their way at their ship-by. Cancelled: by the seller, before they left. Defect: whatever
    of `DEFECT_KINDS` is among ``defect_kinds``, an order once, when it comes to light; ``late`` is what is not whole
    with the customer ``defect_after_ms`` after the promise. Each costs its penalty; a rate above its limit costs
    the channel ``suspension_ms`` without sales, after which the seller begins anew.

    An order that the seller has not confirmed (validated) ``confirm_by_ms`` after it could be imported (None: there is
    no such limit) is cancelled by the marketplace, counts as cancelled by the seller, and costs
    ``confirm_penalty_cents`` besides.
    """

    late_share: float = 0.04
    cancelled_share: float = 0.025
    defect_share: float = 0.01
    window_ms: int = 30 * DAY_MS
    min_orders: int = 100
    review_ms: int = DAY_MS
    suspension_ms: int = 0
    late_penalty_cents: int = 0
    cancelled_penalty_cents: int = 0
    defect_penalty_cents: int = 0
    defect_after_ms: int = 3 * DAY_MS
    defect_kinds: tuple[str, ...] = ("late",)
    confirm_by_ms: int | None = None
    confirm_penalty_cents: int = 0
