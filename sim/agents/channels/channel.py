"""A sales channel: accepts orders against its own view of stock, which may be old.

Overselling is nowhere drawn: it happens when the view shows more than the ledger has.
"""

from __future__ import annotations

from array import array
from dataclasses import replace
from typing import ClassVar

import numpy as np

from sim.books.columns import as_numpy
from sim.books.inventory import Inventory
from sim.books.kinds import NUMBER
from sim.books.log import Log
from sim.books.news import StockNews
from sim.books.reasons import REASON_NUMBER
from sim.books.register import Line, Register
from sim.clock import SYNC, Clock
from sim.lifecycle import Lifecycle
from sim.network import Channel as ChannelSpec
from sim.orders import LINE_REFUSED, REFUSED
from sim.streams import CounterStream
from sim.units import BASIS_POINTS

_REFUSED, _OVERSOLD, _VIEW_REFRESHED = (NUMBER[k] for k in ("refused", "oversold", "view_refreshed"))
_NOT_ON_VIEW = REASON_NUMBER["not_on_view"]
_COPIES = 1 << 40
"""Where the luck begins of changes that come twice."""


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
        self._messages, self._message, self._copied = messages, 0, 0
        self._closes_ms = closes_ms
        self._ats = inventory.ats[pool]
        self._share_bp = round(spec.share * BASIS_POINTS)
        self._whole = spec.share == 1.0 and spec.buffer_units == 0
        self._live = spec.sync.mode == "live"
        self._hears = spec.sync.mode == "events"
        self._partly_live = self._live and not self._whole
        self._everything = spec.accepts_backorders
        self._view = self._ats if self._live and self._whole else self._published(self._ats)
        self._belief = self._view if self._whole else self._ats[:]
        self.keeps_view = self._view is not self._ats
        """Whether it sells from a copy, which `sold` must keep."""
        self.online = True
        """Whether sync messages get through."""
        if self._hears:
            self._news: StockNews = inventory.news[pool]  # type: ignore[assignment]
            self._heard = self._news.reader(index)

    travels = False
    """Whether the house hears of its orders later."""

    # For the fast lane.

    drops_at_once: ClassVar[bool] = True
    """Whether it refuses what its view does not show, and thinks no further about it."""

    @property
    def is_usual(self) -> bool:
        """Whether it sells from a view that it need not work out, and misses no message about it."""
        if self._hears:
            sync = self.spec.sync
            return self._whole and self.online and not (sync.loss_share or sync.duplicate_share)
        return not self._partly_live

    @property
    def view(self) -> array[int]:
        """What it shows its customers, by product."""
        return self._view

    @property
    def cursor(self) -> array[int] | None:
        """Where it is on the tape of stock news; None if it does not follow one."""
        return self._heard.cursor if self._hears else None

    # Selling.

    def offer(self, order: int, basket: list[Line], reason: int = _NOT_ON_VIEW) -> list[Line]:
        """A customer stands at the till with a basket of (line number, product, units); the lines that are accepted.

        A line that the view does not show is dropped for ``reason``, or the customer leaves.
        """
        if self._hears:
            self._hear()
        if self._partly_live:
            for _, p, _ in basket:
                self._view[p] = self._show(self._ats[p])
        if self._everything or self._shows_all(basket):
            return basket
        return self._without(order, basket, self._missing(basket), reason)

    def _shows_all(self, basket: list[Line]) -> bool:
        """Whether the view shows every line; a product on two lines is left for `_missing` to count."""
        view = self._view
        for _, p, u in basket:
            if view[p] < u:
                return False
        return len(basket) == 1 or len({p for _, p, _ in basket}) == len(basket)

    def _missing(self, basket: list[Line]) -> list[int]:
        """Numbers of the lines that the view does not show, each line seeing what those before it left."""
        left: dict[int, int] = {}
        missing: list[int] = []
        for n, p, u in basket:
            shown = left.get(p, self._view[p])
            if shown >= u:
                left[p] = shown - u
            else:
                missing.append(n)
        return missing

    def _without(self, order: int, basket: list[Line], missing: list[int], reason: int) -> list[Line]:
        if not missing:
            return basket
        kept = [] if self.spec.refuses == "order" else [line for line in basket if line[0] not in missing]
        refused = missing if kept else [n for n, _, _ in basket]
        self._lines.advance(refused, LINE_REFUSED)
        self._log.add(_REFUSED, self.actor, reason, refused)
        if not kept:
            self._orders.move(order, REFUSED)
        return kept

    def sold(self, order: int, basket: list[Line]) -> None:
        """Accepted units are reserved by now: take them off the view. Where that was wrong, the channel oversold."""
        view, ats = self._view, self._ats
        for n, p, u in basket:
            view[p] -= u
            if ats[p] < 0 and not self._everything:
                self._notice_overselling(order, n, p, min(u, -ats[p]))
        if self._hears and not self._whole:
            for _, p, u in basket:
                self._belief[p] -= u

    def _notice_overselling(self, order: int, line: int, product: int, units: int) -> None:
        """Units beyond the true available to sell at this moment."""
        self.oversold_units += units
        note = self._register.notes.add(order=order, line=line, product=product, units=units)
        self._log.one(_OVERSOLD, self.actor, _NOT_ON_VIEW, note)

    def promise_on(self, buffer_units: int, inbound_within_ms: int | None) -> None:
        """From now on it promises on other terms. What a batch has shown holds until the next one."""
        if self._hears:
            self._hear()  # what came before this moment
        promise = replace(self.spec.promise, inbound_within_ms=inbound_within_ms)
        self.spec = replace(self.spec, buffer_units=buffer_units, promise=promise)
        was_whole, self._whole = self._whole, self.spec.share == 1.0 and buffer_units == 0
        self._register.moves.announce()
        if self._live:
            self._sell_live()
        elif self._hears:
            known = self._view[:] if was_whole else self._belief
            self._view = known if self._whole else self._published(known)
            self._belief = known
            return
        self._belief = self._view if self._whole else self._ats[:]

    # Hearing of stock.

    def start(self) -> None:
        """Begin to listen; a batch, or a full refresh, renews the view until demand ends."""
        self.refresh()
        sync, now = self.spec.sync, self._clock.now_ms
        if sync.mode == "batch":
            self._clock.at(now + sync.interval_ms, SYNC, self._snapshot, rank=self.index)
        elif sync.refresh_ms is not None:
            self._clock.at(now + sync.refresh_ms, SYNC, self._read_anew, sync.refresh_ms, rank=self.index)

    def _read_anew(self, every_ms: int) -> None:
        """All of what is in the ledger now: whatever was lost on the way is made good."""
        now = self._clock.now_ms
        if self.online:
            self.refresh()
            self._log.one(_VIEW_REFRESHED, self.actor, 0, self.index)
        if now + every_ms < self._closes_ms:
            self._clock.at(now + every_ms, SYNC, self._read_anew, every_ms, rank=self.index)

    def refresh(self) -> None:
        """Show the present truth (an opening, or a full refresh)."""
        if self.keeps_view:
            self._view[:] = self._published(self._ats)
            self._belief[:] = self._view if self._whole else self._ats
        if self._hears:
            self._heard.until(self._clock.now_ms)  # the truth has it all

    def connect(self, online: bool, *, refresh: bool = True) -> None:
        """Cut the channel off from news of stock, or join it again, with a full refresh of its view or without.

        A channel that sold from the ledger itself is left with the copy of the moment in which it was cut off.
        """
        if online == self.online:
            return
        if self._hears:
            self._hear()  # what came before this moment
        self.online = online
        self._register.moves.announce()
        if self._live:
            self._sell_live()
        elif online and refresh:
            self.refresh()

    def _sell_live(self) -> None:
        """From the ledger itself, or from a copy of this moment where it is cut off or not shown all of it."""
        self._partly_live = self.online and not self._whole
        whole = self.online and self._whole
        self._view = self._ats if whole else self._published(self._ats)
        self.keeps_view = not whole

    def _published(self, ats: array[int]) -> array[int]:
        """What `_show` says of every product."""
        shown = self._share_bp * as_numpy(ats) // BASIS_POINTS - self.spec.buffer_units
        return array("q", np.maximum(shown, 0).tobytes())

    def _show(self, ats: int) -> int:
        """What is published of ``ats`` units: ``max(0, floor(share x ATS) - buffer)``."""
        return max(0, self._share_bp * ats // BASIS_POINTS - self.spec.buffer_units)

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

    def _apply(self, snapshot: array[int]) -> None:
        self._view[:] = snapshot
        self._log.one(_VIEW_REFRESHED, self.actor, 0, self.index)

    def _hear(self) -> None:
        """Apply the changes that have arrived by now; a lost one leaves a drift."""
        told = self._heard.until(self._clock.now_ms - self.spec.sync.latency_ms)
        if not told:
            return
        view, belief, me, whole = self._view, self._belief, self.index, self._whole
        reliable = self.online and not (self.spec.sync.loss_share or self.spec.sync.duplicate_share)
        news, arrives = self._news, 0
        for entry in told:
            if news.begins[entry]:
                own = news.seller[entry] == me
                arrives = 0 if own else 1 if reliable else self._arrivals()
            if arrives:
                product = news.product[entry]
                belief[product] += arrives * news.units[entry]
                if not whole:
                    view[product] = self._show(belief[product])

    def _arrivals(self) -> int:
        """How often a change arrives: never, once, or twice."""
        return self._copies() if self.online and not self._is_lost() else 0

    def _copies(self) -> int:
        share = self.spec.sync.duplicate_share
        if not share:
            return 1
        self._copied += 1
        return 1 + (self._messages.at(_COPIES + self._copied) < share)

    def _is_lost(self) -> bool:
        loss = self.spec.sync.loss_share
        if not loss:
            return False
        self._message += 1
        return self._messages.at(self._message) < loss
