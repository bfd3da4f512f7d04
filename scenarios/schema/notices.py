"""Notices of delay, as a scenario file describes them."""

from __future__ import annotations

from scenarios.fields import Duration, PositiveDuration, RandomDuration, Section, Share, key
from sim.plans.delay_notice import DelayNotice


class DelayNoticeSpec(Section):
    """Customers whose goods are not in stock are asked to wait or to cancel, before their promise breaks."""

    before: Duration = key("12h", description="How long before the order should leave they hear of it.")
    wait_share: Share = key("70%", description="Share of those who wait; the others cancel what has not been sent.")
    answer: RandomDuration = key("6h", description="From the notice to the answer.")
    unknown: PositiveDuration = key(
        "14d", description="What they are promised, from the notice on, where nothing is on order that would do."
    )


def delay_notice(spec: DelayNoticeSpec | None) -> DelayNotice | None:
    """The house's notices, if it has any."""
    if spec is None:
        return None
    return DelayNotice(spec.before, spec.wait_share, spec.answer, spec.unknown)
