"""The fast lane: orders about which nothing is odd go from capture to allocation in compiled code.

It takes what most orders take, some hundred at a time, between two other things that happen; the rest, and every order
where a rule needs judgement, goes through the agents one by one. The books are the same, to the byte, with the lane
and without it. Compiled by numba, once on each machine.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sim.addresses import Addresses
from sim.agents.orders.lane import columns as at
from sim.agents.orders.lane.carts import pop
from sim.agents.orders.lane.kernel import admit, enter
from sim.books.log import TOLD
from sim.clock import CAPTURE

if TYPE_CHECKING:
    from sim.agents.channels.channel import Channel
    from sim.agents.site import Site

_ORDERS = {
    at.ORDER_AT_MS: "at_ms",
    at.ORDER_CHANNEL: "channel",
    at.ORDER_REGION: "region",
    at.ORDER_PAYMENT: "payment",
    at.ORDER_FIRST_LINE: "first_line",
    at.ORDER_SMOOTH: "smooth",
    at.ORDER_STATE: "state",
    at.ORDER_PENDING: "pending",
    at.ORDER_LAST_SHIPMENT: "last_shipment",
    at.ORDER_DEPOSIT: "deposit_cents",
    at.ORDER_DEPOSIT_LEFT: "deposit_left_cents",
    at.ORDER_ACCOUNT: "account",
    at.ORDER_ON_CREDIT: "on_credit",
    at.ORDER_CANCEL_MS: "cancel_ms",
    at.ORDER_TILL_MS: "till_ms",
    at.ORDER_LEAVES_CART: "leaves_cart",
}
_LINES = {
    at.LINE_PRODUCT: "product",
    at.LINE_UNITS: "units",
    at.LINE_PRICE: "price_cents",
    at.LINE_STATE: "state",
    at.LINE_OPEN_UNITS: "open_units",
}
_SHIPMENTS = {
    at.SHIPMENT_ORDER: "order",
    at.SHIPMENT_PREVIOUS: "previous",
    at.SHIPMENT_NODE: "node",
    at.SHIPMENT_FIRST_PIECE: "first_piece",
    at.SHIPMENT_PLANNED_MS: "planned_ms",
    at.SHIPMENT_WEIGHT: "weight_kg",
    at.SHIPMENT_POLICY: "policy",
    at.SHIPMENT_RUNNER_UP: "runner_up",
    at.SHIPMENT_GAP: "gap_cents",
}
_PIECES = {
    at.PIECE_LINE: "line",
    at.PIECE_SHIPMENT: "shipment",
    at.PIECE_PRODUCT: "product",
    at.PIECE_UNITS: "units",
}
_NEWS = {
    at.NEWS_AT_MS: "at_ms",
    at.NEWS_SELLER: "seller",
    at.NEWS_PRODUCT: "product",
    at.NEWS_UNITS: "units",
    at.NEWS_BEGINS: "begins",
    at.NEWS_COUNTERS: "counters",
}


class FastLane:
    """Compiled order taking over the columns of one run."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._memory = np.zeros(at.COLUMNS, dtype=np.int64)
        self._values = array("q", bytes(8 * at.VALUES))
        self._where = (self._memory.__array_interface__["data"][0], self._values.buffer_info()[0])
        """Addresses of both, which never move."""
        self._addresses = Addresses()
        self._policy: object = None
        self._carts: NDArray[np.int32] = np.zeros(1, dtype=np.int32)
        site.register.moves.listen(self._let_go)
        self._tabulate()

    @staticmethod
    def serves(site: Site) -> bool:
        """Whether the lane can do what this world asks for."""
        return all(n.review_every_ms for n in site.world.network.nodes)

    def admit(self, order: int, stop: int, until_ms: int) -> tuple[int, int]:
        """Take arrivals from ``order`` to before ``stop`` that come until ``until_ms``, and carts as they come to the
        till.

        Returns
        -------
        tuple of int, int
            The first arrival that was not taken, and what needs somebody's attention: `ODD_ARRIVAL` (it does),
            `ODD_CART` (the next cart does) or `NOTHING_ODD` (all that is left is not due).
        """
        values, shipments, log = self._values, self._site.register.shipments, self._site.log
        if self.keeps_carts:
            self._look_at_carts(stop - order, until_ms)
        if not self._is_ready():
            return order, self._next(order, stop, until_ms)
        first_shipment = shipments.count
        values[_NEXT], values[_STOP], values[_UNTIL_MS] = order, stop, until_ms
        odd = admit(*self._where)
        after, actor = values[_NEXT], self._site.orchestrator.actor
        if values[_NOW] < 0:
            return after, odd
        self._site.clock.move_to(values[_NOW])
        self._note_planned()
        if not values[_KEEPS_DONE]:
            log.run(order, after - order, first_shipment, shipments.count - first_shipment, values[_IDS], actor)
            self._tell_nodes(first_shipment)
        elif values[_DONE_SO_FAR]:
            self._note_done(self._done[: values[_DONE_SO_FAR]], first_shipment)
        if later := values[_FOR_LATER]:
            for taken, at_ms in zip(self._later[:later].tolist(), self._later_ms[:later].tolist(), strict=True):
                self._site.intake.look_later(taken, at_ms)
        return after, odd

    def enter(self, orders: list[int]) -> int:
        """Enter orders of which the house is told now, in their sequence, as long as nothing is odd; how many."""
        values, now = self._values, self._site.clock.now_ms
        if self._site.door.is_watched(now) or not self._is_ready():
            return 0
        first_shipment, count = self._site.register.shipments.count, min(len(orders), at.MOST_DONE)
        self._done[:count] = orders[:count]
        values[_STOP], values[_NOW], values[_UNTIL_MS] = count, now, _ENDLESS
        entered = int(enter(*self._where))
        if entered:
            values[_TOLD_SO_FAR] = 0
            self._note_planned()
            self._note_done(self._done[:entered], first_shipment)
        return entered

    def _is_ready(self) -> bool:
        """Whether the lane can take any order now; if so, it knows where all columns are and how much room there is."""
        site, values = self._site, self._values
        if site.policies.allocation is not self._policy:
            self._learn(site.policies.allocation)
        if self._ranking is None or (self._tells and not site.limits.is_watching):
            return False
        if not self._addresses:
            self._bind()
        values[_AT_SHIPMENT], values[_AT_PIECE] = site.register.shipments.count, site.register.pieces.count
        values[_IDS_ROOM] = site.log.room
        return True

    def _note_planned(self) -> None:
        register = self._site.register
        register.shipments.count, register.pieces.count = self._values[_AT_SHIPMENT], self._values[_AT_PIECE]

    def _note_done(self, done: NDArray[np.int32], first_shipment: int) -> None:
        """What was done in a call, one after the other, leaves facts and messages."""
        site = self._site
        planned = site.register.shipments.count - first_shipment
        site.log.run_of(done, first_shipment, planned, self._values[_IDS], site.orchestrator.actor)
        self._tell_nodes(first_shipment)
        if self._values[_TOLD_SO_FAR]:
            site.intake.was_captured([order - TOLD for order in done.tolist() if order >= TOLD])

    def _tell_nodes(self, first_shipment: int) -> None:
        if self._tells and self._site.exchange is not None:
            self._site.exchange.was_released(range(first_shipment, self._site.register.shipments.count))

    # Carts on their way to the till.

    @property
    def next_till_ms(self) -> int:
        """When the next of its carts comes to the till; endless if there is none."""
        return self._values[_NEXT_TILL_MS]

    def next_cart(self) -> int:
        """Take the cart that comes next out of the lane."""
        if not self._addresses:
            self._bind()
        return int(pop(*self._where))

    def _next(self, order: int, stop: int, until_ms: int) -> int:
        """Which comes next, an arrival or a cart; neither, if it comes later."""
        at_ms = self._site.register.orders.at_ms[order] if order < stop else _ENDLESS
        if self.next_till_ms < at_ms:
            is_due = self.next_till_ms <= self._values[_TILLS_UNTIL_MS]
            return at.ODD_CART if is_due else at.NOTHING_ODD
        return at.ODD_ARRIVAL if at_ms <= until_ms else at.NOTHING_ODD

    def _look_at_carts(self, more: int, until_ms: int) -> None:
        """Until when carts come before all else, and until when nobody stands at the door; room for more of them."""
        values, clock = self._values, self._site.clock
        values[_TILLS_UNTIL_MS] = until_ms - clock.stands(until_ms, CAPTURE)
        values[_UNSEEN_UNTIL_MS] = self._site.door.unseen_until_ms(clock.now_ms)
        if values[_IN_CARTS] + more > len(self._carts):
            self._get_more_carts(more)

    def _get_more_carts(self, more: int) -> None:
        self._carts = np.concatenate((self._carts, np.zeros(max(more, len(self._carts)), dtype=np.int32)))
        self._fixed[at.CARTS] = self._carts
        self._let_go()

    # Addresses.

    def _let_go(self) -> None:
        self._addresses.forget()

    def _bind(self) -> None:
        site, memory, register = self._site, self._memory, self._site.register
        address, table = self._addresses.of, self._addresses.table
        for names, records in (
            (_ORDERS, register.orders),
            (_LINES, register.lines),
            (_SHIPMENTS, register.shipments),
            (_PIECES, register.pieces),
        ):
            for number, name in names.items():
                memory[number] = address(getattr(records, name))
        self._values[at.SHIPMENT_ROOM] = register.shipments.room
        self._values[at.PIECE_ROOM] = register.pieces.room
        inventory = site.inventory
        memory[at.AVAILABLE] = table(inventory.available)
        memory[at.COMMITTED] = table(inventory.committed)
        memory[at.NODE_OPEN] = address(site.open_nodes)
        memory[at.NODE_WAVE_MS] = address(site.wave_ms)
        memory[at.POOL_ATS], memory[at.POOL_RESERVED] = table(inventory.ats), table(inventory.reserved)
        for number, name in _NEWS.items():
            memory[number] = table([news and getattr(news, name) for news in inventory.news])
        channels = site.channels
        memory[at.CHANNEL_USUAL] = address(np.array([_usual(site, c) for c in channels], dtype=np.uint8))
        memory[at.CHANNEL_VIEW] = table([c.view for c in channels])
        memory[at.CHANNEL_KEEPS_VIEW] = address(_flags([c.keeps_view for c in channels]))
        memory[at.CHANNEL_CURSOR] = table([c.cursor for c in channels])
        exposure = [None] * len(channels) if site.credit is None else site.credit.exposure_cents
        memory[at.CHANNEL_EXPOSURE] = table(exposure)
        for number, fixed in self._fixed.items():
            memory[number] = address(fixed)

    # What does not change.

    def _tabulate(self) -> None:
        site, network = self._site, self._site.world.network
        channels, nodes, pools = network.channels, len(network.nodes), site.pools
        width = max(len(c.payments) for c in channels)
        prepaid, declined = (np.zeros((len(channels), width), dtype=d) for d in (np.uint8, np.int64))
        for row, channel in zip(prepaid, channels, strict=True):
            row[: len(channel.payments)] = [p.kind == "prepaid" for p in channel.payments]
        for number, channel in enumerate(channels):
            declined[number, : len(channel.payments)] = [site.holds.idle_ms(number, p) for p in channel.payments]
        news, releases = site.inventory.news, [_told_every_ms(site, "release", node) for node in range(nodes)]
        feeds = [_told_every_ms(site, "order_in", channel) for channel in range(len(channels))]
        self._tells = any(releases) or any(feeds)
        """Whether messages leave after a call of the lane."""
        self._later = np.zeros(at.MOST_FOR_LATER, dtype=np.int32)
        self._later_ms = np.zeros(at.MOST_FOR_LATER, dtype=np.int64)
        self._done = np.zeros(at.MOST_DONE, dtype=np.int32)
        self._fixed: dict[int, NDArray[Any]] = {
            at.PART_NODE: np.zeros(at.PARTS, dtype=np.int32),
            at.PART_LINE: np.zeros(at.PARTS, dtype=np.int32),
            at.PART_UNITS: np.zeros(at.PARTS, dtype=np.int32),
            at.POOL_TOUCHED: _flags([bool(own & other) for own in pools for other in pools]),
            at.NODE_POOLS: _flags([n in pool for n in range(nodes) for pool in pools]),
            at.NODE_TOLD_EVERY_MS: _longs(releases),
            at.CHANNEL_TOLD_EVERY_MS: _longs(feeds),
            at.CHANNEL_ENTERS: _flags([bool(feed) and not c.rekeying for feed, c in zip(feeds, channels, strict=True)]),
            at.NEWS_ONLY_READER: _longs([-2 if tape is None else tape.only_reader for tape in news]),
            at.CHANNEL_POOL: _longs(site.pool_of_channel),
            at.CHANNEL_EVERYTHING: _flags([c.spec.accepts_backorders for c in site.channels]),
            at.CHANNEL_DROPS: np.array([_drops(c) for c in site.channels], dtype=np.uint8),
            at.CHANNEL_LATENCY_MS: _longs([c.sync.latency_ms for c in channels]),
            at.CHANNEL_PREPAID: prepaid,
            at.DECLINED_UNTIL_MS: declined,
            at.LATER: self._later,
            at.LATER_MS: self._later_ms,
            at.CARTS: self._carts,
            at.DONE: self._done,
            at.CHANNEL_TAX_BP: _longs(site.finance.tax_bp),
            at.CHANNEL_FEE: _longs([c.shipping_fee_cents for c in channels]),
            at.CHANNEL_APPROVAL_OVER: _longs([_up_to(c.approval_over_cents) for c in channels]),
            at.CHANNEL_CREDIT_LIMIT: _longs([_up_to(c.credit_limit_cents) for c in channels]),
            at.PRODUCT_WEIGHT: np.array([p.weight_kg for p in network.products], dtype=np.float64),
            at.TYPICAL_CENTS: np.array(site.tariff.typical_cents, dtype=np.float64),
        }
        self._values[at.NODES], self._values[at.POOLS] = nodes, len(pools)
        self._values[at.HAS_RULES] = site.workflow is not None
        self._values[at.REGIONS], self._values[at.PAYMENTS] = len(network.regions), width
        self._values[at.NEXT_TILL_MS] = _ENDLESS
        self.keeps_carts = any(c.checkout_ms is not None for c in channels)
        """Whether there may be carts in it."""
        self._values[at.KEEPS_DONE] = any(feeds) or self.keeps_carts

    def _learn(self, policy: object) -> None:
        """Another allocation policy is in force."""
        self._let_go()
        self._policy = policy
        self._ranking: list[list[list[int]]] | None = getattr(policy, "fixed_ranking", None)
        self._values[at.POLICY] = self._site.policies.allocation_number
        if self._ranking is not None:
            shape = (len(self._ranking), len(self._ranking[0]), int(self._values[at.NODES]))
            ranked = np.full(shape, -1, dtype=np.int16)
            for channel, by_region in enumerate(self._ranking):
                for region, nodes in enumerate(by_region):
                    ranked[channel, region, : len(nodes)] = nodes
            self._fixed[at.RANKED] = ranked


