"""How goods come back, as a scenario file describes it."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from scenarios import quantities as q
from scenarios.fields import Duration, Flag, Money, Name, Number, Reads, Section, Share, ShareBp, key, listed_or, one_of
from sim.plans.return_rules import EXCHANGE_TRIGGERS, REFUND_TRIGGERS, RETURN_REASONS

_REASONS_HELP = f"weights of {listed_or(RETURN_REASONS)}"


def _reasons(value: Any) -> tuple[float, ...] | None:
    if value is None:
        return None
    if not isinstance(value, dict) or not value or not set(value) <= set(RETURN_REASONS):
        raise q.QuantityError(_REASONS_HELP)
    weights = tuple(q.number(value.get(reason, 0)) for reason in RETURN_REASONS)
    if not sum(w for reason, w in zip(RETURN_REASONS, weights, strict=True) if reason != "late"):
        raise q.QuantityError(f"{_REASONS_HELP}, at least one of them for goods that came in time")
    return weights


ReturnReasons = Annotated[
    tuple[float, ...] | None,
    Reads(
        _reasons,
        {"anyOf": [{"type": "object", "additionalProperties": {"type": "number"}}, {"type": "null"}]},
        RETURN_REASONS,
    ),
]


class ReturnsSpec(Section):
    """The house's returns policy, and how honest and how lucky its customers are."""

    refund_on: Annotated[str, one_of(*REFUND_TRIGGERS)] = key(
        "inspection", description="When a refund is paid: at the carrier's first scan, at receipt, or after inspection."
    )
    accepts_late_requests: Flag = key(
        True, description="Whether requests that come after `rules.return_window` are accepted all the same."
    )
    label_after: Duration = key(0, description="From the request to the label, with which the parcel sets off.")
    label: Money = key(0, description="Freight of a parcel back, which the house pays.")
    lost_share: Share = key("0%", description="Share of the parcels back that never arrive.")
    empty_box_share: Share = key("0%", description="Share of the parcels back that hold nothing.")
    used_share: Share = key("0%", description="Share of the goods that come back used, and are not sold as new again.")
    used_deduction: ShareBp = key("0%", description="What is kept of the refund of used goods.")
    dispute_share: Share = key("0%", description="Share of reduced or refused refunds that customers dispute.")
    dispute_upheld_share: Share = key("0%", description="Share of disputes that a desk decides for the customer.")
    keep_below: Money = key(0, description="Goods below this net value are refunded and left with the customer.")
    exchange_share: Share = key(
        "0%", description="Share of accepted returns whose customers want something else instead of money."
    )
    exchange_on: Annotated[str, one_of(*EXCHANGE_TRIGGERS)] = key(
        "receipt", description="When it is sent: at the request (in advance), at the first scan, at receipt, or later."
    )
    at_store_share: Share = key("0%", description="Share of returns brought to the nearest store with inspectors.")
    store_miles: Number = key(50, description="How far from one of them its customers live at most.")
    store_visit: Duration = key("1d", description="How long after the request the customer is there.")
    blind_share: Share = key(
        "0%", description="Share of returns that come without a request; the desk of `return` looks for their order."
    )
    no_receipt_share: Share = key("0%", description="Share of these for which no order is found.")
    no_receipt_refund: ShareBp = key("50%", description="What of the price is refunded then.")
    node: Name | None = key(None, description="The node that takes all returns; null: each goes back where it left.")

    @model_validator(mode="after")
    def _one_way_each(self) -> Self:
        if self.at_store_share + self.blind_share > 1:
            raise PydanticCustomError("quantity", "at_store_share and blind_share of 100% together at most")
        return self
