"""Quantities that an alert can watch, as the run knows them at this moment."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.books.columns import as_numpy
from sim.orders import HELD, IN_PREPARATION, PICKED, PLANNED, RELEASED, SHIPPED, VALIDATED

if TYPE_CHECKING:
    from sim.agents.floor.workload import Workload
    from sim.agents.site import Site

_EVER = -(1 << 62)
_NOT_PACKED = (PLANNED, RELEASED, PICKED)
Ints = NDArray[np.signedinteger]
Quantity = Callable[["Site", "int | None"], float]


def shipments_waiting(site: Site, node: int | None) -> float:
    """Shipments that nodes were given and have not packed."""
    return float(len(_in_preparation(site, node, _NOT_PACKED)))


def hours_of_work(site: Site, node: int | None) -> float:
    """Hours until all that a node was given is picked and packed, at the pace of its crew; the worst node's, if none is
    named."""
    load, nodes = site.workload, range(len(site.warehouses)) if node is None else [node]
    load.look(nodes)
    return max(_hours(load, n) for n in nodes)


def overdue_orders(site: Site, node: int | None) -> float:
    """Orders past their ship-by of which a shipment has not left; of no node, those that wait for stock too."""
    orders, now_ms = site.register.orders, site.clock.now_ms
    whose = as_numpy(site.register.shipments.order)[_in_preparation(site, node, IN_PREPARATION)]
    late = whose[as_numpy(orders.ship_by_ms)[whose] < now_ms]
    late = late[as_numpy(orders.state)[late] == VALIDATED]
    if node is None:
        late = np.concatenate((late, site.register.waiting_orders(VALIDATED, _EVER, now_ms - 1)))
    if not len(late):
        return 0.0
    is_late = np.zeros(int(late.max() - late.min()) + 1, dtype=np.bool_)  # an order may be there several times
    is_late[late - late.min()] = True
    return float(np.count_nonzero(is_late))


def at_risk_orders(site: Site, node: int | None) -> float:
    """Orders that were predicted to be late, and have not left."""
    return 0.0 if site.at_risk is None else float(site.at_risk.now)


def held_orders(site: Site, node: int | None) -> float:
    """Orders that an exception holds."""
    orders = site.register.orders
    return float((as_numpy(orders.state)[orders.present()] == HELD).sum())


def open_cases(site: Site, node: int | None) -> float:
    """Exceptions that nobody has decided, tickets included."""
    return float(sum(site.exceptions.open_cases.values()))


def backordered_lines(site: Site, node: int | None) -> float:
    """Lines of validated orders with units that no node has."""
    return float(len(_short_lines(site)))


def oversold_units(site: Site, node: int | None) -> float:
    """Units oversold since the beginning."""
    return float(sum(channel.oversold_units for channel in site.channels))


def skus_out_of_stock(site: Site, node: int | None) -> float:
    """SKUs of which no node has a unit that can be sold."""
    first, *others = site.inventory.available
    held = as_numpy(first).copy()
    for row in others:
        held += as_numpy(row)
    return float(np.count_nonzero(held <= 0))


def late_parcels(site: Site, node: int | None) -> float:
    """Parcels on the road past the carrier's own date."""
    shipments, going = site.register.shipments, site.register.not_arrived()
    going = going[as_numpy(shipments.state)[going] == SHIPPED]
    return float(np.count_nonzero(as_numpy(shipments.quoted_ms)[going] < site.clock.now_ms))


def unscanned_parcels(site: Site, node: int | None) -> float:
    """Parcels that carriers collected and have not scanned; of one node or of all."""
    node_of = site.register.shipments.node
    parcels = (s for carrier in site.carriers for s in carrier.unscanned)
    return float(sum(1 for s in parcels if node is None or node_of[s] == node))


def parcels_at_hubs(site: Site, node: int | None) -> float:
    """Parcels that wait at carriers' hubs for a sort, of all nodes."""
    return float(sum(carrier.sorting.waiting for carrier in site.carriers if carrier.sorting is not None))


def refused_documents(site: Site, node: int | None) -> float:
    """Accounting documents that wait for a correction."""
    return 0.0 if site.accounting is None else float(site.accounting.refused)


TAKE: dict[str, Quantity] = {
    function.__name__: function
    for function in (
        shipments_waiting,
        hours_of_work,
        overdue_orders,
        at_risk_orders,
        held_orders,
        open_cases,
        backordered_lines,
        oversold_units,
        skus_out_of_stock,
        late_parcels,
        unscanned_parcels,
        parcels_at_hubs,
        refused_documents,
    )
}
"""By name; `sim.plans.alerts.QUANTITIES` lists the same names for scenario files."""


def _in_preparation(site: Site, node: int | None, states: tuple[int, ...]) -> Ints:
    """Shipments that have not left and are in one of these states, of one node or of all."""
    shipments, here = site.register.shipments, site.register.in_preparation()
    if states != IN_PREPARATION:
        here = here[np.isin(as_numpy(shipments.state)[here], states)]
    return here if node is None else here[as_numpy(shipments.node)[here] == node]


def _short_lines(site: Site) -> Ints:
    lines, orders = site.register.lines, site.register.orders
    short = site.register.open_lines()
    return short[as_numpy(orders.state)[as_numpy(lines.order)[short]] == VALIDATED]


def _hours(load: Workload, node: int) -> float:
    begun, queue = load.begun(node), load.waiting(node)
    if not len(queue):
        return max(begun)
    pick, pack = load.behind(node, queue, begun)
    return float(max(pick[-1], pack[-1]))
