"""Invoices that were not paid in full: what is missing stands open until somebody has settled it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.books.kinds import NUMBER
from sim.books.reasons import REASON_NUMBER
from sim.clock import SWEEP
from sim.plans.billing import BillingPlan

if TYPE_CHECKING:
    from sim.agents.site import Site

Ints = NDArray[np.int64]

_SHORT, _WRITTEN_OFF, _CREDITED, _TAX_CREDITED, _PAID = (
    NUMBER[k]
    for k in ("short_paid", "residual_written_off", "residual_credited", "residual_tax_credited", "residual_paid")
)
_UPHELD, _DISMISSED = REASON_NUMBER["upheld"], REASON_NUMBER["dismissed"]
_RANK = (1 << 23) - 1


class ShortPayments:
    """Residuals by order. An order with one does not close, and its account's credit is not free, until it is gone:
    paid, credited or written off."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._expected: dict[int, tuple[float, BillingPlan]] = {}
        """By shipment that will be paid short: the share that is missing."""
        self._open: dict[int, list[tuple[int, BillingPlan]]] = {}
        """By order that a desk looks at: what is missing."""
        self._verdict = [site.streams.counter("short payment upheld", c.name) for c in site.world.network.channels]

    def expect(self, shipments: Sequence[int], share: float, plan: BillingPlan) -> None:
        """So much of what these cost will be missing when their money comes."""
        for shipment in shipments:
            self._expected[shipment] = (share, plan)

    def paid(self, shipments: Ints) -> None:
        """Money for shipments came in; take off what was missing of it."""
        if not self._expected:
            return
        site, order_of = self._site, self._site.register.shipments.order
        for shipment in shipments.tolist():
            share, plan = self._expected.pop(shipment, (0.0, None))
            gross = int(site.finance.gross_cents(np.array([shipment]))[0])
            missing = min(gross, round(gross * share))
            if plan is None or not missing:
                continue
            order = order_of[shipment]
            self._tell(_SHORT, site.finance.actor, order, missing)
            if missing < plan.write_off_below_cents:
                self._tell(_WRITTEN_OFF, site.finance.actor, order, missing)
                continue
            site.register.orders.pending[order] += 1
            if site.credit is not None:
                site.credit.owes(order, missing)
            waits = order in self._open
            self._open.setdefault(order, []).append((missing, plan))
            if not waits:
                site.exceptions.put(order, "short_payment")

    def decide(self, order: int, desk: int) -> None:
        """The people of a desk looked at what is missing of an order."""
        site, orders = self._site, self._site.register.orders
        for number, (missing, plan) in enumerate(self._open.pop(order, [])):
            luck = self._verdict[orders.channel[order]].at((orders.at_ms[order] << 5) + number)
            if luck < plan.upheld_share:
                tax = self._tax_in(order, missing)
                self._tell(_CREDITED, desk, order, missing - tax, _UPHELD)
                if tax:
                    self._tell(_TAX_CREDITED, desk, order, tax, _UPHELD)
                self._end(order, missing)
            else:
                at_ms = site.clock.now_ms + plan.residual_after_ms
                site.clock.gather(at_ms, SWEEP, self._come_in, [(order, missing)], rank=_RANK)

    def _come_in(self, residuals: list[tuple[int, int]]) -> None:
        for order, missing in residuals:
            self._tell(_PAID, self._site.finance.actor, order, missing, _DISMISSED)
            self._end(order, missing)

    def _end(self, order: int, missing: int) -> None:
        if self._site.credit is not None:
            self._site.credit.cleared(order, missing)
        self._site.completion.settle_piece(order)

    def _tax_in(self, order: int, cents: int) -> int:
        """The tax in a gross amount, as the channel charges it."""
        bp = self._site.finance.tax_bp[self._site.register.orders.channel[order]]
        return cents * bp // (10_000 + bp)

    def _tell(self, kind: int, actor: int, order: int, cents: int, reason: int = 0) -> None:
        note = self._site.register.notes.add(order=order, value_cents=cents)
        self._site.log.one(kind, actor, reason, note)
