"""The payment gateway: a queue of requests before a fixed pace, and shops that ask again."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from sim.books.kinds import NUMBER
from sim.books.reasons import REASON_NUMBER
from sim.clock import CAPTURE
from sim.orders import CAPTURED, HELD
from sim.plans.gateway import GatewayPlan
from sim.turnstile import Turnstile

if TYPE_CHECKING:
    from sim.agents.site import Site

_FAILED = NUMBER["authorisation_failed"]
_DOWN, _BUSY, _TIMED_OUT = (REASON_NUMBER[r] for r in ("gateway_down", "gateway_busy", "gateway_timeout"))

Then = Callable[[int], None]


class Gateway:
    """Answers requests in their sequence. What fails comes back, and is in the way of what comes for the first time:
    that is how a short outage becomes a long one."""

    def __init__(self, site: Site, plan: GatewayPlan, actor: int) -> None:
        self._site, self._plan, self._actor = site, plan, actor
        self._luck = [site.streams.counter("payment retries", c.name) for c in site.world.network.channels]
        self._in_hand: deque[int] = deque()
        """When it will have answered each request that it has taken; past ones are dropped when somebody asks."""
        self._turns = Turnstile(plan.per_minute)
        self._outages = 0
        self._answered: set[int] = set()
        self._attempts: dict[int, int] = {}

    def lets_pass(self, order: int, then: Then) -> bool:
        """Whether it has said yes to an order's request; else it is asked, and ``then`` follows its answer."""
        if order in self._answered:
            self._answered.discard(order)
            return True
        self._ask(order, then)
        return False

    def take_turn(self) -> int:
        """A request of the house itself, behind all that it has in hand; when it will be answered."""
        self._in_hand.append(self._turns.through_ms(self._site.clock.now_ms))
        return self._in_hand[-1]

    def stop(self) -> None:
        """It does not answer any more; whoever waits for it will wait in vain."""
        self._outages += 1
        self._in_hand.clear()
        self._turns.clear()

    def _ask(self, order: int, then: Then) -> None:
        now = self._site.clock.now_ms
        self._attempts[order] = self._attempts.get(order, 0) + 1
        while self._in_hand and self._in_hand[0] <= now:
            self._in_hand.popleft()
        if self._site.gates.gateway_down:
            self._fail(order, _DOWN, then)
        elif len(self._in_hand) >= self._plan.queue:
            self._fail(order, _BUSY, then)
        else:
            done_ms = self.take_turn()
            hears_ms = min(done_ms, now + self._plan.timeout_ms)
            about = (order, then, self._outages, done_ms)
            self._site.clock.at(hears_ms, CAPTURE, self._hear, about, rank=order)

    def _hear(self, about: tuple[int, Then, int, int]) -> None:
        order, then, outages, done_ms = about
        if self._site.register.orders.state[order] not in (CAPTURED, HELD):
            self._attempts.pop(order, None)
        elif outages != self._outages or done_ms > self._site.clock.now_ms:
            self._fail(order, _TIMED_OUT, then)
        else:
            self._attempts.pop(order, None)
            self._answered.add(order)
            then(order)

    def _fail(self, order: int, reason: int, then: Then) -> None:
        """An attempt came to nothing: the order is set aside, and its customer's card tried again, or let go."""
        site, register = self._site, self._site.register
        attempt = self._attempts[order]
        site.log.one(_FAILED, self._actor, reason, order)
        if self._plan.attempts is not None and attempt >= self._plan.attempts:
            self._attempts.pop(order)
            site.orchestrator.cancel(order, reason, self._actor)
            return
        if register.holds.get(order) != "payment":
            site.holds.hold(order, reason, "payment")
            site.exceptions.watch(order, "payment")
        retry_ms = site.clock.now_ms + self._wait_ms(order, attempt)
        site.clock.at(retry_ms, CAPTURE, self._try_again, (order, then), rank=order)

    def _wait_ms(self, order: int, attempt: int) -> int:
        orders, plan = self._site.register.orders, self._plan
        payment = self._site.world.network.channels[orders.channel[order]].payments[orders.payment[order]]
        luck = self._luck[orders.channel[order]].at((orders.at_ms[order] << 8) + min(attempt, 255))
        return max(1, round(payment.retry_ms * plan.backoff ** (attempt - 1) * (1 - plan.spread_share * luck)))

    def _try_again(self, about: tuple[int, Then]) -> None:
        order, then = about
        register = self._site.register
        if register.orders.state[order] == HELD and register.holds.get(order) == "payment":
            then(order)
        else:
            self._attempts.pop(order, None)
