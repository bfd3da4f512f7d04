"""Customers: who arrives when, with what basket, and how they will behave.

Everything a customer is and will do is drawn at once, day by day and channel by channel, from streams of the
customer's own: two policies see the same people. What the channel then refuses is an event, not a draw.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from sim.agents.customers.accounts import Accounts
from sim.agents.customers.attackers import Attackers
from sim.agents.customers.choosing import choose
from sim.agents.customers.foreign_prices import ForeignPrices
from sim.agents.customers.promotions import Lift, Lifts, promoted_products, promoted_regions
from sim.agents.customers.roster import Roster
from sim.agents.finance.mispriced import Mispriced
from sim.books.columns import as_numpy
from sim.books.register import Register
from sim.calendar import Calendar, business_days_after
from sim.disruptions import Promotion, occurrences
from sim.distributions import at_many
from sim.network import Channel, Network
from sim.streams import Streams
from sim.units import BASIS_POINTS, DAY_MS
from sim.world import Trace, World

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(slots=True)
class Offer:
    """Arrivals of some period, by time; lines follow their orders. One array a field, one entry an order or line."""

    at_ms: Ints
    channel: Ints
    region: Ints
    payment: Ints
    ship_by_ms: Ints
    deliver_by_ms: Ints
    payment_luck: Floats
    desk_luck: Floats
    transit_luck: Floats
    return_delay_ms: Ints
    return_transit_ms: Ints
    cancel_ms: Ints
    line_count: Ints
    product: Ints
    units: Ints
    price_cents: Ints
    return_units: Ints

    def __len__(self) -> int:
        return len(self.at_ms)


ORDER_FIELDS = (
    "at_ms",
    "channel",
    "region",
    "payment",
    "ship_by_ms",
    "deliver_by_ms",
    "payment_luck",
    "desk_luck",
    "transit_luck",
    "return_delay_ms",
    "return_transit_ms",
    "cancel_ms",
)
LINE_FIELDS = ("product", "units", "price_cents", "return_units")


class Customers:
    """The demand side of one run.

    Parameters
    ----------
    world
        Channels, segments, regions, products, promotions; a trace replaces all arrivals.
    streams
        The run's random streams.
    """

    def __init__(self, world: World, streams: Streams) -> None:
        self._world = world
        self._network = world.network
        self._streams = streams
        self._promises = PromiseTable(world.network, world.calendar)
        planned = occurrences(world.disruptions, streams, world.horizon.drain_until_ms)
        self._promotions = [o.disruption for o in planned if isinstance(o.disruption, Promotion)]
        self._lifts = [Lifts(world, i, self._promotions) for i in range(len(world.network.channels))]
        self._mispriced = Mispriced(world, streams, planned)
        self._abroad = ForeignPrices(world, streams)
        self._attackers = Attackers(world, streams, planned)
        self._popularity = [_popularity(world.network, c) for c in world.network.channels]
        self._hash = sha256()
        self._accounts = {i: Accounts(c, streams) for i, c in enumerate(world.network.channels) if c.contracts}
        self.rosters = {
            i: Roster(
                i, c.subscription, world.network, world.calendar, streams, self._popularity[i], world.horizon.end_ms
            )
            for i, c in enumerate(world.network.channels)
            if c.subscription is not None and world.trace is None
        }
        """By channel with subscriptions: who its subscribers are."""

    @property
    def stolen(self) -> set[tuple[int, int]]:
        """Channel and moment of each order that an attack has brought."""
        return self._attackers.moments

    @property
    def demand_hash(self) -> str:
        """A fingerprint of all demand offered so far, whatever became of it."""
        return self._hash.hexdigest()

    def offers(self) -> Iterator[Offer]:
        """Each period's arrivals, in time order: days of the scenario, or the whole trace at once."""
        if self._world.trace is not None:
            yield self._counted(self._replayed(self._world.trace))
            return
        for day in range(self._world.calendar.days_until(self._world.horizon.end_ms)):
            if max(0, self._world.calendar.at(day, 0)) < self._world.horizon.end_ms:
                yield self._counted(self._day(day))

    def _counted(self, offer: Offer) -> Offer:
        for field in fields(Offer):
            self._hash.update(np.ascontiguousarray(getattr(offer, field.name)).tobytes())
        return offer

    # Drawn demand.

    def _day(self, day: int) -> Offer:
        parts = [self._channel_day(i, c, day) for i, c in enumerate(self._network.channels) if c.orders_per_day > 0]
        renewals = [self._renewed(roster.day(day, parts, self._promises), i) for i, roster in self.rosters.items()]
        stolen = self._attackers.day(day, parts + renewals, self._promises, self._charged)
        return _merged(parts + renewals + stolen)

    def _channel_day(self, index: int, channel: Channel, day: int) -> Offer:
        network = self._network
        at_ms = self._arrivals(index, channel, day)
        n = len(at_ms)

        def luck(purpose: str, size: int = n) -> Floats:
            return self._streams.block(purpose, channel.name, day, size)

        segment = network.segments[channel.segment]
        weights = segment.region_weights or tuple(r.population for r in network.regions)
        region_luck = luck("region")
        region = choose(_cumulative(np.array(weights)), region_luck)
        payment = choose(_cumulative(np.array([p.share for p in channel.payments])), luck("payment"))
        count = np.maximum(1, at_many(channel.line_count, luck("lines")).astype(np.int64))
        lines = int(count.sum())
        product_luck = luck("product", lines)
        product = choose(self._popularity[index], product_luck)
        for rows, lifts in self._lifts[index].groups(at_ms):
            region[rows] = choose(_cumulative(self._lifts[index].region_weights(lifts)), region_luck[rows])
            self._ask_for(index, lifts, rows, region, count, product, product_luck)
        units = np.maximum(1, at_many(channel.quantity, luck("units", lines)).astype(np.int64))
        price = self._asked(index, at_ms, region, count, product)
        if channel.contracts:
            price = self._accounts[index].prices(network, at_ms.tolist(), count, product, units, price)
        price = self._abroad.prices(index, np.repeat(at_ms, count), price) if self._abroad else price
        share = np.array([c.return_share for c in network.categories])[_categories(network)[product]]
        comes_back = luck("returns", lines) < share * segment.return_factor
        ship_by, deliver_by = self._promises.of(index, region, at_ms)
        returning = np.add.reduceat(comes_back, np.cumsum(count) - count) > 0 if lines else np.zeros(0, bool)
        cancels = luck("cancels") < segment.cancel_share
        return Offer(
            at_ms=at_ms,
            channel=np.full(n, index),
            region=region,
            payment=payment,
            ship_by_ms=ship_by,
            deliver_by_ms=deliver_by,
            payment_luck=luck("authorisation"),
            desk_luck=luck("desk"),
            transit_luck=luck("transit"),
            return_delay_ms=_where(returning, at_many(segment.return_delay_ms, luck("return delay")[returning])),
            return_transit_ms=_where(returning, at_many(segment.return_transit_ms, luck("return transit")[returning])),
            cancel_ms=_where(cancels, at_many(segment.cancel_delay_ms, luck("cancel delay")[cancels])),
            line_count=count,
            product=product,
            units=units,
            price_cents=price,
            return_units=np.where(comes_back, units, 0),
        )

    def _ask_for(
        self, index: int, lifts: list[Lift], rows: Ints, region: Ints, count: Ints, product: Ints, luck: Floats
    ) -> None:
        """What the orders in ``rows`` ask for, while lifts hold for a part of what is sold; by region, written to
        ``product``."""
        order_of = np.repeat(np.arange(len(count)), count)
        chosen = np.zeros(len(count), dtype=bool)
        chosen[rows] = True
        for place in np.unique(region[rows]).tolist():
            lines = np.flatnonzero(chosen[order_of] & (region[order_of] == place))
            weights = self._lifts[index].product_weights(lifts, place)
            product[lines] = choose(_cumulative(weights), luck[lines])

    def _arrivals(self, index: int, channel: Channel, day: int) -> Ints:
        """Times of a non-homogeneous Poisson process: a Poisson count, placed by the rate's own density."""
        edges, rates = self._rate(index, channel, day)
        mass = np.concatenate([[0.0], np.cumsum(rates * np.diff(edges))])
        generator = self._streams.generator("arrivals", channel.name, day)
        count = int(generator.poisson(mass[-1]))
        moments = np.interp(np.sort(generator.random(count)) * mass[-1], mass, edges)
        return np.minimum(moments, edges[-1] - 1).astype(np.int64)

    def _rate(self, index: int, channel: Channel, day: int) -> tuple[Floats, Floats]:
        """Edges (ms) and orders a millisecond between them, over one day of the scenario within the horizon; hours of
        the week are by the channel's clock."""
        calendar, own, end = self._world.calendar, self._world.calendar.of(channel), self._world.horizon.end_ms
        first, last = max(0, calendar.at(day, 0)), min(end, calendar.at(day + 1, 0))
        days = range(own.day_at(first), own.day_at(last - 1) + 1)
        hours = [hour for own_day in days for hour in own.hour_of_week_starts(own_day)]
        lifts = self._lifts[index]
        cuts = {first, last} | {t for t, _ in hours} | {t for x in lifts.all for t in (x.at_ms, x.until_ms)}
        cuts.add(channel.opens_ms)
        edges = sorted(t for t in cuts if first <= t <= last)
        starts = [t for t, _ in hours]
        growth = (1 + channel.weekly_growth) ** (day / 7)
        rates = []
        for t in edges[:-1]:
            hour = hours[max(0, int(np.searchsorted(starts, t, side="right")) - 1)][1]
            lift = lifts.rate(t) * (t >= channel.opens_ms)
            rates.append(channel.orders_per_day * channel.hour_of_week[hour] * growth * lift / DAY_MS)
        return np.array(edges, dtype=np.float64), np.array(rates)

    def _renewed(self, offer: Offer, index: int) -> Offer:
        """A channel's subscribers, at its prices."""
        if not self._abroad:
            return offer
        at_ms = np.repeat(offer.at_ms, offer.line_count)
        return replace(offer, price_cents=self._abroad.prices(index, at_ms, offer.price_cents))

    def _charged(self, index: int, at_ms: Ints, region: Ints, count: Ints, product: Ints) -> Ints:
        """By line: what a channel charges everybody, told in the group's currency."""
        price = self._asked(index, at_ms, region, count, product)
        return self._abroad.prices(index, np.repeat(at_ms, count), price) if self._abroad else price

    def _asked(self, index: int, at_ms: Ints, region: Ints, count: Ints, product: Ints) -> Ints:
        """By line: what a channel asks of everybody, cuts and mistakes included."""
        cut_bp = self._price_cut(index, np.repeat(at_ms, count), np.repeat(region, count), product)
        price = _prices(self._network)[product] * self._network.channels[index].price_bp // BASIS_POINTS
        price = price * (BASIS_POINTS - cut_bp) // BASIS_POINTS
        return self._mispriced.prices(np.repeat(at_ms, count), product, price) if self._mispriced else price

    def _price_cut(self, index: int, at_ms: Ints, region: Ints, product: Ints) -> Ints:
        """By line: the deepest cut that holds for it."""
        cut = np.zeros(len(at_ms), dtype=np.int64)
        for p in self._promotions:
            if p.price_cut_bp and (p.channels is None or index in p.channels):
                during = (at_ms >= p.at_ms) & (at_ms < p.at_ms + p.duration_ms)
                products, regions = promoted_products(self._network, p), promoted_regions(self._network, p)
                during &= True if products is None else products[product]
                during &= True if regions is None else regions[region]
                cut = np.where(during, np.maximum(cut, p.price_cut_bp), cut)
        return cut

    # Replayed demand.

    def _replayed(self, trace: Trace) -> Offer:
        n = len(trace.order_ms)
        count = np.bincount(trace.line_order, minlength=n).astype(np.int64)
        at_ms = trace.order_ms.astype(np.int64)
        channel = trace.order_channel.astype(np.int64)
        ship_by, deliver_by, payment = (np.zeros(n, dtype=np.int64) for _ in range(3))
        luck = {p: self._streams.block(p, "trace", 0, n) for p in ("payment", "authorisation", "desk", "transit")}
        region = trace.order_region.astype(np.int64)
        for index, spec in enumerate(self._network.channels):
            payments = _cumulative(np.array([p.share for p in spec.payments]))
            mine = channel == index
            payment[mine] = choose(payments, luck["payment"][mine])
            ship_by[mine], deliver_by[mine] = self._promises.of(index, region[mine], at_ms[mine])
        never = np.full(n, -1, dtype=np.int64)
        return Offer(
            at_ms=at_ms,
            channel=channel,
            region=region,
            payment=payment,
            ship_by_ms=ship_by,
            deliver_by_ms=deliver_by,
            payment_luck=luck["authorisation"],
            desk_luck=luck["desk"],
            transit_luck=luck["transit"],
            return_delay_ms=never,
            return_transit_ms=never,
            cancel_ms=never,
            line_count=count,
            product=trace.line_product.astype(np.int64),
            units=trace.line_units.astype(np.int64),
            price_cents=trace.line_price_cents.astype(np.int64),
            return_units=np.zeros(len(trace.line_order), dtype=np.int64),
        )


