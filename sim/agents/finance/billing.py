"""Billing of business customers: invoices by shipment or by month, paid late, or short."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.agents.customers.accounts import Accounts
from sim.agents.finance.short_payments import ShortPayments
from sim.books.amounts import INVOICE
from sim.books.kinds import NUMBER
from sim.clock import SWEEP
from sim.network import Channel
from sim.plans.billing import BillingPlan

if TYPE_CHECKING:
    from sim.agents.site import Site

Ints = NDArray[np.int64]

_STATEMENT = NUMBER["statement_sent"]
_RANK = 1 << 23


@dataclass(frozen=True, slots=True)
class Invoice:
    """What an account owes together: its shipments, the plan by which it pays, and the number of its luck."""

    channel: int
    account: int
    plan: BillingPlan
    luck: int
    shipments: tuple[int, ...]


class Billing:
    """All invoices to accounts with a billing plan: the contract's, or the channel's.

    Revenue and receivables are posted with each shipment; what is billed here is when, and how much of it, is paid.
    """

    def __init__(self, site: Site) -> None:
        self._site = site
        channels = site.world.network.channels
        self._accounts = [Accounts(c, site.streams) if self.plans_of(c) else None for c in channels]
        self._late, self._late_by, self._short, self._short_by = (
            [site.streams.counter(purpose, c.name) for c in channels]
            for purpose in ("late payment", "late by", "short payment", "short by")
        )
        self._month: dict[tuple[int, int], list[int]] = {}
        """By channel and account: what has left in this month."""
        self.short = ShortPayments(site)
        if any(plan.invoices == "month" for c in channels for plan in self.plans_of(c)):
            self._call_month_end(0)

    @staticmethod
    def plans_of(channel: Channel) -> list[BillingPlan]:
        """All plans of a channel: its own, and its contracts'."""
        return [plan for plan in (channel.billing, *(c.billing for c in channel.contracts)) if plan is not None]

    def _plan(self, channel: int, at_ms: int) -> tuple[BillingPlan | None, int]:
        """The plan of the account that orders at a moment, and from shipment to payment."""
        accounts = self._accounts[channel]
        assert accounts is not None
        contract, plan = accounts.contract(at_ms), self._site.world.network.channels[channel].billing
        if contract is not None and contract.billing is not None:
            plan = contract.billing
        if plan is None:
            return None, 0
        return plan, plan.terms_ms if contract is None or contract.terms_ms is None else contract.terms_ms

    # Invoices.

    def bill(self, channel: int, shipments: Ints) -> Ints:
        """Shipments were invoiced: bill those of accounts with a plan; the others are given back."""
        accounts, register = self._accounts[channel], self._site.register
        if accounts is None:
            return shipments
        others = []
        for shipment in shipments.tolist():
            order = register.shipments.order[shipment]
            at_ms = register.orders.at_ms[order]
            plan, terms_ms = self._plan(channel, at_ms)
            if plan is None or self._site.finance.payment_kind(order) != INVOICE:
                others.append(shipment)
                continue
            account = accounts.account(at_ms)
            if plan.invoices == "month":
                self._month.setdefault((channel, account), []).append(shipment)
            else:
                luck = (at_ms << 5) + register.shipments.sequence[shipment] % 32
                self._await(Invoice(channel, account, plan, luck, (shipment,)), terms_ms)
        return np.array(others, dtype=np.int64)

    def _call_month_end(self, from_day: int) -> None:
        site, day = self._site, from_day + 1
        while site.calendar.date_of(day).day != 1:
            day += 1
        at_ms = site.calendar.at(day, 0)
        if at_ms <= site.world.horizon.drain_until_ms:
            site.clock.at(at_ms, SWEEP, self._end_month, day, rank=_RANK)

    def _end_month(self, day: int) -> None:
        """An invoice for each account: all that has left for it since the last one."""
        site, register = self._site, self._site.register
        month, self._month = self._month, {}
        for (channel, account), shipments in sorted(month.items()):
            plan, terms_ms = self._plan(channel, register.orders.at_ms[register.shipments.order[shipments[0]]])
            assert plan is not None
            gross = int(site.finance.gross_cents(np.array(shipments, dtype=np.int64)).sum())
            note = register.notes.add(units=len(shipments), value_cents=gross)
            site.log.one(_STATEMENT, site.channels[channel].actor, 0, note)
            self._await(Invoice(channel, account, plan, (day << 20) + account, tuple(shipments)), terms_ms)
        self._call_month_end(day)

    # Payments.

    def _await(self, invoice: Invoice, terms_ms: int) -> None:
        """The customer pays with the first payment run after the invoice is due, or later."""
        site, channel, luck = self._site, invoice.channel, invoice.luck
        paid_ms = site.clock.now_ms + terms_ms
        if self._late[channel].at(luck) < invoice.plan.late_share:
            paid_ms += round(invoice.plan.late_by_ms.at(self._late_by[channel].at(luck)))
        interval_ms = site.world.network.channels[channel].settlement_interval_ms
        run_ms = -(-paid_ms // interval_ms) * interval_ms
        site.clock.gather(run_ms, SWEEP, self._pay, [invoice], rank=_RANK + 1 + channel)

    def _pay(self, invoices: list[Invoice]) -> None:
        for invoice in invoices:
            if self._short[invoice.channel].at(invoice.luck) < invoice.plan.short_share:
                share = invoice.plan.short_by.at(self._short_by[invoice.channel].at(invoice.luck))
                self.short.expect(invoice.shipments, share, invoice.plan)
        for channel in sorted({invoice.channel for invoice in invoices}):
            own = [s for invoice in invoices if invoice.channel == channel for s in invoice.shipments]
            self._site.finance.book_payout(channel, np.array(own, dtype=np.int64))
