"""The planner who replenishes nodes: reviews, inventory positions, and transfers to nodes that another node feeds.

What is ordered of suppliers is `sim.agents.supply.purchasing`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sim.books.kinds import NUMBER
from sim.clock import DECISION, DELIVERY, Handler
from sim.errors import InvariantError
from sim.policies.replenishment import PositionView, Purchase, Wanted
from sim.units import DAY_MS

if TYPE_CHECKING:
    from sim.agents.site import Site

_DAYS = 100_000
"""More than a run has; west of the scenario the first day is the one before day 0."""
_REQUESTED, _SENT, _ARRIVED = (NUMBER[k] for k in ("transfer_requested", "transfer_shipped", "transfer_received"))


class Supply:
    """Replenishment of all nodes.

    ``owed`` is the accepted demand that each node would have served, had it had stock.
    """

    def __init__(self, site: Site, planner: int) -> None:
        self._site, self._planner = site, planner
        network = site.world.network
        nodes, products = len(network.nodes), len(network.products)
        self.owed = [[0] * products for _ in range(nodes)]
        self._documents = 0
        self._transfer = [site.streams.counter("transfer", n.name) for n in network.nodes]
        self._resting: list[int] = []
        """Nodes whose reviews ended with demand."""
        self._carries = [bool(row.any()) for row in site.world.stock.order_up_to]
        self._every_ms = [n.review_every_ms for n in network.nodes]
        self._looks = [0] * nodes
        """By node that is reviewed with each demand: how many reviews it had."""
        self._called: set[int] = set()
        """Of these, the ones whose next review is on the clock."""
        self._feeds = [
            [child for child, spec in enumerate(network.nodes) if spec.source == node and not spec.review_every_ms]
            for node in range(nodes)
        ]
        self._unmet = [[0] * products for _ in range(nodes)]
        """By such a node: what it last asked of the node that feeds it, in vain."""

    def start(self) -> None:
        """Put each carrying node's first review on the clock."""
        for node, carries in enumerate(self._carries):
            if carries:
                self._first_review(node)

    def _first_review(self, node: int) -> None:
        if self._every_ms[node]:
            self._next_review(node, self._number_at(node, self._site.clock.now_ms))
        else:
            self.demanded(node)

    def _review_ms(self, node: int, number: int) -> int:
        """When the calendar has a node's review ``number``: of the day that bears it, or of the interval."""
        spec, every_ms = self._site.world.network.nodes[node], self._every_ms[node]
        calendar, minute = self._site.calendar.of(spec), spec.review_minute
        if every_ms == DAY_MS:
            return calendar.at(number, minute)
        return calendar.at(calendar.first_day, minute) + number * every_ms

    def _number_at(self, node: int, now_ms: int) -> int:
        """The number of the review that is due next or was the last."""
        if self._every_ms[node] == DAY_MS:
            return self._site.calendar.of(self._site.world.network.nodes[node]).day_at(now_ms)
        return max(0, (now_ms - self._review_ms(node, 0)) // self._every_ms[node])

    def _next_review(self, node: int, number: int) -> None:
        site = self._site
        at_ms = self._review_ms(node, number)
        if at_ms < site.clock.now_ms:
            self._next_review(node, number + 1)
        elif at_ms < site.world.horizon.end_ms or site.backorders.waits_for_stock:
            site.clock.at(at_ms, DECISION, self._review, (node, number), rank=node)
        else:
            self._resting.append(node)

    def watch(self, node: int) -> None:
        """Someone waits for stock of ``node``: reviews go on, though demand has ended."""
        self.demanded(node)
        if self._resting:
            nodes, self._resting = self._resting, []
            for resting in nodes:
                self._next_review(resting, self._number_at(resting, self._site.clock.now_ms))

    def demanded(self, node: int) -> None:
        """A node's position fell: where stock is reviewed with each demand, that is now, once for all of an instant."""
        if not self._every_ms[node] and self._carries[node] and node not in self._called:
            self._called.add(node)
            self._site.clock.at(self._site.clock.now_ms, DECISION, self._review_demanded, node, rank=node)

    def stocked(self, node: int) -> None:
        """Goods were put away: nodes that are reviewed with each demand ask again for what they did not get."""
        for child in self._feeds[node]:
            self.demanded(child)

    def _review_demanded(self, node: int) -> None:
        if not self._site.open_nodes[node]:
            self._site.warehouses[node].when_open(self._review_demanded, node)
            return
        self._called.discard(node)
        self._looks[node] += 1
        self._look(node, self._looks[node])

    def _review(self, what: tuple[int, int]) -> None:
        node, number = what
        if self._site.open_nodes[node]:
            self._look(node, number)
        self._next_review(node, number + 1)

    def _look(self, node: int, number: int) -> None:
        """Ask the policy what the node needs, and order it."""
        site = self._site
        outlook = None if site.forecaster is None else site.forecaster.outlook(node)
        view = PositionView(node, site.clock.now_ms, self.position(node), outlook, site.purchasing.shut)
        wanted = site.policies.replenishment.decide(view)
        feeder = site.world.network.nodes[node].source
        if feeder is None:
            self._site.purchasing.order(node, self._luck_number(node, number), wanted)
        else:
            self._request(node, feeder, number, _plain(node, wanted))

    def _luck_number(self, node: int, number: int) -> int:
        """Of an order's lead time: by node and day, or by node and review where there may be many a day."""
        return node * _DAYS + number % _DAYS if self._every_ms[node] == DAY_MS else (node + 1 << 40) + number

    def reviewed(self, handler: Handler, what: Any) -> int | None:
        """The node whose review a pending event is; None where it is something else, or nothing will be decided."""
        node: int | None = None
        if handler == self._review:
            node = what[0]
        elif handler == self._review_demanded:
            node = what
        return node if node is None or self._site.open_nodes[node] else None

    def position(self, node: int) -> list[int]:
        """Inventory position: usable and on order and inbound, less what is owed (DOMAIN rule 7), to customers and to
        the nodes that it feeds."""
        inventory = self._site.inventory
        found = [
            free + coming + ordered + inbound - owed
            for free, coming, ordered, inbound, owed in zip(
                inventory.available[node],
                inventory.awaiting[node],
                self._site.purchasing.on_order[node],
                inventory.in_transit[node],
                self.owed[node],
                strict=True,
            )
        ]
        if self._site.merging is not None:
            found = [units - bound for units, bound in zip(found, inventory.spoken_for[node], strict=True)]
        if self._site.quality is not None:
            found = [units + held for units, held in zip(found, self._site.quality.held[node], strict=True)]
        if self._site.late_suppliers is not None:
            self._site.late_suppliers.discount(node, found)
        for child in self._feeds[node]:
            found = [units - unmet for units, unmet in zip(found, self._unmet[child], strict=True)]
        return found

    # Transfers.

    def _request(self, node: int, feeder: int, number: int, wanted: list[tuple[int, int]]) -> None:
        site = self._site
        if not self._every_ms[node]:
            self._owe(node, feeder, wanted)
        if not wanted or not site.open_nodes[feeder]:
            return
        sent = self.load(feeder, node, wanted)
        if site.forecaster is not None:
            got = {site.register.goods.product[g]: site.register.goods.units[g] for g in sent}
            site.forecaster.requested(node, feeder, wanted, got)
        if not sent:
            return
        site.log.add(_REQUESTED, self._planner, 0, sent)
        travel_ms = site.world.network.nodes[node].transfer_ms.at(self._transfer[node].at(number))
        self.dispatch(feeder, node, sent, round(travel_ms))

    def load(self, source: int, node: int, wanted: list[tuple[int, int]]) -> list[int]:
        """Put (product, units) on a truck, or what there is of them that no order counts on; the goods records."""
        site = self._site
        self._documents += 1
        sent: list[int] = []
        unpromised = site.inventory.unpromised
        if site.shelf is not None:  # a count may take orders apart: before anything is loaded
            found = [(product, min(units, unpromised(source, product))) for product, units in wanted]
            wanted = [(product, site.shelf.sendable(source, product, units)) for product, units in found]
        for product, units in wanted:
            units = min(units, unpromised(source, product))
            if units > 0:
                value = site.inventory.transfer_out(source, product, units, node)
                sent.append(
                    site.register.goods.add(source, product, units, value, other=node, document=self._documents)
                )
        site.register.goods.hold(sent)
        return sent

    def dispatch(self, source: int, node: int, sent: list[int], travel_ms: int) -> None:
        """What was loaded leaves, and is at the other node's gate ``travel_ms`` later."""
        site = self._site
        site.log.add(_SENT, site.warehouses[source].actor, 0, sent)
        if site.intercompany is not None:
            site.intercompany.transferred(source, node, sent)
        self.demanded(source)
        site.roads.when_open(source, self._set_off, (node, sent, travel_ms))

    def _set_off(self, truck: tuple[int, list[int], int]) -> None:
        node, sent, travel_ms = truck
        clock = self._site.clock
        clock.at(clock.now_ms + travel_ms, DELIVERY, self._transfer_at_gate, (node, sent), rank=node)

    def _owe(self, node: int, feeder: int, wanted: list[tuple[int, int]]) -> None:
        """Keep what the feeder cannot send now: it counts as demand there."""
        unmet = [0] * len(self._unmet[node])
        for product, units in wanted:
            here = self._site.inventory.unpromised(feeder, product) if self._site.open_nodes[feeder] else 0
            unmet[product] = max(0, units - max(0, here))
        if unmet != self._unmet[node]:
            self._unmet[node] = unmet
            self.demanded(feeder)

    def _transfer_at_gate(self, what: tuple[int, list[int]]) -> None:
        self._site.warehouses[what[0]].take_truck(self._transfer_arrives, what)

    def _transfer_arrives(self, what: tuple[int, list[int]]) -> None:
        node, sent = what
        site = self._site
        goods = site.register.goods
        came: list[int] = []
        for record in sent:
            product, units, value = goods.product[record], goods.units[record], goods.value_cents[record]
            site.inventory.transfer_in(node, product, units, value)
            came.append(
                goods.add(node, product, units, value, other=goods.node[record], document=goods.document[record])
            )
        goods.free(sent)
        site.log.add(_ARRIVED, site.warehouses[node].actor, 0, came)
        site.warehouses[node].unload(came)


def _plain(node: int, wanted: Sequence[Wanted]) -> list[tuple[int, int]]:
    """(product, units) of what a node asks of the one that feeds it."""
    if any(isinstance(entry, Purchase) for entry in wanted):
        raise InvariantError(f"node {node} is fed by another and buys of no supplier")
    return [(entry[0], entry[1]) for entry in wanted]
