"""Allocation of live orders: rows in, decisions out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from peakproof.service.allocating import Allocator, Cells, Decided
from peakproof.service.network import LiveNetwork, label
from peakproof.service.rows import Sheet
from peakproof.service.wire import (
    Allocation,
    AllocationAnswer,
    AllocationTotals,
    Goods,
    Missing,
    OrderLine,
    Parcel,
)
from scenarios.errors import listed
from sim.agents.customers.customer import PromiseTable
from sim.policies.allocation import OrderView
from sim.world import PolicyChoice

_SAME = ("channel", "region", "latitude", "longitude", "placed_at", "deliver_by")
"""What all rows of an order must agree on."""


def read_orders(live: LiveNetwork, sheet: Sheet[OrderLine], at_ms: int) -> list[tuple[str, OrderView]]:
    """(reference, order) in the sequence in which references first appear; what is wrong goes to the sheet's problems.

    Without ``deliver_by`` an order's promise is its channel's, from when it was placed, or from now (``at_ms``).
    """
    products = sheet.indices("sku", live.known("product"), "product")
    channels = _channels(live, sheet)
    regions = _regions(live, sheet)
    by_ref: dict[str, list[int]] = {}
    for i, row in enumerate(sheet.rows):
        by_ref.setdefault(row.order_ref, []).append(i)
    _check_agreement(sheet, by_ref)
    promises = PromiseTable(live.network, live.world.calendar)
    orders = []
    for number, (reference, rows) in enumerate(by_ref.items()):
        first = rows[0]
        lines = [(k, products[i], sheet.rows[i].units) for k, i in enumerate(rows)]
        if channels[first] < 0 or regions[first] < 0:
            continue
        due_ms = _deliver_by_ms(live, promises, sheet.rows[first], (channels[first], regions[first]), at_ms)
        orders.append((reference, OrderView(number, channels[first], regions[first], lines, due_ms, at_ms)))
    return orders


def _channels(live: LiveNetwork, sheet: Sheet[OrderLine]) -> list[int]:
    known = live.known("channel")
    found = sheet.indices("channel", known, "channel")
    unnamed = [i for i, row in enumerate(sheet.rows) if row.channel is None]
    if len(known) == 1:
        return [0] * len(found)
    sheet.fault("channel", unnamed, "is empty", accepted=listed(known))
    return found


def _regions(live: LiveNetwork, sheet: Sheet[OrderLine]) -> list[int]:
    found = sheet.indices("region", live.known("region"), "region")
    nowhere = []
    for i, row in enumerate(sheet.rows):
        if row.region is None and row.latitude is not None and row.longitude is not None:
            found[i] = live.nearest_region(row.latitude, row.longitude)
        elif row.region is None:
            nowhere.append(i)
    sheet.fault("region", nowhere, "is empty", accepted="a region of the scenario, or latitude and longitude")
    return found


def _check_agreement(sheet: Sheet[OrderLine], by_ref: dict[str, list[int]]) -> None:
    for column in _SAME:
        cells = sheet.values(column)
        other = [i for rows in by_ref.values() for i in rows[1:] if _differ(cells[i], cells[rows[0]])]
        sheet.fault(column, other, "{value} differs from the order's first row", accepted="one value an order")


def _differ(one: Any, other: Any) -> bool:
    """Whether two cells say different things; one that could not be read says nothing."""
    read_alike = one is None or other is None or type(one) is type(other)
    return read_alike and one != other


def _deliver_by_ms(
    live: LiveNetwork, promises: PromiseTable, row: OrderLine, whose: tuple[int, int], at_ms: int
) -> int:
    if row.deliver_by is not None:
        return live.ms(row.deliver_by)
    placed_ms = at_ms if row.placed_at is None else live.ms(row.placed_at)
    return promises.of_one(*whose, placed_ms)[1]


def read_stock(live: LiveNetwork, sheet: Sheet[Any], column: str = "available") -> Cells:
    """A column of units as ``[node][product]``, 0 where there is no row."""
    cells = [[0] * len(live.network.products) for _ in live.network.nodes]
    nodes = sheet.indices("node", live.known("node"), "node")
    products = sheet.indices("sku", live.known("product"), "product")
    for node, product, units in zip(nodes, products, sheet.values(column), strict=True):
        if node >= 0 and product >= 0:
            cells[node][product] = units or 0
    return cells


def allocate(
    live: LiveNetwork,
    choice: PolicyChoice,
    orders: Sequence[tuple[str, OrderView]],
    available: Cells,
    is_open: Sequence[int],
) -> AllocationAnswer:
    """Decide order by order, each with the stock that those before it left.

    ``available`` is changed: what is left of it afterwards is what no order took.
    """
    allocator = Allocator(live, live.policy("allocation", choice))
    decisions = []
    for reference, order in orders:
        able = allocator.able(order, available, is_open)
        decided = allocator.ask(order, available, is_open)
        missing = allocator.missing(order, decided, available, is_open)
        decisions.append(_told(live, allocator, reference, order, decided, able, missing))
        product_of = {line: product for line, product, _ in order.lines}
        for line, node, units in decided.assignments:
            available[node][product_of[line]] -= units
    return AllocationAnswer(policy=label(choice), decisions=decisions, totals=_totals(decisions))


def _told(
    live: LiveNetwork,
    allocator: Allocator,
    reference: str,
    order: OrderView,
    decided: Decided,
    able: Sequence[int],
    missing: Sequence[tuple[int, int, str]],
) -> Allocation:
    network, runner_up = live.network, decided.runner_up
    sku_of = {line: network.products[product].sku for line, product, _ in order.lines}
    goods: dict[int, list[Goods]] = {}
    for line, node, units in decided.assignments:
        goods.setdefault(node, []).append(Goods(sku=sku_of[line], units=units))
    return Allocation(
        order_ref=reference,
        parcels=[
            Parcel(node=network.nodes[node].name, goods=sent, cost_cents=_cents(decided.cost_cents[node]))
            for node, sent in goods.items()
        ],
        backorders=[Missing(sku=network.products[p].sku, units=units, why=why) for p, units, why in missing],
        cost_cents=_cents(decided.total_cents) if goods else None,
        runner_up=None if runner_up is None else network.nodes[runner_up].name,
        runner_up_cost_cents=None if runner_up is None else _cents(allocator.whole_cents(order, runner_up)),
        gap_cents=round(decided.gap_cents, 2) if math.isfinite(decided.gap_cents) else None,
        why=allocator.why(order, decided, able),
    )


def _cents(cost: float) -> int | None:
    """None where no carrier goes."""
    return round(cost) if math.isfinite(cost) else None


def _totals(decisions: Sequence[Allocation]) -> AllocationTotals:
    complete = [d for d in decisions if not d.backorders]
    return AllocationTotals(
        orders=len(decisions),
        whole=sum(len(d.parcels) == 1 for d in complete),
        split=sum(len(d.parcels) > 1 for d in complete),
        incomplete=len(decisions) - len(complete),
        backordered_units=sum(m.units for d in decisions for m in d.backorders),
        cost_cents=sum(d.cost_cents or 0 for d in decisions),
    )
