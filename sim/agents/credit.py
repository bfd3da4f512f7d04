"""Credit: what each business customer owes and has ordered, against the limit of the account."""

from __future__ import annotations

from collections import defaultdict
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from sim.agents.site import Site

Ints = NDArray[np.int64]
Account = tuple[int, int]
"""(channel, number of the customer's account in it)."""


class Credit:
    """Exposure by account: net value of receivables and open orders, in minor units.

    An order counts from the moment at which it is accepted until its units are cancelled or paid.
    """

    def __init__(self, site: Site) -> None:
        self._site = site
        self._channels = site.world.network.channels
        self._luck = [site.streams.counter("accounts", c.name) for c in self._channels]
        self.exposure_cents: dict[Account, int] = defaultdict(int)
        self._accepted: set[int] = set()
        self._tolerated: set[int] = set()
        self._waiting: dict[Account, list[int]] = defaultdict(list)
        site.register.leaving.ask(lambda: chain.from_iterable(self._waiting.values()))
        site.register.leaving.forget(site.register.orders, self._accepted, self._tolerated)

    def account(self, order: int) -> Account:
        """Whose order it is: the customer's own draw, whatever else is sold."""
        orders = self._site.register.orders
        channel = orders.channel[order]
        luck = self._luck[channel].at(orders.at_ms[order])
        return channel, int(luck * self._channels[channel].accounts)

    def accept(self, order: int, net_cents: int) -> bool:
        """Count an order of so much, if the account's limit allows; whether it does."""
        return self._accept_below(order, net_cents, self._limit(order))

    def forget(self, order: int, net_cents: int) -> None:
        """An order that was counted a moment ago did not come about."""
        if order in self._accepted:
            self._accepted.discard(order)
            self.exposure_cents[self.account(order)] -= net_cents

    def is_over(self, order: int) -> bool:
        """Whether the account of an order that nobody let pass is over its limit."""
        limit = self._limit(order)
        return limit is not None and order not in self._tolerated and self.exposure_cents[self.account(order)] > limit

    def tolerate(self, order: int) -> bool:
        """Let an order pass as far as a controller may go; whether it does."""
        if not self._accept_below(order, self._site.orchestrator.net_cents(order), self._ceiling(order)):
            return False
        self._tolerated.add(order)
        return True

    def may_pass_later(self, order: int) -> bool:
        """Whether the order would pass if the customer owed nothing."""
        ceiling = self._ceiling(order)
        return ceiling is None or self._site.orchestrator.net_cents(order) <= ceiling

    def wait(self, order: int) -> None:
        """Look at the order again when its customer has paid something."""
        self._waiting[self.account(order)].append(order)

    def cancelled(self, order: int, net_cents: int) -> None:
        """Units of an order are not wanted any more."""
        if order in self._accepted:
            self._free(self.account(order), net_cents)

    def paid(self, channel: int, shipments: Ints) -> None:
        """Money for a channel's shipments came in."""
        if self._channels[channel].credit_limit_cents is None:
            return
        register = self._site.register
        for shipment in shipments.tolist():
            order = register.shipments.order[shipment]
            if order in self._accepted:
                pieces, lines = register.pieces, register.lines
                net = sum(pieces.units[p] * lines.price_cents[pieces.line[p]] for p in register.pieces_of(shipment))
                self._free(self.account(order), net)

    def owes(self, order: int, cents: int) -> None:
        """So much of an order was not paid with the rest."""
        if order in self._accepted:
            self.exposure_cents[self.account(order)] += cents

    def cleared(self, order: int, cents: int) -> None:
        """It was settled after all."""
        if order in self._accepted:
            self._free(self.account(order), cents)

    def _free(self, account: Account, net_cents: int) -> None:
        self.exposure_cents[account] -= net_cents
        for order in self._waiting.pop(account, []):
            self._site.exceptions.put(order, "credit")

    def _limit(self, order: int) -> int | None:
        return self._channels[self._site.register.orders.channel[order]].credit_limit_cents

    def _ceiling(self, order: int) -> int | None:
        limit = self._limit(order)
        share = self._channels[self._site.register.orders.channel[order]].credit_tolerance_share
        return None if limit is None else limit + round(limit * share)

    def _accept_below(self, order: int, net_cents: int, ceiling: int | None) -> bool:
        if ceiling is None:
            return True
        account = self.account(order)
        own = 0 if order in self._accepted else net_cents
        if self.exposure_cents[account] + own > ceiling:
            return False
        self._accepted.add(order)
        self.exposure_cents[account] += own
        return True
