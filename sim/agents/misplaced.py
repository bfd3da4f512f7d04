"""Units that are on the shelf and not on the record, until a count finds them."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import TYPE_CHECKING

from sim.books.kinds import NUMBER, REASON_NUMBER
from sim.units import BASIS_POINTS

if TYPE_CHECKING:
    from sim.agents.site import Site

_UP, _DOWN = NUMBER["adjusted_up"], NUMBER["adjusted_down"]
_RECORD_ERROR, _COUNTED = REASON_NUMBER["record_error"], REASON_NUMBER["counted"]


class Misplaced:
    """Takes units off the record and puts them back."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._lost: dict[Hashable, list[list[int]]] = {}
        """By cause: the goods records of each time that it struck."""

    def lose(self, cause: Hashable, node: int, products: Iterable[int], share_bp: int) -> None:
        """The record of ``node`` forgets a share of the available units, rounded down, SKU by SKU."""
        site, records = self._site, []
        for product in products:
            units = site.inventory.available[node][product] * share_bp // BASIS_POINTS
            if units:
                value = site.inventory.adjust_down(node, product, units)
                records.append(site.register.goods.add(node, product, units, value))
        site.log.add(_DOWN, site.warehouses[node].actor, _RECORD_ERROR, records)
        self._lost.setdefault(cause, []).append(records)

    def find(self, cause: Hashable) -> None:
        """A count found what ``cause`` made the record forget: it can be sold again, at the value it had."""
        site, goods = self._site, self._site.register.goods
        lost = self._lost[cause].pop(0)
        for record in lost:
            node, product, units, value = (
                column[record] for column in (goods.node, goods.product, goods.units, goods.value_cents)
            )
            site.inventory.adjust_up(node, product, units, value)
            found = goods.add(node, product, units, value)
            site.log.one(_UP, site.warehouses[node].actor, _COUNTED, found)
            site.recall.catch(node, (product,))
        site.orchestrator.stock_came([goods.product[record] for record in lost])
