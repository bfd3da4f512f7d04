"""A sales channel: accepts orders against its own view of stock, which may be old.

Overselling is nowhere drawn: it happens when the view shows more than the ledger has.
"""

from __future__ import annotations

from collections.abc import Sequence

from sim.books.inventory import Inventory
from sim.books.kinds import NUMBER, REASON_NUMBER
from sim.books.recorder import Log
from sim.books.register import Register
from sim.clock import SYNC, Clock
from sim.network import Channel as ChannelSpec
from sim.orders import CAPTURED, LINE_REFUSED, OPEN, REFUSED, Lifecycle
from sim.streams import CounterStream

_CAPTURED, _REFUSED, _OVERSOLD, _VIEW_REFRESHED = (
    NUMBER[k] for k in ("captured", "refused", "oversold", "view_refreshed")
)
_NOT_ON_VIEW = REASON_NUMBER["not_on_view"]


class Channel:
    """One channel at work.

    Parameters
    ----------
    index, spec
        Its number in the network and its description.
    pool
        Number of the set of nodes that it may be served from.
    messages
        Decides which sync messages are lost.
    """

    def __init__(
        self,
        index: int,
        spec: ChannelSpec,
        pool: int,
        actor: int,
        clock: Clock,
        log: Log,
        register: Register,
        inventory: Inventory,
        order_lifecycle: Lifecycle,
        line_lifecycle: Lifecycle,
        messages: CounterStream,
        closes_ms: int,
    ) -> None:
        self.index = index
        self.spec = spec
        self.pool = pool
        self.actor = actor
        self.oversold_units = 0
        self._clock, self._log = clock, log
        self._register, self._inventory = register, inventory
        self._orders, self._lines = order_lifecycle, line_lifecycle
        self._messages, self._message = messages, 0
        self._closes_ms = closes_ms
        self._ats = inventory.ats[pool]
        self._whole = spec.share == 1.0 and spec.buffer_units == 0
        self._live = spec.sync.mode == "live"
        self._hears = spec.sync.mode == "events"
        self._partly_live = self._live and not self._whole
        self._everything = spec.accepts_backorders
        self._view = self._ats if self._live and self._whole else self._published(self._ats)
        self._belief = self._view if self._whole else list(self._ats)
        self.online = True
        """Whether sync messages get through."""
        if self._hears:
            self._news = inventory.news[pool].reader()  # type: ignore[union-attr]

    # Selling.

    def offer(self, order: int) -> bool:
        """A customer stands at the till with a basket; True if an order came of it."""
        if self._hears:
            self._hear()
        register, view = self._register, self._view
        orders, lines = register.orders, register.lines
        product, units = lines.product, lines.units
        numbers = range(orders.first_line[order], orders.first_line[order + 1])
        everything, is_ledger, partly_live = self._everything, view is self._ats, self._partly_live
        reserve, pool, seller = self._inventory.reserve, self.pool, self.index
        missing: list[int] = []
        for line in numbers:
            p, u = product[line], units[line]
            if partly_live:
                view[p] = self._show(self._ats[p])
            if everything or view[p] >= u:
                reserve(pool, p, u, seller)
                if not is_ledger:
                    view[p] -= u
                    if self._hears and not self._whole:
                        self._belief[p] -= u
            else:
                missing.append(line)
        kept: Sequence[int] = numbers
        if missing:
            kept = self._without(order, numbers, missing)
            if not kept:
                return False
        self._orders.move(order, CAPTURED)
        self._lines.advance(kept, OPEN)
        orders.pending[order] = len(kept)
        self._log.add(_CAPTURED, self.actor, 0, kept)
        if not (everything or is_ledger):
            self._notice_overselling(order, kept)
        return True

    def _without(self, order: int, numbers: range, missing: list[int]) -> list[int]:
        """Lines that the view does not show are dropped, or the customer leaves; what is left of the basket."""
        kept = [line for line in numbers if line not in missing]
        if self.spec.refuses == "order":
            self._put_back(kept)
            kept, missing = [], list(numbers)
        self._lines.advance(missing, LINE_REFUSED)
        self._log.add(_REFUSED, self.actor, _NOT_ON_VIEW, missing)
        if not kept:
            self._orders.move(order, REFUSED)
        return kept

    def _put_back(self, kept: list[int]) -> None:
        for line in kept:
            p, u = self._register.lines.product[line], self._register.lines.units[line]
            self._inventory.unreserve(self.pool, p, u)
            if self._view is not self._ats:
                self._view[p] += u
                if self._hears and not self._whole:
                    self._belief[p] += u

    def _notice_overselling(self, order: int, kept: Sequence[int]) -> None:
        """Units beyond the true available to sell at this moment."""
        lines, ats = self._register.lines, self._ats
        for line in kept:
            p = lines.product[line]
            if ats[p] < 0:
                units = min(lines.units[line], -ats[p])
                self.oversold_units += units
                note = self._register.notes.add(order=order, line=line, product=p, units=units)
                self._log.one(_OVERSOLD, self.actor, _NOT_ON_VIEW, note)

    # Hearing of stock.

    def start(self) -> None:
        """Begin to listen; a batch refreshes the view until demand ends."""
        self.refresh()
        if self.spec.sync.mode == "batch":
            self._clock.at(self._clock.now_ms + self.spec.sync.interval_ms, SYNC, self._snapshot, rank=self.index)

    def refresh(self) -> None:
        """Show the present truth (an opening, or a full refresh)."""
        if self._view is not self._ats:
            self._view[:] = self._published(self._ats)
            self._belief[:] = self._view if self._whole else self._ats

    def _published(self, ats: list[int]) -> list[int]:
        if self._whole:
            return [x if x > 0 else 0 for x in ats]
        return [self._show(x) for x in ats]

    def _show(self, ats: int) -> int:
        """What is published of ``ats`` units: ``max(0, floor(share x ATS) - buffer)``."""
        return max(0, int(self.spec.share * ats) - self.spec.buffer_units) if ats > 0 else 0

    def _snapshot(self, _: None) -> None:
        """Take an absolute snapshot; it is applied ``latency_ms`` later and undoes what was sold since."""
        sync, now = self.spec.sync, self._clock.now_ms
        if self.online and not self._is_lost():
            snapshot = self._published(self._ats)
            if sync.latency_ms:
                self._clock.at(now + sync.latency_ms, SYNC, self._apply, snapshot, rank=self.index)
            else:
                self._apply(snapshot)
        if now + sync.interval_ms < self._closes_ms:
            self._clock.at(now + sync.interval_ms, SYNC, self._snapshot, rank=self.index)

    def _apply(self, snapshot: list[int]) -> None:
        self._view = snapshot
        self._log.one(_VIEW_REFRESHED, self.actor, 0, self.index)

    def _hear(self) -> None:
        """Apply the changes that have arrived by now; a lost one leaves a drift."""
        view, belief = self._view, self._belief
        for _, product, change, seller in self._news.until(self._clock.now_ms - self.spec.sync.latency_ms):
            if seller != self.index and self.online and not self._is_lost():
                belief[product] += change
                if not self._whole:
                    view[product] = self._show(belief[product])

    def _is_lost(self) -> bool:
        loss = self.spec.sync.loss_share
        if not loss:
            return False
        self._message += 1
        return self._messages.at(self._message) < loss
