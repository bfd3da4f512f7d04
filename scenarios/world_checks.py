"""Faults that show only when a scenario is put together: nobody to buy, nothing to sell, more than can be counted."""

from __future__ import annotations

import numpy as np

from scenarios.errors import Problems
from scenarios.yaml_source import Tree
from sim.disruptions import Recurring
from sim.network import STATION_NAMES, Channel
from sim.units import DAY_MS
from sim.world import World

_MOST_UNITS = 100_000_000
"""Of a SKU at a node: the books count units in 32 bits, and a node may order some times as many."""
_MOST_CENTS = 10**15
"""What they may be worth: the books count money in 64 bits, all cells together."""
_DEAREST_CENTS = 10**13
"""Net value of a usual order of the dearest product: what is prorated multiplies it, in 64 bits, by basis points."""
_MOST_ORDERS = 1_000_000_000
"""Orders are numbered in 32 bits; a run of so many takes hours."""


def check_world(tree: Tree, world: World, problems: Problems) -> None:
    """Report customers who live nowhere, channels that sell nothing, and more orders or stock than books can count."""
    if world.trace is None:
        buying = [c for c in world.network.channels if c.orders_per_day > 0 or c.subscription is not None]
        _check_homes(tree, world, buying, problems)
        _check_goods(tree, world, buying, problems)
        _check_orders(tree, world, buying, problems)
        _check_values(tree, world, buying, problems)
    _check_stock(tree, world, problems)


def _check_homes(tree: Tree, world: World, buying: list[Channel], problems: Problems) -> None:
    drawn = [c for c in buying if world.network.segments[c.segment].region_weights is None]
    if drawn and not any(region.population > 0 for region in world.network.regions):
        message = f"nobody lives anywhere, so that nobody would order at {drawn[0].name}"
        _add(tree, "regions", message, "a region with a population above 0", problems)


def _check_goods(tree: Tree, world: World, buying: list[Channel], problems: Problems) -> None:
    products = world.network.products
    for channel in buying:
        liked = channel.category_weights
        if not any(p.demand_weight > 0 and (liked is None or liked[p.category] > 0) for p in products):
            message = f"{channel.name} sells nothing: no product of its categories has a demand_weight above 0"
            _add(tree, "channels", message, "a product that somebody wants", problems)


def _check_orders(tree: Tree, world: World, buying: list[Channel], problems: Problems) -> None:
    orders = sum(channel.orders_per_day for channel in buying) * world.horizon.end_ms / DAY_MS
    if orders > _MOST_ORDERS:
        message = f"{orders:,.0f} orders would come until then"
        _add(tree, "horizon", message, f"{_MOST_ORDERS:,} at most", problems)


def _check_values(tree: Tree, world: World, buying: list[Channel], problems: Problems) -> None:
    dearest = max(world.network.products, key=lambda product: product.price_cents)
    for channel in buying:
        cents = dearest.price_cents * max(1, channel.line_count.mean) * max(1, channel.quantity.mean)
        if cents > _DEAREST_CENTS:
            message = f"an order of {dearest.sku} at {channel.name} would be worth {cents / 100:,.0f}"
            _add(tree, "products", message, f"{_DEAREST_CENTS // 100:,} at most", problems)


def _check_stock(tree: Tree, world: World, problems: Problems) -> None:
    """By the largest of a cell's opening stock and levels."""
    units = np.maximum(world.stock.opening_units, world.stock.order_up_to).astype(np.float64)
    cents = np.array([product.cost_cents for product in world.network.products], dtype=np.float64)
    too_many, too_dear = units > _MOST_UNITS, units * cents > _MOST_CENTS
    if not (too_many | too_dear).any():
        return
    node, product = np.unravel_index(np.argmax(np.where(too_many, units, units * cents * too_dear)), units.shape)
    what = f"{world.network.nodes[node].name} would keep {units[node, product]:,.0f} units"
    message = f"{what} of {world.network.products[product].sku}"
    accepted = f"at most {_MOST_UNITS:,} of a SKU, worth {_MOST_CENTS // 100:,}: less demand, lead time, cover or cost"
    _add(tree, "stock" if tree.get("stock") is not None else "channels", message, accepted, problems)


_AT_STATION = {
    "pick": "what it is to send never leaves",
    "pack": "what it is to send never leaves",
    "receive": "what is ordered for it is never put away",
}


def warnings(world: World) -> list[str]:
    """What can be run, and is probably not meant: disruptions that begin when demand has ended, and nodes with stock at
    which nobody ever picks, packs or receives."""
    end_ms = world.horizon.end_ms
    late = [n for n, d in enumerate(world.disruptions) if not isinstance(d, Recurring) and d.at_ms >= end_ms]
    told = [f"{world.disruption_name(n)} begins when demand has ended: no new order meets it" for n in late]
    for number, node in enumerate(world.network.nodes):
        if not world.stock.order_up_to[number].any() or node.temporary_staff is not None:
            continue
        for station, then in _AT_STATION.items():
            if not any(shift.staff[STATION_NAMES.index(station)] for shift in node.shifts):
                told.append(f"nobody ever has a shift at {node.name} to {station}: {then}")
    return told


def _add(tree: Tree, key: str, message: str, accepted: str, problems: Problems) -> None:
    found = tree.get(key)
    problems.add(tree.mark if found is None else found.key_mark, key, message, accepted=accepted)
