"""Order management that hears of orders by message: captured at the channel, reserved and checked when it is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.agents.channels.channel import Channel
from sim.agents.orders.intake import Intake
from sim.agents.orders.orchestrator import Orchestrator
from sim.agents.orders.reviews import Reviews
from sim.books.kinds import NUMBER
from sim.books.reasons import REASON_NUMBER
from sim.books.register import Line
from sim.clock import CAPTURE
from sim.messages.floor import RemoteWarehouse
from sim.messages.twins import copy_order
from sim.orders import CAPTURED, OPEN, VALIDATED

if TYPE_CHECKING:
    from sim.agents.customers.customer import Offer
    from sim.agents.site import Site

_CAPTURED, _VALIDATED, _ORDER_IN = NUMBER["captured"], NUMBER["validated"], REASON_NUMBER["order_in"]

_MANY = 3
"""So many orders that are heard at once are quicker on the fast lane."""


class RemoteChannel(Channel):
    """A channel whose orders reach the house late: until then the ledger knows nothing of what it sold."""

    travels = True
    _shown: dict[int, frozenset[int]] | None = None
    """By order that is on its way: its lines, where the view did not show all of them."""

    def sold(self, order: int, basket: list[Line]) -> None:
        """Take accepted units off the view; whether they exist is seen when the order arrives."""
        if not self.travels:
            super().sold(order, basket)
            return
        for _, product, units in basket:
            self._view[product] -= units
            if self._hears and not self._whole:
                self._belief[product] -= units
        if len(basket) < len(self._register.orders.lines(order)):
            self._shown = self._shown or {}
            self._shown[order] = frozenset(line for line, _, _ in basket)

    def forget(self, order: int) -> None:
        """The order was nothing."""
        if self._shown is not None:
            self._shown.pop(order, None)

    def heard(self, order: int, basket: list[Line]) -> None:
        """The order's units are reserved by now: where there are too few, the channel oversold."""
        if self._everything:
            return
        # One that sells from the ledger itself has not said yet which lines it promised from what is on order.
        promised: set[int] = (self.keeps_view is False and getattr(self, "_promised", None)) or set()
        shown = None if self._shown is None else self._shown.pop(order, None)
        for line, product, units in basket:
            if shown is not None and line not in shown:
                continue
            if self._ats[product] < 0 and line not in promised:
                self._notice_overselling(order, line, product, min(units, -self._ats[product]))


