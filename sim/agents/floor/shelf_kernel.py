"""Whether pickers will find all that they were sent for, and nothing else, in one pass of compiled code."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit

from sim.addresses import Addresses, int_at, long_at, short_at
from sim.streams import keys_of
from sim.uniforms import uniform_at

if TYPE_CHECKING:
    from sim.agents.site import Site
    from sim.streams import CounterStream

(
    FIRST_PIECE,
    PIECE_LINE,
    PIECE_PRODUCT,
    PIECE_UNITS,
    LINE_ORDER,
    FIRST_LINE,
    ORDER_MS,
    ORDER_CHANNEL,
    AVAILABLE,
    COMMITTED,
    DIFFERENCE,
    COLUMNS,
) = range(12)


class UsualPicks:
    """Tells batches in which nothing goes wrong, as nearly all are, from those that must be looked at piece by piece.

    Parameters
    ----------
    luck
        By channel: what decides whether a line is mistaken for another, by its own number.
    """

    def __init__(self, site: Site, luck: list[CounterStream]) -> None:
        self._site, self._luck = site, luck
        self._memory = np.zeros(COLUMNS, dtype=np.int64)
        self._addresses = Addresses()
        site.register.moves.listen(self._addresses.forget)

    def are(self, node: int, shipments: list[int], mispick_share: float) -> bool:
        """Whether the shelf surely has all of these shipments, and no line of them is picked wrongly."""
        if not self._addresses:
            self._bind()
        jobs, keys = array("i", shipments), keys_of(self._luck)
        return bool(nothing_odd(self._memory, keys, node, *jobs.buffer_info(), mispick_share))

    def _bind(self) -> None:
        memory, address, register = self._memory, self._addresses, self._site.register
        memory[FIRST_PIECE] = address.of(register.shipments.first_piece)
        memory[PIECE_LINE] = address.of(register.pieces.line)
        memory[PIECE_PRODUCT] = address.of(register.pieces.product)
        memory[PIECE_UNITS] = address.of(register.pieces.units)
        memory[LINE_ORDER] = address.of(register.lines.order)
        memory[FIRST_LINE] = address.of(register.orders.first_line)
        memory[ORDER_MS] = address.of(register.orders.at_ms)
        memory[ORDER_CHANNEL] = address.of(register.orders.channel)
        inventory = self._site.inventory
        memory[AVAILABLE] = address.table(inventory.available)
        memory[COMMITTED] = address.table(inventory.committed)
        memory[DIFFERENCE] = address.table(inventory.difference)


@njit
def _wanted_of(product: int, shipments: Any, count: int, first_piece: Any, product_of: Any, units_of: Any) -> int:
    """Units of a product in all of some shipments."""
    units = 0
    for row in range(count):
        for piece in range(first_piece[shipments[row]], first_piece[shipments[row] + 1]):
            if product_of[piece] == product:
                units += units_of[piece]
    return units


@njit("boolean(int64[::1], uint64[::1], int64, int64, int64, float64)", cache=True)
def nothing_odd(memory: Any, keys: Any, node: int, jobs: int, count: int, mispick_share: float) -> bool:
    """What `UsualPicks.are` says, of ``count`` shipment numbers at the address ``jobs``; units set aside until they are
    counted are left out, though the shelf has them too."""
    shipments, first_piece, line_of = int_at(jobs), int_at(memory[FIRST_PIECE]), int_at(memory[PIECE_LINE])
    product_of, units_of = int_at(memory[PIECE_PRODUCT]), int_at(memory[PIECE_UNITS])
    order_of, first_line = int_at(memory[LINE_ORDER]), int_at(memory[FIRST_LINE])
    at_ms, channel_of = long_at(memory[ORDER_MS]), short_at(memory[ORDER_CHANNEL])
    available, committed = long_at(long_at(memory[AVAILABLE])[node]), long_at(long_at(memory[COMMITTED])[node])
    difference = long_at(long_at(memory[DIFFERENCE])[node])
    wanted = 0
    for row in range(count):
        for piece in range(first_piece[shipments[row]], first_piece[shipments[row] + 1]):
            wanted += units_of[piece]
    for row in range(count):
        for piece in range(first_piece[shipments[row]], first_piece[shipments[row] + 1]):
            product, line = product_of[piece], line_of[piece]
            order = order_of[line]
            number = (at_ms[order] << 8) + line - first_line[order]
            if mispick_share > 0 and uniform_at(keys[channel_of[order]], number) < mispick_share:
                return False
            left = available[product] + committed[product] + difference[product]
            if left < wanted and left < _wanted_of(product, shipments, count, first_piece, product_of, units_of):
                return False
    return True
