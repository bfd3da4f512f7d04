"""What the most frequent records say of themselves, looked up for every fact in one pass of compiled code."""

from __future__ import annotations

from typing import Any

from numba import njit

OTHER, ORDER, LINE, PIECE, SHIPMENT = range(5)
"""Tables of the register, as far as they are looked up here."""


@njit(
    "void(int8[::1], int32[::1], int16[::1], int32[::1], int32[::1], int32[::1], int32[::1], int32[::1], int16[::1],"
    "int32[::1], int32[::1], int32[::1], int32[::1], int16[::1], int16[::1])",
    cache=True,
)
def describe(
    table: Any,
    record: Any,
    order_channel: Any,
    line_order: Any,
    line_product: Any,
    piece_line: Any,
    piece_shipment: Any,
    shipment_order: Any,
    shipment_node: Any,
    order: Any,
    shipment: Any,
    line: Any,
    product: Any,
    node: Any,
    channel: Any,
) -> None:
    """Fill ``order`` to ``channel`` for every fact; -1 where its record does not say, or is of another table."""
    for row in range(len(record)):
        what, number = table[row], record[row]
        order[row] = shipment[row] = line[row] = product[row] = -1
        node[row] = channel[row] = -1
        if what == PIECE:
            shipment[row] = piece_shipment[number]
            node[row] = shipment_node[piece_shipment[number]]
            number = piece_line[number]
            what = LINE
        if what == LINE:
            line[row] = number
            product[row] = line_product[number]
            number = line_order[number]
            what = ORDER
        elif what == SHIPMENT:
            shipment[row] = number
            node[row] = shipment_node[number]
            number = shipment_order[number]
            what = ORDER
        if what == ORDER:
            order[row] = number
            channel[row] = order_channel[number]
