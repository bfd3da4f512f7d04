"""Who subscribes to a channel, with what basket, and when each renewal is due, whatever becomes of it.

Renewals are drawn like any demand, ahead of the run and for as long as it lasts: two policies see the same ones. That a
subscriber has left by then, skips or does not pay is an event (`sim.agents.customers.subscriptions`), not a draw.
"""

from __future__ import annotations

from collections import defaultdict, deque
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.calendar import Calendar
from sim.distributions import Distribution, at_many
from sim.network import Network
from sim.plans.subscription import Subscription
from sim.streams import Streams
from sim.units import BASIS_POINTS, DAY_MS

if TYPE_CHECKING:
    from sim.agents.customers.customer import Offer, PromiseTable

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

Visit = tuple[int, int]
"""(subscriber, number of the renewal); 0 is the order with which somebody subscribes."""

_AUTHORISED = 1.0 - 2.0**-53
"""The luck of a payment that was made before the order was placed."""


class Roster:
    """The subscribers of one channel.

    Attributes
    ----------
    visits
        For each day on which any come: who, in the sequence of their orders.
    """

    def __init__(
        self,
        index: int,
        plan: Subscription,
        network: Network,
        calendar: Calendar,
        streams: Streams,
        popularity: Floats,
        end_ms: int,
    ) -> None:
        self.index, self.plan = index, plan
        self.visits: deque[list[Visit]] = deque()
        self._network, self._spec = network, network.channels[index]
        self._calendar, self._streams, self._end_ms = calendar, streams, end_ms
        self._due: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
        """By day of the scenario: (moment, subscriber, number of the renewal)."""
        self._cadence_ms: list[int] = []
        self._region: list[int] = []
        self._payment: list[int] = []
        self._basket: list[list[tuple[int, int]]] = []
        self._found(popularity)

    def __len__(self) -> int:
        return len(self._cadence_ms)

    def _found(self, popularity: Floats) -> None:
        """Those who subscribe already when the run begins, at a random moment between two renewals."""
        spec, n = self._spec, self.plan.subscribers
        region = _pick(_weights(self._network, spec.segment), self._luck("region", n))
        payment = _pick(np.array([p.share for p in spec.payments]), self._luck("payment", n))
        count = _whole(spec.line_count, self._luck("lines", n))
        lines = int(count.sum())
        product = np.searchsorted(popularity, self._luck("product", lines), side="right")
        product = np.minimum(product, len(popularity) - 1)
        units = _whole(spec.quantity, self._luck("units", lines))
        cadence = self._cadences(n, 0)
        since = (self._luck("phase", n) * cadence).astype(np.int64)
        self._enter(cadence, region, payment, count, product, units)
        for subscriber, moment in enumerate((cadence - since).tolist()):
            self._plan_renewal(subscriber, moment, 1)

    def _luck(self, purpose: str, size: int, chunk: int = 0) -> Floats:
        return self._streams.block(f"subscriber {purpose}", self._spec.name, chunk, size)

    def _cadences(self, size: int, chunk: int) -> Ints:
        return np.maximum(at_many(self.plan.cadence_ms, self._luck("cadence", size, chunk)), DAY_MS).astype(np.int64)

    def _enter(self, cadence: Ints, region: Ints, payment: Ints, count: Ints, product: Ints, units: Ints) -> None:
        goods = list(zip(product.tolist(), units.tolist(), strict=True))
        ends = np.cumsum(count).tolist()
        self._basket += [goods[a:b] for a, b in zip([0, *ends], ends, strict=False)]
        self._cadence_ms += cadence.tolist()
        self._region += region.tolist()
        self._payment += payment.tolist()

    def _plan_renewal(self, subscriber: int, moment_ms: int, number: int) -> None:
        """``moment_ms`` is due by cadence alone; the day's own time may move it within that day."""
        if moment_ms >= self._end_ms:
            return
        day, minute = self._calendar.day_at(moment_ms), self.plan.renew_minute
        at_ms = moment_ms if minute is None else max(0, self._when(day, minute))
        self._due[day].append((at_ms, subscriber, number))

    def _when(self, day: int, minute: int) -> int:
        """When, on a day of the scenario, the channel's clock shows ``minute``."""
        begins, ends = self._calendar.at(day, 0), self._calendar.at(day + 1, 0)
        own = self._calendar.of(self._spec)
        found = (own.at(date, minute) for date in (day, day - 1, day + 1))
        return next((at_ms for at_ms in found if begins <= at_ms <= ends), begins)

    def day(self, day: int, parts: list[Offer], promises: PromiseTable) -> Offer:
        """The renewals that are due on one day. ``parts`` are the day's other arrivals: who comes to this channel among
        them subscribes."""
        joining = next((p for p in parts if len(p) and p.channel[0] == self.index), None)
        first = len(self)
        if joining is not None:
            self._join(day, joining)
        due = sorted(row for row in self._due.pop(day, []) if row[0] < self._end_ms)
        for moment_ms, subscriber, number in due:
            self._plan_renewal(subscriber, moment_ms + self._cadence_ms[subscriber], number + 1)
        visits: list[tuple[int, Visit]] = [(t, (s, k)) for t, s, k in due]
        if joining is not None:
            visits = [(t, (first + i, 0)) for i, t in enumerate(joining.at_ms.tolist())] + visits
        if visits:
            self.visits.append([who for _, who in sorted(visits, key=lambda visit: visit[0])])
        return self._offer(day, due, promises)

    def _join(self, day: int, joining: Offer) -> None:
        first, cadence = len(self), self._cadences(len(joining), 1 + day)
        self._enter(cadence, joining.region, joining.payment, joining.line_count, joining.product, joining.units)
        for i, (at_ms, every_ms) in enumerate(zip(joining.at_ms.tolist(), cadence.tolist(), strict=True)):
            self._plan_renewal(first + i, at_ms + every_ms, 1)

    def _offer(self, day: int, due: list[tuple[int, int, int]], promises: PromiseTable) -> Offer:
        from sim.agents.customers.customer import Offer

        spec, n = self._spec, len(due)
        who = [subscriber for _, subscriber, _ in due]
        at_ms = np.array([t for t, _, _ in due], dtype=np.int64)
        baskets = [self._basket[s] for s in who]
        goods = np.array([line for basket in baskets for line in basket], dtype=np.int64).reshape(-1, 2)
        count = np.array([len(basket) for basket in baskets], dtype=np.int64)
        product, units = goods[:, 0], goods[:, 1]
        prices = np.array([p.price_cents for p in self._network.products], dtype=np.int64)
        category = np.array([p.category for p in self._network.products], dtype=np.int64)
        share = np.array([c.return_share for c in self._network.categories])[category[product]]
        segment = self._network.segments[spec.segment]

        def luck(purpose: str, size: int = n) -> Floats:
            return self._streams.block(f"renewal {purpose}", spec.name, day, size)

        back = luck("returns", len(product)) < share * segment.return_factor
        returning = np.add.reduceat(back, np.cumsum(count) - count) > 0 if n else np.zeros(0, dtype=np.bool_)
        region = np.array([self._region[s] for s in who], dtype=np.int64)
        ship_by, deliver_by = promises.of(self.index, region, at_ms)
        return Offer(
            at_ms=at_ms,
            channel=np.full(n, self.index),
            region=region,
            payment=np.array([self._payment[s] for s in who], dtype=np.int64),
            ship_by_ms=ship_by,
            deliver_by_ms=deliver_by,
            payment_luck=np.full(n, _AUTHORISED),
            desk_luck=luck("desk"),
            transit_luck=luck("transit"),
            return_delay_ms=_where(returning, segment.return_delay_ms, luck("return delay")),
            return_transit_ms=_where(returning, segment.return_transit_ms, luck("return transit")),
            cancel_ms=np.full(n, -1, dtype=np.int64),
            line_count=count,
            product=product,
            units=units,
            price_cents=prices[product] * spec.price_bp // BASIS_POINTS,
            return_units=np.where(back, units, 0),
        )


def _weights(network: Network, segment: int) -> Floats:
    weights = network.segments[segment].region_weights
    return np.array(weights if weights is not None else [r.population for r in network.regions])


def _pick(weights: Floats, luck: Floats) -> Ints:
    found = np.searchsorted(np.cumsum(weights) / weights.sum(), luck, side="right")
    return np.minimum(found, len(weights) - 1).astype(np.int64)


def _whole(distribution: Distribution, luck: Floats) -> Ints:
    return np.maximum(1, at_many(distribution, luck).astype(np.int64))


def _where(mask: NDArray[np.bool_], distribution: Distribution, luck: Floats) -> Ints:
    out = np.full(len(mask), -1, dtype=np.int64)
    out[mask] = at_many(distribution, luck[mask]).astype(np.int64)
    return out
