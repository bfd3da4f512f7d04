"""Parcels held at the wave so that they are not delivered before their window opens."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.agents.site import Site


class Windows:
    """Keeps shipments of accounts with a window from the floor for as long as the cheapest carrier would bring them
    before it opens, if they left with its next call."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def too_early(self, node: int, shipments: list[int]) -> set[int]:
        """Those of the ``shipments`` that wait at a node which would be there too early."""
        site, orders = self._site, self._site.register.orders
        contracts, order_of, early = site.contracts, site.register.shipments.order, set[int]()
        assert contracts is not None
        for shipment in shipments:
            order = order_of[shipment]
            contract = contracts.of(order)
            if contract is None or contract.window is None or not contract.window.hold:
                continue
            arrives_ms = site.dock.would_arrive_ms(node, shipment)
            if arrives_ms is not None and arrives_ms < orders.deliver_by_ms[order] - contract.window.early_ms:
                early.add(shipment)
        return early
