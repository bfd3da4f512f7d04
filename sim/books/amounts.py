"""Quantities and amounts of facts, by name: what `sim.books.kinds` refers to.

Each is a vectorised function of the register and of record numbers, evaluated when the books are flushed. They
read only what is written once. `sim.books.audited_amounts` computes the same things one by one, by other code.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sim.books.columns import as_numpy
from sim.books.rates import Rates, rounded_share
from sim.books.register import Register
from sim.network import PAYMENT_KINDS, Network

Ints = NDArray[np.int64]
Amount = Callable[["Amounts", Ints], Ints]

CARD, PREPAID, INVOICE, MARKETPLACE = range(len(PAYMENT_KINDS))


class Amounts:
    """Evaluates amounts by name for one run's register; what several postings share is computed once."""

    def __init__(self, register: Register, network: Network) -> None:
        self.register = register
        self.rates = Rates.of(network)
        self._ids: Ints | None = None
        self._memo: dict[Amount, Ints] = {}
        self._pieces: tuple[Ints, Ints] | None = None

    def of(self, name: str, ids: Ints) -> Ints:
        """The amount ``name`` of each record in ``ids``."""
        return self.shared(AMOUNTS[name], ids)

    def shared(self, amount: Amount, ids: Ints) -> Ints:
        """What ``amount`` says of the records, worked out once for the same ``ids``."""
        if ids is not self._ids:
            self._ids, self._memo, self._pieces = ids, {}, None
        value = self._memo.get(amount)
        if value is None:
            value = self._memo[amount] = amount(self, ids)
        return value

    def pieces(self, shipments: Ints) -> tuple[Ints, Ints]:
        """`piece_ranges` of the shipments that amounts are being evaluated for."""
        if shipments is not self._ids:
            return piece_ranges(self.register, shipments)
        if self._pieces is None:
            self._pieces = piece_ranges(self.register, shipments)
        return self._pieces

    def forget(self) -> None:
        """Drop what was shared; columns may grow again."""
        self._ids, self._memo, self._pieces = None, {}, None


def piece_ranges(register: Register, shipments: Ints) -> tuple[Ints, Ints]:
    """All pieces of the shipments in one array, and where each shipment's begin in it."""
    first_piece = as_numpy(register.shipments.first_piece)
    first = first_piece[shipments].astype(np.int64)
    end = first_piece[shipments + 1]
    counts = end - first
    starts = np.cumsum(counts) - counts
    pieces = np.arange(int(counts.sum()), dtype=np.int64) - np.repeat(starts, counts) + np.repeat(first, counts)
    return pieces, starts


def _order_of_shipment(a: Amounts, ids: Ints) -> Ints:
    return as_numpy(a.register.shipments.order)[ids]


def _channel_of_shipment(a: Amounts, ids: Ints) -> Ints:
    return as_numpy(a.register.orders.channel)[a.shared(_order_of_shipment, ids)]


def _payment_number(a: Amounts, ids: Ints) -> Ints:
    return as_numpy(a.register.orders.payment)[a.shared(_order_of_shipment, ids)]


def _payment_of_shipment(a: Amounts, ids: Ints, table: NDArray[np.int64]) -> Ints:
    return table[a.shared(_channel_of_shipment, ids), a.shared(_payment_number, ids)]


def piece_units(a: Amounts, ids: Ints) -> Ints:
    """Units of the piece."""
    return as_numpy(a.register.pieces.units)[ids].astype(np.int64)


def piece_cost(a: Amounts, ids: Ints) -> Ints:
    """Value that left the node with the piece."""
    return as_numpy(a.register.pieces.cost_cents)[ids]


def piece_transfer(a: Amounts, ids: Ints) -> Ints:
    """What the node's entity charges another for the piece: cost plus."""
    node = as_numpy(a.register.shipments.node)[as_numpy(a.register.pieces.shipment)[ids]]
    return rounded_share(a.of("piece_cost", ids), a.rates.transfer_bp[node])


