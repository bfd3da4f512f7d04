"""Available to promise from what is on order: a channel that shows too little may sell goods that are to come."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from sim.agents.channels.channel import Channel
from sim.agents.customers.customer import PromiseTable
from sim.books.kinds import NUMBER
from sim.books.register import Line
from sim.orders import ALLOCATED, LINE_CANCELLED, LINE_REFUSED, VALIDATED
from sim.units import DAY_MS

if TYPE_CHECKING:
    from sim.agents.site import Site

_PROMISED = NUMBER["promised_inbound"]

_SETTLED = (LINE_REFUSED, ALLOCATED, LINE_CANCELLED)

PUT_AWAY_MS = DAY_MS
"""From the date of a delivery until its units are counted on at a node."""


class Inbound:
    """What suppliers have confirmed, and by when it can be promised."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._open: dict[int, dict[int, tuple[int, int, int]]] = {}
        """By product and goods record: (expected date, node, units) of what is on order."""
        self._date_of: dict[int, int] = {}
        """By line that was promised of that: when its goods are expected."""
        site.register.leaving.forget(site.register.lines, self._date_of)
        self._promised: dict[int, list[int]] = {}
        """By product: such lines."""
        self._promises = PromiseTable(site.world.network, site.calendar)

    def ordered(self, records: list[int]) -> None:
        """A supplier confirmed a purchase order."""
        goods = self._site.register.goods
        for r in records:
            self._open.setdefault(goods.product[r], {})[r] = (goods.due_ms[r], goods.node[r], goods.units[r])

    def arrived(self, records: list[int]) -> None:
        """It has come, or what there is of it."""
        for record in records:
            self._open[self._site.register.goods.product[record]].pop(record)

    def available_ms(self, pool: int, product: int, units: int) -> int | None:
        """When ``units`` more can be promised to customers of ``pool``: the first expected date t with ``units`` or
        more to promise; None if none has.

        That is the least, at any date u from t on, of what is available and comes until u, less what is promised by u
        and has no units yet (DOMAIN rule 6): what others were promised of later deliveries is no reason to wait for
        these, unless it could not be kept then. All that has neither units nor such a date is due at once.
        """
        nodes, now = self._site.pools[pool], self._site.clock.now_ms
        coming = [(due_ms, units) for due_ms, node, units in self._open.get(product, {}).values() if node in nodes]
        promised = self._still_promised(pool, product)
        level = self._site.inventory.ats[pool][product] + sum(owed for _, owed in promised)
        first: int | None = None
        for due_ms, change in sorted(coming + [(date, -owed) for date, owed in promised], key=_receipts_first):
            level += change
            if level < units:
                first = None
            elif first is None and change > 0:
                first = due_ms
        return None if first is None else max(first, now)

    def _still_promised(self, pool: int, product: int) -> list[tuple[int, int]]:
        """Dates and units of what counts against a pool, was promised of what comes, and has no units yet."""
        register, pools = self._site.register, self._site.pools
        orders, lines = register.orders, register.lines
        kept = [n for n in self._promised.get(product, ()) if n in self._date_of and lines.state[n] not in _SETTLED]
        self._promised[product] = kept
        return [
            (self._date_of[n], lines.open_units[n])
            for n in kept
            if orders.state[lines.order[n]] == VALIDATED
            and pools[self._site.pool_of_channel[orders.channel[lines.order[n]]]] & pools[pool]
        ]

    def promise(self, order: int, channel: Channel, from_ms: int) -> None:
        """The order's dates are those of goods that come at ``from_ms``."""
        orders = self._site.register.orders
        ship_by, deliver_by = self._promises.of_one(channel.index, orders.region[order], from_ms + PUT_AWAY_MS)
        orders.ship_by_ms[order] = max(orders.ship_by_ms[order], ship_by)
        orders.deliver_by_ms[order] = max(orders.deliver_by_ms[order], deliver_by)

    def note(self, order: int, line: Line, from_ms: int, actor: int) -> None:
        """Tell of units that were sold before they came."""
        number, product, units = line
        self._date_of[number] = from_ms
        self._promised.setdefault(product, []).append(number)
        note = self._site.register.notes.add(order=order, line=number, product=product, units=units)
        self._site.log.one(_PROMISED, actor, 0, note)


def _receipts_first(change: tuple[int, int]) -> tuple[int, int]:
    """Of one date: what comes, before what is promised."""
    return change[0], -change[1]


class InboundChannel(Channel):
    """A channel that promises what is on order, if it comes soon enough for its customers."""

    inbound: Inbound
    drops_at_once: ClassVar[bool] = False
    _promised: set[int] | None = None
    """Lines that wait for a delivery from the beginning: they are no overselling."""

    def _without(self, order: int, basket: list[Line], missing: list[int], reason: int) -> list[Line]:
        coming = self._coming(basket, missing)
        kept = super()._without(order, basket, [n for n in missing if n not in coming], reason)
        for line in kept:
            if line[0] in coming:
                self._promised = (self._promised or set()) | {line[0]}
                self.inbound.promise(order, self, coming[line[0]])
                self.inbound.note(order, line, coming[line[0]], self.actor)
        return kept

    def _coming(self, basket: list[Line], missing: list[int]) -> dict[int, int]:
        """Of the lines that the view does not show, those that can be promised, and the date of their goods."""
        within_ms = self.spec.promise.inbound_within_ms
        if within_ms is None:
            return {}
        wanted: dict[int, int] = {}
        coming: dict[int, int] = {}
        for number, product, units in basket:
            wanted[product] = wanted.get(product, 0) + units
            if number in missing:
                at_ms = self.inbound.available_ms(self.pool, product, wanted[product])
                if at_ms is not None and at_ms <= self._clock.now_ms + within_ms:
                    coming[number] = at_ms
        return coming

    def sold(self, order: int, basket: list[Line]) -> None:
        """Take accepted units off the view."""
        promised = self._promised or set()
        super().sold(order, [line for line in basket if line[0] not in promised])
        for line, product, units in basket:
            if line in promised:
                promised.discard(line)
                self._view[product] -= units
                if self._hears and not self._whole:
                    self._belief[product] -= units


def promising(channel: type[Channel]) -> type[Channel]:
    """The same kind of channel, but that it promises what is on order."""
    return InboundChannel if channel is Channel else type(channel.__name__, (channel, InboundChannel), {})
