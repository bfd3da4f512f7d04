"""Messages between systems, as a scenario file describes them."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import model_validator

from scenarios.fields import (
    Clock,
    Count,
    Duration,
    Flag,
    Name,
    Names,
    PositiveCount,
    PositiveDuration,
    RandomDuration,
    Section,
    Share,
    fault,
    key,
    one_of,
)
from sim.messages.plan import MESSAGES, OF_CHANNELS
from sim.world import SYSTEMS


class MessageSpec(Section):
    """How some kinds of message travel from some channels or nodes."""

    name: Name = key(description="Name of the interface, as the event log tells it.")
    kinds: list[Annotated[str, one_of(*MESSAGES)]] = key(
        description="What it carries: order_in and posting come from channels, the others from nodes.", min_length=1
    )
    channels: Names | None = key(None, description="The channels that it serves; null: all.")
    nodes: Names | None = key(None, description="The nodes that it serves; null: all.")
    mode: Annotated[str, one_of("events", "batch")] = key(
        "events", description="events sends each message at once; batch a file every so often, lost as a whole."
    )
    interval: PositiveDuration = key("15min", description="Batch: time between files.")
    latency: RandomDuration = key(0, description="From departure to arrival.")
    loss_share: Share = key("0%", description="Share of messages (files) that are lost.")
    duplicate_share: Share = key("0%", description="Share of messages (files) that arrive twice.")
    per_minute: PositiveCount | None = key(
        None, description="How many messages it takes a minute, of all senders together; null: any number."
    )
    retries: Count = key(
        0, description="How often one that is not acknowledged is sent again; then a desk gets it. 0: nobody notices."
    )
    retry: PositiveDuration = key("5min", description="Time between attempts.")
    idempotent: Flag = key(
        True,
        description="Whether the receiver knows a message again; if not, it acts on it twice: goods are sent "
        "(order_in, release), booked (receipt), invoiced (ship_confirmation), refunded (return_receipt), paid out "
        "(posting) or told of (tracking) again.",
    )

    @model_validator(mode="after")
    def _has_an_effect(self) -> Self:
        if self.channels is not None and not set(self.kinds) & set(OF_CHANNELS):
            raise fault(f"channels only for {' or '.join(OF_CHANNELS)}")
        if self.nodes is not None and set(self.kinds) <= set(OF_CHANNELS):
            raise fault(f"nodes for kinds other than {' or '.join(OF_CHANNELS)}")
        return self


class ReconciliationSpec(Section):
    """Statuses that two systems hold are compared; a desk that handles `message` mends what differs."""

    at: Clock = key("02:00", description="When it is done first, on the first day.")
    every: PositiveDuration = key("1d", description="How often.")
    older_than: Duration = key("2h", description="How long a message must be out to be looked for.")


class CustomerServiceSpec(Section):
    """What the people who answer customers see on their screen: where it does not show where an order is, or shows what
    is not true any more, an answer takes longer and helps less."""

    sees: list[Annotated[str, one_of(*SYSTEMS)]] = key(
        list(SYSTEMS),
        description="Systems that it shows: orders (until they are allocated), floor (until they leave), carrier.",
    )
    blind_effort: PositiveCount = key(1, description="How many handling times a ticket takes whose order is not shown.")
    blind_repeat_share: Share = key("0%", description="Share of such answers after which the customer asks again.")
    blind_repeat_delay: RandomDuration = key("1d", description="From the answer to that.")
