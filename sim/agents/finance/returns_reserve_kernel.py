"""What the accountants expect back of every order, in one pass of compiled code; see `returns_reserve`."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit


@njit(
    "Tuple((int64, int64, int64))(int64, int64[:, :], int64, float64, int32[::1], int32[::1], int32[::1], int64[::1],"
    "int16[::1], float64[::1], float64[::1])",
    cache=True,
)
def expected(
    first_order: int,
    columns: Any,
    since_ms: int,
    fixed_share: float,
    first_line: Any,
    line_product: Any,
    line_units: Any,
    line_price: Any,
    order_channel: Any,
    share_of_product: Any,
    factor_of_channel: Any,
) -> Any:
    """What comes back of the orders that were last sold at or after ``since_ms``.

    Parameters
    ----------
    columns
        By order from ``first_order`` on: revenue, refunds, cost of what was sent and of what came back (minor units,
        as the journal has them), and when it was last sold.
    fixed_share
        Of every sale; below 0, the share follows from what was sold.

    Returns
    -------
    sales_cents, goods_cents, oldest
        What is expected back at prices and at cost, and the row of the first order that still counts.
    """
    sales = goods = 0
    oldest = columns.shape[1]
    for row in range(columns.shape[1] - 1, -1, -1):
        if columns[4, row] < since_ms:
            continue
        oldest = row
        order, share = first_order + row, fixed_share
        if share < 0:
            total = back = 0.0
            for line in range(first_line[order], first_line[order + 1]):
                value = float(line_price[line] * line_units[line])
                total += value
                back += value * share_of_product[line_product[line]]
            share = min(1.0, factor_of_channel[order_channel[order]] * back / max(total, 1.0))
        sales += int(np.rint(max(0.0, share * -columns[0, row] - columns[1, row])))
        goods += int(np.rint(max(0.0, share * columns[2, row] + columns[3, row])))
    return sales, goods, oldest
