"""Live stock positions: units by bucket, node and SKU, and their value in minor units.

Stock changes by the named movements below and by nothing else; each method is one movement, applied at the moment
it happens. A position that would fall below zero raises `InvariantError`: nothing is clamped. The value of a cell is
an integer V on Q units; an issue takes ``round(V q / Q)`` and the last unit takes the rest, so Q = 0 means V = 0.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from sim.addresses import Addresses
from sim.books import movements
from sim.books.columns import as_numpy
from sim.books.news import StockNews
from sim.books.register import Line, Register
from sim.books.unbroken import Unbroken
from sim.books.whole_pallets import WholePallets
from sim.errors import InvariantError

Cells = list["array[int]"]
Ints = NDArray[np.signedinteger]


def _row(products: int) -> array[int]:
    """One cell for each product; an array rather than a list, because what is compact stays close to the processor."""
    return array("q", bytes(8 * products))


class Inventory:
    """Positions of all nodes and SKUs.

    Attributes
    ----------
    available, committed, picked, awaiting, quarantined, in_transit : list of array of int
        Units, ``[node][product]``. Read them freely; only this class writes them.
    units, value_cents : list of array of int
        On hand (the first five buckets) and its value.
    difference : list of array of int
        Units on the shelf less units on record: what nobody knows until somebody counts. The shelf holds what is
        available, committed and quarantined, plus this; never fewer than no units.
    ats : list of array of int
        Available to sell, ``[pool][product]``: what a pool's nodes have available, less accepted lines that have no
        node yet. Negative where more was sold than exists.

    Parameters
    ----------
    nodes, products
        How many there are.
    pools
        The sets of nodes that channels may be served from; one pool for each different set.
    register
        Says what is in a shipment.
    """

    def __init__(self, nodes: int, products: int, pools: Sequence[frozenset[int]], register: Register) -> None:
        self._register = register
        self._memory = np.zeros(movements.COLUMNS, dtype=np.int64)
        self._addresses = Addresses()
        register.moves.listen(self._addresses.forget)

        def cells() -> Cells:
            return [_row(products) for _ in range(nodes)]

        self.available = cells()
        self.committed = cells()
        self.picked = cells()
        self.awaiting = cells()
        self.quarantined = cells()
        self.in_transit = cells()
        self.units = cells()
        self.value_cents = cells()
        self.transit_value_cents = cells()
        self.spoken_for = cells()
        """Of what is in transit: units that have an order, and are picked once they are there."""
        self.difference = cells()
        self.ats = [_row(products) for _ in pools]
        self.freed: set[int] = set()
        """Products of which an order gave units back since someone last looked (and emptied the set)."""
        self.reserved = [_row(products) for _ in pools]
        """Accepted units without a node, by the pool of the channel that sold them."""
        self.pallets: WholePallets | None = None
        """What of the available units stands on whole pallets, where anything does."""
        self.unbroken: Unbroken | None = None
        """What of all that lies there is unbroken."""
        self.news: list[StockNews | None] = [None] * len(pools)
        """Where changes of a pool's available to sell are told, for channels that hear of events."""
        self._pools_of_node = [[p for p, pool in enumerate(pools) if n in pool] for n in range(nodes)]
        self._sellable_from = [[(self.ats[p], self.news[p]) for p in pools] for pools in self._pools_of_node]
        self._touched = [[q for q, other in enumerate(pools) if other & pool] for pool in pools]
        self._relieved = [
            [[q for q in self._touched[p] if n not in pools[q]] for n in range(nodes)] for p in range(len(pools))
        ]

    # Promises: accepted units that have no node.

    def reserve(self, pool: int, basket: list[Line], seller: int = -1) -> None:
        """A channel (``seller``) accepted lines (number, product, units) for ``pool``."""
        reserved = self.reserved[pool]
        for touched in self._touched[pool]:
            ats, news = self.ats[touched], self.news[touched]
            for _, product, units in basket:
                ats[product] -= units
            if news is not None:
                news.tell(-1, basket, seller)
        for _, product, units in basket:
            reserved[product] += units

    def unreserve(self, pool: int, product: int, units: int) -> None:
        """They are not wanted any more."""
        self._drop_reservation(pool, product, units)
        self._shift(self._touched[pool], product, units)
        self.freed.add(product)

    def unpromised(self, node: int, product: int) -> int:
        """Units available at ``node`` that no accepted order without a node counts on."""
        return min([self.available[node][product], *[self.ats[p][product] for p in self._pools_of_node[node]]])

    # Movements inside a node.

    def commit(self, pool: int, node: int, basket: list[Line]) -> None:
        """Allocation: reserved units get a node; available to committed, for all lines of a shipment."""
        self._allocate(node, basket)
        reserved, relieved = self.reserved[pool], self._relieved[pool][node]
        for _, product, units in basket:
            left = reserved[product] - units
            if left < 0:
                self._overdrawn(product, units, left + units)
            reserved[product] = left
            if relieved:
                self._shift(relieved, product, units)

    def sell(self, node: int, basket: list[Line], seller: int) -> None:
        """`reserve` and `commit` at one instant: available to committed, and less to sell wherever the node serves."""
        self._allocate(node, basket)
        for ats, news in self._sellable_from[node]:
            for _, product, units in basket:
                ats[product] -= units
            if news is not None:
                news.tell(-1, basket, seller)

    def publish(self, pool: int, news: StockNews) -> None:
        """From now on, tell ``news`` of every change of what ``pool`` has to sell."""
        self.news[pool] = news
        self._sellable_from = [[(self.ats[p], self.news[p]) for p in pools] for pools in self._pools_of_node]

    def _allocate(self, node: int, basket: list[Line]) -> None:
        available, committed = self.available[node], self.committed[node]
        for _, product, units in basket:
            left = available[product] - units
            if left < 0:
                self._short("available", node, product, units, left + units)
            available[product] = left
            committed[product] += units

    def uncommit(self, pool: int, node: int, goods: Iterable[tuple[int, int]]) -> None:
        """De-allocation: committed to available; the units (product, units) are reserved again."""
        for product, units in goods:
            self._take(self.committed, "committed", node, product, units)
            self._return_to_shelf(pool, node, product, units)

    def pick(self, node: int, shipments: array[int]) -> None:
        """Committed to picked, for all pieces of a batch of shipments."""
        if not self._addresses:
            self._find_columns()
        jobs, count = shipments.buffer_info()
        short = movements.pick(self._memory, node, jobs, count)
        if short >= 0:
            product, units = self._register.pieces.product[short], self._register.pieces.units[short]
            self._short("committed", node, product, units, self.committed[node][product])

    def put_back(self, pool: int, node: int, goods: Iterable[tuple[int, int]]) -> None:
        """Picked to available; the units (product, units) are reserved again."""
        for product, units in goods:
            self._take(self.picked, "picked", node, product, units)
            self._return_to_shelf(pool, node, product, units)

    def put_away(self, node: int, product: int, units: int, *, loose: bool = False) -> None:
        """Awaiting (put-away or inspection) to available; ``loose``: what was on pallets once is not any more."""
        self._take(self.awaiting, "awaiting", node, product, units)
        self._free(node, product, units)
        if not loose:
            self._stack(node, product, units)

    # Movements out of and into a node: these carry value.

    def ship(self, node: int, products: Ints, units: Ints) -> Ints:
        """Picked to the customer, for all pieces of a collection; the value that leaves with each."""
        picked, on_hand, values = (as_numpy(rows[node]) for rows in (self.picked, self.units, self.value_cents))
        costs = np.zeros(len(products), dtype=np.int64)
        short = movements.ship(products, units, picked, on_hand, values, costs)
        if short >= 0:
            product = int(products[short])
            self._short("picked", node, product, int(units[short]), self.picked[node][product])
        return costs

    def open(self, node: int, product: int, units: int, value_cents: int) -> None:
        """Opening stock."""
        self._add(node, product, units, value_cents)
        self._free(node, product, units)
        self._stack(node, product, units)

    def receive(self, node: int, product: int, units: int, value_cents: int) -> None:
        """From a supplier or a customer, to be put away or inspected."""
        self.awaiting[node][product] += units
        self._add(node, product, units, value_cents)

    def scrap(self, node: int, product: int, units: int) -> int:
        """Awaiting inspection to scrap; returns the value lost."""
        self._take(self.awaiting, "awaiting", node, product, units)
        return self._issue(node, product, units)

    def return_to_vendor(self, node: int, product: int, units: int) -> int:
        """Awaiting inspection to the supplier; returns the value that leaves."""
        return self.scrap(node, product, units)

    def adjust_up(self, node: int, product: int, units: int, value_cents: int) -> None:
        """Units found."""
        self._add(node, product, units, value_cents)
        self._free(node, product, units)

    def adjust_down(self, node: int, product: int, units: int) -> int:
        """Units missing; returns their value."""
        self._take_available(node, product, units)
        if self.unbroken is not None:
            self.unbroken.fell(node, product)
        return self._issue(node, product, units)

    # The shelf without the record, and the record without the shelf.

    def lose(self, node: int, product: int, units: int) -> None:
        """Units are gone from the shelf, and nobody knows."""
        self.difference[node][product] -= units

    def gain(self, node: int, product: int, units: int) -> None:
        """Units lie on the shelf that the record does not have."""
        self.difference[node][product] += units

    def raise_record(self, node: int, product: int, units: int, value_cents: int) -> None:
        """The record has more units from now on; the shelf is as it was."""
        self.difference[node][product] -= units
        self.adjust_up(node, product, units, value_cents)

    def lower_record(self, node: int, product: int, units: int) -> int:
        """The record has fewer units from now on; returns their value."""
        self.difference[node][product] += units
        return self.adjust_down(node, product, units)

    def quarantine(self, node: int, product: int, units: int) -> None:
        """A quality hold: available to quarantined."""
        if self.pallets is not None:
            self.pallets.hold(node, product, units)
        self._take_available(node, product, units)
        self.quarantined[node][product] += units

    def release(self, node: int, product: int, units: int) -> None:
        """The hold is lifted: quarantined to available."""
        self._take(self.quarantined, "quarantined", node, product, units)
        self._free(node, product, units)
        if self.pallets is not None:
            self.pallets.lift(node, product, units)

    def scrap_quarantined(self, node: int, product: int, units: int) -> int:
        """Quarantined to scrap; returns the value lost."""
        self._take(self.quarantined, "quarantined", node, product, units)
        if self.unbroken is not None:
            self.unbroken.fell(node, product)
        return self._issue(node, product, units)

    def transfer_out(self, node: int, product: int, units: int, to: int) -> int:
        """Available here to in transit there; returns the value that travels."""
        whole = 0 if self.pallets is None else self.pallets.send(node, product, units)
        self._take_available(node, product, units)
        if self.unbroken is not None:
            self.unbroken.send(node, product, whole)
        value = self._issue(node, product, units)
        self.in_transit[to][product] += units
        self.transit_value_cents[to][product] += value
        return value

    def transfer_in(self, node: int, product: int, units: int, value_cents: int) -> None:
        """In transit to awaiting put-away."""
        self._take(self.in_transit, "in transit", node, product, units)
        self.transit_value_cents[node][product] -= value_cents
        self.receive(node, product, units, value_cents)

    def send_picked(self, node: int, product: int, units: int, to: int) -> int:
        """Picked here to in transit there, for the order that has them; returns the value that travels."""
        self._take(self.picked, "picked", node, product, units)
        value = self._issue(node, product, units)
        self.in_transit[to][product] += units
        self.spoken_for[to][product] += units
        self.transit_value_cents[to][product] += value
        return value

    def receive_picked(self, node: int, product: int, units: int, value_cents: int) -> None:
        """In transit to picked."""
        self._take(self.in_transit, "in transit", node, product, units)
        self.spoken_for[node][product] -= units
        self.transit_value_cents[node][product] -= value_cents
        self.picked[node][product] += units
        self._add(node, product, units, value_cents)

    def _find_columns(self) -> None:
        memory, address, register = self._memory, self._addresses, self._register
        memory[movements.FIRST_PIECE] = address.of(register.shipments.first_piece)
        memory[movements.PRODUCT] = address.of(register.pieces.product)
        memory[movements.UNITS] = address.of(register.pieces.units)
        memory[movements.COMMITTED] = address.table(self.committed)
        memory[movements.PICKED] = address.table(self.picked)

    # The few ways in which cells change.

    def _drop_reservation(self, pool: int, product: int, units: int) -> None:
        row = self.reserved[pool]
        left = row[product] - units
        if left < 0:
            self._overdrawn(product, units, left + units)
        row[product] = left

    def _return_to_shelf(self, pool: int, node: int, product: int, units: int) -> None:
        self.freed.add(product)
        if self.pallets is not None:
            self.pallets.of(node, product)
        self.available[node][product] += units
        self.reserved[pool][product] += units
        self._shift(self._relieved[pool][node], product, -units)

    def _stack(self, node: int, product: int, units: int) -> None:
        """Units were added that came as suppliers send them."""
        if self.pallets is not None:
            self.pallets.store(node, product, units)
        if self.unbroken is not None:
            self.unbroken.store(node, product, units)

    def _free(self, node: int, product: int, units: int) -> None:
        if self.pallets is not None:
            self.pallets.of(node, product)
        self.available[node][product] += units
        self._shift(self._pools_of_node[node], product, units)

    def _take_available(self, node: int, product: int, units: int) -> None:
        self._take(self.available, "available", node, product, units)
        self._shift(self._pools_of_node[node], product, -units)

    def _shift(self, pools: Sequence[int], product: int, units: int) -> None:
        for pool in pools:
            self.ats[pool][product] += units
            news = self.news[pool]
            if news is not None:
                news.tell(1, [(-1, product, units)])

    def _take(self, bucket: Cells, name: str, node: int, product: int, units: int) -> None:
        row = bucket[node]
        left = row[product] - units
        if left < 0:
            self._short(name, node, product, units, left + units)
        row[product] = left

    def _add(self, node: int, product: int, units: int, value_cents: int) -> None:
        self.units[node][product] += units
        self.value_cents[node][product] += value_cents

    def _issue(self, node: int, product: int, units: int) -> int:
        quantity, value = self.units[node][product], self.value_cents[node][product]
        cost = (2 * value * units + quantity) // (2 * quantity)
        self.units[node][product] = quantity - units
        self.value_cents[node][product] = value - cost
        return cost

    def _overdrawn(self, product: int, units: int, held: int) -> None:
        raise InvariantError(f"product {product}: {units} units unreserved, {held} were reserved")

    def _short(self, bucket: str, node: int, product: int, units: int, held: int) -> None:
        raise InvariantError(f"node {node}, product {product}: {units} units wanted, {held} {bucket}")
