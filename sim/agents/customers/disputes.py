"""Disputes: customers who got less than they asked for object, and a desk decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.books.kinds import NUMBER
from sim.books.reasons import REASON_NUMBER
from sim.orders import DISPUTED, REFUNDED, RETURN_REFUSED

if TYPE_CHECKING:
    from sim.agents.site import Site
    from sim.streams import CounterStream

_OPENED, _CLOSED, _TOPPED_UP, _REFUSED = (
    NUMBER[k] for k in ("dispute_opened", "dispute_closed", "refund_topped_up", "return_refused")
)
_EMPTY_BOX, _UPHELD, _DISMISSED = (REASON_NUMBER[r] for r in ("empty_box", "upheld", "dismissed"))


class Disputes:
    """All disputed returns of one run; those of one order are one case."""

    def __init__(self, site: Site, customer: int) -> None:
        self._site, self._customer, self._rules = site, customer, site.world.returns
        self._cases: dict[int, list[tuple[int, int, int, int]]] = {}
        """By order: return, reason, and what was kept of it, net and tax."""
        self._objects = site.streams.counter("objection", "returns")
        self._verdict = site.streams.counter("verdict", "returns")

    def open(self, number: int, reason: int, kept_net_cents: int, kept_tax_cents: int) -> bool:
        """Ask the customer of a return who gets less than all whether that will do; whether it will not."""
        site = self._site
        if self._luck(self._objects, number) >= self._rules.dispute_share:
            return False
        order = self._site.register.order_of_return(number)
        site.return_states.move(number, DISPUTED)
        site.log.one(_OPENED, self._customer, reason, number)
        waits = order in self._cases
        self._cases.setdefault(order, []).append((number, reason, kept_net_cents, kept_tax_cents))
        if not waits:
            site.exceptions.put(order, "dispute")
        return True

    def decide(self, order: int, desk: int) -> None:
        """The people of a desk looked at an order's returns."""
        person, share = self._site.judges.who(desk, order, "upholds", self._rules.dispute_upheld_share)
        for number, reason, net, tax in self._cases.pop(order, []):
            self._decide_one(number, reason, net, tax, person, share)
            self._site.returns.refunds.finish(number)

    def _decide_one(self, number: int, reason: int, net: int, tax: int, person: int, share: float) -> None:
        site, returns = self._site, self._site.register.returns
        upheld = self._luck(self._verdict, number) < share
        paid = reason != _EMPTY_BOX or upheld
        site.log.one(_CLOSED, person, _UPHELD if upheld else _DISMISSED, number)
        site.return_states.move(number, REFUNDED if paid else RETURN_REFUSED)
        if reason == _EMPTY_BOX:
            if paid:
                site.returns.refunds.pay([number], reason)
            else:
                site.log.one(_REFUSED, site.finance.actor, reason, number)
        elif upheld:
            returns.extra_net_cents[number], returns.extra_tax_cents[number] = net, tax
            site.log.one(_TOPPED_UP, site.finance.actor, reason, number)
            if site.commissions is not None:
                site.commissions.topped_up(number)

    def _luck(self, luck: CounterStream, number: int) -> float:
        register = self._site.register
        line = register.line_of_return(number)
        return luck.at(register.luck.of_units(line, register.returns.units[number]))
