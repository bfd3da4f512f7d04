"""What becomes of goods that came back: restocked as new, refurbished, returned to their vendor, or scrapped."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from sim.books.kinds import NUMBER
from sim.clock import RETURN
from sim.units import share_of

if TYPE_CHECKING:
    from sim.agents.site import Site

_RESTOCKED, _WAITS, _BEGAN, _REFURBISHED, _TO_VENDOR, _SCRAPPED = (
    NUMBER[k]
    for k in ("restocked", "refurbish_waits", "refurbish_began", "refurbished", "returned_to_vendor", "scrapped")
)
_AS_NEW, _REPAIRABLE, _FOR_VENDOR, _WORTHLESS = range(4)

Goods = list[tuple[int, int]]
"""(return, product)."""


class Dispositions:
    """Decides by the condition of the goods, which is their customer's luck, and by the shares of their category."""

    def __init__(self, site: Site) -> None:
        self._site = site
        network = site.world.network
        self._specs = [category.disposition for category in network.categories]
        self._category_of = [product.category for product in network.products]
        self._ends = [
            (c.restock_share, c.restock_share + d.refurbish_share, c.restock_share + d.refurbish_share + d.vendor_share)
            for c, d in zip(network.categories, self._specs, strict=True)
        ]
        self._pace = site.streams.counter("refurbishing", "returns")
        self._in_repair: dict[int, int] = {}
        """By return: its order."""
        site.register.leaving.ask(self._in_repair.values)

    def _grade(self, number: int, product: int) -> int:
        called_back = self._site.called_back
        if called_back is not None and called_back.is_condemned(number, product):
            return _WORTHLESS
        luck, ends = self._site.register.returns.luck[number], self._ends[self._category_of[product]]
        return next((grade for grade, end in enumerate(ends) if luck < end), _WORTHLESS)

    def is_as_new(self, number: int, product: int) -> bool:
        """Whether returned goods can be sold again as they are."""
        return self._grade(number, product) == _AS_NEW

    def dispose(self, node: int, actor: int, goods: Goods) -> list[int]:
        """Sort what was inspected at ``node``; products of which there is more to sell."""
        sorted_goods: tuple[Goods, ...] = ([], [], [], [])
        for number, product in goods:
            sorted_goods[self._grade(number, product)].append((number, product))
        as_new, repairable, for_vendor, worthless = sorted_goods
        saleable = self._stock(node, actor, as_new, _RESTOCKED)
        # One kind after the other is on record before the next moves: a batch may hold several of one product.
        inventory = self._site.inventory
        self._write_off(node, actor, worthless, _SCRAPPED, inventory.scrap)
        self._write_off(node, actor, for_vendor, _TO_VENDOR, inventory.return_to_vendor)
        self._refurbish(node, actor, repairable)
        return saleable

    def _stock(self, node: int, actor: int, goods: Goods, kind: int) -> list[int]:
        site, units = self._site, self._site.register.returns.units
        products = [product for _, product in goods]
        for number, product in goods:
            site.inventory.put_away(node, product, units[number], loose=True)
        if goods:
            site.log.add(kind, actor, 0, [number for number, _ in goods])
            if site.recall.held:
                site.recall.catch(node, products)
        return products

    def _write_off(self, node: int, actor: int, goods: Goods, kind: int, leave: Callable[[int, int, int], int]) -> None:
        returns = self._site.register.returns
        for number, product in goods:
            value = returns.scrap_cents[number] = leave(node, product, returns.units[number])
            if kind == _TO_VENDOR:
                credit_bp = self._specs[self._category_of[product]].vendor_credit_bp
                returns.vendor_cents[number] = share_of(value, credit_bp)
        self._site.log.add(kind, actor, 0, [number for number, _ in goods])

    def _refurbish(self, node: int, actor: int, goods: Goods) -> None:
        """The units await it where they were inspected, one after the other for each return, and somebody's hand where
        the node has people for it."""
        clock, register, bench = self._site.clock, self._site.register, self._site.warehouses[node].bench
        self._site.log.add(_BEGAN if bench is None else _WAITS, actor, 0, [number for number, _ in goods])
        for number, product in goods:
            self._in_repair[number] = register.order_of_return(number)
            takes_ms = self._takes_ms(number, product)
            if bench is None:
                clock.gather(clock.now_ms + takes_ms, RETURN, self._ready, [(node, number)])
            else:
                bench.put([(number, takes_ms)])

    def _takes_ms(self, number: int, product: int) -> int:
        spec = self._specs[self._category_of[product]]
        return round(spec.refurbish_ms.at(self._pace.at(number))) * self._site.register.returns.units[number]

    def _ready(self, what: list[tuple[int, int]]) -> None:
        for node, number in what:
            self._site.warehouses[node].when_open(self._ready_at, (node, number))

    def _ready_at(self, what: tuple[int, int]) -> None:
        self.refurbished(*what)

    def refurbished(self, node: int, number: int, labour_cents: int = 0) -> None:
        """A return is saleable again, by somebody's work if it was anybody's; or condemned since then."""
        del self._in_repair[number]
        register, returns = self._site.register, self._site.register.returns
        product = register.lines.product[register.line_of_return(number)]
        if self._grade(number, product) == _WORTHLESS:
            actor = self._site.warehouses[node].actor
            self._write_off(node, actor, [(number, product)], _SCRAPPED, self._site.inventory.scrap)
            return
        cents = self._specs[self._category_of[product]].refurbish_cents
        returns.refurbish_cents[number] = cents * returns.units[number] + labour_cents
        saleable = self._stock(node, self._site.warehouses[node].actor, [(number, product)], _REFURBISHED)
        self._site.backorders.stock_came(saleable)
