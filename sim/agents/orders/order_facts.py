"""What a condition may ask of an order (`sim.rules.KNOWN`), as it is at this moment."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.books.columns import as_numpy
from sim.orders import HELD, LINE_REFUSED
from sim.units import DAY_MS, HOUR_MS

if TYPE_CHECKING:
    from sim.agents.site import Site

Wanted = list[tuple[int, int, int]]
"""(product, units, net price of one) of lines that want units."""


def open_lines(site: Site, order: int) -> Wanted:
    """Lines with units that no node has been asked for."""
    lines = site.register.lines
    return [(lines.product[n], lines.open_units[n], lines.price_cents[n]) for n in site.register.orders.lines(order)
            if lines.open_units[n]]  # fmt: skip


def ordered_lines(site: Site, order: int) -> Wanted:
    """Lines as they were accepted, less what was cancelled."""
    lines = site.register.lines
    found = []
    for line in site.register.orders.lines(order):
        units = lines.units[line] - lines.cancelled_units[line]
        if units and lines.state[line] > LINE_REFUSED:
            found.append((lines.product[line], units, lines.price_cents[line]))
    return found


def offered_lines(site: Site, order: int) -> Wanted:
    """Lines as the customer asked for them, whatever was there."""
    lines = site.register.lines
    return [(lines.product[n], lines.units[n], lines.price_cents[n]) for n in site.register.orders.lines(order)]


def look_up(site: Site, order: int, name: str, lines: Callable[[Site, int], Wanted] = open_lines) -> Any:
    """One fact about an order, of the lines that ``lines`` says."""
    network, orders = site.world.network, site.register.orders
    channel = network.channels[orders.channel[order]]
    match name:
        case "value_cents":
            return sum(units * cents for _, units, cents in lines(site, order))
        case "units":
            return sum(units for _, units, _ in lines(site, order))
        case "lines":
            return len(lines(site, order))
        case "weight_kg":
            return sum(units * network.products[p].weight_kg for p, units, _ in lines(site, order))
        case "region":
            return network.regions[orders.region[order]].name
        case "channel":
            return channel.name
        case "channel_kind":
            return channel.kind
        case "payment":
            return channel.payments[orders.payment[order]].kind
        case "segment":
            return network.segments[channel.segment].name
        case "in_stock":
            return _in_stock(site, order, lines(site, order), together=True)
        case "one_node":
            return _in_stock(site, order, lines(site, order), together=False)
        case "held":
            return orders.state[order] == HELD
        case "account_orders":
            return _orders_of_account(site, order)
        case "age_hours":
            return (site.clock.now_ms - orders.at_ms[order]) / HOUR_MS
    raise KeyError(name)


def _orders_of_account(site: Site, order: int) -> int:
    """How many orders the account placed in the day before."""
    orders = site.register.orders
    channel = orders.channel[order]
    accounts = site.world.network.channels[channel].accounts
    if accounts == 1:
        return 0
    now_ms, at_ms = orders.at_ms[order], as_numpy(orders.at_ms)[:order]
    within = (at_ms >= now_ms - DAY_MS) & (at_ms < now_ms) & (as_numpy(orders.channel)[:order] == channel)
    earlier = np.unique(at_ms[within])  # a message that came twice is one order
    of = site.streams.counter("accounts", site.world.network.channels[channel].name)
    mine = int(of.at(now_ms) * accounts)
    return int(np.count_nonzero((of.many(earlier) * accounts).astype(np.int64) == mine))


def _in_stock(site: Site, order: int, wanted: Wanted, *, together: bool) -> bool:
    pool = site.pools[site.pool_of_channel[site.register.orders.channel[order]]]
    rows = [site.inventory.available[n] for n in sorted(pool) if site.open_nodes[n]]
    need: dict[int, int] = {}
    for product, units, _ in wanted:
        need[product] = need.get(product, 0) + units
    if together:
        return all(sum(row[p] for row in rows) >= units for p, units in need.items())
    return any(all(row[p] >= units for p, units in need.items()) for row in rows)
