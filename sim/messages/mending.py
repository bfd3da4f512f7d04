"""Where statuses of two systems differ: how it is noticed, and the desk that mends it."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING

from sim.agents.desks.cases import goods_as_order, is_order
from sim.books.kinds import NUMBER
from sim.clock import SWEEP
from sim.messages.traffic import TRAVELS, Traffic

if TYPE_CHECKING:
    from sim.agents.site import Site
    from sim.messages.doubles import Doubles
    from sim.messages.exchange import Exchange

_FOUND = NUMBER["divergence_found"]


class Mending:
    """What was sent and not heard comes to light: by a comparison, a customer, an accountant, or a dead letter."""

    def __init__(self, site: Site, exchange: Exchange) -> None:
        self._site, self._exchange = site, exchange
        self.doubles: Doubles | None = None
        """What copies left on the books, where a receiver forgets."""
        self._cases: set[int] = set()
        """Orders (goods: as `sim.agents.desks.cases` numbers them) that wait for the desk that mends."""

    def start(self) -> None:
        """Put the first comparison of statuses on the clock."""
        plan = self._site.world.reconciliation
        if plan is not None:
            self._site.clock.at(self._site.calendar.at(0, plan.minute), SWEEP, self._compare, rank=TRAVELS)

    def _compare(self, _: None) -> None:
        plan, clock, exchange = self._site.world.reconciliation, self._site.clock, self._exchange
        assert plan is not None
        until_ms, now = clock.now_ms - plan.older_than_ms, clock.now_ms
        old = [(sent_ms, kind, record) for kind in exchange.kinds.values()
               for sent_ms, record in kind.since(until_ms, now)]  # fmt: skip
        for _sent_ms, kind, record in sorted(old, key=itemgetter(0)):
            self.find(kind, record, exchange.way_of(kind, record).actor)
        for name, record in () if self.doubles is None else self.doubles.since(until_ms):
            kind = exchange.kinds[name]
            self.find(kind, record, exchange.way_of(kind, record).actor)
        is_open = any(kind.any_open(now) for kind in exchange.kinds.values())
        if is_open or now + plan.every_ms < self._site.world.horizon.drain_until_ms:
            clock.at(now + plan.every_ms, SWEEP, self._compare, rank=TRAVELS)

    def told(self, order: int, actor: int) -> None:
        """A customer's question brought to light that statuses of the order differ; only what is lost, or on the books
        twice, needs people."""
        for kind, record in self._exchange.lost_of(order):
            self.find(kind, record, actor)
        self.explained(order, actor)

    def explained(self, order: int, actor: int) -> None:
        """Somebody looked into what an order has on the books: what is there twice comes to light."""
        for name, record in () if self.doubles is None else self.doubles.of(order):
            self.find(self._exchange.kinds[name], record, actor)

    def find(self, kind: Traffic, record: int, actor: int) -> None:
        """Somebody noticed: the desk that handles messages mends all of the order at once."""
        order = self._exchange.order_of(kind, record)
        case = goods_as_order(record) if order < 0 else order
        if case not in self._cases:
            self._cases.add(case)
            self._exchange.note(_FOUND, actor, kind, (record,))
            self._site.exceptions.put(case, "message")

    def mend(self, case: int, desk: int) -> None:
        """A desk entered what was not heard, and took off the books what is there twice; a copy that comes after it is
        known."""
        self._cases.discard(case)
        heard: dict[Traffic, list[int]] = {}
        for kind, record in self._exchange.open_of(case):
            heard.setdefault(kind, []).append(record)
        for kind, records in heard.items():
            self._exchange.enter(kind, records, desk)
        for kind, records in heard.items():
            if kind.act is not None:
                kind.act(records)
        if self.doubles is not None and is_order(case):
            self.doubles.undo(case, desk)
