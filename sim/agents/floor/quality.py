"""Quality holds on receipt: goods of some suppliers are looked at before they are sold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.books.kinds import NUMBER
from sim.books.reasons import REASON_NUMBER
from sim.clock import DELIVERY

if TYPE_CHECKING:
    from sim.agents.site import Site

_QUARANTINED, _RELEASED, _SCRAPPED = (NUMBER[k] for k in ("quarantined", "quarantine_released", "quarantine_scrapped"))
_QUALITY = REASON_NUMBER["quality_hold"]


class QualityHolds:
    """Keeps received lines in quarantine until they are released or rejected."""

    def __init__(self, site: Site) -> None:
        self._site = site
        network = site.world.network
        self._sampled = [site.streams.counter("quality sample", s.name) for s in network.suppliers]
        self._verdict = [site.streams.counter("quality verdict", s.name) for s in network.suppliers]
        self._received: dict[tuple[int, int], int] = {}
        """Lines received so far, by (node, product): the number of the next one's luck."""
        self.held = [[0] * len(network.products) for _ in network.nodes]
        """Units that wait for a verdict, ``[node][product]``."""

    def receive(self, node: int, goods: list[int]) -> None:
        """Lines were put away: those that are looked at are set aside."""
        site, column = self._site, self._site.register.goods
        for record in goods:
            supplier, product, units = column.source[record], column.product[record], column.units[record]
            if supplier < 0:  # from another node: it has passed
                continue
            spec = site.world.network.suppliers[supplier]
            if spec.quality_hold_ms is None:
                continue
            number = self._received[node, product] = self._received.get((node, product), -1) + 1
            luck = (node << 48) + (product << 24) + number
            if self._sampled[supplier].at(luck) >= spec.sampled_share:
                continue
            units = min(units, site.inventory.available[node][product])
            if not units:
                continue
            site.inventory.quarantine(node, product, units)
            self.held[node][product] += units
            site.log.one(_QUARANTINED, site.warehouses[node].actor, _QUALITY, column.add(node, product, units, 0))
            good = self._verdict[supplier].at(luck) >= spec.rejected_share
            at_ms = site.clock.now_ms + spec.quality_hold_ms
            site.clock.at(at_ms, DELIVERY, self._decide, (node, product, units, good), rank=node)

    def _decide(self, what: tuple[int, int, int, bool]) -> None:
        """The verdict on one line: it can be sold, or is scrapped."""
        node, product, units, good = what
        site, goods, actor = self._site, self._site.register.goods, self._site.warehouses[what[0]].actor
        self.held[node][product] -= units
        if not good:
            value = site.inventory.scrap_quarantined(node, product, units)
            site.log.one(_SCRAPPED, actor, _QUALITY, goods.add(node, product, units, value))
            return
        site.inventory.release(node, product, units)
        site.log.one(_RELEASED, actor, _QUALITY, goods.add(node, product, units, 0))
        if site.recall.held:
            site.recall.catch(node, (product,))
        site.backorders.stock_came([product])
        site.supply.stocked(node)
