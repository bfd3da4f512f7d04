"""Replenishment and transfers of live stock: positions in, orders and truckloads out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from peakproof.service.allocation import read_stock
from peakproof.service.network import LiveNetwork, label
from peakproof.service.rows import Sheet
from peakproof.service.wire import (
    CoverRow,
    Move,
    PositionRow,
    Purchase,
    ReplenishmentAnswer,
    TransfersAnswer,
)
from sim.agents.supply.purchase_terms import OrderLine, PurchaseTerms
from sim.policies.replenishment import PositionView, Wanted
from sim.policies.transfers import CoverView
from sim.world import PolicyChoice

Cells = list[list[int]]


def read_positions(live: LiveNetwork, sheet: Sheet[PositionRow] | Sheet[CoverRow]) -> tuple[Cells, Cells]:
    """(position, free) as ``[node][product]``: inventory positions, and available units that nobody is owed."""
    sheet.unique("node", "sku")
    free, position = read_stock(live, sheet), read_stock(live, sheet)
    for column, sign in (("on_order", 1), ("in_transit", 1), ("owed", -1)):
        for n, row in enumerate(read_stock(live, sheet, column)):
            for p, units in enumerate(row):
                position[n][p] += sign * units
                if sign < 0:
                    free[n][p] = max(0, free[n][p] - units)
    return position, free


def replenish(
    live: LiveNetwork, choice: PolicyChoice, position: Cells, usable: Cells, nodes: Sequence[int], now_ms: int
) -> ReplenishmentAnswer:
    """What each of ``nodes`` should order now.

    A node that another one feeds asks that one; the others their suppliers, in lots and with price breaks, and half of
    it at a second source where there is one. A SKU without a row counts as nothing there. No forecast is at hand: a
    policy that follows one falls back on the levels of the stock plan.
    """
    policy = live.policy("replenishment", choice)
    terms = PurchaseTerms(live.world, lambda node, product: usable[node][product])
    orders: list[Purchase] = []
    for node in nodes:
        wanted = policy.decide(PositionView(node, now_ms, position[node]))
        feeder = live.network.nodes[node].source
        if feeder is None:
            orders += _purchases(live, terms, node, wanted, position[node])
        else:
            orders += [_request(live, node, feeder, product, units, position[node]) for product, units in wanted]
    return ReplenishmentAnswer(policy=label(choice), orders=orders)


def _purchases(
    live: LiveNetwork, terms: PurchaseTerms, node: int, wanted: Sequence[Wanted], position: Sequence[int]
) -> list[Purchase]:
    network = live.network
    asked: Counter[int] = Counter()
    for product, units, *_ in wanted:
        asked[product] += units
    lines = terms.lines(node, wanted, frozenset())
    by_document: dict[tuple[int, bool], list[OrderLine]] = {}
    for line in lines:
        by_document.setdefault((line.supplier, line.urgent), []).append(line)
    enough = {key: key[1] or terms.reaches_minimum(key[0], own) for key, own in by_document.items()}
    return [
        Purchase(
            node=network.nodes[node].name,
            sku=network.products[line.product].sku,
            source=network.suppliers[line.supplier].name,
            wanted=asked[line.product],
            units=line.units,
            cost_cents=terms.landed_cents(line.supplier, line.product, line.units),
            urgent=line.urgent,
            below_minimum=not enough[line.supplier, line.urgent],
            position=position[line.product],
            why=_why(live, node, line.product, position[line.product], asked[line.product]),
        )
        for line in lines
    ]


def _request(live: LiveNetwork, node: int, feeder: int, product: int, units: int, position: Sequence[int]) -> Purchase:
    network = live.network
    return Purchase(
        node=network.nodes[node].name,
        sku=network.products[product].sku,
        source=network.nodes[feeder].name,
        wanted=units,
        units=units,
        cost_cents=0,
        urgent=False,
        below_minimum=False,
        position=position[product],
        why=_why(live, node, product, position[product], units),
    )


def _why(live: LiveNetwork, node: int, product: int, position: int, units: int) -> str:
    stock = live.world.stock
    low, high = int(stock.reorder_point[node, product]), int(stock.order_up_to[node, product])
    return f"position {position} goes to {position + units}; the plan reorders at {low}, up to {high}"


def transfer(
    live: LiveNetwork,
    choice: PolicyChoice,
    sheet: Sheet[CoverRow],
    position: Cells,
    free: Cells,
    is_open: Sequence[int],
    now_ms: int,
) -> TransfersAnswer:
    """What should go from node to node ahead of demand."""
    network = live.network
    daily = np.zeros((len(network.nodes), len(network.products)))
    for row in sheet.rows:
        daily[live.known("node")[row.node], live.known("product")[row.sku]] = row.daily_demand
    view = CoverView(now_ms, position, free, [bool(n) for n in is_open], lambda days: daily * days)
    moves = [
        Move(
            source=network.nodes[source].name,
            to=network.nodes[to].name,
            sku=network.products[product].sku,
            units=units,
            why=f"{_cover(position[source][product], daily[source, product])} at {network.nodes[source].name}, "
            f"{_cover(position[to][product], daily[to, product])} at {network.nodes[to].name}",
        )
        for source, to, product, units in live.policy("transfers", choice).decide(view)
    ]
    return TransfersAnswer(policy=label(choice), transfers=moves)


def _cover(position: int, daily: float) -> str:
    return f"{position / daily:.1f} days of cover" if daily > 0 else f"{position} units and no demand"