# Plain numbers of this module: looked up at each call.
_NEXT, _STOP, _UNTIL_MS, _IDS_ROOM, _IDS = at.NEXT, at.STOP, at.UNTIL_MS, at.IDS_ROOM, at.IDS
_ENDLESS = 1 << 62
_AT_SHIPMENT, _AT_PIECE, _FOR_LATER = at.SHIPMENTS, at.PIECES, at.FOR_LATER
_NOW, _KEEPS_DONE, _DONE_SO_FAR, _TOLD_SO_FAR = at.NOW, at.KEEPS_DONE, at.DONE_SO_FAR, at.TOLD_SO_FAR
_IN_CARTS, _NEXT_TILL_MS, _TILLS_UNTIL_MS = at.IN_CARTS, at.NEXT_TILL_MS, at.TILLS_UNTIL_MS
_UNSEEN_UNTIL_MS = at.UNSEEN_UNTIL_MS


def _told_every_ms(site: Site, kind: str, owner: int) -> int:
    """How often a message of a kind leaves a channel or node; 0 where it takes no time."""
    found = None if site.exchange is None else site.exchange.interface(kind, owner)
    return 0 if found is None else found[1]


def _flags(values: list[bool]) -> NDArray[np.uint8]:
    return np.array(values, dtype=np.uint8)


