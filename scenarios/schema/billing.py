"""How business customers are billed, as a scenario file describes it."""

from __future__ import annotations

from typing import Annotated

from scenarios.fields import Duration, Money, RandomDuration, RandomShare, Section, Share, key, one_of
from sim.plans.billing import INVOICED, BillingPlan


class BillingSpec(Section):
    """How accounts that pay on invoice are billed, and how they pay."""

    invoices: Annotated[str, one_of(*INVOICED)] = key(
        "shipment", description="What an invoice is for: one shipment, or all of an account's of a calendar month."
    )
    terms: Duration = key("30d", description="When an invoice is due after its date (30d to 60d).")
    late_share: Share = key("0%", description="Share of the invoices that are paid late.")
    late_by: RandomDuration = key("10d", description="How late.")
    short_share: Share = key("0%", description="Share of the invoices of which a part is not paid.")
    short_by: RandomShare = key("5%", description="What part.")
    write_off_below: Money = key(0, description="What is missing of a shipment is written off below this, at once.")
    upheld_share: Share = key(
        "50%", description="Share of the others for which the desk for `short_payment` gives a credit."
    )
    residual_after: Duration = key("14d", description="When the rest comes of those for which it does not.")


def billing(spec: BillingSpec | None) -> BillingPlan | None:
    """What the simulation knows of it."""
    if spec is None:
        return None
    return BillingPlan(
        invoices=spec.invoices,
        terms_ms=spec.terms,
        late_share=spec.late_share,
        late_by_ms=spec.late_by,
        short_share=spec.short_share,
        short_by=spec.short_by,
        write_off_below_cents=spec.write_off_below,
        upheld_share=spec.upheld_share,
        residual_after_ms=spec.residual_after,
    )
