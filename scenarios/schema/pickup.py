"""What a scenario file says of orders that their customers fetch."""

from __future__ import annotations

from typing import Annotated

from scenarios.fields import PositiveDuration, RandomDuration, Section, Share, key, one_of
from sim.plans.pickup import NOT_AT_STORE, Pickup


class PickupSpec(Section):
    """How a channel's customers fetch orders at the open store that is nearest to them."""

    share: Share = key("100%", description="Share of its orders that are fetched; the others are sent.")
    unavailable: Annotated[str, one_of(*NOT_AT_STORE)] = key(
        "send", description="What its store does not have: send the order as a parcel, or refuse the line (or order)."
    )
    collect: RandomDuration = key("4h", description="From the notice that the goods are ready to the customer.")
    no_show_share: Share = key("0%", description="Share of pickups for which nobody comes.")
    hold: PositiveDuration = key(
        "5d", description="How long goods are ready for their customer; then they go back and the order is cancelled."
    )


def pickup(spec: PickupSpec | None) -> Pickup | None:
    """What the simulation knows of it."""
    if spec is None:
        return None
    return Pickup(spec.share, spec.unavailable, spec.collect, spec.no_show_share, spec.hold)
