"""A policy in the shadow of a record: asked what was decided then, with the stock as it was or would have been."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from peakproof.service.allocating import Allocator
from peakproof.service.recorded import Back, Cancelled, Captured, Decision, Moved, Opened, Recorded
from sim.policies.allocation import Assignment, OrderView

PER_DECISION, CUMULATIVE = "per decision", "cumulative"


@dataclass(slots=True)
class NodeTally:
    """What one node sends."""

    parcels: int = 0
    units: int = 0
    cost_cents: float = 0.0


@dataclass(slots=True)
class Tally:
    """What all decisions amount to: ``split`` are those that more than one node serves, ``short`` those that leave
    units without a node, ``short_units`` of them. Costs are estimates by the scenario's rates."""

    decisions: int = 0
    split: int = 0
    short: int = 0
    short_units: int = 0
    parcels: int = 0
    units: int = 0
    cost_cents: float = 0.0
    by_node: dict[str, NodeTally] = field(default_factory=dict)

    def add(self, sent: Sequence[Sent], short_units: int) -> None:
        """Count a decision."""
        self.decisions += 1
        self.split += len({parcel.node for parcel in sent}) > 1
        self.short += short_units > 0
        self.short_units += short_units
        for parcel in sent:
            at_node = self.by_node.setdefault(parcel.node, NodeTally())
            for tally in (self, at_node):
                tally.parcels += 1
                tally.units += sum(units for _, units in parcel.goods)
                tally.cost_cents += parcel.cost_cents


@dataclass(frozen=True, slots=True)
class Sent:
    """A parcel: (SKU, units), sorted, and what it costs."""

    node: str
    goods: tuple[tuple[str, int], ...]
    cost_cents: float


@dataclass(frozen=True, slots=True)
class Change:
    """A decision, or in cumulative mode an order, that the policy would have taken otherwise."""

    reference: str
    at_ms: int
    recorded: tuple[Sent, ...]
    shadow: tuple[Sent, ...]

    @property
    def saved_cents(self) -> float:
        """What the shadow's parcels would cost less."""
        return math.fsum(p.cost_cents for p in self.recorded) - math.fsum(p.cost_cents for p in self.shadow)


@dataclass(slots=True)
class Shadow:
    """What a policy would have changed of a record.

    ``forced`` decisions were not the policy's to take, and stand as they were. ``uncovered_units`` (cumulative only)
    left a node by other ways than orders though the shadow did not have them there any more.
    """

    mode: str
    name: str
    recorded_policy: str
    policy: str
    recorded: Tally = field(default_factory=Tally)
    shadow: Tally = field(default_factory=Tally)
    changes: list[Change] = field(default_factory=list)
    forced: int = 0
    uncovered_units: int = 0

    @property
    def saved_cents(self) -> float:
        """What all of the shadow's parcels would cost less; only comparable where as many units are sent."""
        return self.recorded.cost_cents - self.shadow.cost_cents


class _Stock:
    """One course of events: stock, open units by line, and what was sent of each order."""

    def __init__(self, nodes: int, products: int, lines: int) -> None:
        self.available = [[0] * products for _ in range(nodes)]
        self.open_units = [0] * lines
        self.sent: dict[int, list[list[Assignment]]] = {}
        """By order: the assignments of each of its decisions, as far as they stand."""

    def take(self, order: int, assignments: Sequence[Assignment], product: Sequence[int]) -> None:
        """Carry out a decision."""
        for line, node, units in assignments:
            self.available[node][product[line]] -= units
            self.open_units[line] -= units
        if assignments:
            self.sent.setdefault(order, []).append(list(assignments))

    def give_back(self, order: int, line: int, node: int | None, units: int, product: Sequence[int]) -> int:
        """Units of a line are open again, and available where they came from: ``node``, or wherever they did; how many
        were not sent from there."""
        for one in reversed(self.sent.get(order, [])):
            for place, (own, source, had) in enumerate(one):
                if own != line or node not in (None, source) or not units:
                    continue
                returned = min(units, had)
                units -= returned
                self.available[source][product[line]] += returned
                self.open_units[line] += returned
                one[place] = (own, source, had - returned)
            one[:] = [assignment for assignment in one if assignment[2]]
        return units


