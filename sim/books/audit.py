"""The auditor: recomputes stock and money from each fact as it is written, by other code than the books'.

Under ``check`` three computations must agree at every event, for the cells that it touched: the live positions
(`sim.books.inventory`), the auditor's own replay of the movements, and its own journal. A full sweep compares all
cells, once a day and at the end; then the journal that was written is compared with the auditor's, account by account.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from sim.books.audited_amounts import AuditedAmounts, ExchangeRates
from sim.books.columns import as_numpy
from sim.books.documents import Postings
from sim.books.kinds import ACCOUNTS, BUCKETS, KINDS
from sim.books.register import Register
from sim.clock import Clock
from sim.errors import InvariantError
from sim.network import Network
from sim.orders import LINE_REFUSED, REPLACED, SHIPPED
from sim.units import DAY_MS

if TYPE_CHECKING:
    from sim.books.inventory import Inventory

_ON_HAND = frozenset(BUCKETS) - {"in_transit"}
_ON_SHELF = ("available", "committed", "quarantined")


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
        rates: ExchangeRates | None = None,
    ) -> None:
        self._register, self._inventory, self._network, self._clock = register, inventory, network, clock
        self._amounts = AuditedAmounts(register, network, rates)
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
        self._written = np.zeros(len(self._accounts), dtype=np.int64)
        """By account, what the journal has."""
        self.facts = 0
        self._swept_ms = 0

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
        node, other, product, units, value = self._amounts.goods_of(kind, record)
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
        node, _, product, units, _ = self._amounts.goods_of(kind, record)
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
        self._amounts.begin()
        for account, sign, amount in posts:
            cents = sign * self._amounts.of(amount, record)
            name = self._accounts[self._register.notes.account[record]] if account == "note_account" else account
            self.balances[name] += cents
            total += cents
            if account == "inventory":
                node = self._amounts.goods_of(kind, record)[0]
                self._node_account[node] += cents
                if self._node_account[node] != self._node_value[node]:
                    raise InvariantError(
                        f"{kind} of record {record}: inventory account of {self._network.nodes[node].name} is "
                        f"{self._node_account[node]}, its stock is worth {self._node_value[node]}"
                    )
        if total:
            raise InvariantError(f"{kind} of record {record} is out of balance by {total}")

    # Comparisons.

    def hear(self, written: Postings) -> None:
        """Lines of the journal, as they are written."""
        np.add.at(self._written, written.account, written.amount_cents)

    def compare_journal(self) -> None:
        """Compare the journal, all of it written, with the auditor's own.

        Raises
        ------
        InvariantError
            Naming the accounts that differ.
        """
        pairs = zip(self._accounts, self._written.tolist(), strict=True)
        wrong = [f"{name} {cents}, not {self.balances[name]}" for name, cents in pairs if cents != self.balances[name]]
        if wrong:
            raise InvariantError(f"the journal is not what the facts come to: {'; '.join(wrong)}")

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
