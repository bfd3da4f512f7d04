"""The exchange: carries messages between systems as their routes say, and knows which have not arrived.

The key of a message is its kind and the record that it is about. A message that comes a second time is known by it, and
has no effect unless the scenario says that its receiver forgets.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.agents.desks.cases import is_order, record_of
from sim.books.columns import Column, as_numpy
from sim.books.kinds import NUMBER
from sim.clock import SYNC
from sim.messages.mending import Mending
from sim.messages.plan import MESSAGES, OF_CHANNELS, OF_SHIPMENTS
from sim.messages.traffic import Act, File, Traffic, copies_among
from sim.messages.unheeded import Unheeded
from sim.messages.way import NEVER, Fate, Way
from sim.turnstile import Turnstile

if TYPE_CHECKING:
    from sim.agents.site import Site

_SENT, _RECEIVED, _LOST, _REPEATED = (
    NUMBER[k] for k in ("message_sent", "message_received", "message_lost", "message_repeated")
)


class Exchange:
    """All messages of one run that are not instant; receivers `answer` for their kinds."""

    def __init__(self, site: Site, actors: list[int]) -> None:
        self._site = site
        network = site.world.network
        self.kinds: dict[str, Traffic] = {}
        self.mending = Mending(site, self)
        for kind in MESSAGES:
            of_channel = kind in OF_CHANNELS
            owners = [c.name for c in network.channels] if of_channel else [n.name for n in network.nodes]
            ways = [self._way(kind, owner, name, actors) for owner, name in enumerate(owners)]
            self.kinds[kind] = Traffic(kind, ways, self)
        self._of_shipments = [kind for kind in self.kinds.values() if kind.name in OF_SHIPMENTS]
        self._returning: dict[int, list[int]] = {}
        """By order: its returns of which the receipt has not arrived."""
        self._turns = {r.name: Turnstile(r.per_minute) for r in site.world.messages if r.per_minute is not None}
        """By interface with a pace: its queue, in which all of its senders stand."""
        self._down: frozenset[str] = frozenset()
        site.register.leaving.ask(self._orders)
        self._held: list[tuple[Traffic, Way, int, int]] = []
        """What waits for an interface that is down: record and attempt."""

    def _way(self, kind: str, owner: int, name: str, actors: list[int]) -> Way | None:
        """The first route that is for this kind and sender."""
        for number, route in enumerate(self._site.world.messages):
            chosen = route.channels if kind in OF_CHANNELS else route.nodes
            if kind in route.kinds and (chosen is None or owner in chosen):
                return Way(self._site.streams, route, actors[number], owner, name)
        return None

    # Senders and receivers.

    def answer(self, kind: str, act: Act | None, again: Act | None = None) -> None:
        """``act`` (None: nobody does anything) is called when messages of a kind arrive, ``again`` when a receiver that
        forgets gets one twice."""
        of_kind = self.kinds[kind]
        of_kind.act, of_kind.act_again = act, again
        of_kind.unheeded = None if act is not None else Unheeded(self._site.log.foreseen, _RECEIVED, of_kind.reason)

    def carries(self, kind: str, owner: int) -> bool:
        """Whether messages of a kind from this channel or node take time at all."""
        return self.kinds[kind].ways[owner] is not None

    def repeats_order(self, order: int) -> bool:
        """Whether the first attempt to tell of an order, if it is accepted, comes to a receiver that forgets twice."""
        orders, kind = self._site.register.orders, self.kinds["order_in"]
        way = kind.ways[orders.channel[order]]
        if way is None or way.route.idempotent:
            return False
        at_ms = orders.at_ms[order]
        file = way.leaves_ms(at_ms) // way.route.interval_ms
        return way.repeats(kind.name, file if way.is_batch else self._luck_number(kind, order), 0)

    def send(self, kind: str, owner: int, records: Sequence[int]) -> None:
        """Messages leave the channel or node ``owner``."""
        of_kind, now = self.kinds[kind], self._site.clock.now_ms
        way = of_kind.ways[owner]
        assert way is not None
        of_kind.sent_ms.update(dict.fromkeys(records, now))
        if kind == "return_receipt":
            for record in records:
                self._returning.setdefault(self.order_of(of_kind, record), []).append(record)
        self.note(_SENT, way.actor, of_kind, records)
        self._transmit(of_kind, way, records, 0, now)

    def was_released(self, shipments: Iterable[int]) -> None:
        """The fast lane planned these, each at its time, and notes that their nodes are told; the messages leave."""
        column = self._site.register.shipments
        self._leave_together(self.kinds["release"], shipments, column.node, column.planned_ms)

    def was_told(self, orders: Iterable[int]) -> None:
        """The fast lane captured these, each as it came, and notes that the house is told; the messages leave."""
        column = self._site.register.orders
        self._leave_together(self.kinds["order_in"], orders, column.channel, column.at_ms)

    def _leave_together(self, kind: Traffic, records: Iterable[int], owner: Column, then_ms: Column) -> None:
        """Messages of several senders, each sent at its time, and none before another has left."""
        for record in records:
            way, sent_ms = kind.ways[owner[record]], then_ms[record]
            if way is None:
                continue
            kind.sent_ms[record] = sent_ms
            file = kind.files.get(way)
            if file is not None:
                file.records.append(record)
            else:
                self._transmit(kind, way, (record,), 0, sent_ms)

    def interface(self, kind: str, owner: int) -> tuple[int, int] | None:
        """The actor who carries a kind of message from a channel or node, and every how many milliseconds at most; None
        where it takes no time."""
        way = self.kinds[kind].ways[owner]
        return None if way is None else (way.actor, way.route.interval_ms if way.is_batch else 1)

    def is_open(self, kind: str, record: int) -> bool:
        """Whether a message was sent and has not arrived."""
        return self.kinds[kind].is_open(record, self._site.clock.now_ms)

    def diverges(self, order: int) -> bool:
        """Whether two systems hold different statuses of an order at this moment."""
        if order in self.kinds["order_in"].sent_ms or order in self._returning:
            return True
        shipments, now = self._site.register.shipments_of(order), self._site.clock.now_ms
        for shipment in shipments:
            for kind in self._of_shipments:
                if kind.is_open(shipment, now):
                    return True
        return False

    # The way.

    def stop(self, routes: frozenset[str]) -> None:
        """From now on these interfaces carry nothing, and no others; what waited for one that is up again leaves."""
        self._down = routes
        held, self._held = self._held, []
        for kind, way, record, attempt in held:
            if record in kind.sent_ms:  # else a desk was quicker
                self._transmit(kind, way, (record,), attempt, self._site.clock.now_ms)

    def _transmit(self, kind: Traffic, way: Way, records: Sequence[int], attempt: int, now_ms: int) -> None:
        if way.is_batch:
            if attempt:
                kind.attempts.update(dict.fromkeys(records, attempt))
            self._add_to_file(kind, way, records, now_ms)
        elif way.route.name in self._down:
            self._held += [(kind, way, record, attempt) for record in records]
        else:
            self._leave_alone(kind, way, records, attempt, now_ms)

    def _add_to_file(self, kind: Traffic, way: Way, records: Sequence[int], now_ms: int) -> None:
        file = kind.files.get(way)
        if file is None:
            file = kind.files[way] = File(kind, way, way.leaves_ms(now_ms))
            self._site.clock.at(file.leaves_ms, SYNC, self._file_leaves, file, kind.rank_of_files + way.owner)
        file.records.extend(records)

    def _file_leaves(self, file: File) -> None:
        kind, way, records, leaves_ms = file.kind, file.way, file.records, file.leaves_ms
        del kind.files[way]
        attempts = [kind.attempts.pop(record, 0) for record in records] if kind.attempts else [0] * len(records)
        if way.route.name in self._down:
            self._held += [(kind, way, *each) for each in zip(records, attempts, strict=True)]
            return
        takes_ms, copy_takes_ms = way.fate(kind.name, leaves_ms // way.route.interval_ms, 0)
        turns = self._turns.get(way.route.name)
        if turns is not None:
            fates = [(takes_ms, copy_takes_ms)] * len(records)
            self._pass_one_by_one(kind, records, attempts, [turns.through_ms(leaves_ms) for _ in records], fates)
            return
        if takes_ms is None:
            self._lose([(kind, *each) for each in zip(records, attempts, strict=True)])
        for after_ms in (takes_ms, copy_takes_ms):
            if after_ms is not None:
                self._site.clock.gather(leaves_ms + after_ms, SYNC, kind.arrive, records, kind.rank)

    def _leave_alone(self, kind: Traffic, way: Way, records: Sequence[int], attempt: int, now_ms: int) -> None:
        turns = self._turns.get(way.route.name)
        fates: list[Fate]
        if kind.unheeded is not None and turns is None and attempt == 0:
            records, fates = self._leave_unheeded(kind, kind.unheeded, way, records, now_ms)
        else:
            fates = way.fates(kind.name, self._luck_numbers(kind, records).tolist(), attempt)
        through_ms = [now_ms if turns is None else turns.through_ms(now_ms) for _ in records]
        self._pass_one_by_one(kind, records, [attempt] * len(records), through_ms, fates)

    def _pass_one_by_one(
        self, kind: Traffic, records: Sequence[int], attempts: list[int], through_ms: list[int], fates: list[Fate]
    ) -> None:
        at, gather = self._site.clock.at, self._site.clock.gather
        for record, attempt, leaves_ms, fate in zip(records, attempts, through_ms, fates, strict=True):
            if fate[0] is None:
                gather(leaves_ms, SYNC, self._lose, ((kind, record, attempt),), kind.rank_of_lost)
            for takes_ms in fate:
                if takes_ms is not None:
                    at(leaves_ms + takes_ms, SYNC, kind.arrive_alone, record, kind.rank_alone + record)

    def _leave_unheeded(
        self, kind: Traffic, unheeded: Unheeded, way: Way, records: Sequence[int], now_ms: int
    ) -> tuple[list[int], list[Fate]]:
        """Messages on which nobody acts leave; those that are lost, or come twice, and what becomes of them."""
        numbers, ids = self._luck_numbers(kind, records), np.array(records, dtype=np.int32)
        takes_ms, copy_takes_ms = way.fates_of_many(kind.name, numbers, 0)
        arrive_once = (takes_ms != NEVER) & (copy_takes_ms == NEVER)
        on_their_way = ids[arrive_once]
        if len(on_their_way):
            unheeded.send(way.actor, on_their_way, now_ms + takes_ms[arrive_once], now_ms)
            for record in on_their_way.tolist():
                del kind.sent_ms[record]
        others = np.flatnonzero(~arrive_once)
        return ids[others].tolist(), way.fates(kind.name, numbers[others].tolist(), 0)

    def _luck_number(self, kind: Traffic, record: int) -> int:
        """The moment of its order and its own place in it, so that neither a policy nor another channel shifts it."""
        register, name = self._site.register, kind.name
        if name == "receipt":
            return record
        order, place = self.order_of(kind, record), 0
        if name == "return_receipt":
            place = register.line_of_return(record) - register.orders.first_line[order]
        elif name != "order_in":
            place = self._place_of(record)
        return (register.orders.at_ms[order] << 8) + (place & 0xFF)

    def _place_of(self, shipment: int) -> int:
        register = self._site.register
        return register.shipments_of(register.shipments.order[shipment]).index(shipment)

    def _luck_numbers(self, kind: Traffic, records: Sequence[int]) -> NDArray[np.int64]:
        if kind.name not in OF_SHIPMENTS or len(records) == 1:
            return np.array([self._luck_number(kind, record) for record in records], dtype=np.int64)
        register, ids = self._site.register, np.array(records, dtype=np.int64)
        numbers = as_numpy(register.orders.at_ms)[as_numpy(register.shipments.order)[ids]] << 8
        for row in np.flatnonzero(as_numpy(register.shipments.previous)[ids] >= 0).tolist():
            numbers[row] += self._place_of(records[row]) & 0xFF
        return numbers

    def _lose(self, lost: list[tuple[Traffic, int, int]]) -> None:
        clock = self._site.clock
        for kind, record, attempt in lost:
            if record not in kind.sent_ms:  # the desk, or a copy, was quicker
                continue
            kind.lost.add(record)
            way = self.way_of(kind, record)
            self.note(_LOST, way.actor, kind, (record,))
            if way.route.retries:
                retry_ms = clock.now_ms + max(1, way.route.retry_ms)
                clock.gather(retry_ms, SYNC, self._try_again, ((kind, record, attempt + 1),), kind.rank_of_lost)

    def _try_again(self, unheard: list[tuple[Traffic, int, int]]) -> None:
        for kind, record, attempt in unheard:
            if record not in kind.sent_ms:
                continue
            way = self.way_of(kind, record)
            if attempt <= way.route.retries:
                self._transmit(kind, way, (record,), attempt, self._site.clock.now_ms)
            else:
                self.mending.find(kind, record, way.actor)

    def arrive_alone(self, kind: Traffic, record: int) -> None:
        """A message that travelled alone is there, or its copy."""
        self.arrive(kind, [record])

    def arrive(self, kind: Traffic, records: list[int]) -> None:
        """Messages, or copies of them, are there."""
        take_out, copies = kind.sent_ms.pop, list[int]()
        first = [record for record in records if take_out(record, None) is not None]
        if len(first) < len(records):
            copies = copies_among(records, first)
        if first:
            self._heard(kind, first)
            self._note_each(_RECEIVED, kind, first)
        if copies:
            self._note_each(_REPEATED, kind, copies)
        if kind.act is not None and first:
            kind.act(first)
        if kind.act_again is not None and copies:
            again = [record for record in copies if not self.way_of(kind, record).route.idempotent]
            if again:
                kind.act_again(again)

    def enter(self, kind: Traffic, records: list[int], actor: int) -> None:
        """Somebody entered what these messages say; one that comes after that is known."""
        for record in records:
            if record in kind.sent_ms:
                del kind.sent_ms[record]
            elif kind.unheeded is not None:
                arrives_ms = kind.unheeded.take_out(record)
                rank = kind.rank_alone + record
                self._site.clock.at(arrives_ms, SYNC, kind.arrive_alone, record, rank)
        self._heard(kind, records)
        self.note(_RECEIVED, actor, kind, records)

    def _heard(self, kind: Traffic, records: Iterable[int]) -> None:
        """From now on both systems say the same."""
        if kind.lost:
            kind.lost.difference_update(records)
        if kind.name == "return_receipt":
            for record in records:
                order = self.order_of(kind, record)
                self._returning[order].remove(record)
                if not self._returning[order]:
                    del self._returning[order]

    # What a message is about.

    def open_of(self, case: int) -> list[tuple[Traffic, int]]:
        """What has not arrived about an order, or about goods."""
        if not is_order(case):
            kind, record = self.kinds["receipt"], record_of(case)
            return [(kind, record)] if record in kind.sent_ms else []
        return self._open_among(self.kinds.values(), case)

    def lost_of(self, order: int) -> list[tuple[Traffic, int]]:
        """What has not arrived about an order, and never will of itself."""
        found = self._open_among([kind for kind in self.kinds.values() if kind.lost], order)
        return [(kind, record) for kind, record in found if record in kind.lost]

    def _open_among(self, kinds: Iterable[Traffic], order: int) -> list[tuple[Traffic, int]]:
        found, now = list[tuple[Traffic, int]](), self._site.clock.now_ms
        shipments = self._site.register.shipments_of(order)
        for kind in kinds:
            about: Sequence[int] = shipments
            if kind.name not in OF_SHIPMENTS:
                about = (order,) if kind.name == "order_in" else self._returning.get(order, ())
            for record in about if kind.name != "receipt" else ():
                if kind.is_open(record, now):
                    found.append((kind, record))
        return found

    def _orders(self) -> list[int]:
        """Orders about which something has not arrived, or is not in the books yet."""
        now = self._site.clock.now_ms
        return [self.order_of(kind, record) for kind in self.kinds.values()
                if kind.name != "receipt" for record in kind.unwritten(now)]  # fmt: skip

    def order_of(self, kind: Traffic, record: int) -> int:
        """The order that a message is about; -1 where it is about goods."""
        register = self._site.register
        match kind.name:
            case "order_in":
                return record
            case "receipt":
                return -1
            case "return_receipt":
                return register.order_of_return(record)
        return register.shipments.order[record]

    def way_of(self, kind: Traffic, record: int) -> Way:
        """The route that carries a message."""
        register = self._site.register
        if kind.name in OF_CHANNELS:
            owner = register.orders.channel[self.order_of(kind, record)]
        elif kind.name == "receipt":
            owner = register.goods.node[record]
        elif kind.name == "return_receipt":
            owner = register.returns.node[record]
        else:
            owner = register.shipments.node[record]
        way = kind.ways[owner]
        assert way is not None
        return way

    def _note_each(self, fact: int, kind: Traffic, records: list[int]) -> None:
        """A fact about messages, by the interfaces that they came through."""
        if kind.only_actor is not None:
            self.note(fact, kind.only_actor, kind, records)
            return
        by_actor: dict[int, list[int]] = {}
        for record in records:
            by_actor.setdefault(self.way_of(kind, record).actor, []).append(record)
        for actor, own in by_actor.items():
            self.note(fact, actor, kind, own)

    def note(self, fact: int, actor: int, kind: Traffic, records: Sequence[int]) -> None:
        """Write a fact about messages of a kind."""
        if len(records) == 1:
            self._site.log.one(fact, actor, kind.reason, records[0])
        else:
            self._site.log.add(fact, actor, kind.reason, records)
