"""The returns reserve: what the accountants expect to give back of the sales that they booked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.agents.finance.returns_reserve_kernel import expected
from sim.books.booking import ByOrder
from sim.books.columns import as_numpy
from sim.books.window import Window, add_to, raise_to
from sim.plans.accounting import AccountingPlan

if TYPE_CHECKING:
    from sim.agents.site import Site

_SOLD, _COLUMNS = 4, 5
"""Revenue, refunds, cost of goods sent and of goods that came back; and when an order was last sold."""


class ReturnsReserve:
    """A refund liability and the right to the goods (IFRS 15, B20 to B27), by order and trued up at each close.

    For each order whose sale was booked within the reserve's time, the expected share of its net revenue less what was
    refunded of it; of its goods, the same at cost.
    """

    def __init__(self, site: Site, plan: AccountingPlan) -> None:
        self._site, self._plan = site, plan
        self._window = Window(_COLUMNS)
        self._new: list[tuple[int, ByOrder]] = []
        site.register.leaving.remember(2 * plan.reserve_ms)
        network = site.world.network
        shares = [network.categories[product.category].return_share for product in network.products]
        factors = [network.segments[channel.segment].return_factor for channel in network.channels]
        self._of_product, self._of_channel = np.array(shares, dtype=np.float64), np.array(factors, dtype=np.float64)
        self.sales_cents = self.goods_cents = 0
        """What is reserved now."""

    def hear(self, sales: tuple[ByOrder, ...]) -> None:
        """Lines were booked of revenue, refunds, goods sent and goods that came back."""
        self._new += [(column, lines) for column, lines in enumerate(sales) if len(lines[0])]

    def true_up(self, end_ms: int) -> tuple[int, int]:
        """By how many minor units the liability and the right to goods change, so that they are right at ``end_ms``."""
        sales_cents, goods_cents = self._expected(end_ms)
        change = (sales_cents - self.sales_cents, goods_cents - self.goods_cents)
        self.sales_cents, self.goods_cents = sales_cents, goods_cents
        return change

    def _expected(self, end_ms: int) -> tuple[int, int]:
        self._take_until(end_ms)
        register, share = self._site.register, self._plan.expected_return_share
        sales_cents, goods_cents, oldest = expected(
            self._window.first,
            self._window.values,
            max(1, end_ms - self._plan.reserve_ms),
            -1.0 if share is None else share,
            *(as_numpy(c) for c in (register.orders.first_line, register.lines.product, register.lines.units)),
            *(as_numpy(c) for c in (register.lines.price_cents, register.orders.channel)),
            self._of_product,
            self._of_channel,
        )
        self._window.forget_before(oldest)
        return sales_cents, goods_cents

    def _take_until(self, end_ms: int) -> None:
        new, self._new, due = self._new, [], list[tuple[int, ByOrder]]()
        for column, lines in new:
            past = lines[2] < end_ms
            for chosen, parts in ((past, due), (~past, self._new)):
                if chosen.any():
                    orders, amounts, times = lines
                    parts.append((column, (orders[chosen], amounts[chosen], times[chosen])))
        if not due:
            return
        window = self._window
        window.reach([orders for _, (orders, _, _) in due])
        for column, (orders, amounts, times) in due:
            add_to(orders, amounts, window.first, window.values[column])
            if column == 0:
                raise_to(orders, times, window.first, window.values[_SOLD])
