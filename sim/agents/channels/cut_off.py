"""Channels that hear nothing of stock, and fall back on selling less, or nothing, until they hear again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sim.agents.channels.channel import Channel
from sim.books.kinds import NUMBER
from sim.books.reasons import REASON_NUMBER
from sim.clock import BOUNDARY
from sim.orders import LINE_REFUSED, REFUSED
from sim.plans.fallbacks import CutOffChannels

if TYPE_CHECKING:
    from sim.agents.site import Site
    from sim.books.register import Line

_BEGAN, _ENDED, _REFUSED = (NUMBER[k] for k in ("fallback_began", "fallback_ended", "refused"))
_OUTAGE, _PAUSED, _BUFFER, _NOT_ON_VIEW = (
    REASON_NUMBER[r] for r in ("sync_outage", "paused", "cut_off_buffer", "not_on_view")
)
_RANK = 1 << 29


class CutOffChannel(Channel):
    """A channel that knows what to do while it hears nothing of stock."""

    cut_off: CutOff | None = None
    _kept_back: int | None = None
    """Units of each product that it does not sell; None while it sells as ever."""

    @property
    def is_usual(self) -> bool:
        """Not while it sells less than it shows."""
        return self._kept_back is None and super().is_usual

    def connect(self, online: bool, *, refresh: bool = True) -> None:
        """As `Channel.connect`; what to do meanwhile begins and ends with it."""
        was_online = self.online
        super().connect(online, refresh=refresh)
        if online != was_online and self.cut_off is not None:
            self.cut_off.connected(self, online=online)

    def keep_back(self, units: int | None) -> None:
        """From now on keep so many units of each product back; None: sell as ever, -1: sell nothing."""
        self._kept_back = units
        self._register.moves.announce()  # whether it is usual is something that compiled code remembers

    def offer(self, order: int, basket: list[Line], reason: int = _NOT_ON_VIEW) -> list[Line]:
        """As `Channel.offer`, of what is not kept back."""
        if self._kept_back is None:
            return super().offer(order, basket, reason)
        if self._kept_back < 0:
            lines = [n for n, _, _ in basket]
            self._lines.advance(lines, LINE_REFUSED)
            self._log.add(_REFUSED, self.actor, _PAUSED, lines)
            self._orders.move(order, REFUSED)
            return []
        if not self._everything:
            kept = self._kept_back
            short = [n for n, p, u in basket if u <= self._view[p] < u + kept]
            basket = self._without(order, basket, short, _BUFFER)
        return super().offer(order, basket, reason) if basket else []


def cutting_off(kind: type[Channel]) -> type[Channel]:
    """A channel of that kind that knows what to do while it hears nothing of stock."""
    return type(kind.__name__, (CutOffChannel, kind), {})


class CutOff:
    """Waits a while after a channel was cut off, then lets it pause or raise its buffer, until it hears again."""

    def __init__(self, site: Site, plan: CutOffChannels, actors: Sequence[int]) -> None:
        self._site, self._plan, self._actors = site, plan, actors
        self._since: dict[int, int] = {}
        """By channel that is cut off: the moment."""
        self._acting: set[int] = set()

    def connected(self, channel: CutOffChannel, *, online: bool) -> None:
        """A channel was cut off, or joined again."""
        index, now_ms = channel.index, self._site.clock.now_ms
        if not online:
            self._since[index] = now_ms
            at_ms = now_ms + self._plan.after_ms
            self._site.clock.at(at_ms, BOUNDARY, self._begin, (channel, now_ms), rank=_RANK + index)
            return
        self._since.pop(index, None)
        if index in self._acting:
            self._acting.discard(index)
            channel.keep_back(None)
            self._tell(_ENDED, index)

    def _begin(self, what: tuple[CutOffChannel, int]) -> None:
        channel, since_ms = what
        if self._since.get(channel.index) != since_ms:
            return
        self._acting.add(channel.index)
        channel.keep_back(-1 if self._plan.action == "pause" else self._plan.buffer_units)
        self._tell(_BEGAN, channel.index)

    def _tell(self, kind: int, channel: int) -> None:
        units = max(0, self._plan.buffer_units)
        self._site.log.one(kind, self._actors[channel], _OUTAGE, self._site.register.notes.add(units=units))
