"""What a held order has a claim on: from when on, at which level, and for how long."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.books.kinds import NUMBER
from sim.books.reasons import REASON_NUMBER
from sim.books.register import Line
from sim.clock import CAPTURE
from sim.orders import HELD, LINE_REFUSED

if TYPE_CHECKING:
    from sim.agents.site import Site

_EXPIRED, _MISSED, _RESERVED, _ENDED = (
    NUMBER[k] for k in ("reservation_expired", "reservation_missed", "node_reserved", "node_reservation_ended")
)
_NO_STOCK = REASON_NUMBER["no_stock"]


class Reservations:
    """Keeps, places and drops the reservations of held orders, as their channels' `sim.network.Reservation` says.

    Order management reserves what it captures, and allocates what is reserved. So an order has its full reservation
    except while it is held; whoever ends the hold calls `restore` first.
    """

    def __init__(self, site: Site) -> None:
        self._site = site
        self._specs = [c.reservation for c in site.world.network.channels]
        self._dropped: dict[int, list[Line]] = {}
        """By held order that has no claim on stock: the lines that it had reserved."""
        self._placed: dict[int, dict[int, list[Line]]] = {}
        """By held order whose units are committed at nodes: which, by node."""
        self._due: dict[int, int] = {}
        """By held order: when its reservation expires."""

    def stay(self, channel: int) -> bool:
        """Whether an order of a channel that was just set aside keeps its reservation as it is."""
        spec = self._specs[channel]
        return spec.at != "payment" and spec.level != "node"

    def held(self, order: int, since_ms: int) -> None:
        """An order was set aside, now or shortly before."""
        spec = self._specs[self._site.register.orders.channel[order]]
        if order in self._dropped:
            return
        if spec.at == "payment":
            self._drop(order)
            return
        pickups = self._site.pickups
        at_node = spec.level == "node" or (pickups is not None and order in pickups.node_of)
        if at_node and order not in self._placed:
            self._place(order)
        if spec.expires_ms is not None and order not in self._due:
            due_ms = self._due[order] = since_ms + spec.expires_ms
            self._site.clock.at(due_ms, CAPTURE, self._expire, (order, due_ms), rank=order)

    def restore(self, order: int, *, wanted: bool = True) -> None:
        """The hold is over: reserve again what was dropped, though it may be gone; let go of nodes, which allocation
        chooses anew. Where the order is not ``wanted`` any more, nobody misses what is gone."""
        self._due.pop(order, None)
        self._leave_nodes(order)
        basket = self._dropped.pop(order, None)
        if not basket:
            return
        site, channel = self._site, self._site.register.orders.channel[order]
        pool = site.pool_of_channel[channel]
        site.inventory.reserve(pool, basket)
        for line, product, units in basket if wanted else ():
            gone = min(units, -site.inventory.ats[pool][product])
            if gone > 0:
                note = site.register.notes.add(order=order, line=line, product=product, units=gone)
                site.log.one(_MISSED, site.orchestrator.actor, _NO_STOCK, note)

    def leave(self, node: int, product: int) -> None:
        """Units of a node that are kept for held orders are wanted more urgently: reserved of the stock as a whole."""
        for order, places in list(self._placed.items()):
            if any(p == product for _, p, _ in places.get(node, ())):
                self._leave_nodes(order)

    def _expire(self, what: tuple[int, int]) -> None:
        order, due_ms = what
        if self._due.get(order) != due_ms or self._site.register.orders.state[order] != HELD:
            return
        del self._due[order]
        self._drop(order)
        self._site.log.one(_EXPIRED, self._site.orchestrator.actor, 0, order)

    def _drop(self, order: int) -> None:
        """Anybody may have the units."""
        self._leave_nodes(order)
        site, basket = self._site, self._open(order)
        pool = site.pool_of_channel[site.register.orders.channel[order]]
        for _, product, units in basket:
            site.inventory.unreserve(pool, product, units)
        self._dropped[order] = basket
        site.backorders.stock_came([product for _, product, _ in basket])

    def _open(self, order: int) -> list[Line]:
        lines = self._site.register.lines
        return [
            (n, lines.product[n], lines.open_units[n])
            for n in self._site.register.orders.lines(order)
            if lines.open_units[n] and lines.state[n] > LINE_REFUSED
        ]

    # At nodes.

    def _place(self, order: int) -> None:
        """Commit units where the order would be allocated now; what no node has stays reserved of the whole."""
        site, wanted = self._site, self._open(order)
        if not wanted:
            return
        answer = site.allocator.ask(order, wanted)
        product_of = {line: product for line, product, _ in wanted}
        places: dict[int, list[Line]] = {}
        for line, node, units in answer if not isinstance(answer, int) else [(n, answer, u) for n, _, u in wanted]:
            places.setdefault(node, []).append((line, product_of[line], units))
        pool = site.pool_of_channel[site.register.orders.channel[order]]
        for node, basket in places.items():
            site.inventory.commit(pool, node, basket)
            self._note(_RESERVED, node, basket)
        if places:
            self._placed[order] = places

    def _leave_nodes(self, order: int) -> None:
        site = self._site
        pool = site.pool_of_channel[site.register.orders.channel[order]]
        for node, basket in self._placed.pop(order, {}).items():
            site.inventory.uncommit(pool, node, [(product, units) for _, product, units in basket])
            self._note(_ENDED, node, basket)
            if site.recall.held:
                site.recall.catch(node, [product for _, product, _ in basket])

    def _note(self, kind: int, node: int, basket: list[Line]) -> None:
        site = self._site
        goods = [site.register.goods.add(node, product, units, 0) for _, product, units in basket]
        site.log.add(kind, site.orchestrator.actor, 0, goods)
