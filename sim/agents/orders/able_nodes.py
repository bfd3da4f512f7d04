"""Where else a shipment could be sent from."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.agents.site import Site


def able_nodes(site: Site, shipment: int) -> list[int]:
    """Other open nodes that have all of a shipment, may sell it and have a carrier for it, the nearest to its customer
    first."""
    register, available = site.register, site.inventory.available
    order, here = register.shipments.order[shipment], register.shipments.node[shipment]
    pool = site.pools[site.pool_of_channel[register.orders.channel[order]]]
    wanted: dict[int, int] = {}
    for product, units in register.contents((shipment,)):
        wanted[product] = wanted.get(product, 0) + units
    goods, found = list(wanted.items()), list[int]()
    for node in site.geography.nearest_nodes[register.orders.region[order]]:
        if node == here or node not in pool or not site.open_nodes[node]:
            continue
        row = available[node]
        for product, units in goods:
            if row[product] < units:
                break
        else:
            if site.dock.offers(node, shipment):
                found.append(node)
    return found