class Replay:
    """Takes a policy through a record.

    Per decision, the policy sees the stock of the record: each answer is what it would have done then, had all before
    been as it was. Cumulative, it sees the stock that its own answers have left. Deliveries, transfers, corrections and
    what customers cancelled are as they were, whatever the policy would have made of them.
    """

    def __init__(self, record: Recorded, allocator: Allocator, policy: str, *, cumulative: bool) -> None:
        self._record, self._allocator, self._cumulative = record, allocator, cumulative
        network = record.live.network
        shape = (len(network.nodes), len(network.products), len(record.product))
        self._then, self._own = _Stock(*shape), _Stock(*shape)
        self._is_open = [1] * len(network.nodes)
        self._lines: dict[int, list[int]] = {}
        self._first_ms: dict[int, int] = {}
        self._waiting: dict[int, None] = {}
        """Orders of which the shadow has more open than the record has."""
        self._came: set[int] = set()
        self._now_ms = -(1 << 62)
        mode = CUMULATIVE if cumulative else PER_DECISION
        self._found = Shadow(mode, record.name, record.policy, policy)

    def run(self) -> Shadow:
        """Everything in its sequence."""
        for moment in self._record.moments:
            if moment.at_ms > self._now_ms:
                self._retry()
                self._now_ms = moment.at_ms
            match moment:
                case Captured():
                    self._capture(moment)
                case Decision():
                    self._decide(moment)
                case Back():
                    self._give_back(moment)
                case Cancelled():
                    self._cancel(moment)
                case Moved():
                    self._move(moment)
                case Opened():
                    self._is_open[moment.node] = int(moment.is_open)
        self._retry()
        if self._cumulative:
            self._compare_orders()
        return self._found

    def _capture(self, moment: Captured) -> None:
        lines = self._lines.setdefault(moment.order, [])
        if moment.line not in lines:
            lines.append(moment.line)
        self._first_ms.setdefault(moment.order, moment.at_ms)
        for stock in (self._then, self._own):
            stock.open_units[moment.line] += moment.units

    def _decide(self, moment: Decision) -> None:
        product, then = self._record.product, self._then
        for line, _, units in moment.assignments:  # what was picked short comes back without an event of its own
            then.open_units[line] = max(then.open_units[line], units)
        self._found.forced += moment.forced
        view = self._view(moment.order, then)
        if not self._cumulative and view.lines:
            self._compare(moment, view)
        then.take(moment.order, moment.assignments, product)
        if self._cumulative:
            self._decide_own(moment)

    def _compare(self, moment: Decision, view: OrderView) -> None:
        """One decision, with the stock that the record had."""
        answer: Sequence[Assignment] = moment.assignments
        if not moment.forced:
            answer = self._allocator.ask(view, self._then.available, self._is_open).assignments
        recorded, shadow = self._sent(moment.order, moment.assignments), self._sent(moment.order, answer)
        self._count(
            moment.order, moment.at_ms, recorded, shadow, *(_short(view, a) for a in (moment.assignments, answer))
        )

    def _decide_own(self, moment: Decision) -> None:
        """The same order, with the stock that the shadow has left."""
        own = self._own
        if moment.forced:
            answer = [
                (line, node, min(units, own.open_units[line]))
                for line, node, units in moment.assignments
                if own.open_units[line]
            ]
        else:
            view = self._view(moment.order, own)
            answer = self._allocator.ask(view, own.available, self._is_open).assignments if view.lines else []
        own.take(moment.order, answer, self._record.product)
        self._note_waiting(moment.order)

    def _give_back(self, moment: Back) -> None:
        product = self._record.product
        self._then.give_back(moment.order, moment.line, moment.node, moment.units, product)
        if self._cumulative:
            elsewhere = self._own.give_back(moment.order, moment.line, moment.node, moment.units, product)
            self._own.give_back(moment.order, moment.line, None, elsewhere, product)
            self._came.add(product[moment.line])

    def _cancel(self, moment: Cancelled) -> None:
        for stock in (self._then, self._own):
            left = stock.open_units[moment.line]
            stock.open_units[moment.line] = max(0, left - moment.units)

    def _move(self, moment: Moved) -> None:
        self._then.available[moment.node][moment.product] += moment.units
        row = self._own.available[moment.node]
        before = max(0, row[moment.product])
        row[moment.product] += moment.units
        if self._cumulative:
            self._found.uncovered_units += max(0, -moment.units - before)
            if moment.units > 0:
                self._came.add(moment.product)

    def _note_waiting(self, order: int) -> None:
        behind = any(self._own.open_units[n] > self._then.open_units[n] for n in self._lines[order])
        if behind:
            self._waiting[order] = None
        else:
            self._waiting.pop(order, None)

    def _retry(self) -> None:
        """Stock came: orders that the record served, and the shadow did not, are asked about again, oldest first."""
        came, self._came = self._came, set()
        if not came or not self._waiting:
            return
        own, product = self._own, self._record.product
        for order in sorted(self._waiting):
            if not any(own.open_units[n] and product[n] in came for n in self._lines[order]):
                continue
            answer = self._allocator.ask(self._view(order, own), own.available, self._is_open).assignments
            own.take(order, answer, product)
            self._note_waiting(order)

    def _view(self, order: int, stock: _Stock) -> OrderView:
        record = self._record
        lines = [
            (n, record.product[n], stock.open_units[n]) for n in self._lines.get(order, ()) if stock.open_units[n] > 0
        ]
        return OrderView(
            order, record.channel[order], record.region[order], lines, record.deliver_by_ms[order], self._now_ms
        )

    # What it amounts to.

    def _compare_orders(self) -> None:
        """In the end, order by order."""
        for order, lines in self._lines.items():
            sent, short = [], []
            for stock in (self._then, self._own):
                parcels = [self._sent(order, one) for one in stock.sent.get(order, []) if one]
                sent.append(tuple(parcel for some in parcels for parcel in some))
                short.append(sum(stock.open_units[n] for n in lines))
            self._count(order, self._first_ms[order], sent[0], sent[1], *short)

    def _count(
        self,
        order: int,
        at_ms: int,
        recorded: tuple[Sent, ...],
        shadow: tuple[Sent, ...],
        short_then: int,
        short_own: int,
    ) -> None:
        self._found.recorded.add(recorded, short_then)
        self._found.shadow.add(shadow, short_own)
        if _where(recorded) != _where(shadow):
            self._found.changes.append(Change(self._record.reference[order], at_ms, recorded, shadow))

    def _sent(self, order: int, assignments: Sequence[Assignment]) -> tuple[Sent, ...]:
        record = self._record
        network = record.live.network
        lines = [(n, record.product[n], 0) for n in self._lines[order]]
        view = OrderView(order, record.channel[order], record.region[order], lines)
        costs = self._allocator.costs(view, assignments)
        goods: dict[int, Counter[str]] = {}
        for line, node, units in assignments:
            goods.setdefault(node, Counter())[network.products[record.product[line]].sku] += units
        return tuple(
            Sent(network.nodes[node].name, tuple(sorted(goods[node].items())), costs[node]) for node in sorted(goods)
        )


def _where(sent: Sequence[Sent]) -> Counter[tuple[str, str]]:
    """Units by node and SKU."""
    found: Counter[tuple[str, str]] = Counter()
    for parcel in sent:
        for sku, units in parcel.goods:
            found[parcel.node, sku] += units
    return found


def _short(view: OrderView, assignments: Sequence[Assignment]) -> int:
    return sum(units for _, _, units in view.lines) - sum(units for _, _, units in assignments)