class PromiseTable:
    """Ship-by and deliver-by moments of what channels promise.

    Cut-off and working days are by the channel's clock; the day by which an order is to arrive ends by its customer's.
    """

    def __init__(self, network: Network, calendar: Calendar) -> None:
        self._promises = [(channel.promise, calendar.of(channel)) for channel in network.channels]
        self._there: list[Calendar] = []
        self._clock_of = np.zeros(len(network.regions), dtype=np.int64)
        for number, (there, regions) in enumerate(calendar.groups(network.regions)):
            self._there.append(there)
            self._clock_of[regions] = number

    def of(self, channel: int, region: Ints, at_ms: Ints) -> tuple[Ints, Ints]:
        """Both moments for orders that a channel took from each ``region`` at ``at_ms``."""
        ship_by, deliver_by = np.zeros(len(at_ms), dtype=np.int64), np.zeros(len(at_ms), dtype=np.int64)
        for day, rows in _by_day(self._promises[channel][1], at_ms):
            ship_by[rows], deliver_by[rows] = self._of_day(channel, day, region[rows], at_ms[rows])
        return ship_by, deliver_by

    def of_one(self, channel: int, region: int, at_ms: int) -> tuple[int, int]:
        """The same for one order."""
        ship_by, deliver_by = self.of(channel, np.array([region]), np.array([at_ms]))
        return int(ship_by[0]), int(deliver_by[0])

    def _of_day(self, channel: int, day: int, region: Ints, at_ms: Ints) -> tuple[Ints, Ints]:
        promise, calendar = self._promises[channel]
        closed = promise.closed_days
        ships_today = calendar.weekday(day) in promise.working_days and day not in closed
        in_time = at_ms < calendar.at(day, promise.order_by_minute) if ships_today else np.zeros(len(at_ms), bool)

        def working_days_after(first: int, count: int) -> int:
            own = frozenset(other - first for other in closed)
            return first + business_days_after(calendar.weekday(first), count, promise.working_days, own)

        def both(ship_day: int) -> tuple[int, Ints]:
            due_day = working_days_after(ship_day, promise.transit_days)
            due_ms = np.array([there.at(due_day, 1440) for there in self._there], dtype=np.int64)
            return calendar.at(ship_day, 1440), due_ms[self._clock_of[region]]

        today, tomorrow = both(day), both(working_days_after(day, 1))
        return np.where(in_time, today[0], tomorrow[0]), np.where(in_time, today[1], tomorrow[1])


