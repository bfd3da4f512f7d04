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
    return [
        node
        for node in site.geography.nearest_nodes[register.orders.region[order]]
        if node != here
        and node in pool
        and site.open_nodes[node]
        and all(available[node][product] >= units for product, units in wanted.items())
        and site.dock.offers(node, shipment)
    ]
