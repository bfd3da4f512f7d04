"""Subscriptions, as a scenario file describes them."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Self

from pydantic import model_validator

from scenarios.fields import Clock, PositiveDuration, RandomDuration, Section, Share, count_to, fault, key
from sim.plans.subscription import Subscription


class SubscriptionSpec(Section):
    """Orders that renew themselves; who orders at the channel subscribes with that order."""

    subscribers: Annotated[int, count_to(5_000_000)] = key(
        0, description="Subscribers when the run begins, each at some point between two renewals."
    )
    cadence: RandomDuration = key("30d", description="From one renewal of a subscriber to the next; at least a day.")
    renew_at: Clock | None = key(
        None, description="Time of day at which a day's renewals come; null: at the hour at which each one joined."
    )
    skip_share: Share = key("0%", description="Share of renewals that the subscriber skips.")
    churn_share: Share = key("0%", description="Share of subscribers who leave at a renewal.")
    let_down_churn_share: Share | None = key(
        None, description="The same of those whose last order was late or failed; null: like the others."
    )
    declined_share: Share = key("0%", description="Share of renewal payments whose first attempt is declined.")
    retries: list[PositiveDuration] = key(
        [], description="When a declined payment is tried again, counted from the first attempt, rising."
    )
    recovered_share: Share = key("0%", description="Share of those retries that succeed, each time.")

    @model_validator(mode="after")
    def _rising(self) -> Self:
        if any(later <= earlier for earlier, later in pairwise(self.retries)) or len(self.retries) > 50:
            raise fault("up to 50 retries, each later than the one before")
        return self


def subscription(spec: SubscriptionSpec | None) -> Subscription | None:
    """What the simulation knows of it."""
    if spec is None:
        return None
    let_down = spec.churn_share if spec.let_down_churn_share is None else spec.let_down_churn_share
    return Subscription(
        subscribers=spec.subscribers,
        cadence_ms=spec.cadence,
        renew_minute=spec.renew_at,
        skip_share=spec.skip_share,
        churn_share=spec.churn_share,
        let_down_churn_share=let_down,
        declined_share=spec.declined_share,
        retries_ms=tuple(spec.retries),
        recovered_share=spec.recovered_share,
    )
