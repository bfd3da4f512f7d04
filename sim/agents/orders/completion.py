"""The end of an order: parcels arrive or are lost, return windows pass, money settles, and then it closes."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.books.columns import as_numpy, one_less, one_more
from sim.books.kinds import NUMBER
from sim.orders import CLOSED, VALIDATED

if TYPE_CHECKING:
    from sim.agents.site import Site

Ints = NDArray[np.signedinteger]

_CLOSED, _REOPENED = NUMBER["closed"], NUMBER["reopened"]


class Completion:
    """Counts what each order still waits for, and closes it when that is nothing and its return window has passed."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._orders, self._shipments = site.register.orders, site.register.shipments
        self._closing: deque[tuple[int, Ints]] = deque()
        """When return windows end, and of which orders; one mention for each parcel. An order closes after the last."""
        self._past_window: set[int] = set()

    # What happens to parcels and money.

    def delivered(self, shipments: Ints) -> None:
        """Parcels reached their customers: returns begin, the return window opens."""
        if self._site.deferral is not None:
            self._site.deferral.delivered(shipments)
        if self._site.held_payouts is not None:
            self._site.held_payouts.arrived(shipments)
        orders = as_numpy(self._shipments.order)[shipments]
        self._wait_less(orders)
        for row in np.flatnonzero(as_numpy(self._orders.returning)[orders]).tolist():
            self._site.returns.after_delivery(int(shipments[row]), int(orders[row]))
        if self._site.replay is not None:
            self._site.replay.delivered(shipments.tolist())
        if self._site.shelf is not None:
            self._site.shelf.delivered(shipments.tolist())
        if self._site.contracts is not None:
            self._site.contracts.delivered(shipments.tolist())
        if self._site.called_back is not None:
            self._site.called_back.delivered(shipments.tolist())
        self.open_window(orders)

    def lost(self, shipments: Ints) -> None:
        """Parcels are given up: they are sent again, or their customers get their money back."""
        if self._site.deferral is not None:
            self._site.deferral.ended(shipments)
        if self._site.held_payouts is not None:
            self._site.held_payouts.arrived(shipments)
        if self._site.replay is not None:
            self._site.replay.lost(shipments.tolist())
        if self._site.contracts is not None:
            self._site.contracts.lost(shipments.tolist())
        self._wait_less(as_numpy(self._shipments.order)[shipments])
        if self._site.resending is not None:
            shipments = self._site.resending.send_again(shipments)
        self._site.finance.refund_lost(shipments)
        self.open_window(as_numpy(self._shipments.order)[shipments])

    def brought_back(self, shipments: Ints) -> None:
        """Nobody took these: all that was in them comes back and is refunded."""
        if self._site.deferral is not None:
            self._site.deferral.brought_back(shipments)
        if self._site.held_payouts is not None:
            self._site.held_payouts.arrived(shipments)
        if self._site.replay is not None:
            self._site.replay.brought_back(shipments.tolist())
        orders = as_numpy(self._shipments.order)[shipments]
        self._wait_less(orders)
        for shipment in shipments.tolist():
            self._site.returns.undelivered(shipment)
        self.open_window(orders)

    def settled(self, shipments: Ints) -> None:
        """Their money is in."""
        orders = as_numpy(self._shipments.order)[shipments]
        self._wait_less(orders)
        if self._past_window:
            for order in orders[as_numpy(self._orders.pending)[orders] == 0].tolist():
                self.close_if_late(order)

    def settle_piece(self, order: int) -> None:
        """One thing less to wait for."""
        pending = self._orders.pending
        pending[order] -= 1
        if not pending[order]:
            self.close_if_late(order)

    def _wait_less(self, orders: Ints) -> None:
        """One thing less to wait for, for each mention of an order."""
        one_less(self._orders.pending, orders)

    # Windows and closing.

    @property
    def next_due_ms(self) -> int | None:
        """When the next return window ends; None if none is open."""
        return self._closing[0][0] if self._closing else None

    def open_window(self, orders: Ints) -> None:
        """From now on these may send back what they got, for a while."""
        now_ms, window_ms = self._site.clock.now_ms, self._site.world.rules.return_window_ms
        self._closing.append((now_ms + window_ms, orders))
        one_more(self._orders.windows, orders)
        if self._past_window:
            self._past_window.difference_update(orders.tolist())
        self._site.orchestrator.call_sweep()

    def close_due(self) -> None:
        """Close what is complete of the orders whose window has ended; the others close when they are."""
        now_ms, orders = self._site.clock.now_ms, self._orders
        while self._closing and self._closing[0][0] <= now_ms:
            due = self._closing.popleft()[1]
            one_less(orders.windows, due)
            due = due[(as_numpy(orders.state)[due] == VALIDATED) & (as_numpy(orders.windows)[due] == 0)]
            complete = as_numpy(orders.pending)[due] == 0
            self._past_window.update(due[~complete].tolist())
            self._close(_once(due[complete]))

    def close_if_late(self, order: int) -> bool:
        """Close an order that has nothing left to wait for, if its window has passed; whether it has."""
        late = order in self._past_window
        if late:
            self._past_window.discard(order)
            self._close(np.array([order]))
        return late

    def reopen(self, order: int, reason: int) -> None:
        """What was closed waits for something again, which is to be counted next; it closes when that is at its end."""
        self._site.order_states.move(order, VALIDATED)
        self._past_window.add(order)
        self._site.register.leaving.begin_anew(order)
        self._site.log.one(_REOPENED, self._site.orchestrator.actor, reason, order)

    def _close(self, done: Ints) -> None:
        if len(done):
            self._site.finance.return_deposits(done)
            self._site.order_states.advance(done, CLOSED)
            self._site.log.add(_CLOSED, self._site.finance.actor, 0, done)


def _once(numbers: Ints) -> Ints:
    """Each number where it is first mentioned."""
    _, first = np.unique(numbers, return_index=True)
    return numbers if len(first) == len(numbers) else numbers[np.sort(first)]
