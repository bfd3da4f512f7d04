"""Quality holds: the units of a SKU are quarantined wherever they are, and later released or scrapped."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from sim.books.columns import as_numpy
from sim.books.kinds import NUMBER
from sim.books.reasons import REASON_NUMBER
from sim.orders import PACKED, READY, VALIDATED

if TYPE_CHECKING:
    from sim.agents.site import Site

_QUARANTINED, _RELEASED, _SCRAPPED = (NUMBER[k] for k in ("quarantined", "quarantine_released", "quarantine_scrapped"))
_RECALLED = REASON_NUMBER["recalled"]


class Recall:
    """Holds and lets go of SKUs at all nodes."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.held: frozenset[int] = frozenset()
        self._units: dict[tuple[int, int], int] = {}
        """Units that a recall put into quarantine, by (node, product)."""

    def hold(self, products: frozenset[int]) -> None:
        """Take shipments that have not left apart, quarantine all that is available, and serve their orders anew with
        what is left."""
        site = self._site
        fresh = products - self.held
        self.held |= products
        orders = [site.register.shipments.order[s] for s in self._standing(fresh)]
        for shipment in self._standing(fresh):
            site.orchestrator.void(shipment, _RECALLED)
        for node in range(len(site.world.network.nodes)):
            self.catch(node, sorted(fresh))
        for order in dict.fromkeys(orders):
            if site.register.orders.state[order] == VALIDATED:
                site.allocator.allocate(order)

    def stops(self, shipment: int) -> bool:
        """Parts that were on the road or waited for one another are found when they are put together: whether there is
        something of a held SKU in ``shipment``, which is picked, and therefore is taken apart."""
        site, register = self._site, self._site.register
        found = sorted({p for p, _ in register.contents((shipment,))} & self.held) if self.held else []
        if not found:
            return False
        node, order = register.shipments.node[shipment], register.shipments.order[shipment]
        site.orchestrator.void(shipment, _RECALLED)
        self.catch(node, found)
        if register.orders.state[order] == VALIDATED:
            site.allocator.allocate(order)
        return True

    def _standing(self, products: frozenset[int]) -> list[int]:
        """Shipments with one of the products that are still in the house."""
        shipments = self._site.register.shipments
        present = shipments.present()
        states = as_numpy(shipments.state)[present]
        inside = present[(states <= PACKED) | (states == READY)].tolist()
        return [s for s in inside if any(p in products for p, _ in self._site.register.contents((s,)))]

    def catch(self, node: int, products: Iterable[int]) -> None:
        """Units became available at ``node``: those that are held go into quarantine."""
        site, records = self._site, []
        for product in dict.fromkeys(products):
            if site.shelf is not None and product in self.held and site.inventory.difference[node][product]:
                site.shelf.count(node, product)  # who sets goods aside sees how many there are
            units = site.inventory.available[node][product]
            if product in self.held and units:
                site.inventory.quarantine(node, product, units)
                self._units[node, product] = self._units.get((node, product), 0) + units
                records.append(site.register.goods.add(node, product, units, 0))
        site.log.add(_QUARANTINED, site.warehouses[node].actor, _RECALLED, records)

    def lift(self, still_held: frozenset[int], *, scrap: bool) -> None:
        """What is not ``still_held`` is free to be sold, or is scrapped."""
        site = self._site
        ended = self.held - still_held
        self.held = still_held
        for node, product in sorted(cell for cell in self._units if cell[1] in ended):
            units, actor = self._units.pop((node, product)), site.warehouses[node].actor
            if scrap:
                value = site.inventory.scrap_quarantined(node, product, units)
                record = site.register.goods.add(node, product, units, value)
                site.log.one(_SCRAPPED, actor, _RECALLED, record)
            else:
                site.inventory.release(node, product, units)
                site.log.one(_RELEASED, actor, _RECALLED, site.register.goods.add(node, product, units, 0))
        if not scrap:
            site.backorders.stock_came(sorted(ended))
