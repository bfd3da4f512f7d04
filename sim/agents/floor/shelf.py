"""The shelf behind the record: what really lies there, how the two part, and what a count does about it.

Allocation, replenishment and channels see the record alone. Units that are stolen or broken, and lines that were picked
or received wrongly, change the shelf; the difference comes to light when a picker finds too little or somebody counts.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from sim.agents.floor.shelf_kernel import UsualPicks
from sim.books.columns import as_numpy
from sim.books.kinds import NUMBER
from sim.books.reasons import REASON_NUMBER
from sim.calendar import LocalDay
from sim.clock import DECISION, RETURN, SWEEP
from sim.orders import RELEASED, VALIDATED
from sim.units import DAY_MS

if TYPE_CHECKING:
    from sim.agents.site import Site

_LOST, _GAINED, _RAISED, _LOWERED, _SHORT_PICKED, _MISPICKED, _QUARANTINED, _UNQUARANTINED = (
    NUMBER[k]
    for k in (
        "shelf_lost",
        "shelf_gained",
        "record_raised",
        "record_lowered",
        "short_picked",
        "mispicked",
        "quarantined",
        "quarantine_released",
    )
)
_SHRINKAGE, _WRONG_ITEM, _MISCOUNTED, _SHORT_PICK, _COUNTED = (
    REASON_NUMBER[r] for r in ("shrinkage", "wrong_item", "miscounted", "short_pick", "counted")
)

DAYS_IN_YEAR = 365
NOTICED_MS = DAY_MS
"""From delivery until a customer who got another SKU asks for a return."""


class Shelf:
    """The shelves of all nodes."""

    def __init__(self, site: Site) -> None:
        self._site = site
        network = site.world.network
        self._shrinks = [n.shrinkage_share for n in network.nodes]
        self._mispicks = [n.mispick_share for n in network.nodes]
        self._errs = [n.receiving_error_share for n in network.nodes]
        self._pick_luck = [site.streams.counter("mispicks", c.name) for c in network.channels]
        self._usual = UsualPicks(site, self._pick_luck)
        self._receiving = [site.streams.counter("receiving errors", n.name) for n in network.nodes]
        self._transit = [site.streams.counter("wrong item back", c.name) for c in network.channels]
        self._received: dict[tuple[int, int], int] = {}
        """Lines received so far, by (node, product): the number of the next one's luck."""
        self._suspect: dict[tuple[int, int], int] = {}
        """Units on record that a picker did not find: in quarantine until they are counted, by (node, product)."""
        self._wrong: dict[int, int] = {}
        """By piece: the product that was picked in its stead."""
        site.register.leaving.forget(site.register.pieces, self._wrong)

    def on_hand(self, node: int, product: int) -> int:
        """Units that a picker would find."""
        live = self._site.inventory
        suspect = self._suspect.get((node, product), 0)
        return live.available[node][product] + live.committed[node][product] + suspect + live.difference[node][product]

    # How shelf and record part.

    def start(self) -> None:
        """Put the end of each clock's first day on the run's."""
        if any(self._shrinks):
            for calendar, nodes in self._site.calendar.groups(self._site.world.network.nodes):
                self._call((calendar, nodes, calendar.first_day))

    def _call(self, what: LocalDay) -> None:
        calendar, _, day = what
        at_ms = calendar.at(day + 1, 0)
        if at_ms <= self._site.world.horizon.end_ms:
            self._site.clock.at(at_ms, SWEEP, self._shrink, what, rank=4)

    def _shrink(self, what: LocalDay) -> None:
        """A day's thefts and breakages: a Poisson number for each SKU, of a mean in proportion to what lies there."""
        site, (calendar, nodes, day) = self._site, what
        for node in nodes:
            share = self._shrinks[node]
            if not share:
                continue
            live, name = site.inventory, site.world.network.nodes[node].name
            held = as_numpy(live.available[node]) + as_numpy(live.committed[node]) + as_numpy(live.difference[node])
            luck = site.streams.block("shrinkage", name, day, len(held))
            mean = np.maximum(held, 0) * (share / DAYS_IN_YEAR)
            for product in np.flatnonzero(luck >= np.exp(-mean)).tolist():
                units = min(_poisson(float(mean[product]), float(luck[product])), self.on_hand(node, product))
                self._lose(node, product, units, _SHRINKAGE)
        self._call((calendar, nodes, day + 1))

    def _lose(self, node: int, product: int, units: int, reason: int) -> None:
        if units > 0:
            self._site.inventory.lose(node, product, units)
            self._note(_LOST, node, product, units, reason)

    def _gain(self, node: int, product: int, units: int, reason: int) -> None:
        self._site.inventory.gain(node, product, units)
        self._note(_GAINED, node, product, units, reason)

    def _note(self, kind: int, node: int, product: int, units: int, reason: int, value: int = 0) -> None:
        site = self._site
        site.log.one(kind, site.warehouses[node].actor, reason, site.register.goods.add(node, product, units, value))

    def put_away(self, node: int, goods: list[int]) -> None:
        """Lines were put away: of some, a unit more or less than the record has."""
        column = self._site.register.goods
        for record in goods if self._errs[node] else ():
            product = column.product[record]
            number = self._received[node, product] = self._received.get((node, product), -1) + 1
            luck = self._receiving[node].at((product << 32) + number)
            if luck < self._errs[node] / 2:
                self._lose(node, product, min(1, self.on_hand(node, product)), _MISCOUNTED)
            elif luck < self._errs[node]:
                self._gain(node, product, 1, _MISCOUNTED)

    def book_again(self, node: int, product: int, units: int, reason: int) -> None:
        """What was put away is put on record once more: the shelf has it once."""
        value = self._worth(node, product, units)
        self._site.inventory.raise_record(node, product, units, value)
        self._note(_RAISED, node, product, units, reason, value)
        self._site.backorders.stock_came([product])

    # Picking.

    def look_for(self, node: int, shipments: list[int]) -> list[tuple[int, int, int]]:
        """Pickers were at the shelf for these shipments, in this sequence: (shipment, line, units) of what they did not
        find. Of a shipment that misses something nothing is taken; of the others, some lines are another SKU."""
        return [] if self._usual.are(node, shipments, self._mispicks[node]) else self._look_closer(node, shipments)

    def _look_closer(self, node: int, shipments: list[int]) -> list[tuple[int, int, int]]:
        register, left = self._site.register, dict[int, int]()
        pieces, missing = register.pieces, list[tuple[int, int, int]]()
        for shipment in shipments:
            taken: dict[int, int] = {}
            short: list[tuple[int, int, int]] = []
            for piece in register.pieces_of(shipment):
                product, units = pieces.product[piece], pieces.units[piece]
                found = left.setdefault(product, self.on_hand(node, product)) - taken.get(product, 0)
                if found < units:
                    short.append((shipment, pieces.line[piece], units - max(0, found)))
                taken[product] = taken.get(product, 0) + units
            if short:
                missing += short
                continue
            for product, units in taken.items():
                left[product] -= units
            if self._mispicks[node]:
                self._mix_up(node, shipment, left)
        return missing

    def _mix_up(self, node: int, shipment: int, left: dict[int, int]) -> None:
        """Of some lines, a picker takes what lies next to them."""
        register = self._site.register
        channel = register.orders.channel[register.shipments.order[shipment]]
        for piece in register.pieces_of(shipment):
            line, product, units = (
                register.pieces.line[piece],
                register.pieces.product[piece],
                register.pieces.units[piece],
            )
            if self._pick_luck[channel].at(self._own_number(line)) >= self._mispicks[node]:
                continue
            other = self._neighbour(node, product, units, left)
            if other is None:
                continue
            left[other] -= units
            left[product] += units
            self._wrong[piece] = other
            self._lose(node, other, units, _WRONG_ITEM)
            self._gain(node, product, units, _WRONG_ITEM)
            note = register.notes.add(order=register.lines.order[line], line=line, product=other, units=units)
            self._site.log.one(_MISPICKED, self._site.warehouses[node].actor, _WRONG_ITEM, note)

    def _own_number(self, line: int) -> int:
        """The moment of the order and the place of the line in it: neither a policy nor another channel shifts it."""
        orders = self._site.register.orders
        order = self._site.register.lines.order[line]
        return (orders.at_ms[order] << 8) + line - orders.first_line[order]

    def _neighbour(self, node: int, product: int, units: int, left: dict[int, int]) -> int | None:
        """The next SKU of which there is enough."""
        count = len(self._site.world.network.products)
        for step in range(1, count):
            other = (product + step) % count
            if left.setdefault(other, self.on_hand(node, other)) >= units:
                return other
        return None

    def report_short(self, node: int, missing: list[tuple[int, int, int]]) -> None:
        """Shipments that miss something are taken apart, what was not found is set aside and counted soon; their
        orders are served anew from what the record then has."""
        site, register = self._site, self._site.register
        orders: dict[int, None] = {}
        products: dict[int, None] = {}
        for shipment, line, units in missing:
            order, product = register.shipments.order[shipment], register.lines.product[line]
            note = register.notes.add(order=order, line=line, product=product, units=units)
            site.log.one(_SHORT_PICKED, site.warehouses[node].actor, _SHORT_PICK, note)
            if register.shipments.state[shipment] == RELEASED:
                site.orchestrator.void(shipment, _SHORT_PICK)
            orders[order] = products[product] = None
        for product in products:
            self._set_aside(node, product)
        self._serve(list(orders))

    def _set_aside(self, node: int, product: int) -> None:
        live, suspect = self._site.inventory, self._suspect.get((node, product), 0)
        units = min(live.available[node][product], -live.difference[node][product] - suspect)
        if units > 0:
            live.quarantine(node, product, units)
            self._suspect[node, product] = suspect + units
            self._note(_QUARANTINED, node, product, units, _SHORT_PICK)

    def _serve(self, orders: list[int]) -> None:
        site = self._site
        for order in orders:
            if site.register.orders.state[order] == VALIDATED:
                site.allocator.allocate(order)

    def sendable(self, node: int, product: int, units: int) -> int:
        """Who fetches units for another purpose than an order sees the shelf: how many of ``units`` there are."""
        if units > self.on_hand(node, product) - self._site.inventory.committed[node][product]:
            self.count(node, product)
        return max(0, min(units, self._site.inventory.available[node][product]))

    # Counting.

    def count(self, node: int, product: int) -> int:
        """Count a SKU and correct its record; how many units there are. Where more is committed than is there, the
        latest promises lose their stock, and are served anew."""
        site, live, cell = self._site, self._site.inventory, (node, product)
        suspect, orders = self._suspect.pop(cell, 0), list[int]()
        if suspect:
            live.release(node, product, suspect)
            self._note(_UNQUARANTINED, node, product, suspect, _COUNTED)
        difference = live.difference[node][product]
        if difference > 0:
            value = self._worth(node, product, difference)
            live.raise_record(node, product, difference, value)
            self._note(_RAISED, node, product, difference, _COUNTED, value)
        elif difference < 0:
            orders = self._decommit(node, product, -difference)
            value = live.lower_record(node, product, -difference)
            self._note(_LOWERED, node, product, -difference, _COUNTED, value)
        if site.recall.held:
            site.recall.catch(node, (product,))
        if orders:  # at this instant, but after whatever else the cause of this count does
            site.clock.at(site.clock.now_ms, DECISION, self._serve, orders, rank=node)
        if difference > 0:
            site.backorders.stock_came([product])
        return self.on_hand(node, product)

    def _worth(self, node: int, product: int, units: int) -> int:
        """Units found are worth what the others are; if there are none, what they cost."""
        held, value = self._site.inventory.units[node][product], self._site.inventory.value_cents[node][product]
        if not held:
            return units * self._site.world.network.products[product].cost_cents
        return (2 * value * units + held) // (2 * held)

    def _decommit(self, node: int, product: int, missing: int) -> list[int]:
        """Take shipments apart, the latest promise first, until ``missing`` units are available; their orders."""
        site, register = self._site, self._site.register
        available = site.inventory.available[node]
        if available[product] >= missing:
            return []
        shipments, deliver_by = register.shipments, register.orders.deliver_by_ms
        present = shipments.present()
        here = (as_numpy(shipments.node)[present] == node) & (as_numpy(shipments.state)[present] <= RELEASED)
        holding = [s for s in present[here].tolist() if any(p == product for p, _ in register.contents((s,)))]
        orders: dict[int, None] = {}
        for shipment in sorted(holding, key=lambda s: (-deliver_by[shipments.order[s]], -s)):
            if available[product] >= missing:
                break
            site.orchestrator.void(shipment, _COUNTED)
            orders[shipments.order[shipment]] = None
        if available[product] < missing and site.reservations is not None:
            site.reservations.leave(node, product)
        return list(orders)

    # Customers who got something else.

    def delivered(self, shipments: list[int]) -> None:
        """Who finds another SKU in the parcel sends it back for a refund, unless it was to be sent back anyway."""
        site, register, wrong = self._site, self._site.register, self._wrong
        first, return_units = register.shipments.first_piece, register.lines.return_units
        pieces = [(s, p) for s in shipments for p in range(first[s], first[s + 1]) if p in wrong] if wrong else []
        for shipment, piece in pieces:
            line = register.pieces.line[piece]
            if not return_units[line] and not site.returns.is_broken(shipment):
                register.orders.pending[register.lines.order[line]] += 1
                site.clock.gather(site.clock.now_ms + NOTICED_MS, RETURN, self._send_back, [piece])

    def repacked(self, piece: int, into: int) -> None:
        """A piece that was picked goes on as another one."""
        if piece in self._wrong:
            self._wrong[into] = self._wrong.pop(piece)

    def is_something_else(self, piece: int) -> bool:
        """Whether another SKU than that of the record was picked for a piece, so that it comes back by itself."""
        return piece in self._wrong

    def _send_back(self, pieces: list[int]) -> None:
        register = self._site.register
        for piece in pieces:
            line = register.pieces.line[piece]
            channel = register.orders.channel[register.lines.order[line]]
            luck = self._transit[channel].at(self._own_number(line))
            self._site.returns.mistaken(piece, _WRONG_ITEM, luck)

    def restocked(self, node: int, returns: list[int]) -> None:
        """Returned units are on the shelf of what they are, whatever the record calls them."""
        register = self._site.register
        for number in returns:
            piece = register.returns.piece[number]
            other = self._wrong.get(piece)
            if other is not None:
                units = register.returns.units[number]
                product = register.pieces.product[piece]
                self._gain(node, other, units, _WRONG_ITEM)
                self._lose(node, product, min(units, max(0, self.on_hand(node, product))), _WRONG_ITEM)


def _poisson(mean: float, u: float) -> int:
    """The quantile of a Poisson number at ``u``."""
    number, mass = 0, math.exp(-mean)
    below = mass
    while below <= u and mass > 0:
        number += 1
        mass *= mean / number
        below += mass
    return number
