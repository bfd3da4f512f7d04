"""The returns reserve: what the accountants expect to give back of the sales that they booked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.accounting import AccountingPlan
from sim.books.documents import Postings
from sim.books.kinds import ACCOUNT_NUMBER, NUMBER
from sim.books.register import as_numpy

if TYPE_CHECKING:
    from sim.agents.site import Site

_REVENUE, _COST, _RETURNS = (ACCOUNT_NUMBER[a] for a in ("revenue", "cost_of_goods", "sales_returns"))
_REFUNDED, _CAME_BACK = NUMBER["refunded"], NUMBER["return_received"]
_SHIPPED = NUMBER["shipped"]

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


class ReturnsReserve:
    """A refund liability and the right to the goods (IFRS 15, B20 to B27), by order and trued up at each close.

    For each order whose sale was booked within the reserve's time, the expected share of its net revenue less what was
    refunded of it; of its goods, the same at cost.
    """

    def __init__(self, site: Site, plan: AccountingPlan) -> None:
        self._site, self._plan = site, plan
        self._lines: list[Postings] = []
        site.register.leaving.remember(2 * plan.reserve_ms)
        self.sales_cents = self.goods_cents = 0
        """What is reserved now."""

    def hear(self, lines: Postings) -> None:
        """Lines were booked; keep those of sales and returns."""
        kind, account = lines.kind, lines.account
        mine = (account == _REVENUE) | ((account == _COST) & ((kind == _SHIPPED) | (kind == _CAME_BACK)))
        mine |= (account == _RETURNS) & (kind == _REFUNDED)
        if mine.any():
            self._lines.append(lines.rows(mine))

    def true_up(self, end_ms: int) -> tuple[int, int]:
        """By how many minor units the liability and the right to goods change, so that they are right at ``end_ms``."""
        sales_cents, goods_cents = self._expected(end_ms)
        change = (sales_cents - self.sales_cents, goods_cents - self.goods_cents)
        self.sales_cents, self.goods_cents = sales_cents, goods_cents
        return change

    def _expected(self, end_ms: int) -> tuple[int, int]:
        if not self._lines:
            return 0, 0
        lines = Postings.joined(self._lines)
        self._lines = [lines.rows(lines.time_ms >= end_ms - 2 * self._plan.reserve_ms)]
        past = lines.time_ms < end_ms
        sold = past & (lines.account == _REVENUE) & (lines.time_ms >= end_ms - self._plan.reserve_ms)
        place = np.full(len(self._site.register.orders), -1)
        place[lines.order[sold]] = 0
        orders = np.flatnonzero(place >= 0)
        if not len(orders):
            return 0, 0
        place[orders] = np.arange(len(orders))
        lines = lines.rows(past & (lines.order >= 0) & (place[lines.order] >= 0))
        share, of = self._share(orders, place), place[lines.order]
        revenue, refunds = -1 * (lines.account == _REVENUE), 1 * (lines.account == _RETURNS)
        spent, came_back = 1 * (lines.kind == _SHIPPED), -1 * (lines.kind == _CAME_BACK)
        return (
            _left(share, of, lines.amount_cents, revenue, refunds),
            _left(share, of, lines.amount_cents, spent, came_back),
        )

    def _share(self, orders: Ints, place: Ints) -> Floats:
        """Expected share of each order's value that comes back; ``place`` says where each order is among them."""
        if self._plan.expected_return_share is not None:
            return np.full(len(orders), self._plan.expected_return_share)
        network, register = self._site.world.network, self._site.register
        by_product = np.array([network.categories[p.category].return_share for p in network.products])
        factor = np.array([network.segments[c.segment].return_factor for c in network.channels])
        present = register.lines.present()
        mine = present[place[as_numpy(register.lines.order)[present]] >= 0]
        of = place[as_numpy(register.lines.order)[mine]]
        value = (as_numpy(register.lines.price_cents)[mine] * as_numpy(register.lines.units)[mine]).astype(float)
        expected = value * by_product[as_numpy(register.lines.product)[mine]]
        total, back = (np.bincount(of, weights=w, minlength=len(orders)) for w in (value, expected))
        own_factor = factor[as_numpy(register.orders.channel)[orders]]
        share: Floats = np.minimum(1.0, own_factor * back / np.maximum(total, 1.0))
        return share


def _left(share: Floats, of: Ints, amount: Ints, sold: Ints, returned: Ints) -> int:
    """Expected less what came back already, order by order, in whole minor units."""
    gross = np.bincount(of, weights=amount * sold, minlength=len(share))
    back = np.bincount(of, weights=amount * returned, minlength=len(share))
    return int(np.rint(np.maximum(0.0, share * gross - back)).sum())
