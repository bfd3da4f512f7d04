"""Purchase orders: placed, confirmed, made, delivered in one part or two; paid by `sim.agents.supply.payables`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sim.agents.supply.payables import Payables
from sim.agents.supply.purchase_order import PurchaseOrder
from sim.agents.supply.purchase_terms import OrderLine, PurchaseTerms
from sim.books.kinds import NUMBER
from sim.books.reasons import REASON_NUMBER
from sim.clock import DELIVERY
from sim.policies.replenishment import Wanted
from sim.units import DAY_MS

if TYPE_CHECKING:
    from sim.agents.site import Site

_ORDERED, _CONFIRMED, _DECLINED, _RECEIVED, _SHORT = (
    NUMBER[k] for k in ("purchase_ordered", "purchase_confirmed", "purchase_declined", "received", "short_delivered")
)
_STOCK_SHORT = REASON_NUMBER["stock_short"]

_HURRY = 1 << 40
"""Numbers of the luck of orders that somebody asked for, and no review."""

Wish = tuple[int, int, int, list[OrderLine], bool]
"""(supplier, node, number of its luck, lines, whether it is urgent) of an order to be placed."""


class Purchasing:
    """All purchase orders of a run.

    ``on_order[node][product]`` is the register of what was ordered and has not come.
    """

    def __init__(self, site: Site, actors: list[int]) -> None:
        self._site, self._actors = site, actors
        network = site.world.network
        self.terms = PurchaseTerms(site.world, self._usable)
        self.on_order = [[0] * len(network.products) for _ in network.nodes]
        self._documents = self._hurries = 0
        self.shut: frozenset[int] = frozenset()
        """Suppliers that take no orders and bring nothing."""
        self.delay_ms: dict[int, int] = {}
        """What a disruption adds to the lead time of orders placed now, by supplier."""
        self.most_share: dict[int, float] = {}
        """The share of an order that a supplier brings at most, while a disruption says so."""
        self._open: dict[int, PurchaseOrder] = {}
        """Purchase orders under way, by number."""
        self._payables = Payables(site, actors)
        self._at_shut: list[PurchaseOrder] = []
        """Deliveries that wait until their supplier opens."""
        self._unread: list[PurchaseOrder] = []
        """Orders that a shut supplier has not confirmed."""
        self._busy_until_ms = [0] * len(network.suppliers)
        """When a supplier of limited capacity will have made all that it has taken on."""
        streams = site.streams
        self._fill, self._lead, self._confirming, self._confirmed, self._parts, self._rest = (
            [streams.counter(purpose, s.name) for s in network.suppliers]
            for purpose in ("fill", "lead", "confirmation", "confirmed", "parts", "rest")
        )

    def _usable(self, node: int, product: int) -> int:
        inventory = self._site.inventory
        here = inventory.available[node][product] + inventory.awaiting[node][product]
        return here - self._site.supply.owed[node][product]

    # Ordering.

    def order(self, node: int, luck: int, wanted: Sequence[Wanted]) -> None:
        """Order what a node wants, a document for each supplier and urgency; what is below a minimum waits."""
        by_document: dict[tuple[int, bool], list[OrderLine]] = {}
        for line in self.terms.lines(node, wanted, self.shut, self._site.late_suppliers):
            by_document.setdefault((line.supplier, line.urgent), []).append(line)
        for (supplier, urgent), lines in sorted(by_document.items()):
            if urgent or self.terms.reaches_minimum(supplier, lines):
                self._propose((supplier, node, luck, lines, urgent))

    def hurry(self, node: int, product: int, units: int) -> bool:
        """Order units in a hurry from the product's supplier, for the node or what feeds it; whether it takes that."""
        network = self._site.world.network
        supplier = network.products[product].supplier
        while (feeder := network.nodes[node].source) is not None:
            node = feeder
        if supplier in self.shut or network.suppliers[supplier].expedited_lead_ms is None:
            return False
        self._hurries += 1
        line = OrderLine(supplier, True, product, self.terms.rounded(supplier, product, units))
        self._propose((supplier, node, _HURRY + self._hurries, [line], True))
        return True

    def _propose(self, wish: Wish) -> None:
        """Place an order, or have it approved first; while it waits it counts as on order, lest it be wanted again."""
        approvals, (supplier, node, _, lines, _) = self._site.approvals, wish
        if approvals is None:
            self._place(*wish)
            return
        cents = sum(self.terms.landed_cents(supplier, product, units) for _, _, product, units in lines)
        self._count(node, lines, 1)
        approvals.propose("replenishment", object(), cents, self._place_yet, self._forget, wish)

    def _place_yet(self, wish: Wish) -> None:
        self._forget(wish)
        self._place(*wish)

    def _forget(self, wish: Wish) -> None:
        self._count(wish[1], wish[3], -1)

    def _count(self, node: int, lines: list[OrderLine], sign: int) -> None:
        for _, _, product, units in lines:
            self.on_order[node][product] += sign * units

    def _place(self, supplier: int, node: int, luck: int, lines: list[OrderLine], urgent: bool) -> None:
        site, spec = self._site, self._site.world.network.suppliers[supplier]
        self._documents += 1
        order = PurchaseOrder(self._documents, supplier, node, luck, urgent, late_ms=self.delay_ms.get(supplier, 0))
        order.placed_ms = site.clock.now_ms
        self._open[order.number] = order
        expected = site.clock.now_ms + (spec.promised_expedited_ms if urgent else spec.promised_ms)
        for _, _, product, units in lines:
            cents = self._payables.worth(supplier, self.terms.landed_cents(supplier, product, units), 0)
            self._note(order, product, units, cents, expected)
            self.on_order[node][product] += units
        site.log.add(_ORDERED, self._actors[supplier], 0, order.goods)
        if site.late_suppliers is not None:
            site.late_suppliers.expect(order)
        if urgent:
            self._payables.surcharge(order)
        if spec.confirmation_ms is None:
            self._make(order)
            self._promise(order)
        else:
            at_ms = site.clock.now_ms + round(spec.confirmation_ms.at(self._confirming[supplier].at(luck)))
            site.clock.at(at_ms, DELIVERY, self._confirm, order, rank=self._rank(order))

    def _note(self, order: PurchaseOrder, product: int, units: int, value_cents: int, due_ms: int = -1) -> int:
        """A record of units to come."""
        record = self._site.register.goods.add(
            order.node, product, units, value_cents, source=order.supplier, document=order.number, due_ms=due_ms
        )
        order.goods.append(record)
        self._site.register.goods.hold((record,))
        return record

    def _promise(self, order: PurchaseOrder) -> None:
        """What is confirmed may be promised to customers."""
        if self._site.inbound is not None:
            self._site.inbound.ordered(order.goods)

    def _rank(self, order: PurchaseOrder) -> int:
        return order.node * 256 + order.supplier

    # Confirming and making.

    def _confirm(self, order: PurchaseOrder) -> None:
        """The supplier says how much it will deliver, and when; what it declines is not on order any more."""
        site, goods = self._site, self._site.register.goods
        if order.supplier in self.shut:
            self._unread.append(order)
            return
        spec, asked = site.world.network.suppliers[order.supplier], order.goods
        order.goods = []
        ready_ms = self._ready_ms(order, asked)
        promised_ms = ready_ms + (spec.promised_expedited_ms if order.urgent else spec.promised_ms)
        declined: list[int] = []
        for record in asked:
            product, units = goods.product[record], goods.units[record]
            share = spec.confirmed_share.at(self._confirmed[order.supplier].at(order.luck * 100_000 + product))
            confirmed = min(units, round(units * share))
            if confirmed:
                self._note(order, product, confirmed, goods.value_cents[record] * confirmed // units, promised_ms)
            if confirmed < units:
                missing = units - confirmed
                self.on_order[order.node][product] -= missing
                declined.append(
                    goods.add(order.node, product, missing, 0, source=order.supplier, document=order.number)
                )
        goods.free(asked)
        actor = self._actors[order.supplier]
        if order.goods:
            site.log.add(_CONFIRMED, actor, 0, order.goods)
            self._make(order)
            self._promise(order)
        else:
            self._end(order)
        if declined:
            site.log.add(_DECLINED, actor, _STOCK_SHORT, declined)
            site.supply.demanded(order.node)

    def _ready_ms(self, order: PurchaseOrder, records: list[int]) -> int:
        """When the supplier will have made these units, after all that it took on before."""
        capacity = self._site.world.network.suppliers[order.supplier].capacity_units_per_day
        now_ms = self._site.clock.now_ms
        if capacity is None:
            return now_ms
        units = sum(self._site.register.goods.units[record] for record in records)
        return max(now_ms, self._busy_until_ms[order.supplier]) + -(-units * DAY_MS // capacity)

    def _make(self, order: PurchaseOrder) -> None:
        """The supplier makes the goods, one order after the other, and sends them."""
        site, spec = self._site, self._site.world.network.suppliers[order.supplier]
        ready_ms = self._ready_ms(order, order.goods)
        if spec.capacity_units_per_day is not None:
            self._busy_until_ms[order.supplier] = ready_ms
        if site.making is not None:
            ready_ms = site.making.ready_ms(order.supplier, order.goods, ready_ms)
        lead = spec.expedited_lead_ms if order.urgent and spec.expedited_lead_ms is not None else spec.lead_ms
        due = ready_ms + round(lead.at(self._lead[order.supplier].at(order.luck)))
        site.clock.at(due, DELIVERY, self._at_gate, order, rank=self._rank(order))

    def expected(self) -> list[tuple[int, int, int, int]]:
        """(node, product, units, expected date) of what is ordered and has not come."""
        goods = self._site.register.goods
        return [
            (order.node, goods.product[record], goods.units[record], goods.due_ms[record])
            for order in self._open.values()
            for record in order.goods
        ]

    # Delivery.

    def _at_gate(self, order: PurchaseOrder) -> None:
        if order.late_ms:
            at_ms = self._site.clock.now_ms + order.late_ms
            order.late_ms = 0
            self._site.clock.at(at_ms, DELIVERY, self._at_gate, order, rank=self._rank(order))
            return
        if order.supplier in self.shut:
            self._at_shut.append(order)
            return
        self._end(order)
        self._site.warehouses[order.node].take_truck(self._arrive, order)

    def _end(self, order: PurchaseOrder) -> None:
        """Nothing of it is under way any more."""
        del self._open[order.number]
        if self._site.late_suppliers is not None:
            self._site.late_suppliers.over(order)

    def is_open(self, order: PurchaseOrder) -> bool:
        """Whether something of it is under way."""
        return order.number in self._open

    def _arrive(self, order: PurchaseOrder) -> None:
        """The truck is unloaded: what came is on record at once, and payable."""
        site, goods, supplier, node = self._site, self._site.register.goods, order.supplier, order.node
        first_share = self._first_share(order)
        expected, order.goods = order.goods, []
        if site.inbound is not None:
            site.inbound.arrived(expected)
        came: list[int] = []
        short: list[int] = []
        differs: list[int] = []
        for record in expected:
            product, units = goods.product[record], goods.units[record]
            delivered = units if order.is_rest else self._delivered(order, product, units)
            now = delivered if first_share is None else round(delivered * first_share)
            self.on_order[node][product] -= units - (delivered - now)
            if delivered < units:
                short.append(goods.add(node, product, units - delivered, 0, source=supplier, document=order.number))
            value = goods.value_cents[record] * delivered // units
            if now:
                part = self._payables.worth(supplier, value * now // delivered, order.placed_ms)
                booked = part if site.wrong_records is None else site.wrong_records.booked_cents(product, part)
                came.append(goods.add(node, product, now, booked, source=supplier, document=order.number))
                site.inventory.receive(node, product, now, booked)
                if booked != part:
                    differs.append(goods.add(node, product, now, part - booked, source=supplier, document=order.number))
            if now < delivered:
                part = value * now // delivered
                self._note(order, product, delivered - now, value - part, goods.due_ms[record])
        goods.free(expected)
        actor = self._actors[supplier]
        if came:
            site.log.add(_RECEIVED, actor, 0, came)
            self._payables.invoice(order, came, differs)
            site.warehouses[node].unload(came)
        if order.goods:
            self._send_rest(order)
        if short:
            site.log.add(_SHORT, actor, _STOCK_SHORT, short)
            site.supply.demanded(node)

    def _delivered(self, order: PurchaseOrder, product: int, units: int) -> int:
        """How many of the units of a line come, now or later; the rest is cancelled by the supplier."""
        spec = self._site.world.network.suppliers[order.supplier]
        share = spec.fill_share.at(self._fill[order.supplier].at(order.luck * 100_000 + product))
        if order.supplier in self.most_share:
            share = min(share, self.most_share[order.supplier])
        return min(units, round(units * share))

    def _first_share(self, order: PurchaseOrder) -> float | None:
        """What share of a delivery comes at first; None where it comes whole."""
        spec = self._site.world.network.suppliers[order.supplier]
        if order.is_rest or not spec.partial_share:
            return None
        return spec.partial_first if self._parts[order.supplier].at(order.luck) < spec.partial_share else None

    def _send_rest(self, order: PurchaseOrder) -> None:
        spec = self._site.world.network.suppliers[order.supplier]
        order.is_rest = True
        self._promise(order)
        self._open[order.number] = order
        if self._site.late_suppliers is not None:
            self._site.late_suppliers.expect(order, not_before_ms=self._site.clock.now_ms)
        at_ms = self._site.clock.now_ms + round(spec.partial_delay_ms.at(self._rest[order.supplier].at(order.luck)))
        self._site.clock.at(at_ms, DELIVERY, self._at_gate, order, rank=self._rank(order))

    # Disruptions.

    def shut_down(self, suppliers: frozenset[int]) -> None:
        """From now on these are shut; what the others owe is at the gate, and they read their orders."""
        self.shut = suppliers
        waiting, self._at_shut = self._at_shut, []
        unread, self._unread = self._unread, []
        for order in waiting:
            self._at_gate(order)
        for order in unread:
            self._confirm(order)

    def slow(self, supplier: int, delay_ms: int) -> None:
        """All open orders of a supplier come later."""
        for order in self._open.values():
            if order.supplier == supplier:
                order.late_ms += delay_ms
