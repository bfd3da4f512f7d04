"""Opening stock and (s, S) levels: by rule from expected demand, or from a table."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from scenarios.demand_split import expected_daily_units
from scenarios.names import Names
from scenarios.schema.stock import SlowMoversSpec, StockSpec
from scenarios.tables import MOST_UNITS, Table
from sim.network import Network
from sim.units import DAY_MS
from sim.world import StockPlan

STOCK_COLUMNS = ("node", "sku", "units")
STOCK_OPTIONS = ("reorder_point", "order_up_to")
EXTRA_COLUMNS = ("sku", "units")

_GOLDEN = 0.6180339887498949
_SILVER = 0.4142135623730951
"""Multiples of either, modulo 1, spread evenly however many there are (Kronecker sequences), and do not rise and
fall together."""

Units = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class StockRows:
    """A stock table by position: one entry a row. Levels are None where the table has no such column."""

    node: NDArray[np.int32]
    product: NDArray[np.int32]
    units: Units
    reorder_point: Units | None
    order_up_to: Units | None


def stock_rows(table: Table, names: Names) -> StockRows:
    """The rows of a stock table; what does not fit goes to the table's problems."""
    table.unique("node", "sku")
    rows = StockRows(
        node=table.indices("node", names.of("node"), "node"),
        product=table.indices("sku", names.of("product"), "product"),
        units=table.integers("units", highest=MOST_UNITS),
        reorder_point=table.integers("reorder_point", highest=MOST_UNITS) if table.has("reorder_point") else None,
        order_up_to=table.integers("order_up_to", highest=MOST_UNITS) if table.has("order_up_to") else None,
    )
    if rows.reorder_point is not None and rows.order_up_to is not None:
        low = rows.order_up_to < rows.reorder_point
        table.fault("order_up_to", low, "{value} is below the reorder point", accepted="reorder_point or more")
    return rows


def extra_units(table: Table, names: Names) -> Units:
    """Opening units beyond the rule by product, shape (products,); what does not fit goes to the problems."""
    table.unique("sku")
    known = names.of("product") or {}
    product, given = table.indices("sku", known, "product"), table.integers("units", highest=MOST_UNITS)
    units = np.zeros(len(known), dtype=np.int64)
    units[product[product >= 0]] = given[product >= 0]
    return units


def with_extra(plan: StockPlan, extra: Units) -> StockPlan:
    """The plan with ``extra`` units on hand of each product, at the node that expects to sell most of it."""
    opening = plan.opening_units.copy()
    opening[plan.order_up_to.argmax(axis=0), np.arange(len(extra))] += extra
    return replace(plan, opening_units=opening)


def stock_plan(spec: StockSpec, rows: StockRows | None, network: Network, names: Names) -> StockPlan:
    """The stock that a world begins with, and the levels that its replenishment keeps."""
    shape = (len(network.nodes), len(network.products))
    if rows is None:
        return _by_rule(spec, _carried(spec, network, names), network, names)
    carries = np.zeros(shape, dtype=bool)
    carries[rows.node, rows.product] = True
    has_levels = rows.reorder_point is not None and rows.order_up_to is not None
    ruled = None if has_levels else _by_rule(spec, carries, network, names)
    return StockPlan(
        opening_units=_filled(shape, rows, rows.units),
        reorder_point=_level(shape, rows, rows.reorder_point, None if ruled is None else ruled.reorder_point),
        order_up_to=_level(shape, rows, rows.order_up_to, None if ruled is None else ruled.order_up_to),
    )


def _level(shape: tuple[int, int], rows: StockRows, given: Units | None, ruled: Units | None) -> Units:
    if given is not None:
        return _filled(shape, rows, given)
    assert ruled is not None
    return ruled


def _filled(shape: tuple[int, int], rows: StockRows, values: Units) -> Units:
    filled = np.zeros(shape, dtype=np.int64)
    filled[rows.node, rows.product] = values
    return filled