def _usual(site: Site, channel: Channel) -> int:
    """Whether the lane may take a channel's orders, and what comes first, as the kernel counts."""
    spec = channel.spec
    if not channel.is_usual or _asks_by_rate(site, channel):
        return at.NOT_USUAL
    if channel.travels:
        by_message = _told_every_ms(site, "order_in", channel.index) and not spec.pending and spec.checkout_ms is None
        return at.TRAVELS if by_message else at.NOT_USUAL
    if spec.checkout_ms is None:
        return at.USUAL
    return at.NOT_USUAL if spec.reservation.at == "cart" else at.CARTED


def _asks_by_rate(site: Site, channel: Channel) -> bool:
    """Whether what a channel takes in advance for delivery changes with the rate of its currency, or what it may sell
    without approval, or on credit."""
    spec, abroad = channel.spec, site.register.abroad
    is_limited = spec.approval_over_cents is not None or spec.credit_limit_cents is not None
    takes = spec.shipping_fee_cents > 0 and any(p.kind == "prepaid" for p in spec.payments)
    return abroad is not None and abroad.is_abroad(channel.index) and (is_limited or takes)


def _drops(channel: Channel) -> int:
    """What a channel drops where its view shows too little, as the kernel counts."""
    if not channel.drops_at_once:
        return at.NO_LINE
    return at.THE_ORDER if channel.spec.refuses == "order" else at.A_LINE


def _up_to(limit: int | None) -> int:
    return _ENDLESS if limit is None else limit


def _longs(values: Any) -> NDArray[np.int64]:
    return np.array(values, dtype=np.int64)
