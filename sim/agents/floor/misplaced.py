"""Errors of the record: units that it forgets while they lie on the shelf, and units that it has and that do not exist,
until a count finds out."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import TYPE_CHECKING

from sim.books.kinds import NUMBER
from sim.books.reasons import REASON_NUMBER
from sim.units import BASIS_POINTS

if TYPE_CHECKING:
    from sim.agents.site import Site

_RAISED, _LOWERED = NUMBER["record_raised"], NUMBER["record_lowered"]
_RECORD_ERROR, _COUNTED = REASON_NUMBER["record_error"], REASON_NUMBER["counted"]


class Misplaced:
    """Changes the record and puts it right again."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._errors: dict[Hashable, list[list[int]]] = {}
        """By cause: the goods records of each time that it struck."""

    def lose(self, cause: Hashable, node: int, products: Iterable[int], share_bp: int) -> None:
        """The record of ``node`` forgets a share of the available units, rounded down, SKU by SKU."""
        site, records = self._site, []
        for product in products:
            units = site.inventory.available[node][product] * share_bp // BASIS_POINTS
            if units:
                value = site.inventory.lower_record(node, product, units)
                records.append(site.register.goods.add(node, product, units, value))
        site.log.add(_LOWERED, site.warehouses[node].actor, _RECORD_ERROR, records)
        site.register.goods.hold(records)
        self._errors.setdefault(cause, []).append(records)

    def invent(self, cause: Hashable, node: int, products: Iterable[int], share_bp: int) -> None:
        """The record of ``node`` has a share more than is available, rounded down, SKU by SKU, at what they cost."""
        site, records = self._site, []
        for product in products:
            units = site.inventory.available[node][product] * share_bp // BASIS_POINTS
            if units:
                value = units * site.world.network.products[product].cost_cents
                site.inventory.raise_record(node, product, units, value)
                records.append(site.register.goods.add(node, product, units, value))
        site.log.add(_RAISED, site.warehouses[node].actor, _RECORD_ERROR, records)
        site.register.goods.hold(records)
        self._errors.setdefault(cause, []).append(records)
        site.backorders.stock_came([site.register.goods.product[record] for record in records])

    def find(self, cause: Hashable) -> None:
        """A count finds what ``cause`` did to the record. What it forgot can be sold again, at the value it had."""
        site, goods = self._site, self._site.register.goods
        errors = self._errors[cause].pop(0)
        goods.free(errors)
        cells = [(goods.node[record], goods.product[record]) for record in errors]
        if site.shelf is not None:  # something else may have parted the two as well: the whole SKU is counted
            for node, product in cells:
                site.shelf.count(node, product)
            return
        for record, (node, product) in zip(errors, cells, strict=True):
            units, value = goods.units[record], goods.value_cents[record]
            site.inventory.raise_record(node, product, units, value)
            found = goods.add(node, product, units, value)
            site.log.one(_RAISED, site.warehouses[node].actor, _COUNTED, found)
            site.recall.catch(node, (product,))
        site.backorders.stock_came([product for _, product in cells])