class RemoteIntake(Intake):
    """Takes orders that the house hears of late, or that somebody types in."""

    def __init__(self, site: Site, actor: int) -> None:
        super().__init__(site, actor)
        self._twins: dict[int, int] = {}
        """By order: the record that stands ready for its second coming."""
        self._unheard: set[int] = set()
        """Orders that are captured, and that the house does not know of."""
        self._reserved: set[int] = set()
        """Orders on their way whose units a cart has reserved."""
        site.register.leaving.ask(self._standing_ready)
        site.register.leaving.forget(site.register.orders, self._twins, self._reserved)

    def expect(self, first: int, offer: Offer) -> None:
        """Arrivals from number ``first`` on are entered: those that will come twice get a second record now, so that no
        policy shifts the numbers of later ones."""
        exchange, orders = self._site.exchange, self._orders
        assert exchange is not None
        for order in range(first, first + len(offer)):
            if exchange.repeats_order(order):
                self._twin(order)
        assert len(orders.state) == len(orders)

    def _twin(self, order: int) -> int:
        if order not in self._twins:
            self._twins[order] = copy_order(self._register, order)
        return self._twins[order]

    def _standing_ready(self) -> list[int]:
        """Twins of orders whose messages are on their way."""
        exchange = self._site.exchange
        return [] if exchange is None else [twin for order, twin in self._twins.items() if exchange.diverges(order)]

    def take(self, order: int, basket: list[Line], channel: Channel) -> None:
        """A customer's basket was accepted; the message about it leaves."""
        if not self.travels(channel.index):
            super().take(order, basket, channel)
            return
        self._capture(order, basket, channel)
        self._leave(order, channel.index)

    def travels(self, channel: int) -> bool:
        """Whether orders of a channel are known to the house later than they are placed."""
        typists, exchange, pending = self._site.typists, self._site.exchange, self._site.pending
        return (
            (typists is not None and typists.serve(channel))
            or (exchange is not None and exchange.carries("order_in", channel))
            or (pending is not None and pending.serves(channel))
        )

    def _leave(self, order: int, channel: int) -> None:
        self._unheard.add(order)
        self._site.limits.orders_entered(CAPTURED, (order,))
        if self._site.pending is not None and self._site.pending.serves(channel):
            self._site.pending.keep(order)
        else:
            self.tell(order, channel)

    def tell(self, order: int, channel: int) -> None:
        """Tell the house of an order."""
        exchange = self._site.exchange
        if exchange is not None and exchange.carries("order_in", channel):
            exchange.send("order_in", channel, [order])
        else:
            self._come(order)

    def _come(self, order: int) -> None:
        """An order reached the house: it is entered now, or when somebody has typed it in."""
        typists = self._site.typists
        if typists is not None and typists.serve(self._orders.channel[order]):
            self._site.exceptions.put(order, "rekeying")
        else:
            self.enter(order)

    def take_reserved(self, order: int, basket: list[Line], channel: Channel) -> None:
        """The same for an order whose lines are reserved already."""
        if not self.travels(channel.index):
            super().take_reserved(order, basket, channel)
            return
        self._reserved.add(order)
        self._capture(order, basket, channel)
        self._leave(order, channel.index)

    def hear(self, orders: list[int]) -> None:
        """Order messages arrived: from now on these are checked, reserved and allocated as any other."""
        place, lane = 0, None if self._reserved else self._site.lane
        while place < len(orders):
            if lane is not None and len(orders) - place >= _MANY:
                entered = lane.enter(orders[place:])
                for order in orders[place : place + entered]:
                    self._unheard.discard(order)
                    self._await_cancelling_heard(order)
                place += entered
            if place < len(orders):
                self._come(orders[place])
                place += 1

    def was_captured(self, orders: list[int]) -> None:
        """The fast lane captured these, each as it came, and notes that the house is told; the messages leave."""
        register, limits, exchange = self._register, self._site.limits, self._site.exchange
        assert exchange is not None
        self._unheard.update(orders)
        for order in orders:
            limits.order_entered_at(CAPTURED, order, self._orders.at_ms[order])
            if register.opens is not None:
                register.opens.note(self._orders.lines(order))
        exchange.was_told(orders)

    def hear_again(self, orders: list[int]) -> None:
        """The same messages once more, and nobody noticed: each is an order of its own."""
        for order in orders:
            twin, lines = self._twin(order), self._register.lines
            if self._orders.state[twin] >= CAPTURED:  # a third copy
                continue
            numbers = [n for n, o in zip(self._orders.lines(twin), self._orders.lines(order), strict=True)
                       if lines.state[o] >= OPEN]  # fmt: skip
            for line in numbers:
                self._open_units[line] = lines.units[line]
            self._register.opened(numbers)
            self._orders.pending[twin] = len(numbers)
            self._site.order_states.move(twin, CAPTURED)
            self._site.line_states.advance(numbers, OPEN)
            self._log.add(_CAPTURED, self._site.channels[self._orders.channel[order]].actor, _ORDER_IN, numbers)
            self._come(twin)

    def enter(self, order: int) -> None:
        """Reserve, unless the cart did, and check; one that was cancelled on its way is none."""
        self._unheard.discard(order)
        if self._orders.state[order] != CAPTURED:
            return
        basket = self._open_basket(order)
        if order in self._reserved:
            self._reserved.discard(order)
        else:
            self._reserve(order, basket)
        self._begin(order, basket)
        self._await_cancelling_heard(order)

    def _await_cancelling_heard(self, order: int) -> None:
        """The customer of an order that the house heard of just now may change their mind, or has done so."""
        if self._orders.cancel_ms[order] >= 0:
            moment = max(self._clock.now_ms, self._orders.at_ms[order] + self._orders.cancel_ms[order])
            self._clock.at(moment, CAPTURE, self._site.cancellations.ask, order, rank=order)

    def take_picked(self, order: int, basket: list[Line], channel: Channel, node: int, reason: int) -> None:
        """A node was told to send these once more: it has the stock, and sends it as an order that is owed."""
        warehouse = self._site.warehouses[node]
        assert isinstance(warehouse, RemoteWarehouse)
        self._inventory.reserve(channel.pool, basket, channel.index)
        self._capture(order, basket, channel, reason)
        self._site.order_states.move(order, VALIDATED)
        self._log.one(_VALIDATED, self._actor, reason, order)
        warehouse.knows_already = True
        self._site.allocator.commit(order, node, basket, alone=False)
        warehouse.knows_already = False

    def cancel_unheard(self, order: int, reason: int, actor: int) -> None:
        """An order is over before the house heard of it: the units go back to the view that showed them."""
        self._unheard.discard(order)
        channel = self._site.channels[self._orders.channel[order]]
        if order in self._reserved:
            self._reserved.discard(order)
        else:
            self._inventory.reserve(channel.pool, self._open_basket(order), channel.index)
        if isinstance(channel, RemoteChannel):
            channel.forget(order)
        self._site.orchestrator.cancel(order, reason, actor)

    def knows(self, order: int) -> bool:
        """Whether the house has heard of an order."""
        return order not in self._unheard

    def _open_basket(self, order: int) -> list[Line]:
        lines = self._register.lines
        return [(n, lines.product[n], lines.open_units[n]) for n in self._orders.lines(order) if lines.open_units[n]]

    def _goes_unseen(self, order: int, basket: list[Line]) -> bool:
        typists = self._site.typists
        mistyped = typists is not None and typists.is_mistyped(order)
        return not mistyped and super()._goes_unseen(order, basket)

    def _reserve(self, order: int, basket: list[Line]) -> None:
        channel = self._site.channels[self._orders.channel[order]]
        self._inventory.reserve(channel.pool, basket, channel.index)
        if isinstance(channel, RemoteChannel):
            channel.heard(order, basket)


class RemoteReviews(Reviews):
    """Desks that also mend what messages left, and type orders in."""

    def done(self, order: int, kind: str, desk: int) -> None:
        """A desk looked at an exception, or mended what a message left."""
        site = self._site
        if kind == "message":
            assert site.exchange is not None
            site.exchange.mending.mend(order, desk)
        elif kind == "rekeying":
            assert site.typists is not None
            assert isinstance(site.intake, RemoteIntake)
            site.typists.enter(order, desk)
            site.intake.enter(order)
        else:
            super().done(order, kind, desk)


class RemoteOrchestrator(Orchestrator):
    """The ERP's order management, where the house may not know of an order yet."""

    def cancel_by_hand(self, order: int, reason: int, actor: int) -> None:
        """Somebody cancels what has not begun of an order, whether the house has heard of it or not."""
        intake = self._site.intake
        assert isinstance(intake, RemoteIntake)
        if intake.knows(order):
            super().cancel_by_hand(order, reason, actor)
        else:
            intake.cancel_unheard(order, reason, actor)