def _by_day(calendar: Calendar, at_ms: Ints) -> Iterator[tuple[int, NDArray[np.bool_]]]:
    """The local days on which moments fall, each with which of them do."""
    if not len(at_ms):
        return
    for day in range(calendar.day_at(int(at_ms.min())), calendar.day_at(int(at_ms.max())) + 1):
        rows = (at_ms >= calendar.at(day, 0)) & (at_ms < calendar.at(day + 1, 0))
        if rows.any():
            yield day, rows


def enter(offer: Offer, register: Register, smooth: NDArray[np.uint8]) -> range:
    """Write the arrivals into the register; ``smooth`` says what may hold them. Returns their numbers."""
    orders, lines = register.orders, register.lines
    register.moves.announce()
    mine, their = orders.extend(len(offer)), lines.extend(len(offer.units))
    for name in ORDER_FIELDS:
        as_numpy(getattr(orders, name))[mine] = getattr(offer, name)
    as_numpy(orders.first_line)[mine.start + 1 :] = their.start + np.cumsum(offer.line_count)
    as_numpy(orders.last_shipment)[mine] = -1
    as_numpy(orders.smooth)[mine] = smooth
    as_numpy(orders.returning)[mine] = offer.return_delay_ms >= 0
    as_numpy(lines.order)[their] = np.repeat(np.arange(mine.start, mine.stop), offer.line_count)
    for name in LINE_FIELDS:
        as_numpy(getattr(lines, name))[their] = getattr(offer, name)
    return range(mine.start, mine.stop)


