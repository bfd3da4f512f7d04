"""Who orders with stolen cards while an attack lasts: orders beyond those of the customers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.agents.customers.promotions import product_shares, region_shares
from sim.disruptions import Occurrence
from sim.disruptions.fraud_attack import FraudAttack
from sim.distributions import at_many
from sim.network import Channel
from sim.plans.fraud import SCORED
from sim.streams import Streams
from sim.units import DAY_MS
from sim.world import World

if TYPE_CHECKING:
    from sim.agents.customers.customer import Offer, PromiseTable

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Prices = Callable[[int, Ints, Ints, Ints, Ints], Ints]
"""Net prices of the lines of a channel's orders, from their moments, regions, counts of lines and products."""


class Attackers:
    """All attacks of one run that bring orders of their own.

    They come with the customers and look like them, but for what they are after (``categories``) and that they keep
    what they get. All is drawn from streams of the attack's own, and none of them has the moment of another order of
    its channel, by which everything later is drawn: the customers are the same with it and without it.

    Attributes
    ----------
    moments : set of (int, int)
        Channel and moment of every order with a stolen card that has been drawn.
    """

    def __init__(self, world: World, streams: Streams, planned: Sequence[Occurrence]) -> None:
        self._world, self._network, self._streams = world, world.network, streams
        self.moments: set[tuple[int, int]] = set()
        self._attacks: list[tuple[str, FraudAttack]] = []
        """Each with its name and, as it may recur, its turn."""
        turns = Counter[int]()
        for occurrence in planned:
            d = occurrence.disruption
            if isinstance(d, FraudAttack) and d.orders_per_day > 0:
                name = f"{world.disruption_name(occurrence.number)}/{turns[occurrence.number]}"
                self._attacks.append((name, d))
                turns[occurrence.number] += 1

    def day(self, day: int, parts: Sequence[Offer], promises: PromiseTable, prices: Prices) -> list[Offer]:
        """What they order on one local day. ``parts`` are all other arrivals of it."""
        if not self._attacks:
            return []
        found: list[Offer] = []
        for name, attack in self._attacks:
            for channel, share in self._targets(attack):
                at_ms = self._arrivals(f"{name}/{self._network.channels[channel].name}", attack, channel, day, share)
                if len(at_ms):
                    others = [p.at_ms[p.channel == channel] for p in [*parts, *found]]
                    at_ms = _apart(at_ms, set(np.concatenate([*others, at_ms[:0]]).tolist()))
                    self.moments.update((channel, t) for t in at_ms.tolist())
                    found.append(self._offer(name, attack, channel, day, at_ms, promises, prices))
        return found

    def _targets(self, attack: FraudAttack) -> list[tuple[int, float]]:
        """Channels where a stolen card pays, and the share of the attack that each of them gets: that of its trade."""
        channels = self._network.channels
        rates = {
            i: c.orders_per_day
            for i, c in enumerate(channels)
            if (attack.channels is None or i in attack.channels) and is_open_to_fraud(c)
        }
        return [(i, rate / sum(rates.values())) for i, rate in rates.items()]

    def _arrivals(self, entity: str, attack: FraudAttack, channel: int, day: int, share: float) -> Ints:
        """A Poisson process of constant rate, over what the attack has of a day."""
        calendar = self._world.calendar
        first = max(0, calendar.at(day, 0), attack.at_ms, self._network.channels[channel].opens_ms)
        last = min(calendar.at(day + 1, 0), attack.at_ms + attack.duration_ms, self._world.horizon.end_ms)
        if first >= last:
            return np.zeros(0, dtype=np.int64)
        generator = self._streams.generator("attack arrivals", entity, day)
        count = int(generator.poisson(attack.orders_per_day * share * (last - first) / DAY_MS))
        return np.sort(first + (generator.random(count) * (last - first)).astype(np.int64))

    def _offer(
        self,
        name: str,
        attack: FraudAttack,
        index: int,
        day: int,
        at_ms: Ints,
        promises: PromiseTable,
        prices: Prices,
    ) -> Offer:
        from sim.agents.customers.customer import Offer

        spec, n = self._network.channels[index], len(at_ms)

        def luck(purpose: str, size: int = n) -> Floats:
            return self._streams.block(f"attack {purpose}", f"{name}/{spec.name}", day, size)

        paid = np.array([p.share * (p.kind in SCORED) for p in spec.payments])
        region = _pick(region_shares(self._network, spec), luck("region"))
        count = np.maximum(1, at_many(spec.line_count, luck("lines")).astype(np.int64))
        lines = int(count.sum())
        product = _pick(self._wanted(attack, spec), luck("product", lines))
        ship_by, deliver_by = promises.of(index, region, at_ms)
        never = np.full(n, -1, dtype=np.int64)
        return Offer(
            at_ms=at_ms,
            channel=np.full(n, index),
            region=region,
            payment=_pick(paid, luck("payment")),
            ship_by_ms=ship_by,
            deliver_by_ms=deliver_by,
            payment_luck=luck("authorisation"),
            desk_luck=luck("desk"),
            transit_luck=luck("transit"),
            return_delay_ms=never,
            return_transit_ms=never,
            cancel_ms=never,
            line_count=count,
            product=product,
            units=np.maximum(1, at_many(spec.quantity, luck("units", lines)).astype(np.int64)),
            price_cents=prices(index, at_ms, region, count, product),
            return_units=np.zeros(lines, dtype=np.int64),
        )

    def _wanted(self, attack: FraudAttack, spec: Channel) -> Floats:
        """How likely a line asks for each product: as customers do, of what the attackers are after."""
        weights = product_shares(self._network, spec)
        if attack.categories is None:
            return weights
        mine = weights * [p.category in attack.categories for p in self._network.products]
        return mine if mine.any() else weights


def is_open_to_fraud(channel: Channel) -> bool:
    """Whether strangers can order there with a card that they stole."""
    is_strangers = channel.subscription is None and not channel.contracts and channel.orders_per_day > 0
    return is_strangers and any(p.kind in SCORED and p.share > 0 for p in channel.payments)


def _apart(moments: Ints, taken: set[int]) -> Ints:
    """The moments, each moved by as many milliseconds as it takes until nobody else has it."""
    found: list[int] = []
    for moment in moments.tolist():
        while moment in taken:
            moment += 1
        taken.add(moment)
        found.append(moment)
    return np.array(sorted(found), dtype=np.int64)


def _pick(weights: Floats, luck: Floats) -> Ints:
    cumulative = np.cumsum(weights) / weights.sum()
    last = int(np.flatnonzero(weights)[-1])
    return np.minimum(np.searchsorted(cumulative, luck, side="right"), last).astype(np.int64)
