"""All kinds of fact, chapter by chapter. The order numbers them, and documents of one moment are booked by it."""

from __future__ import annotations

from sim.books.kinds import (
    accounting,
    channels,
    delivery,
    entities,
    exceptions,
    floor,
    house,
    messages,
    orders,
    payments,
    replay,
    returns,
    shelf,
    supply,
)

KINDS = (
    *orders.FACTS,
    *floor.FACTS,
    *delivery.FACTS,
    *payments.FACTS,
    *returns.FACTS,
    *exceptions.FACTS,
    *entities.FACTS,
    *channels.FACTS,
    *messages.FACTS,
    *replay.FACTS,
    *supply.FACTS,
    *shelf.FACTS,
    *accounting.FACTS,
    *house.FACTS,
)
KIND_NAMES = tuple(kind.name for kind in KINDS)
NUMBER = {kind.name: number for number, kind in enumerate(KINDS)}
if len(NUMBER) < len(KINDS):
    raise ValueError(f"two kinds of fact have one name: {sorted(n for n in NUMBER if KIND_NAMES.count(n) > 1)}")
