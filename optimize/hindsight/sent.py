"""What a finished run sent, and from what: read from its books for the clairvoyant bound.

Where customers live is in no book. It follows from the scenario and the seed, by which their arrivals are drawn again;
the fingerprint of demand in the manifest says that they are the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.agents.customers.customer import Customers
from sim.errors import PeakproofError
from sim.streams import Streams
from sim.world import World

if TYPE_CHECKING:
    import pandas as pd

    from sim.measures.books import Books

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

PERIODS = 5
"""Moments at which stock is accounted for: so many quantiles of the moments at which orders left."""


class HindsightError(PeakproofError):
    """A run cannot be judged in hindsight."""


@dataclass(frozen=True, slots=True, eq=False)
class Sent:
    """The orders that a run sent by parcel, in the sequence of their numbers, and the stock that it sent them from.

    Attributes
    ----------
    order, channel, region, ready_ms, due_ms, in_time, period, cents
        Of each order, shape (orders,): its number; when it was validated; its promise; whether all its parcels were
        tendered to arrive by then; the period in which the last of it left (0 to periods - 1); its freight, handling
        and packaging.
    first
        Lines of order i are ``first[i]`` to ``first[i + 1]``, shape (orders + 1,).
    product, units
        Of each line, what was sent of it, shape (lines,).
    supply
        Units that nodes could have sent in all by the end of each period: what they did send, and what lay there then
        besides, shape (periods, nodes, products).
    """

    order: Ints
    channel: Ints
    region: Ints
    ready_ms: Ints
    due_ms: Ints
    in_time: NDArray[np.bool_]
    period: Ints
    cents: Ints
    first: Ints
    product: Ints
    units: Ints
    supply: Ints

    def __len__(self) -> int:
        return len(self.order)


def read_sent(world: World, books: Books) -> Sent:
    """Read a run; the world is that of its scenario.

    Raises
    ------
    HindsightError
        If the run is of another world: its demand is not what this world and the run's seed offer.
    """
    region = _regions(world, books)
    orders = books.frame(_ORDERS)
    lines = books.frame(_LINES_SENT)
    number = orders["order"].to_numpy(np.int64)
    left_ms = orders["left_ms"].to_numpy(np.int64)
    ends_ms = _ends(left_ms)
    names = [channel.name for channel in world.network.channels]
    of_order = lines["order"].to_numpy(np.int64)
    skus = {product.sku: place for place, product in enumerate(world.network.products)}
    product = lines["sku"].map(skus).to_numpy(np.int64)
    return Sent(
        order=number,
        channel=orders["channel"].map(names.index).to_numpy(np.int64),
        region=region[number],
        ready_ms=orders["ready_ms"].to_numpy(np.int64),
        due_ms=orders["due_ms"].to_numpy(np.int64),
        in_time=orders["in_time"].to_numpy(bool),
        period=np.searchsorted(ends_ms, left_ms),
        cents=orders["cents"].to_numpy(np.int64),
        first=np.searchsorted(of_order, np.append(number, np.iinfo(np.int64).max)),
        product=np.asarray(product, dtype=np.int64),
        units=lines["units"].to_numpy(np.int64),
        supply=_supply(world, books, ends_ms),
    )


def read_pieces(world: World, books: Books) -> pd.DataFrame:
    """What each parcel held: a row for each line of it, with ``order``, ``shipment``, ``node``, ``product`` (numbers of
    the world), ``line`` and ``units``, in the sequence of orders and shipments."""
    frame = books.frame(_PIECES)
    nodes = {node.name: place for place, node in enumerate(world.network.nodes)}
    skus = {product.sku: place for place, product in enumerate(world.network.products)}
    return frame.assign(
        node=frame["node"].map(nodes).astype(np.int64), product=frame["sku"].map(skus).astype(np.int64)
    ).drop(columns="sku")


def _regions(world: World, books: Books) -> Ints:
    customers = Customers(world, Streams(int(books.manifest["seed"])))
    found = [offer.region for offer in customers.offers()]
    if customers.demand_hash != books.manifest["demand_hash"]:
        raise HindsightError(f"{books.folder} is not a run of scenario {world.name!r} as it is now")
    if books.value("SELECT count(*) FROM events WHERE kind = 'exchange_ordered'"):
        raise HindsightError(f"{books.folder}: exchanges are orders among the others, and nobody can tell them apart")
    if any(service.currency is not None for service in world.network.services):
        raise HindsightError(f"{books.folder}: carriers charge in other currencies, and the bound knows no rates")
    return np.concatenate(found) if found else np.zeros(0, dtype=np.int64)


def _ends(left_ms: Ints) -> Ints:
    """When each period ends: shares of the orders that left, and the last one."""
    if not len(left_ms):
        return np.zeros(1, dtype=np.int64)
    return np.unique(np.quantile(left_ms, np.arange(1, PERIODS + 1) / PERIODS, method="higher").astype(np.int64))


def _supply(world: World, books: Books, ends_ms: Ints) -> Ints:
    nodes = {node.name: place for place, node in enumerate(world.network.nodes)}
    skus = {product.sku: place for place, product in enumerate(world.network.products)}
    found = np.zeros((len(ends_ms), len(nodes), len(skus)), dtype=np.int64)
    for period, end_ms in enumerate(ends_ms.tolist()):
        rows = books.frame(_COULD_SEND, ms=end_ms)
        cells = (rows["node"].map(nodes).to_numpy(np.int64), rows["sku"].map(skus).to_numpy(np.int64))
        found[period][cells] = rows["units"].to_numpy(np.int64)
    return found


# Orders of which nothing was fetched at a counter, or handled by the case or the pallet.
_PARCELS = """
SELECT s.* FROM shipments AS s
WHERE s.left_ms IS NOT NULL
  AND s."order" NOT IN (SELECT "order" FROM shipments WHERE ready_ms IS NOT NULL AND "order" IS NOT NULL)
  AND s."order" NOT IN (
      SELECT "order" FROM events WHERE kind IN ('picked_by_pallet', 'picked_by_case') AND "order" IS NOT NULL
  )
