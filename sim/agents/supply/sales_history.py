"""What a company has sold, as it is reported: by channel, node and SKU, late, and nothing of what it could not sell.

Units belong to the node that would have sent them, had it had stock: of the nodes that may serve the channel and carry
the SKU, the nearest to the customer's region. Stores, and nodes that another one feeds, are asked only where a channel
has no others.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.agents.customers.promotions import Lifts, product_shares
from sim.agents.supply.buckets import Buckets
from sim.books.columns import as_numpy
from sim.disruptions import Promotion
from sim.distributions import Distribution, at_many
from sim.network import Geography
from sim.orders import LINE_OFFERED, LINE_REFUSED
from sim.units import BASIS_POINTS, DAY_MS
from sim.world import World

if TYPE_CHECKING:
    from sim.agents.site import Site

Floats = NDArray[np.float64]


class SalesHistory:
    """Sales by bucket, shape (channels, nodes, products), and what promotions were planned for each bucket.

    Parameters
    ----------
    site
        The run; its register is read when a bucket has ended.
    buckets
        The periods in which sales are counted.
    """

    def __init__(self, site: Site, buckets: Buckets) -> None:
        self._site, self._buckets = site, buckets
        network = site.world.network
        self.shape = (len(network.channels), len(network.nodes), len(network.products))
        self.homes = homes(site.world)
        self.has_customers = _cells(self.homes, self.shape).any(axis=0)
        """Which nodes are home to demand for which products, shape (nodes, products)."""
        self._expected = self._expected_daily()
        planned = [o.disruption.as_planned for o in site.occurrences if isinstance(o.disruption, Promotion)]
        self._lifts = [Lifts(site.world, number, planned) for number in range(len(network.channels))]
        self._uncensors = site.world.forecast.uncensor == "in_stock"
        self._seen = np.zeros((self.shape[0], self.shape[2]))
        self._sellable = np.zeros_like(self._seen)
        self._last_whole = np.zeros(self.shape)

    # What was before the run.

    def before(self, count: int) -> list[Floats]:
        """Sales of the ``count`` buckets before the run: Poisson about expected demand, from streams of their own."""
        found = [np.zeros(self.shape) for _ in range(count)]
        first = self._buckets.first - count
        for number, channel in enumerate(self._site.world.network.channels):
            if not self._expected[number].any():
                continue
            clump = _clump(channel.quantity)
            for place, sales in enumerate(found):
                rng = self._site.streams.generator("sales history", channel.name, count - place)
                mean = (
                    self._expected[number]
                    * self.usual_orders(number, first + place)
                    / max(channel.orders_per_day, 1e-9)
                )
                sales[number] = rng.poisson(mean / clump) * clump
        self._last_whole = found[-1].copy() if found else self._last_whole
        return found

    def usual_orders(self, channel: int, bucket: int) -> float:
        """Orders that a channel expects in a bucket without promotions."""
        spec, days = self._site.world.network.channels[channel], self._buckets.every_ms / DAY_MS
        growth = (1 + spec.weekly_growth) ** (max(0, bucket) * days / 7)
        if not self._buckets.days:
            return spec.orders_per_day * days * growth
        hours = self._buckets.hours_of_week(bucket, self._site.calendar.of(spec))
        return spec.orders_per_day * growth * sum([spec.hour_of_week[hour] for hour in hours]) / 24

    def _expected_daily(self) -> Floats:
        """Units a day that each cell's customers want, shape (channels, nodes, products)."""
        network = self._site.world.network
        expected = np.zeros(self.shape)
        if self._site.world.trace is not None:
            return expected
        for number, channel in enumerate(network.channels):
            units = channel.orders_per_day * channel.line_count.mean * channel.quantity.mean
            weights = network.segments[channel.segment].region_weights or tuple(r.population for r in network.regions)
            by_region = units * np.array(weights) / max(sum(weights), 1e-300)
            product = product_shares(network, channel)
            for region, home in enumerate(self.homes[number]):
                served = np.flatnonzero(home >= 0)
                expected[number, home[served], served] += by_region[region] * product[served]
        return expected

    # What happens in it.

    def look(self, now_ms: int) -> None:
        """Note which products each channel could sell at this moment; weighted by its usual traffic."""
        for number, spec in enumerate(self._site.world.network.channels):
            ats = as_numpy(self._site.inventory.ats[self._site.pool_of_channel[number]])
            hour = self._site.calendar.of(spec).hour_of_week(now_ms)
            shown = round(spec.share * BASIS_POINTS) * ats // BASIS_POINTS - spec.buffer_units
            self._seen[number] += spec.hour_of_week[hour]
            self._sellable[number] += spec.hour_of_week[hour] * (shown > 0)

    def collect(self, bucket: int) -> Floats:
        """What was accepted in a bucket that has ended, uncensored where the plan says so."""
        register = self._site.register
        placed = as_numpy(register.orders.at_ms)
        starts = [self._buckets.start_ms(bucket), self._buckets.start_ms(bucket + 1)]
        first, last = np.searchsorted(placed, starts).tolist()
        line_ends = as_numpy(register.orders.first_line)
        rows = slice(int(line_ends[first]), int(line_ends[last]))
        state = as_numpy(register.lines.state)[rows]
        order, product = as_numpy(register.lines.order)[rows], as_numpy(register.lines.product)[rows]
        channel = as_numpy(register.orders.channel)[order].astype(np.int64)
        node = self.homes[channel, as_numpy(register.orders.region)[order], product].astype(np.int64)
        sold = (state != LINE_OFFERED) & (state != LINE_REFUSED) & (node >= 0)
        cell = (channel * self.shape[1] + node) * self.shape[2] + product
        units = as_numpy(register.lines.units)[rows]
        every = np.bincount(cell[sold], weights=units[sold], minlength=int(np.prod(self.shape)))
        counted = every.astype(np.float64).reshape(self.shape)
        return self._uncensored(counted) if self._uncensors else counted

    def _uncensored(self, sales: Floats) -> Floats:
        """Sales as they might have been with stock all the time; what was never to be had sells as it did last."""
        share = np.divide(self._sellable, self._seen, out=np.ones_like(self._seen), where=self._seen > 0)[:, None, :]
        whole = np.where(share > 0, sales / np.where(share > 0, share, 1.0), self._last_whole)
        self._last_whole = whole
        self._seen[:] = 0.0
        self._sellable[:] = 0.0
        return whole

    # What is planned.

    def lift(self, channels: list[int], bucket: int) -> Floats:
        """How many times their usual demand some channels plan for in a bucket, shape (products,)."""
        start, end = self._buckets.start_ms(bucket), self._buckets.start_ms(bucket + 1)
        products = self.shape[2]
        if not any(x.at_ms < end and x.until_ms > start for c in channels for x in self._lifts[c].all):
            return np.ones(products)
        weights = [self.usual_orders(c, bucket) for c in channels]
        if sum(weights) <= 0:  # replayed orders have no expected rate: all channels weigh alike
            weights = [1.0] * len(channels)
        lifts = [w * self._channel_lift(c, start, end) for w, c in zip(weights, channels, strict=True)]
        return np.sum(lifts, axis=0) / sum(weights) if channels else np.ones(products)

    def _channel_lift(self, channel: int, start: int, end: int) -> Floats:
        """The planned multiple of a channel's traffic between two moments, by product: its hours weigh as they usually
        do, and its regions, for a company plans for all of them together."""
        mine = self._lifts[channel]
        inside = {t for x in mine.all for t in (x.at_ms, x.until_ms) if start < t < end}
        spec = self._site.world.network.channels[channel]
        own = self._site.calendar.of(spec)
        step = DAY_MS // 24
        edges = sorted({start, end} | inside | set(range(start, end, step)))
        usual, lifted = 0.0, np.zeros(self.shape[2])
        for a, b in pairwise(edges):
            traffic = spec.hour_of_week[own.hour_of_week(a)] * (b - a)
            usual += traffic
            lifted += traffic * mine.of_products(a)
        return lifted / usual if usual > 0 else np.ones(self.shape[2])


