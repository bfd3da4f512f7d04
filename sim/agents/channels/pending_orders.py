"""Orders that are pending at their marketplace: placed, and not the house's yet (DOMAIN rule 16)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.books.kinds import NUMBER
from sim.books.reasons import REASON_NUMBER
from sim.clock import CAPTURE
from sim.messages.order_in import RemoteIntake
from sim.orders import CAPTURED

if TYPE_CHECKING:
    from sim.agents.site import Site

_IMPORTABLE, _DECLINED = NUMBER["importable"], REASON_NUMBER["payment_declined"]


class PendingOrders:
    """Keeps orders of channels with a pending time until they may be imported. How long, and whether its payment
    holds, is the luck of the order's own moment."""

    def __init__(self, site: Site) -> None:
        self._site = site
        channels = site.world.network.channels
        self._plans = [channel.pending for channel in channels]
        self._lasts, self._holds = (
            [site.streams.counter(purpose, channel.name) for channel in channels]
            for purpose in ("pending time", "pending payment")
        )

    def serves(self, channel: int) -> bool:
        """Whether a channel's orders are pending at all."""
        return self._plans[channel] is not None

    def lasts_ms(self, channel: int, at_ms: int) -> int:
        """How long an order placed at a moment is pending."""
        plan = self._plans[channel]
        return 0 if plan is None else round(plan.lasts_ms.at(self._lasts[channel].at(at_ms)))

    def keep(self, order: int) -> None:
        """An order was placed; nobody is told of it before the marketplace is sure."""
        orders, clock = self._site.register.orders, self._site.clock
        at_ms = clock.now_ms + self.lasts_ms(orders.channel[order], orders.at_ms[order])
        clock.at(at_ms, CAPTURE, self._end, order, rank=order)

    def _end(self, order: int) -> None:
        site, orders = self._site, self._site.register.orders
        channel = orders.channel[order]
        plan, intake = self._plans[channel], site.intake
        assert plan is not None
        assert isinstance(intake, RemoteIntake)
        if orders.state[order] != CAPTURED:
            return
        if self._holds[channel].at(orders.at_ms[order]) < plan.cancelled_share:
            intake.cancel_unheard(order, _DECLINED, site.channels[channel].actor)
        else:
            site.log.one(_IMPORTABLE, site.channels[channel].actor, 0, order)
            intake.tell(order, channel)
