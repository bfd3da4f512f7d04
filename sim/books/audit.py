"""The auditor: recomputes stock and money from each fact as it is written, by other code than the books'.

Under ``check`` three computations must agree at every event, for the cells that it touched: the live positions
(`sim.books.inventory`), the auditor's own replay of the movements, and its own journal. A full sweep compares all
cells, once a day and at the end.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np

from sim.books.kinds import ACCOUNTS, BUCKETS, KINDS
from sim.books.register import Register, as_numpy
from sim.clock import Clock
from sim.errors import InvariantError
from sim.network import Network, Node
from sim.orders import LINE_REFUSED, REPLACED, SHIPPED
from sim.units import DAY_MS, HOUR_MS, share_of

if TYPE_CHECKING:
    from sim.books.inventory import Inventory

_ON_HAND = frozenset(BUCKETS) - {"in_transit"}
_ON_SHELF = ("available", "committed", "quarantined")
_RECORD = {kind.name: kind.record for kind in KINDS}


class Rates(Protocol):
    """Knows what currencies are worth."""

    def at(self, currency: str, time_ms: int) -> float:
        """What one unit of ``currency`` is worth at a moment."""
        ...


class Auditor:
    """Watches one run.

    Attributes
    ----------
    balances : dict
        The auditor's own trial balance, by account.
    """

    def __init__(
        self,
        register: Register,
        inventory: Inventory,
        network: Network,
        clock: Clock,
        fee_accounts: Sequence[str] = (),
        rates: Rates | None = None,
    ) -> None:
        self._register, self._inventory, self._network, self._clock = register, inventory, network, clock
        self._rates = rates
        self._accounts = (*ACCOUNTS, *fee_accounts)
        nodes, products = len(network.nodes), len(network.products)
        self._units = {bucket: [[0] * products for _ in range(nodes)] for bucket in BUCKETS}
        self._value = [[0] * products for _ in range(nodes)]
        self._difference = [[0] * products for _ in range(nodes)]
        """Units on the shelf less units on record."""
        self._node_value: dict[int, int] = defaultdict(int)
        self._node_account: dict[int, int] = defaultdict(int)
        self._moved_in = self._moved_out = 0
        self.balances: dict[str, int] = defaultdict(int)
        self.facts = 0
        self._swept_ms = 0
        self._bill: dict[str, int] = {}
        """What `_billed` said of the record that is being posted."""

    # One fact.

    def witness(self, kind: int, ids: Sequence[int]) -> None:
        """Replay a fact that was just written.

        Raises
        ------
        InvariantError
            Naming the kind, the record and the cell or account that disagrees.
        """
        spec = KINDS[kind]
        touched: set[tuple[int, int]] = set()
        for record in ids:
            self.facts += 1
            if spec.moves:
                touched |= self._move(spec.name, spec.moves, spec.between_nodes, record)
            if spec.shelf:
                touched.add(self._move_shelf(spec.name, spec.shelf, record))
            if spec.posts:
                self._post(spec.name, spec.posts, record)
        for node, product in touched:
            self._compare(node, product, f"after {spec.name}")

    def sweep_if_due(self) -> None:
        """Sweep once a day. Between two events of the clock, that is: within one, movements may be ahead of facts."""
        if self._clock.now_ms - self._swept_ms >= DAY_MS:
            self.sweep()

    def _move(self, kind: str, moves: tuple[str, str], between: bool, record: int) -> set[tuple[int, int]]:
        node, other, product, units, value = self._goods_of(kind, record)
        source, target = moves
        destination = other if between else node
        if units < 0:
            raise InvariantError(f"{kind} of record {record} moves {units} units")
        if source in BUCKETS:
            self._change(source, node, product, -units, kind)
        else:
            self._moved_in += units
        if target in BUCKETS:
            self._change(target, destination, product, units, kind)
        else:
            self._moved_out += units
        self._revalue(kind, moves, node, product, units, value)
        return {(node, product), (destination, product)}

    def _change(self, bucket: str, node: int, product: int, units: int, kind: str) -> None:
        row = self._units[bucket][node]
        row[product] += units
        if row[product] < 0:
            raise InvariantError(f"{kind} leaves {row[product]} units {bucket} at {self._cell(node, product)}")

    def _move_shelf(self, kind: str, sign: int, record: int) -> tuple[int, int]:
        node, _, product, units, _ = self._goods_of(kind, record)
        self._difference[node][product] += sign * units
        return node, product

    def _revalue(self, kind: str, moves: tuple[str, str], node: int, product: int, units: int, value: int) -> None:
        """On-hand value: what enters brings its value, what leaves takes its share of the cell's."""
        leaves, enters = moves[0] in _ON_HAND, moves[1] in _ON_HAND
        if leaves == enters:
            return
        values = self._value[node]
        if enters:
            values[product] += value
            self._node_value[node] += value
            return
        before = units + self._on_hand(node, product)
        fair = (2 * values[product] * units + before) // (2 * before)
        if value != fair:
            raise InvariantError(f"{kind} took {value} of {self._cell(node, product)}, its share is {fair}")
        values[product] -= value
        self._node_value[node] -= value

    def _on_hand(self, node: int, product: int) -> int:
        return sum([self._units[bucket][node][product] for bucket in _ON_HAND])

    def _post(self, kind: str, posts: tuple[tuple[str, int, str], ...], record: int) -> None:
        total = 0
        self._bill.clear()
        for account, sign, amount in posts:
            cents = sign * self._amount(amount, record)
            name = self._accounts[self._register.notes.account[record]] if account == "note_account" else account
            self.balances[name] += cents
            total += cents
            if account == "inventory":
                node = self._goods_of(kind, record)[0]
                self._node_account[node] += cents
                if self._node_account[node] != self._node_value[node]:
                    raise InvariantError(
                        f"{kind} of record {record}: inventory account of {self._network.nodes[node].name} is "
                        f"{self._node_account[node]}, its stock is worth {self._node_value[node]}"
                    )
        if total:
            raise InvariantError(f"{kind} of record {record} is out of balance by {total}")

    # Comparisons.

    def _compare(self, node: int, product: int, when: str) -> None:
        live = self._inventory
        for bucket in BUCKETS:
            mine, theirs = self._units[bucket][node][product], getattr(live, bucket)[node][product]
            if mine != theirs:
                raise InvariantError(
                    f"{when}: {self._cell(node, product)} holds {theirs} {bucket}, the ledger says {mine}"
                )
        on_hand, value = self._on_hand(node, product), self._value[node][product]
        if (live.units[node][product], live.value_cents[node][product]) != (on_hand, value):
            raise InvariantError(
                f"{when}: {self._cell(node, product)} is {live.units[node][product]} units worth "
                f"{live.value_cents[node][product]}, the ledger says {on_hand} worth {value}"
            )
        if on_hand == 0 and value:
            raise InvariantError(f"{when}: {self._cell(node, product)} is empty and worth {value}")
        self._compare_shelf(node, product, when)

    def _compare_shelf(self, node: int, product: int, when: str) -> None:
        difference = self._difference[node][product]
        if self._inventory.difference[node][product] != difference:
            raise InvariantError(
                f"{when}: the shelf of {self._cell(node, product)} differs by "
                f"{self._inventory.difference[node][product]} units from its record, the facts say {difference}"
            )
        shelf = difference + sum([self._units[bucket][node][product] for bucket in _ON_SHELF])
        if shelf < 0:
            raise InvariantError(f"{when}: {self._cell(node, product)} has {shelf} units on the shelf")

    def sweep(self) -> None:
        """Compare every cell, the trial balance, units in and out, and each line's quantities."""
        self._swept_ms = self._clock.now_ms
        for node in range(len(self._network.nodes)):
            self._sweep_node(node)
        if sum(self.balances.values()):
            raise InvariantError(f"trial balance is {sum(self.balances.values())}")
        held = sum(sum(row) for rows in self._units.values() for row in rows)
        if self._moved_in - self._moved_out != held:
            raise InvariantError(f"{self._moved_in} units came, {self._moved_out} went, {held} are held")
        inventory, transit = self.balances["inventory"], self.balances["inventory_in_transit"]
        if inventory != sum(map(sum, self._value)):
            raise InvariantError(f"inventory account {inventory}, stock is worth {sum(map(sum, self._value))}")
        if transit != sum(map(sum, self._inventory.transit_value_cents)):
            raise InvariantError(f"transit account {transit} differs from the goods under way")
        if "goods_with_carriers" in self.balances:
            self._sweep_carried()
        self._sweep_lines()

    def _sweep_carried(self) -> None:
        """What sales do not count yet for: the goods of all parcels that are with carriers."""
        pieces, count = self._register.pieces, self._register.pieces.count
        with_carriers = as_numpy(self._register.shipments.state)[as_numpy(pieces.shipment)[:count]] == SHIPPED
        worth = int(as_numpy(pieces.cost_cents)[:count][with_carriers].sum())
        if worth != self.balances["goods_with_carriers"]:
            booked = self.balances["goods_with_carriers"]
            raise InvariantError(f"goods with carriers are booked at {booked}, their parcels hold {worth}")

    def _sweep_node(self, node: int) -> None:
        """All cells of a node: row against row, and cell by cell only to say which one it is that differs."""
        live, mine = self._inventory, [self._units[bucket][node] for bucket in BUCKETS]
        stocked = [sum(cell) for cell in zip(*(self._units[b][node] for b in sorted(_ON_HAND)), strict=True)]
        rows = [getattr(live, bucket)[node].tolist() for bucket in BUCKETS]
        empty = any(value and not units for value, units in zip(self._value[node], stocked, strict=True))
        if empty or [*mine, stocked, self._value[node], self._difference[node]] != [
            *rows,
            live.units[node].tolist(),
            live.value_cents[node].tolist(),
            live.difference[node].tolist(),
        ]:
            for product in range(len(self._network.products)):
                self._compare(node, product, "sweep")

    def _sweep_lines(self) -> None:
        """Units of each accepted line: open, cancelled, or in a shipment that stands."""
        register = self._register
        lines, pieces, count = register.lines, register.pieces, register.pieces.count
        state = as_numpy(register.shipments.state)[as_numpy(pieces.shipment)[:count]]
        stands = ~np.isin(state, REPLACED)
        placed = np.zeros(len(lines), dtype=np.int64)
        np.add.at(placed, as_numpy(pieces.line)[:count], as_numpy(pieces.units)[:count] * stands)
        known = as_numpy(lines.open_units) + as_numpy(lines.cancelled_units) + placed
        accepted = as_numpy(lines.state) > LINE_REFUSED
        wrong = np.flatnonzero(accepted & (known != as_numpy(lines.units)))
        if len(wrong):
            line = int(wrong[0])
            raise InvariantError(f"line {line} of {lines.units[line]} units accounts for {known[line]}")

    def _cell(self, node: int, product: int) -> str:
        return f"{self._network.nodes[node].name}/{self._network.products[product].sku}"

    # What records say, one at a time.

    def _goods_of(self, kind: str, record: int) -> tuple[int, int, int, int, int]:
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

    def _amount(self, name: str, record: int) -> int:
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
