"""Subscriptions: what a channel's subscribers agreed to, and how they behave."""

from __future__ import annotations

from dataclasses import dataclass, field

from sim.distributions import Distribution, Fixed
from sim.units import DAY_MS

_STEPS = 1_000


@dataclass(frozen=True, slots=True)
class Subscription:
    """Orders that renew themselves.

    A channel with a subscription has ``subscribers`` when the run begins, each with a basket and a cadence of its own,
    somewhere between two renewals. Whoever orders there later subscribes with that order. Renewals come every
    ``cadence_ms``, at ``renew_minute`` of the local day (None: at the hour at which the subscriber joined).

    At each renewal ``churn_share`` leave, or ``let_down_churn_share`` of those whose last order was late or failed; of
    those who stay ``skip_share`` want nothing this time. Of renewal payments ``declined_share`` are declined. They are
    tried again ``retries_ms`` after the first attempt, each time with success for ``recovered_share``; who has not paid
    after the last is no subscriber any more (dunning).
    """

    subscribers: int = 0
    cadence_ms: Distribution = field(default_factory=lambda: Fixed(30 * DAY_MS))
    renew_minute: int | None = None
    skip_share: float = 0.0
    churn_share: float = 0.0
    let_down_churn_share: float = 0.0
    declined_share: float = 0.0
    retries_ms: tuple[int, ...] = ()
    recovered_share: float = 0.0

    @property
    def renewals_per_day(self) -> float:
        """Orders that those who subscribe when the run begins want on an average day.

        Who renews more often counts more: the mean of the rate is not the rate of the mean cadence.
        """
        cadences = [max(DAY_MS, self.cadence_ms.at((i + 0.5) / _STEPS)) for i in range(_STEPS)]
        return self.subscribers * (1 - self.skip_share) * sum(DAY_MS / c for c in cadences) / _STEPS
