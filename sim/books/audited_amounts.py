"""What records say, one at a time: the auditor's own reading of units and amounts."""

from __future__ import annotations

from typing import Protocol

from sim.books.kinds import KINDS
from sim.books.register import Register
from sim.network import Network, Node
from sim.units import HOUR_MS, share_of

_RECORD = {kind.name: kind.record for kind in KINDS}


class ExchangeRates(Protocol):
    """Knows what currencies are worth."""

    def at(self, currency: str, time_ms: int) -> float:
        """What one unit of ``currency`` is worth at a moment."""
        ...


class AuditedAmounts:
    """What `sim.books.amounts` says of many records at once, worked out for one record by other code."""

    def __init__(self, register: Register, network: Network, rates: ExchangeRates | None) -> None:
        self._register, self._network, self._rates = register, network, rates
        self._bill: dict[str, int] = {}
        """What `_billed` said of the record that is being asked about."""

    def begin(self) -> None:
        """Another record is asked about."""
        self._bill.clear()

    def goods_of(self, kind: str, record: int) -> tuple[int, int, int, int, int]:
        """(node, other node, product, units, value) of a record that moves or is valued."""
        register = self._register
        table = _RECORD[kind]
        if table == "piece":
            pieces = register.pieces
            shipment, line = pieces.shipment[record], pieces.line[record]
            value = pieces.cost_cents[record]
            return (
                register.shipments.node[shipment],
                -1,
                register.lines.product[line],
                pieces.units[record],
                value,
            )
        if table == "return":
            returns = register.returns
            line = register.pieces.line[returns.piece[record]]
            leaves = kind in ("scrapped", "returned_to_vendor")
            value = returns.scrap_cents[record] if leaves else returns.cost_cents[record]
            return returns.node[record], -1, register.lines.product[line], returns.units[record], value
        goods = register.goods
        return (
            goods.node[record],
            goods.other[record],
            goods.product[record],
            goods.units[record],
            goods.value_cents[record],
        )

    def of(self, name: str, record: int) -> int:
        """The amount ``name`` of a record."""
        family, _, what = name.partition("_")
        register = self._register
        if what == "transfer":
            return self._transfer_price(family, record)
        if family == "piece":
            return register.pieces.cost_cents[record]
        if family == "goods":
            return self._goods_price(what, record)
        if family == "note":
            return register.notes.value_cents[record]
        if family == "order":
            return self._order_deposit(record)
        if family == "return":
            return self._return_amount(what, record)
        return self._shipment_amount(what, record)

    def _transfer_price(self, family: str, record: int) -> int:
        """What one entity charges another: cost plus."""
        register = self._register
        if family == "piece":
            cost, node = register.pieces.cost_cents[record], register.shipments.node[register.pieces.shipment[record]]
        else:
            cost, node = register.returns.cost_cents[record], register.returns.node[record]
        entity = self._network.entities[self._network.nodes[node].entity]
        return cost + share_of(cost, entity.transfer_markup_bp)

    def _goods_price(self, what: str, record: int) -> int:
        """What stock cost the group, or what one entity charges another for it."""
        goods = self._register.goods
        cost, at = goods.value_cents[record], goods.node[record] if what == "sold_at" else goods.other[record]
        if what == "value":
            return cost
        more = share_of(cost, self._network.entities[self._network.nodes[at].entity].stock_markup_bp)
        return more if what == "bought_over" else cost + more

    def _order_deposit(self, order: int) -> int:
        lines, channel = self._register.lines, self._register.orders.channel[order]
        spec = self._network.channels[channel]
        gross = self._asked(order, spec.shipping_fee_cents)
        for line in self._register.orders.lines(order):
            if lines.state[line] != 1:
                net = lines.units[line] * lines.price_cents[line]
                gross += net + share_of(net, self._tax_bp(channel))
        return gross

    def _return_amount(self, what: str, record: int) -> int:
        returns = self._register.returns
        if what == "labour":
            node = self._network.nodes[returns.node[record]]
            return _piece_cents(node, 3)
        if what == "gross":
            return returns.net_cents[record] + returns.tax_cents[record]
        if what == "extra_gross":
            return returns.extra_net_cents[record] + returns.extra_tax_cents[record]
        if what == "vendor_loss":
            return returns.scrap_cents[record] - returns.vendor_cents[record]
        return int(
            {
                "label": returns.label_cents,
                "refurbish": returns.refurbish_cents,
                "vendor_credit": returns.vendor_cents,
                "extra_net": returns.extra_net_cents,
                "extra_tax": returns.extra_tax_cents,
                "cost": returns.cost_cents,
                "scrap": returns.scrap_cents,
                "net": returns.net_cents,
                "tax": returns.tax_cents,
            }[what][record]
        )

    def _asked(self, order: int, cents: int) -> int:
        """A fee that was fixed in the currency of an order's channel when the scenario started."""
        orders = self._register.orders
        currency = self._network.channels[orders.channel[order]].currency
        if self._rates is None or currency is None:
            return cents
        abroad = int(cents / self._rates.at(currency, 0) + 0.5)
        return int(abroad * self._rates.at(currency, orders.at_ms[order]) + 0.5)

    def _tax_bp(self, channel: int) -> int:
        spec = self._network.channels[channel]
        return 0 if spec.kind == "marketplace" else self._network.entities[spec.entity].tax_bp

    def _shipment_amount(self, what: str, shipment: int) -> int:
        register = self._register
        shipments = register.shipments
        node, own = self._network.nodes[shipments.node[shipment]], register.pieces_of(shipment)
        if what == "freight":
            return shipments.freight_cents[shipment]
        if what in ("labour", "packaging", "handling"):
            per_order, per_line = (
                _piece_cents(node, 1) + node.order_fee_cents,
                _piece_cents(node, 0) + node.line_fee_cents,
            )
            labour, packaging = per_order + per_line * len(own), node.packaging_cents
            if shipment in register.handled:
                labour, packaging = self._by_unit(node, shipment)
            return {"labour": labour, "packaging": packaging, "handling": labour + packaging}[what]
        if not self._bill:
            self._bill.update(self._billed(shipment))
        return self._bill[what]

    def _by_unit(self, node: Node, shipment: int) -> tuple[int, int]:
        """(labour, packaging) of a shipment of pallets or cases, from what its pieces are."""
        plan, own = self._network.handling_units, self._register.pieces_of(shipment)
        assert plan is not None
        pieces, is_pallets = self._register.pieces, self._register.handled[shipment].pallets > 0
        count = work_ms = lines = 0
        for p in own:
            units, product = pieces.units[p], pieces.product[p]
            size = plan.pallet_units[product] if is_pallets else plan.case_units[product]
            whole = units // size if size else 0
            count += whole
            work_ms += whole * (plan.pallet_move_ms if is_pallets else plan.case_pick_ms)
            lines += units > whole * size
        wage = 0 if node.paid == "shifts" else node.wage_cents_per_hour
        labour = node.order_fee_cents + node.line_fee_cents * len(own) + round(wage * work_ms / HOUR_MS)
        if is_pallets:
            return labour, count * plan.pallet_packaging_cents
        return labour + _piece_cents(node, 1) + lines * _piece_cents(node, 0), node.packaging_cents

    def _billed(self, shipment: int) -> dict[str, int]:
        register = self._register
        shipments, pieces, orders = register.shipments, register.pieces, register.orders
        order = shipments.order[shipment]
        channel = orders.channel[order]
        spec = self._network.channels[channel]
        own = register.pieces_of(shipment)
        charged = [pieces.units[p] - register.given.get(p, 0) for p in own]
        nets = [units * register.lines.price_cents[pieces.line[p]] for p, units in zip(own, charged, strict=True)]
        net, tax = sum(nets), sum(share_of(x, self._tax_bp(channel)) for x in nets)
        fee = self._asked(order, spec.shipping_fee_cents) if shipments.sequence[shipment] == 0 else 0
        gross = net + tax + fee
        payment = spec.payments[orders.payment[order]]
        provider = 0 if payment.kind == "prepaid" else share_of(gross, payment.fee_bp)
        if payment.kind != "prepaid":
            provider += self._asked(order, payment.fee_cents)
        commission = share_of(gross, spec.commission_bp)
        due = 0 if payment.kind == "prepaid" else gross
        return {
            "net": net,
            "tax": tax,
            "shipping_fee": fee,
            "gross": gross,
            "card": gross if payment.kind == "card" else 0,
            "prepaid": gross if payment.kind == "prepaid" else 0,
            "uncaptured": gross if payment.kind in ("invoice", "marketplace") else 0,
            "payment_fee": provider,
            "commission": commission,
            "net_of_fees": due - provider - commission,
        }


def _piece_cents(node: Node, station: int) -> int:
    """What a piece of work costs at standard; where shifts are paid, it costs nothing more."""
    if node.paid == "shifts":
        return 0
    return round(node.wage_cents_per_hour * node.stations[station].work_ms.mean / HOUR_MS)