def homes(world: World) -> NDArray[np.int16]:
    """The node to which demand belongs, shape (channels, regions, products); -1 where no node carries the product."""
    network, miles = world.network, Geography(world.network).miles
    carries = world.stock.order_up_to > 0
    found = np.full((len(network.channels), len(network.regions), len(network.products)), -1, dtype=np.int16)
    for channel in range(len(network.channels)):
        servers = [n for n, node in enumerate(network.nodes) if node.can_serve(channel)]
        main = [n for n in servers if network.nodes[n].kind != "store" and network.nodes[n].source is None]
        asked = np.array(main or servers, dtype=np.int64)
        patterns, group = np.unique(carries[asked], axis=1, return_inverse=True)
        for number, pattern in enumerate(patterns.T):
            carrying = asked[pattern]
            if len(carrying):
                found[channel][:, group.ravel() == number] = carrying[np.argmin(miles[carrying], axis=0)][:, None]
    return found


def _cells(home: NDArray[np.int16], shape: tuple[int, int, int]) -> NDArray[np.bool_]:
    """Which (channel, node, product) are anyone's home."""
    found = np.zeros(shape, dtype=bool)
    channel, _, product = np.nonzero(home >= 0)
    found[channel, home[home >= 0], product] = True
    return found


def _clump(quantity: Distribution) -> float:
    """By how many units lines come, E[q^2] / E[q]: what makes sales vary more than a Poisson count."""
    units = np.maximum(1.0, np.floor(at_many(quantity, (np.arange(1_000) + 0.5) / 1_000)))
    return float((units**2).mean() / units.mean())
