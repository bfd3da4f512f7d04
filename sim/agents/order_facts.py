"""What a condition may ask of an order (`sim.rules.KNOWN`), as it is at this moment."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sim.orders import HELD, LINE_REFUSED
from sim.units import HOUR_MS

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
        case "age_hours":
            return (site.clock.now_ms - orders.at_ms[order]) / HOUR_MS
    raise KeyError(name)


def _in_stock(site: Site, order: int, wanted: Wanted, *, together: bool) -> bool:
    pool = site.pools[site.pool_of_channel[site.register.orders.channel[order]]]
    rows = [site.inventory.available[n] for n in sorted(pool) if site.open_nodes[n]]
    need: dict[int, int] = {}
    for product, units, _ in wanted:
        need[product] = need.get(product, 0) + units
    if together:
        return all(sum(row[p] for row in rows) >= units for p, units in need.items())
    return any(all(row[p] >= units for p, units in need.items()) for row in rows)
