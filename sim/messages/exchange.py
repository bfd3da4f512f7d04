"""The exchange: carries messages between systems as their routes say, and knows which have not arrived.

The key of a message is its kind and the record that it is about. A message that comes a second time is known by it, and
has no effect unless the scenario says that its receiver forgets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim.agents.desks.cases import goods_as_order, is_order
from sim.books.kinds import NUMBER
from sim.books.reasons import REASON_NUMBER
from sim.clock import SWEEP, SYNC
from sim.messages.plan import MESSAGES, OF_CHANNELS, MessageRoute
from sim.streams import CounterStream
from sim.turnstile import Turnstile

if TYPE_CHECKING:
    from sim.agents.site import Site
    from sim.messages.doubles import Doubles

_SENT, _RECEIVED, _LOST, _REPEATED, _FOUND = (
    NUMBER[k] for k in ("message_sent", "message_received", "message_lost", "message_repeated", "divergence_found")
)
_REASON = {kind: REASON_NUMBER[kind] for kind in MESSAGES}

Act = Callable[[list[int]], None]
"""What a receiver does with the records of one kind of message that came at one instant."""

Message = tuple[str, int]
"""(kind, record): a message's key."""

_LATENCY, _LOSS, _REPEAT, _REPEAT_LATENCY = range(4)


@dataclass(slots=True)
class _Open:
    """A message that has not arrived."""

    sent_ms: int
    way: _Way
    lost: bool = False


