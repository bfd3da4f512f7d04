"""Credit: what each business customer owes and has ordered, against the limit of the account."""

from __future__ import annotations

from array import array
from collections import defaultdict
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.books.amounts import piece_ranges
from sim.books.columns import as_numpy

if TYPE_CHECKING:
    from sim.agents.site import Site

Ints = NDArray[np.int64]
Account = tuple[int, int]
"""(channel, number of the customer's account in it)."""


class Credit:
    """Exposure by account: net value of receivables and open orders, in minor units of the channel's currency, in which
    its limit is.

    An order counts from the moment at which it is accepted until its units are cancelled or paid.

    Attributes
    ----------
    exposure_cents
        By channel and account; None where credit is not limited.
    """

    def __init__(self, site: Site) -> None:
        self._site = site
        self._channels = channels = site.world.network.channels
        self._luck = [site.streams.counter("accounts", c.name) for c in channels]
        self.exposure_cents = [
            None if c.credit_limit_cents is None else array("q", bytes(8 * max(1, c.accounts))) for c in channels
        ]
        limit = site.register.limit
        self._limits = [limit(number, c.credit_limit_cents) for number, c in enumerate(channels)]
        self._known = 0
        """For how many orders it is known whose they are."""
        self._tolerated: set[int] = set()
        self._waiting: dict[Account, list[int]] = defaultdict(list)
        site.register.leaving.ask(lambda: chain.from_iterable(self._waiting.values()))
        site.register.leaving.forget(site.register.orders, self._tolerated)

    def expect(self) -> None:
        """Orders were entered: note whose they are, which is the customer's own draw, whatever else is sold."""
        orders, first = self._site.register.orders, self._known
        channel, at_ms = as_numpy(orders.channel)[first:], as_numpy(orders.at_ms)[first:]
        account = as_numpy(orders.account)[first:]
        for number, exposure in enumerate(self.exposure_cents):
            if exposure is not None:
                mine = channel == number
                account[mine] = self._luck[number].many(at_ms[mine]) * self._channels[number].accounts
        self._known = len(orders)

    def account(self, order: int) -> Account:
        """Whose order it is."""
        orders = self._site.register.orders
        if order >= self._known:
            self.expect()
        return orders.channel[order], orders.account[order]

    def accept(self, order: int, asked_cents: int) -> bool:
        """Count an order of so much in its channel's currency, if the account's limit allows; whether it does."""
        return self._accept_below(order, asked_cents, self._limit(order))

    def is_over(self, order: int) -> bool:
        """Whether the account of an order that nobody let pass is over its limit."""
        limit = self._limit(order)
        return limit is not None and order not in self._tolerated and self._used(self.account(order)) > limit

    def are_over(self, orders: NDArray[np.signedinteger]) -> NDArray[np.bool_]:
        """Which of these have an account that is over its limit, whether somebody let them pass or not."""
        columns = self._site.register.orders
        channel, account = as_numpy(columns.channel)[orders], as_numpy(columns.account)[orders]
        found = np.zeros(len(orders), dtype=np.bool_)
        for number, exposure in enumerate(self.exposure_cents):
            if exposure is not None:
                mine = np.flatnonzero(channel == number)
                found[mine] = as_numpy(exposure)[account[mine]] > self._limits[number]
        return found

    def tolerate(self, order: int) -> bool:
        """Let an order pass as far as a controller may go; whether it does."""
        if not self._accept_below(order, self._site.checks.asked_cents(order), self._ceiling(order)):
            return False
        self._tolerated.add(order)
        return True

    def may_pass_later(self, order: int) -> bool:
        """Whether the order would pass if the customer owed nothing."""
        ceiling = self._ceiling(order)
        return ceiling is None or self._site.checks.asked_cents(order) <= ceiling

    def wait(self, order: int) -> None:
        """Look at the order again when its customer has paid something."""
        self._waiting[self.account(order)].append(order)

    def cancelled(self, order: int, asked_cents: int) -> None:
        """So much of an order, in its channel's currency, is not wanted any more."""
        account = self.account(order)
        if self._site.register.orders.on_credit[order]:
            self._count(account, -asked_cents)
            self._look_again(account)

    def paid(self, channel: int, shipments: Ints) -> None:
        """Money for a channel's shipments came in, or their invoices were taken back."""
        accounts = self._change(channel, shipments, -1)
        if self._waiting:
            for account in dict.fromkeys(accounts):
                self._look_again((channel, account))

    def owed_again(self, channel: int, shipments: Ints) -> None:
        """A channel's shipments are on the books as owed once more."""
        self._change(channel, shipments, 1)

    def _change(self, channel: int, shipments: Ints, sign: int) -> list[int]:
        """Count what was charged for shipments, by ``sign``; the accounts of those that count."""
        exposure, register = self.exposure_cents[channel], self._site.register
        if exposure is None:
            return []
        orders = as_numpy(register.shipments.order)[shipments]
        counted = as_numpy(register.orders.on_credit)[orders] == 1
        orders, shipments = orders[counted], shipments[counted]
        if not len(orders):
            return []
        pieces, begins = piece_ranges(register, shipments)
        price = as_numpy(register.lines.price_cents)[as_numpy(register.pieces.line)[pieces]]
        price = register.all_asked(np.repeat(orders, np.diff(begins, append=len(pieces))), price)
        net_cents = np.add.reduceat(as_numpy(register.pieces.units)[pieces] * price, begins)
        accounts = as_numpy(register.orders.account)[orders]
        np.add.at(as_numpy(exposure), accounts, sign * net_cents)
        found: list[int] = accounts.tolist()
        return found

    def owes(self, order: int, cents: int) -> None:
        """So much of an order was not paid with the rest."""
        account = self.account(order)
        if self._site.register.orders.on_credit[order]:
            self._count(account, self._site.register.asked(order, cents))

    def cleared(self, order: int, cents: int) -> None:
        """It was settled after all."""
        self.cancelled(order, self._site.register.asked(order, cents))

    def _look_again(self, account: Account) -> None:
        for order in self._waiting.pop(account, ()):
            self._site.exceptions.put(order, "credit")

    def _used(self, account: Account) -> int:
        exposure = self.exposure_cents[account[0]]
        return 0 if exposure is None else exposure[account[1]]

    def _count(self, account: Account, net_cents: int) -> None:
        exposure = self.exposure_cents[account[0]]
        if exposure is not None:
            exposure[account[1]] += net_cents

    def _limit(self, order: int) -> int | None:
        return self._limits[self._site.register.orders.channel[order]]

    def _ceiling(self, order: int) -> int | None:
        limit = self._limit(order)
        share = self._channels[self._site.register.orders.channel[order]].credit_tolerance_share
        return None if limit is None else limit + round(limit * share)

    def _accept_below(self, order: int, net_cents: int, ceiling: int | None) -> bool:
        if ceiling is None:
            return True
        account = self.account(order)
        on_credit = self._site.register.orders.on_credit
        own = 0 if on_credit[order] else net_cents
        if self._used(account) + own > ceiling:
            return False
        on_credit[order] = 1
        self._count(account, own)
        return True