def return_transfer(a: Amounts, ids: Ints) -> Ints:
    """What the node's entity credits another for what came back: cost plus."""
    node = as_numpy(a.register.returns.node)[ids]
    return rounded_share(as_numpy(a.register.returns.cost_cents)[ids], a.rates.transfer_bp[node])


def goods_sold_at(a: Amounts, ids: Ints) -> Ints:
    """What the node's entity charges another for stock that leaves for a node of it: cost plus."""
    node = as_numpy(a.register.goods.node)[ids]
    return rounded_share(a.of("goods_value", ids), a.rates.stock_bp[node])


def goods_bought_at(a: Amounts, ids: Ints) -> Ints:
    """What the other node's entity charged for stock that is for the node."""
    other = as_numpy(a.register.goods.other)[ids]
    return rounded_share(a.of("goods_value", ids), a.rates.stock_bp[other])


def goods_bought_over(a: Amounts, ids: Ints) -> Ints:
    """That less what the stock cost the group."""
    return a.of("goods_bought_at", ids) - a.of("goods_value", ids)


def piece_a_pallet(a: Amounts, ids: Ints) -> Ints:
    """What a pallet of its product holds."""
    return a.rates.pallet_units[as_numpy(a.register.pieces.product)[ids]]


def piece_a_case(a: Amounts, ids: Ints) -> Ints:
    """What a case of its product holds."""
    return a.rates.case_units[as_numpy(a.register.pieces.product)[ids]]


def piece_in_cases(a: Amounts, ids: Ints) -> Ints:
    """Units that are whole cases."""
    units, size = as_numpy(a.register.pieces.units)[ids], a.rates.case_units[as_numpy(a.register.pieces.product)[ids]]
    return units - units % size


def line_units(a: Amounts, ids: Ints) -> Ints:
    """Units of the line as ordered."""
    return as_numpy(a.register.lines.units)[ids].astype(np.int64)


def line_net(a: Amounts, ids: Ints) -> Ints:
    """Units times net price of the line as ordered."""
    return as_numpy(a.register.lines.price_cents)[ids] * as_numpy(a.register.lines.units)[ids]


def line_deliver_by(a: Amounts, ids: Ints) -> Ints:
    """The delivery promised with the line's order."""
    return as_numpy(a.register.orders.deliver_by_ms)[as_numpy(a.register.lines.order)[ids]]


def order_ship_by(a: Amounts, ids: Ints) -> Ints:
    """When the order should leave at the latest."""
    return as_numpy(a.register.orders.ship_by_ms)[ids]


def order_second_promise(a: Amounts, ids: Ints) -> Ints:
    """What a customer was promised who was told of a delay."""
    return np.array([a.register.second_promise_ms.get(i, -1) for i in ids.tolist()], dtype=np.int64)


def shipment_net(a: Amounts, ids: Ints) -> Ints:
    """Net price of all its pieces."""
    return as_numpy(a.register.shipments.net_cents)[ids]


def shipment_tax(a: Amounts, ids: Ints) -> Ints:
    """Tax of all its pieces, rounded for each piece."""
    return as_numpy(a.register.shipments.tax_cents)[ids]


def _at_order(a: Amounts, ids: Ints, cents: Ints) -> Ints:
    """What is asked for shipments in the currency of their channel, at the rate of their order."""
    return a.register.all_worth(as_numpy(a.register.shipments.order)[ids], cents)


def shipment_shipping_fee(a: Amounts, ids: Ints) -> Ints:
    """What the customer pays for delivery: once an order, with its first shipment."""
    fee = _at_order(a, ids, a.rates.shipping_fee[a.shared(_channel_of_shipment, ids)])
    return np.where(as_numpy(a.register.shipments.sequence)[ids] == 0, fee, 0)


def shipment_gross(a: Amounts, ids: Ints) -> Ints:
    """Net, tax and delivery."""
    return a.of("shipment_net", ids) + a.of("shipment_tax", ids) + a.of("shipment_shipping_fee", ids)


def shipment_card(a: Amounts, ids: Ints) -> Ints:
    """Gross, where paid by card."""
    kind = _payment_of_shipment(a, ids, a.rates.payment_kind)
    return np.where(kind == CARD, a.of("shipment_gross", ids), 0)


