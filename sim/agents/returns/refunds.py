"""Refunds: when the customer gets the money back, and how much of it."""

from __future__ import annotations

from collections.abc import Set
from typing import TYPE_CHECKING

from sim.books.kinds import NUMBER
from sim.books.reasons import REASON_NUMBER
from sim.orders import REFUNDED, RETURN_REFUSED
from sim.units import share_of

if TYPE_CHECKING:
    from sim.agents.customers.disputes import Disputes
    from sim.agents.orders.exchanges import Exchanges
    from sim.agents.returns.return_ways import ReturnWays
    from sim.agents.returns.wear import Wear
    from sim.agents.site import Site

_REFUNDED, _REFUSED, _CREDITED = (NUMBER[k] for k in ("refunded", "return_refused", "return_credited"))
_EMPTY_BOX, _USED = (REASON_NUMBER[r] for r in ("empty_box", "used"))


class Refunds:
    """Pays at the moment that the house chose; what is paid before anybody looked is paid in full."""

    def __init__(self, site: Site, disputes: Disputes, wear: Wear) -> None:
        self._site, self._disputes, self._wear, self._rules = site, disputes, wear, site.world.returns
        self._paid: set[int] = set()
        """Returns that were refunded, or exchanged, before they were settled."""
        self.exchanges: Exchanges | None = None
        self.ways: ReturnWays | None = None

    def due(self, moment: str, numbers: list[int]) -> None:
        """Something happened to these returns: if that is what the refund or the exchange waits for, it is due."""
        if self.ways is not None:
            numbers = self.ways.known(numbers)
        if self.exchanges is not None:
            self._paid.update(self.exchanges.served(moment, numbers))
        if self._rules.refund_on == moment:
            self.pay(numbers)
            self._paid.update(numbers)

    def pay(self, numbers: list[int], reason: int = 0) -> None:
        """Refund what is not refunded yet."""
        unpaid = [n for n in numbers if n not in self._paid] if self._paid else numbers
        unsecured = self._site.unsecured
        if unsecured is not None:  # who never paid is credited what is owed
            owed = [n for n in unpaid if unsecured.owes(self._site.register.order_of_return(n))]
            self._site.log.add(_CREDITED, self._site.finance.actor, reason, owed)
            unpaid = [n for n in unpaid if n not in owed]
        self._site.log.add(_REFUNDED, self._site.finance.actor, reason, unpaid)
        if self._site.delivery_fees is not None:
            self._site.delivery_fees.returned(unpaid)
        if self._site.commissions is not None:
            self._site.commissions.refunded(unpaid)

    def pay_early(self, number: int, reason: int) -> bool:
        """Refund a return that nobody has looked at; whether its customer still waited for that."""
        waits = number not in self._paid and (self.ways is None or bool(self.ways.known([number])))
        if waits:
            self.pay([number], reason)
            self._paid.add(number)
        return waits

    def settle(self, numbers: list[int], empty: Set[int]) -> None:
        """These were inspected: pay what is due, keep what is not."""
        site = self._site
        if self.ways is not None:
            numbers = self.ways.match(numbers)
        if self.exchanges is not None:
            self._paid.update(self.exchanges.served("inspection", [n for n in numbers if n not in empty]))
        open_ones = [n for n in numbers if n not in self._paid] if self._paid else numbers
        hollow = [n for n in open_ones if n in empty]
        worn = [n for n in open_ones if n not in empty and self._is_used(n)]
        kept = {*hollow, *worn}
        whole = [n for n in numbers if n not in kept] if kept else numbers
        site.return_states.advance(whole, REFUNDED)
        self.pay(whole)
        for number in whole:
            self.finish(number)
        for number in worn:
            self._pay_in_part(number)
        for number in hollow:
            self._withhold(number)

    def _is_used(self, number: int) -> bool:
        register, returns = self._site.register, self._site.register.returns
        return self._wear.is_used(register.line_of_return(number), returns.units[number], returns.reason[number])

    def _pay_in_part(self, number: int) -> None:
        site, register = self._site, self._site.register
        returns = register.returns
        channel = register.orders.channel[register.order_of_return(number)]
        net, tax = returns.net_cents[number], returns.tax_cents[number]
        returns.net_cents[number] = net - share_of(net, self._rules.used_deduction_bp)
        returns.tax_cents[number] = site.finance.tax_cents(channel, returns.net_cents[number])
        self.pay([number], _USED)
        if not self._disputes.open(number, _USED, net - returns.net_cents[number], tax - returns.tax_cents[number]):
            site.return_states.move(number, REFUNDED)
            self.finish(number)

    def _withhold(self, number: int) -> None:
        """Nobody pays for an empty box, if it is seen in time."""
        site = self._site
        if not self._disputes.open(number, _EMPTY_BOX, 0, 0):
            site.return_states.move(number, RETURN_REFUSED)
            site.log.one(_REFUSED, site.finance.actor, _EMPTY_BOX, number)
            self.finish(number)

    def finish(self, number: int) -> None:
        """A return is over: its order has one thing less to wait for."""
        self._paid.discard(number)
        self._site.completion.settle_piece(self._site.register.order_of_return(number))