"""

_ORDERS = f"""
WITH parcels AS ({_PARCELS}),
costs AS (
    SELECT e."order", sum(e.value_cents)::BIGINT AS cents
    FROM events AS e JOIN parcels AS p USING (shipment)
    WHERE e.kind IN ('packed', 'manifested')
    GROUP BY 1
),
own AS (
    SELECT p."order", max(p.left_ms) AS left_ms, bool_and(p.quoted_ms <= o.promised_ms) AS in_time,
           any_value(p.channel) AS channel, any_value(o.promised_ms) AS due_ms,
           any_value(coalesce(o.validated_ms, o.captured_ms)) AS ready_ms
    FROM parcels AS p JOIN orders AS o USING ("order")
    GROUP BY 1
)
SELECT "order", channel::VARCHAR AS channel, left_ms, coalesce(due_ms, {2**61})::BIGINT AS due_ms, ready_ms,
       coalesce(in_time, false) AS in_time, cents
FROM own JOIN costs USING ("order")
ORDER BY "order"
"""

_LINES_SENT = f"""
WITH parcels AS ({_PARCELS})
SELECT e."order", e.line, any_value(l.sku)::VARCHAR AS sku, least(sum(e.quantity), any_value(l.units))::BIGINT AS units
FROM events AS e JOIN parcels AS p USING (shipment) JOIN lines AS l USING (line)
WHERE e.kind = 'shipped'
GROUP BY e."order", e.line
ORDER BY e."order", e.line
"""

_PIECES = f"""
WITH parcels AS ({_PARCELS})
SELECT e."order", e.shipment, e.node::VARCHAR AS node, l.sku::VARCHAR AS sku, e.line, e.quantity::BIGINT AS units
FROM events AS e JOIN parcels AS p USING (shipment) JOIN lines AS l USING (line)
WHERE e.kind = 'shipped' AND e.quantity > 0
ORDER BY e."order", e.shipment, e.line
"""

_COULD_SEND = f"""
WITH parcels AS ({_PARCELS}),
moved AS (
    SELECT from_node AS node, sku, from_bucket AS bucket, -units AS units FROM ledger WHERE time_ms <= $ms
    UNION ALL
    SELECT to_node, sku, to_bucket, units FROM ledger WHERE time_ms <= $ms
),
there AS (
    SELECT node, sku, greatest(0, sum(units)) AS units FROM moved
    WHERE bucket IN ('available', 'committed', 'picked') GROUP BY ALL
),
gone AS (
    SELECT e.node, l.sku, sum(e.quantity) AS units
    FROM events AS e JOIN parcels AS p USING (shipment) JOIN lines AS l USING (line)
    WHERE e.kind = 'shipped' AND e.time_ms <= $ms
    GROUP BY ALL
)
SELECT node::VARCHAR AS node, sku::VARCHAR AS sku, sum(units)::BIGINT AS units
FROM (SELECT node, sku, units FROM there UNION ALL SELECT node, sku, units FROM gone)
WHERE node IS NOT NULL
GROUP BY ALL
HAVING sum(units) > 0
"""