def shipment_prepaid(a: Amounts, ids: Ints) -> Ints:
    """Gross, where paid in advance."""
    kind = _payment_of_shipment(a, ids, a.rates.payment_kind)
    return np.where(kind == PREPAID, a.of("shipment_gross", ids), 0)


def shipment_uncaptured(a: Amounts, ids: Ints) -> Ints:
    """Gross, where paid on invoice or collected by a marketplace."""
    kind = _payment_of_shipment(a, ids, a.rates.payment_kind)
    return np.where(kind >= INVOICE, a.of("shipment_gross", ids), 0)


def shipment_payment_fee(a: Amounts, ids: Ints) -> Ints:
    """What the payment provider keeps of a shipment that it paid out."""
    kind = _payment_of_shipment(a, ids, a.rates.payment_kind)
    share = _payment_of_shipment(a, ids, a.rates.payment_fee_bp)
    fixed = _at_order(a, ids, _payment_of_shipment(a, ids, a.rates.payment_fee))
    fee = rounded_share(a.of("shipment_gross", ids), share) + fixed
    return np.where(kind == PREPAID, 0, fee)


def shipment_commission(a: Amounts, ids: Ints) -> Ints:
    """The marketplace's commission on what it collected."""
    commission = a.rates.commission_bp[a.shared(_channel_of_shipment, ids)]
    return rounded_share(a.of("shipment_gross", ids), commission)


def shipment_net_of_fees(a: Amounts, ids: Ints) -> Ints:
    """Cash that arrives at settlement."""
    kind = _payment_of_shipment(a, ids, a.rates.payment_kind)
    due = np.where(kind == PREPAID, 0, a.of("shipment_gross", ids))
    return due - a.of("shipment_payment_fee", ids) - a.of("shipment_commission", ids)


def shipment_freight(a: Amounts, ids: Ints) -> Ints:
    """What the carrier charges."""
    return as_numpy(a.register.shipments.freight_cents)[ids]


def shipment_quoted(a: Amounts, ids: Ints) -> Ints:
    """The carrier's own delivery date."""
    return as_numpy(a.register.shipments.quoted_ms)[ids]


def shipment_labour(a: Amounts, ids: Ints) -> Ints:
    """Picking and packing at the node's wage and productivity, third-party fees included."""
    node, rates, pieces = as_numpy(a.register.shipments.node)[ids], a.rates, a.of("shipment_pieces", ids)
    labour = rates.order_labour[node] + rates.line_labour[node] * pieces
    for place in _handled(a, ids):
        handled, n = a.register.handled[int(ids[place])], int(node[place])
        assert rates.handling_units is not None
        picks = handled.lines * int(rates.line_labour[n] - rates.line_fee[n])
        labour[place] = (
            int(rates.order_fee[n] if handled.pallets else rates.order_labour[n])
            + int(rates.line_fee[n] * pieces[place])
            + picks
            + rates.handling_units.pick_cents(rates.wage[n], handled.pallets, handled.cases)
        )
    return labour


def _handled(a: Amounts, ids: Ints) -> list[int]:
    """Places of the shipments that were broken down into cases and pallets."""
    handled = a.register.handled
    return [place for place, shipment in enumerate(ids.tolist()) if shipment in handled] if handled else []


def shipment_pieces(a: Amounts, ids: Ints) -> Ints:
    """How many pieces it holds."""
    pieces, starts = a.pieces(ids)
    return np.diff(np.append(starts, len(pieces)))


def shipment_packaging(a: Amounts, ids: Ints) -> Ints:
    """Carton and filling; wood and wrap of pallets."""
    packaging = a.rates.packaging[as_numpy(a.register.shipments.node)[ids]]
    for place in _handled(a, ids):
        pallets = a.register.handled[int(ids[place])].pallets
        if pallets:
            assert a.rates.handling_units is not None
            packaging[place] = pallets * a.rates.handling_units.pallet_packaging_cents
    return packaging


def shipment_handling(a: Amounts, ids: Ints) -> Ints:
    """Labour and packaging."""
    return a.of("shipment_labour", ids) + a.of("shipment_packaging", ids)


