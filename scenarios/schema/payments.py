"""How payments are authorised and fraud is looked for, as a scenario file describes it."""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from scenarios.fields import (
    AnyNumber,
    AtLeastOne,
    Name,
    Number,
    PositiveCount,
    PositiveDuration,
    Section,
    Share,
    fault,
    key,
)
from scenarios.rule_fields import ScoredFact
from sim.plans.fraud import FraudPlan, Risk, ScoreRule
from sim.plans.gateway import GatewayPlan


class RiskSpec(Section):
    """What makes fraud likelier, as life is; no company knows it."""

    name: Name = key(description="Name of the risk.")
    when: ScoredFact = key(description="The condition: an expression over what was ordered.")
    factor: Number = key(description="How many times as often such an order is fraud.")


class ScoreRuleSpec(Section):
    """What a company takes for a sign of fraud, or of honesty."""

    name: Name = key(description="Name of the rule.")
    when: ScoredFact = key(description="The condition: an expression over what was ordered.")
    points: AnyNumber = key(description="By how much the score rises; below 0: falls.")


class FraudSpec(Section):
    """Which orders by card or in advance are fraud, and the score that looks for it. In its place, `review_share`,
    `fraud_share` and `unnoticed_fraud_share` of these payments say nothing; `caught_share` and `false_reject_share` say
    how good reviewers are."""

    share: Share = key(description="Share of these orders that is fraud, before the factors of the risks.")
    risks: list[RiskSpec] = key([], description="What makes fraud likelier; factors multiply.")
    rules: list[ScoreRuleSpec] = key([], description="What the score is made of; points add up.")
    signal: Number = key(0, description="Points that fraud has besides: what other evidence tells.")
    luck: Number = key(0, description="Points that any order has besides, from 0 to this, by chance.")
    review_at: AnyNumber = key(50, description="Score from which on people look at an order.")
    reject_at: AnyNumber | None = key(
        None, description="Score from which on an order is cancelled without people; null: never."
    )

    @model_validator(mode="after")
    def _in_sequence(self) -> Self:
        if self.reject_at is not None and self.reject_at < self.review_at:
            raise fault("a reject_at of review_at or more")
        return self

    def plan(self) -> FraudPlan:
        """What the simulation runs."""
        return FraudPlan(
            share=self.share,
            risks=tuple(Risk(r.name, r.when, r.factor) for r in self.risks),
            rules=tuple(ScoreRule(r.name, r.when, r.points) for r in self.rules),
            signal_points=self.signal,
            luck_points=self.luck,
            review_at=self.review_at,
            reject_at=self.reject_at,
        )


class GatewaySpec(Section):
    """A payment gateway with a pace: what fails comes back, and is in the way of what comes for the first time."""

    per_minute: PositiveCount = key(description="How many authorisations it answers in a minute, one after the other.")
    queue: PositiveCount = key(1_000, description="How many it has in hand at most; further ones fail at once.")
    timeout: PositiveDuration = key("30s", description="How long the shop waits for an answer.")
    backoff: AtLeastOne = key(1, description="How many times as late each further attempt is made.")
    spread_share: Share = key("0%", description="By up to how much of its interval an attempt is made earlier.")
    attempts: PositiveCount | None = key(
        None, description="How often it is tried before the customer leaves; null: as often as it takes."
    )

    def plan(self) -> GatewayPlan:
        """What the simulation runs."""
        return GatewayPlan(
            per_minute=self.per_minute,
            queue=self.queue,
            timeout_ms=self.timeout,
            backoff=self.backoff,
            spread_share=self.spread_share,
            attempts=self.attempts,
        )
