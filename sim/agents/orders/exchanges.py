"""Exchanges: customers who want something else for what they send back get a linked order, at no charge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.agents.customers.customer import PromiseTable
from sim.books.copies import append_copy
from sim.books.kinds import NUMBER
from sim.books.reasons import REASON_NUMBER

if TYPE_CHECKING:
    from sim.agents.orders.replacements import Replacements
    from sim.agents.site import Site

_EXCHANGED, _ORDERED = NUMBER["exchanged"], NUMBER["exchange_ordered"]
_EXCHANGE, _WRONG_SIZE = REASON_NUMBER["exchange"], REASON_NUMBER["wrong_size"]


class Exchanges:
    """Sends something else in place of money, when the house says; where there is nothing to send, money it is.

    Who found it the wrong size gets the first of the SKU's substitutes of which there is enough, or the same again;
    everybody else the same. The linked order is promised like one of that moment, and passes no checks: it is paid for.
    """

    def __init__(self, site: Site, replacements: Replacements) -> None:
        self._site, self._replacements, self._rules = site, replacements, site.world.returns
        self._wish = site.streams.counter("exchange", "returns")
        self._wanted: set[int] = set()
        site.register.leaving.forget(site.register.returns, self._wanted)
        self._promises = PromiseTable(site.world.network, site.calendar)

    def ask(self, number: int, key: int) -> None:
        """A return is accepted; its customer may want something else instead of money."""
        if self._wish.at(key) < self._rules.exchange_share:
            self._wanted.add(number)

    def served(self, moment: str, numbers: list[int]) -> list[int]:
        """Something happened to these returns; those whose customers are sent something else now, instead of money."""
        if moment != self._rules.exchange_on or not self._wanted:
            return []
        due = [n for n in numbers if n in self._wanted]
        self._wanted.difference_update(due)
        return [n for n in due if self._send(n)]

    def _send(self, number: int) -> bool:
        site, register = self._site, self._site.register
        returns, lines = register.returns, register.lines
        line, units = register.line_of_return(number), returns.units[number]
        order = lines.order[line]
        product = self._choice(order, lines.product[line], units, returns.reason[number])
        if product is None:
            return False
        linked = self._write(order, line, product, units)
        own = register.orders.first_line[linked]
        self._replacements.owe(own, units)
        site.log.one(_EXCHANGED, site.finance.actor, 0, number)
        note = register.notes.add(order=order, line=own, product=product, units=units)
        site.log.one(_ORDERED, site.orchestrator.actor, 0, note)
        channel = site.channels[register.orders.channel[order]]
        site.intake.take_paid(linked, [(own, product, units)], channel, _EXCHANGE)
        if site.care is not None:
            site.care.expect_order(linked)
        return True

    def _choice(self, order: int, product: int, units: int, reason: int) -> int | None:
        others = self._site.world.network.products[product].substitutes if reason == _WRONG_SIZE else ()
        found = (p for p in (*others, product) if self._replacements.are_there(order, [(p, units)]))
        return next(found, None)

    def _write(self, order: int, line: int, product: int, units: int) -> int:
        """The linked order: of the same customer, at this moment, of one line."""
        site, register = self._site, self._site.register
        orders, lines, now = register.orders, register.lines, site.clock.now_ms
        linked = len(orders)
        ship_by, deliver_by = self._promises.of_one(orders.channel[order], orders.region[order], now)
        register.moves.announce()
        append_copy(
            lines,
            line,
            order=linked,
            product=product,
            units=units,
            return_units=0,
        )
        register.luck.copied(len(lines) - 1, line)
        append_copy(
            orders,
            order,
            at_ms=now,
            first_line=len(lines),
            ship_by_ms=ship_by,
            deliver_by_ms=deliver_by,
            returning=0,
            left=1,  # delivery is charged with an order's first parcel, which this customer has had
        )
        return linked