class _Way:
    """One route at work for one channel or node: its luck is its own."""

    def __init__(self, site: Site, route: MessageRoute, actor: int, owner: str) -> None:
        self.route, self.actor = route, actor
        self._luck: dict[str, CounterStream] = {
            kind: site.streams.counter(f"message {kind}", f"{route.name}/{owner}") for kind in route.kinds
        }

    def leaves_ms(self, now_ms: int) -> int:
        """When a message written now leaves."""
        every = self.route.interval_ms
        return -(-now_ms // every) * every if self.route.mode == "batch" else now_ms

    def luck(self, kind: str, number: int, attempt: int, purpose: int) -> float:
        """A uniform of one attempt at one message, or at one file."""
        return self._luck[kind].at((number << 12) + (attempt << 4) + purpose)


class Exchange:
    """All messages of one run that are not instant; receivers `answer` for their kinds."""

    def __init__(self, site: Site, actors: list[int]) -> None:
        self._site = site
        network = site.world.network
        self._ways: dict[str, list[_Way | None]] = {}
        for kind in MESSAGES:
            of_channel = kind in OF_CHANNELS
            owners = [c.name for c in network.channels] if of_channel else [n.name for n in network.nodes]
            self._ways[kind] = [self._way(kind, owner, name, actors) for owner, name in enumerate(owners)]
        self._answers: dict[str, Act] = {}
        self._repeats: dict[str, Act] = {}
        self.doubles: Doubles | None = None
        """What copies left on the books, where a receiver forgets."""
        self._open: dict[Message, _Open] = {}
        self._open_of: dict[int, list[Message]] = {}
        """By order: its messages that have not arrived."""
        self._turns = {r.name: Turnstile(r.per_minute) for r in site.world.messages if r.per_minute is not None}
        """By interface with a pace: its queue, in which all of its senders stand."""
        self._down: frozenset[str] = frozenset()
        site.register.leaving.ask(lambda: [case for case in self._open_of if is_order(case)])
        self._held: list[tuple[Message, _Way, int]] = []
        """What waits for an interface that is down."""
        self._cases: set[int] = set()
        """Orders (goods: as `sim.agents.desks.cases` numbers them) that wait for the desk that mends."""

    def _way(self, kind: str, owner: int, name: str, actors: list[int]) -> _Way | None:
        """The first route that is for this kind and sender."""
        for number, route in enumerate(self._site.world.messages):
            chosen = route.channels if kind in OF_CHANNELS else route.nodes
            if kind in route.kinds and (chosen is None or owner in chosen):
                return _Way(self._site, route, actors[number], name)
        return None

    # Senders and receivers.

    def answer(self, kind: str, act: Act, again: Act | None = None) -> None:
        """``act`` is called when messages of a kind arrive; ``again``, when a receiver that forgets gets one twice."""
        self._answers[kind] = act
        if again is not None:
            self._repeats[kind] = again

    def carries(self, kind: str, owner: int) -> bool:
        """Whether messages of a kind from this channel or node take time at all."""
        return self._ways[kind][owner] is not None

    def repeats_order(self, order: int) -> bool:
        """Whether the first attempt to tell of an order, if it is accepted, comes to a receiver that forgets twice."""
        orders = self._site.register.orders
        way = self._ways["order_in"][orders.channel[order]]
        if way is None or way.route.idempotent or not way.route.duplicate_share:
            return False
        number = self._number(("order_in", order), way, orders.at_ms[order])
        return way.luck("order_in", number, 0, _REPEAT) < way.route.duplicate_share

    def send(self, kind: str, owner: int, records: Iterable[int]) -> None:
        """Messages leave the channel or node ``owner``."""
        way, now = self._ways[kind][owner], self._site.clock.now_ms
        assert way is not None
        for record in records:
            message = (kind, record)
            self._open[message] = _Open(now, way)
            self._open_of.setdefault(self._case_of(message), []).append(message)
            self._note(_SENT, way.actor, message)
            self._transmit(message, way, 0)

    def is_open(self, kind: str, record: int) -> bool:
        """Whether a message was sent and has not arrived."""
        return (kind, record) in self._open

    def diverges(self, order: int) -> bool:
        """Whether two systems hold different statuses of an order at this moment."""
        return order in self._open_of

    # The way.

    def stop(self, routes: frozenset[str]) -> None:
        """From now on these interfaces carry nothing, and no others; what waited for one that is up again leaves."""
        self._down = routes
        held, self._held = self._held, []
        for message, way, attempt in held:
            if message in self._open:  # else a desk was quicker
                self._transmit(message, way, attempt)

    def _transmit(self, message: Message, way: _Way, attempt: int) -> None:
        if way.route.name in self._down:
            self._held.append((message, way, attempt))
            return
        kind, clock, route = message[0], self._site.clock, way.route
        leaves_ms, number = way.leaves_ms(clock.now_ms), self._number(message, way, clock.now_ms)
        if route.name in self._turns:
            leaves_ms = self._turns[route.name].through_ms(leaves_ms)
        if way.luck(kind, number, attempt, _LOSS) < route.loss_share:
            clock.gather(leaves_ms, SYNC, self._lose, ((message, attempt),), rank=1 << 24)
        else:
            latency = round(route.latency_ms.at(way.luck(kind, number, attempt, _LATENCY)))
            clock.gather(leaves_ms + latency, SYNC, self._arrive, (message,), rank=1 << 24)
        if way.luck(kind, number, attempt, _REPEAT) < route.duplicate_share:
            latency = round(route.latency_ms.at(way.luck(kind, number, attempt, _REPEAT_LATENCY)))
            clock.gather(leaves_ms + latency, SYNC, self._arrive, (message,), rank=1 << 24)

    def _number(self, message: Message, way: _Way, now_ms: int) -> int:
        """Whose luck it is: that of a file, or of the message itself."""
        if way.route.mode == "batch":
            return way.leaves_ms(now_ms) // way.route.interval_ms
        return self._luck_number(message)

    def _luck_number(self, message: Message) -> int:
        """The moment of its order and its own place in it, so that neither a policy nor another channel shifts it."""
        kind, record = message
        register = self._site.register
        if kind == "receipt":
            return record
        order, place = self._order_of(message), 0
        if kind == "return_receipt":
            place = register.pieces.line[register.returns.piece[record]] - register.orders.first_line[order]
        elif kind != "order_in":
            place = register.shipments_of(order).index(record)
        return (register.orders.at_ms[order] << 8) + (place & 0xFF)

    def _lose(self, lost: list[tuple[Message, int]]) -> None:
        clock = self._site.clock
        for message, attempt in lost:
            found = self._open.get(message)
            if found is None:  # the desk, or a copy, was quicker
                continue
            found.lost = True
            self._note(_LOST, found.way.actor, message)
            route = found.way.route
            if route.retries:
                retry_ms = clock.now_ms + max(1, route.retry_ms)
                clock.gather(retry_ms, SYNC, self._try_again, ((message, attempt + 1),), rank=1 << 24)

    def _try_again(self, unheard: list[tuple[Message, int]]) -> None:
        for message, attempt in unheard:
            found = self._open.get(message)
            if found is None:
                continue
            if attempt <= found.way.route.retries:
                self._transmit(message, found.way, attempt)
            else:
                self._find(message, found.way.actor)

    def _arrive(self, messages: list[Message]) -> None:
        first: dict[str, list[int]] = {}
        again: dict[str, list[int]] = {}
        for message in messages:
            kind, record = message
            found = self._open.get(message)
            if found is not None:
                self._hear(message, found.way.actor)
                first.setdefault(kind, []).append(record)
                continue
            way = self._way_of(message)
            self._note(_REPEATED, way.actor, message)
            if not way.route.idempotent and kind in self._repeats:
                again.setdefault(kind, []).append(record)
        for kind, records in first.items():
            self._answers[kind](records)
        for kind, records in again.items():
            self._repeats[kind](records)

    def _hear(self, message: Message, actor: int) -> None:
        """From now on both systems say the same."""
        case = self._case_of(message)
        del self._open[message]
        self._open_of[case].remove(message)
        if not self._open_of[case]:
            del self._open_of[case]
        self._note(_RECEIVED, actor, message)

    # What people mend.

    def start(self) -> None:
        """Put the first comparison of statuses on the clock."""
        plan = self._site.world.reconciliation
        if plan is not None:
            self._site.clock.at(self._site.calendar.at(0, plan.minute), SWEEP, self._compare, rank=1 << 24)

    def _compare(self, _: None) -> None:
        plan, clock = self._site.world.reconciliation, self._site.clock
        assert plan is not None
        for message, found in list(self._open.items()):
            if found.sent_ms <= clock.now_ms - plan.older_than_ms:
                self._find(message, found.way.actor)
        for double in () if self.doubles is None else self.doubles.since(clock.now_ms - plan.older_than_ms):
            self._find(double, self._way_of(double).actor)
        if self._open or clock.now_ms + plan.every_ms < self._site.world.horizon.drain_until_ms:
            clock.at(clock.now_ms + plan.every_ms, SWEEP, self._compare, rank=1 << 24)

    def told(self, order: int, actor: int) -> None:
        """A customer's question brought to light that statuses of the order differ; only what is lost, or on the books
        twice, needs people."""
        for message in self._open_of.get(order, ()):
            if self._open[message].lost:
                self._find(message, actor)
        self.explained(order, actor)

    def explained(self, order: int, actor: int) -> None:
        """Somebody looked into what an order has on the books: what is there twice comes to light."""
        for double in () if self.doubles is None else self.doubles.of(order):
            self._find(double, actor)

    def _find(self, message: Message, actor: int) -> None:
        """Somebody noticed: the desk that handles messages mends all of the order at once."""
        case = self._case_of(message)
        if case not in self._cases:
            self._cases.add(case)
            self._note(_FOUND, actor, message)
            self._site.exceptions.put(case, "message")

    def mend(self, case: int, desk: int) -> None:
        """A desk entered what was not heard, and took off the books what is there twice; a copy that comes after it is
        known."""
        self._cases.discard(case)
        heard: dict[str, list[int]] = {}
        for message in list(self._open_of.get(case, ())):
            self._hear(message, desk)
            heard.setdefault(message[0], []).append(message[1])
        for kind, records in heard.items():
            self._answers[kind](records)
        if self.doubles is not None and is_order(case):
            self.doubles.undo(case, desk)

    # What a message is about.

    def _order_of(self, message: Message) -> int:
        kind, record = message
        register = self._site.register
        if kind == "order_in":
            return record
        if kind == "receipt":
            return -1
        if kind == "return_receipt":
            return register.lines.order[register.pieces.line[register.returns.piece[record]]]
        return register.shipments.order[record]

    def _case_of(self, message: Message) -> int:
        order = self._order_of(message)
        return goods_as_order(message[1]) if order < 0 else order

    def _way_of(self, message: Message) -> _Way:
        kind, record = message
        register, order = self._site.register, self._order_of(message)
        if kind in OF_CHANNELS:
            owner = register.orders.channel[order]
        elif kind == "receipt":
            owner = register.goods.node[record]
        elif kind == "return_receipt":
            owner = register.returns.node[record]
        else:
            owner = register.shipments.node[record]
        way = self._ways[kind][owner]
        assert way is not None
        return way

    def _note(self, fact: int, actor: int, message: Message) -> None:
        kind, record = message
        register, order = self._site.register, self._order_of(message)
        product = register.goods.product[record] if kind == "receipt" else -1
        note = register.notes.add(order=order, line=self._line_of(message), product=product)
        self._site.log.one(fact, actor, _REASON[kind], note)

    def _line_of(self, message: Message) -> int:
        """The first line of what left or came back, so that an order's messages can be told apart."""
        kind, record = message
        pieces = self._site.register.pieces
        if kind in ("order_in", "receipt"):
            return -1
        piece = self._site.register.returns.piece[record] if kind == "return_receipt" else None
        return pieces.line[self._site.register.shipments.first_piece[record] if piece is None else piece]
