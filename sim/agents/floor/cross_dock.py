"""Cross-docking: received goods for which orders wait skip the shelf."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.books.kinds import NUMBER
from sim.clock import DELIVERY

if TYPE_CHECKING:
    from sim.agents.site import Site

_CROSS_DOCKED = NUMBER["cross_docked"]


class CrossDock:
    """Sorts what comes off the trucks: units that are wanted go straight through, the rest is put away."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._under_way: dict[tuple[int, int], int] = {}
        """Units that are being brought through, by (node, product)."""

    def sort(self, node: int, goods: list[int]) -> list[int]:
        """Bring through what waiting orders want; the records of what is left to put away."""
        column, through, rest = self._site.register.goods, list[int](), list[int]()
        for record in goods:
            product, units = column.product[record], column.units[record]
            taken = 0 if self._is_held(record) else min(units, self._wanted(node, product))
            if taken:
                self._under_way[node, product] = self._under_way.get((node, product), 0) + taken
                through.append(self._part(record, taken))
            if taken < units:
                rest.append(self._part(record, units - taken) if taken else record)
        column.hold([*through, *rest])
        column.free(goods)
        if through:
            spec, now = self._site.world.network.nodes[node], self._site.clock.now_ms
            assert spec.cross_dock_ms is not None
            self._site.clock.at(now + spec.cross_dock_ms, DELIVERY, self._at_gate, (node, through), rank=node)
        return rest

    def _wanted(self, node: int, product: int) -> int:
        wanted = self._site.backorders.units_awaited(node, product)
        return max(0, wanted - self._under_way.get((node, product), 0))

    def _is_held(self, record: int) -> bool:
        """Whether its supplier's goods wait for a verdict first."""
        supplier = self._site.register.goods.source[record]
        return supplier >= 0 and self._site.world.network.suppliers[supplier].quality_hold_ms is not None

    def _part(self, record: int, units: int) -> int:
        goods = self._site.register.goods
        columns = (goods.node, goods.product, goods.other, goods.source, goods.document)
        node, product, other, source, document = (column[record] for column in columns)
        return goods.add(node, product, units, 0, other=other, source=source, document=document)

    def _at_gate(self, what: tuple[int, list[int]]) -> None:
        self._site.warehouses[what[0]].when_open(self._through, what)

    def _through(self, what: tuple[int, list[int]]) -> None:
        """They stand where they are picked, and are given to who waits, oldest first."""
        node, records = what
        site, goods = self._site, self._site.register.goods
        products = [goods.product[record] for record in records]
        for record, product in zip(records, products, strict=True):
            site.inventory.put_away(node, product, goods.units[record])
            self._under_way[node, product] -= goods.units[record]
        goods.free(records)
        site.log.add(_CROSS_DOCKED, site.warehouses[node].actor, 0, records)
        if site.recall.held:
            site.recall.catch(node, products)
        site.backorders.stock_came(products)
        site.supply.stocked(node)