def _merged(parts: list[Offer]) -> Offer:
    """All parts in one, by time, then by channel."""
    joined = {
        f.name: np.concatenate([getattr(p, f.name) for p in parts] or [np.zeros(0, np.int64)]) for f in fields(Offer)
    }
    order = np.lexsort((joined["channel"], joined["at_ms"]))
    count = joined["line_count"]
    starts = np.cumsum(count) - count
    sorted_count = count[order]
    before = np.cumsum(sorted_count) - sorted_count
    line = np.arange(int(count.sum())) - np.repeat(before, sorted_count) + np.repeat(starts[order], sorted_count)
    return Offer(**{name: values[line] if name in LINE_FIELDS else values[order] for name, values in joined.items()})


def _popularity(network: Network, channel: Channel) -> Floats:
    weights = np.array([p.demand_weight for p in network.products])
    if channel.category_weights is not None:
        weights = weights * np.array(channel.category_weights)[_categories(network)]
    return _cumulative(weights)


def _prices(network: Network) -> Ints:
    return np.array([p.price_cents for p in network.products], dtype=np.int64)


def _categories(network: Network) -> Ints:
    return np.array([p.category for p in network.products], dtype=np.int64)


def _cumulative(weights: Floats) -> Floats:
    total = np.cumsum(weights)
    return total / total[-1] if len(total) and total[-1] > 0 else total


def _where(mask: NDArray[np.bool_], values: Floats) -> Ints:
    out = np.full(len(mask), -1, dtype=np.int64)
    out[mask] = values.astype(np.int64)
    return out