def _by_rule(spec: StockSpec, carries: NDArray[np.bool_], network: Network, names: Names) -> StockPlan:
    by_hand = {names.index("node", name): share for name, share in spec.node_shares.items()}
    daily = expected_daily_units(network, carries, by_hand)
    days = _lead_days(network) + (spec.review + spec.safety_days) / DAY_MS
    reorder = np.where(carries, np.maximum(_up(daily * days), spec.min_units), 0)
    order_up_to = np.where(carries, reorder + np.maximum(_up(daily * spec.order_cover / DAY_MS), 1), 0)
    if spec.opening_units is not None:
        opening = np.full(carries.shape, spec.opening_units)
    elif spec.days_of_cover is None:
        opening = reorder + _up((order_up_to - reorder) * _places(carries.shape, _GOLDEN))
    else:
        cover = daily * spec.days_of_cover / DAY_MS * _errors(spec, carries.shape)
        opening = np.maximum(_up(cover), spec.min_units)
    return StockPlan(np.where(carries, opening, 0), reorder, order_up_to)


def _errors(spec: StockSpec, shape: tuple[int, int]) -> NDArray[np.float64]:
    """Opening cover relative to plan, shape (nodes, products): forecasts err by SKU, which runs short everywhere
    at once, and a node's share of a SKU errs besides."""
    by_product = 1 + spec.spread * (2 * _places((shape[1],), _GOLDEN) - 1)
    by_cell = 1 + spec.node_spread * (2 * _places(shape, _SILVER) - 1)
    return by_product * by_cell


def _places(shape: tuple[int, ...], ratio: float) -> NDArray[np.float64]:
    """Numbers between 0 and 1, evenly spread, in no visible order."""
    size = int(np.prod(shape))
    return np.modf(np.arange(1, size + 1) * ratio)[0].reshape(shape)


def _up(values: NDArray[np.float64]) -> Units:
    """Rounded up, but not for the noise of floating point."""
    return np.ceil(values - 1e-9).astype(np.int64)


def _lead_days(network: Network) -> NDArray[np.float64]:
    """Mean days until a replenishment arrives, shape (nodes, products)."""
    suppliers = np.array([supplier.lead_ms.mean for supplier in network.suppliers])
    by_product = suppliers[[product.supplier for product in network.products]]
    rows = [
        by_product if node.source is None else np.full(len(network.products), node.transfer_ms.mean)
        for node in network.nodes
    ]
    return np.array(rows) / DAY_MS


def _carried(spec: StockSpec, network: Network, names: Names) -> NDArray[np.bool_]:
    carries = np.ones((len(network.nodes), len(network.products)), dtype=bool)
    category = np.array([product.category for product in network.products])
    rank = _ranks(network)
    for name, choice in spec.carries.items():
        node = names.index("node", name)
        if choice.categories is not None:
            chosen = [names.index("category", c) for c in choice.categories]
            carries[node] &= np.isin(category, chosen)
        if choice.top is not None:
            carries[node] &= rank < choice.top
    if spec.slow_movers is not None:
        servers = [[node.can_serve(c) for node in network.nodes] for c in range(len(network.channels))]
        _concentrate(carries, rank, spec.slow_movers, np.array(servers, dtype=bool))
    return carries


def _ranks(network: Network) -> NDArray[np.int64]:
    """Each product's place by popularity, the most popular being 0."""
    rank = np.empty(len(network.products), dtype=np.int64)
    popularity = np.array([-product.demand_weight for product in network.products])
    rank[np.argsort(popularity, kind="stable")] = np.arange(len(network.products))
    return rank


def _concentrate(
    carries: NDArray[np.bool_], rank: NDArray[np.int64], slow: SlowMoversSpec, servers: NDArray[np.bool_]
) -> None:
    """Take slow movers off all but a few of the nodes that carry them, in turn, as far apart in the file as can be.

    A channel that could be served with a SKU still can: where none of the few serves it (``servers``, by channel and
    node), one that does carries the SKU as well.
    """
    for product in np.flatnonzero(rank >= slow.beyond).tolist():
        nodes = np.flatnonzero(carries[:, product])
        kept = min(slow.nodes, len(nodes))
        chosen = (rank[product] + np.arange(kept) * len(nodes) // max(kept, 1)) % max(len(nodes), 1)
        keeps = np.zeros(len(carries), dtype=bool)
        keeps[nodes[chosen]] = True
        for serves in servers:
            able = np.flatnonzero(carries[:, product] & serves)
            if len(able) and not keeps[able].any():
                keeps[able[rank[product] % len(able)]] = True
        carries[:, product] = keeps