def _column(table: str, name: str) -> Amount:
    def read(a: Amounts, ids: Ints) -> Ints:
        return as_numpy(getattr(getattr(a.register, table), name))[ids].astype(np.int64)

    return read


def return_gross(a: Amounts, ids: Ints) -> Ints:
    """What the customer gets back, tax included."""
    returns = a.register.returns
    return as_numpy(returns.net_cents)[ids] + as_numpy(returns.tax_cents)[ids]


def return_labour(a: Amounts, ids: Ints) -> Ints:
    """Inspecting one returned line at the node's wage and productivity."""
    return a.rates.return_labour[as_numpy(a.register.returns.node)[ids]]


def return_refurbish_due(a: Amounts, ids: Ints) -> Ints:
    """When people would be done with it without a break; -1 where it takes nobody's time."""
    due = as_numpy(a.register.returns.refurbish_due_ms)[ids]
    return np.where(due > 0, due, -1)


def return_vendor_loss(a: Amounts, ids: Ints) -> Ints:
    """What a vendor does not credit of goods that went back to it."""
    returns = a.register.returns
    return as_numpy(returns.scrap_cents)[ids] - as_numpy(returns.vendor_cents)[ids]


def return_extra_gross(a: Amounts, ids: Ints) -> Ints:
    """What a dispute adds to the refund, tax included."""
    returns = a.register.returns
    return as_numpy(returns.extra_net_cents)[ids] + as_numpy(returns.extra_tax_cents)[ids]


AMOUNTS: dict[str, Amount] = {
    "piece_units": piece_units,
    "piece_cost": piece_cost,
    "piece_transfer": piece_transfer,
    "return_transfer": return_transfer,
    "piece_a_pallet": piece_a_pallet,
    "piece_a_case": piece_a_case,
    "piece_in_cases": piece_in_cases,
    "line_units": line_units,
    "line_net": line_net,
    "line_deliver_by": line_deliver_by,
    "order_ship_by": order_ship_by,
    "order_second_promise": order_second_promise,
    "order_deposit": _column("orders", "deposit_cents"),
    "shipment_pieces": shipment_pieces,
    "shipment_net": shipment_net,
    "shipment_tax": shipment_tax,
    "shipment_shipping_fee": shipment_shipping_fee,
    "shipment_gross": shipment_gross,
    "shipment_card": shipment_card,
    "shipment_prepaid": shipment_prepaid,
    "shipment_uncaptured": shipment_uncaptured,
    "shipment_payment_fee": shipment_payment_fee,
    "shipment_commission": shipment_commission,
    "shipment_net_of_fees": shipment_net_of_fees,
    "shipment_freight": shipment_freight,
    "shipment_quoted": shipment_quoted,
    "shipment_labour": shipment_labour,
    "shipment_packaging": shipment_packaging,
    "shipment_handling": shipment_handling,
    "return_units": _column("returns", "units"),
    "return_cost": _column("returns", "cost_cents"),
    "return_scrap": _column("returns", "scrap_cents"),
    "return_net": _column("returns", "net_cents"),
    "return_tax": _column("returns", "tax_cents"),
    "return_gross": return_gross,
    "return_labour": return_labour,
    "return_label": _column("returns", "label_cents"),
    "return_refurbish": _column("returns", "refurbish_cents"),
    "return_refurbish_due": return_refurbish_due,
    "return_vendor_credit": _column("returns", "vendor_cents"),
    "return_vendor_loss": return_vendor_loss,
    "return_extra_net": _column("returns", "extra_net_cents"),
    "return_extra_tax": _column("returns", "extra_tax_cents"),
    "return_extra_gross": return_extra_gross,
    "goods_units": _column("goods", "units"),
    "goods_value": _column("goods", "value_cents"),
    "goods_sold_at": goods_sold_at,
    "goods_bought_at": goods_bought_at,
    "goods_bought_over": goods_bought_over,
    "goods_due": _column("goods", "due_ms"),
    "note_units": _column("notes", "units"),
    "note_value": _column("notes", "value_cents"),
}
