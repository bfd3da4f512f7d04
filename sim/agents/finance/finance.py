"""Finance: invoices when control passes, captures payments, settles with payment providers and marketplaces, returns
deposits, refunds."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.books.amounts import CARD, INVOICE, MARKETPLACE, PREPAID, Ints
from sim.books.columns import as_numpy
from sim.books.kinds import ACCOUNT_NUMBER, NUMBER
from sim.books.rates import rounded_share
from sim.books.reasons import REASON_NUMBER
from sim.clock import SWEEP
from sim.network import PAYMENT_KINDS
from sim.units import BASIS_POINTS

if TYPE_CHECKING:
    from sim.agents.site import Site

_INVOICED, _PAYMENT_CAPTURED, _CAPTURE_WAITS, _SETTLED, _DEPOSIT, _DEPOSIT_BACK, _LOST_REFUNDED, _FEE = (
    NUMBER[k]
    for k in (
        "invoiced",
        "payment_captured",
        "capture_waits",
        "settled",
        "deposit_received",
        "deposit_returned",
        "lost_refunded",
        "fee_posted",
    )
)
_GATEWAY_DOWN = REASON_NUMBER["gateway_down"]
assert (CARD, PREPAID, INVOICE, MARKETPLACE) == (0, 1, 2, 3)


class Finance:
    """The money side of one run."""

    def __init__(self, site: Site, actor: int, fee_accounts: list[str]) -> None:
        self._site, self.actor = site, actor
        channels = site.world.network.channels
        self._payment_kind = [[PAYMENT_KINDS.index(p.kind) for p in c.payments] for c in channels]
        width = max(map(len, self._payment_kind))
        self._kinds = np.array([kinds + [0] * (width - len(kinds)) for kinds in self._payment_kind])
        self.tax_bp: list[int] = [
            0 if c.kind == "marketplace" else site.world.network.entities[c.entity].tax_bp for c in channels
        ]
        self._tax_of = np.array(self.tax_bp, dtype=np.int64)
        self._fee_of = np.array([c.shipping_fee_cents for c in channels], dtype=np.int64)
        self._due: list[deque[tuple[int, NDArray[np.int64]]]] = [deque() for _ in channels]
        """By channel: shipments that settle from a moment on."""
        self._called = [False] * len(channels)
        self._uncaptured: list[NDArray[np.int64]] = []
        """Shipments that left while the gateway was down, and were paid by card."""
        self._accounts = ACCOUNT_NUMBER | {a: len(ACCOUNT_NUMBER) + i for i, a in enumerate(fee_accounts)}

    @staticmethod
    def own_accounts() -> frozenset[str]:
        """Accounts that exist whatever the scenario."""
        return frozenset(ACCOUNT_NUMBER)

    def payment_kind(self, order: int) -> int:
        """How the order is paid: an index into `PAYMENT_KINDS`."""
        orders = self._site.register.orders
        return self._payment_kind[orders.channel[order]][orders.payment[order]]

    def tax_cents(self, channel: int, net_cents: int) -> int:
        """Tax on a net amount, rounded half up."""
        return (net_cents * self.tax_bp[channel] + BASIS_POINTS // 2) // BASIS_POINTS

    def charged(self, line: int, units: int) -> tuple[int, int]:
        """(net price, tax) of units of a line."""
        register = self._site.register
        net = units * register.lines.price_cents[line]
        return net, self.tax_cents(register.orders.channel[register.lines.order[line]], net)

    # Deposits.

    def take_deposit(self, order: int) -> None:
        """A prepaid order's money arrives."""
        register = self._site.register
        orders, lines = register.orders, register.lines
        channel = orders.channel[order]
        total = register.worth(order, self._site.world.network.channels[channel].shipping_fee_cents)
        for line in orders.lines(order):
            if lines.state[line] != 1:
                net = lines.units[line] * lines.price_cents[line]
                total += net + self.tax_cents(channel, net)
        orders.deposit_cents[order] = orders.deposit_left_cents[order] = total
        self._site.log.one(_DEPOSIT, self.actor, 0, order)

    def return_deposit(self, order: int, reason: int) -> None:
        """Nothing more will be sent: what is left of the deposit goes back."""
        left_of = self._site.register.orders.deposit_left_cents
        left, left_of[order] = left_of[order], 0
        if left:
            note = self._site.register.notes.add(order=order, value_cents=left)
            self._site.log.one(_DEPOSIT_BACK, self.actor, reason, note)

    def return_deposits(self, orders: NDArray[np.signedinteger]) -> None:
        """The same for orders that are complete."""
        left = as_numpy(self._site.register.orders.deposit_left_cents)[orders]
        for order in orders[left != 0].tolist():
            self.return_deposit(order, 0)

    # Departure.

    def invoice(self, ids: NDArray[np.int64]) -> None:
        """Control passed: invoice, and collect what can be."""
        site, register = self._site, self._site.register
        site.log.add(_INVOICED, self.actor, 0, ids)
        if site.deferral is not None:
            site.deferral.invoiced(ids)
        if site.delivery_fees is not None:
            site.delivery_fees.invoiced(ids)
        if site.replacements is not None:
            ids = site.replacements.charged(ids)
        order = as_numpy(register.shipments.order)[ids]
        channel = as_numpy(register.orders.channel)[order]
        kind = self._kinds[channel, as_numpy(register.orders.payment)[order]]
        prepaid = np.flatnonzero(kind == PREPAID)
        if len(prepaid):
            gross = self.gross_cents(ids[prepaid])
            np.subtract.at(as_numpy(register.orders.deposit_left_cents), order[prepaid], gross)
        self.collect(ids if site.unsecured is None else site.unsecured.keep_back(ids))

    def collect(self, ids: NDArray[np.int64]) -> None:
        """Capture what was authorised or deposited for shipments that were invoiced, and line up for settlement."""
        site, register = self._site, self._site.register
        order = as_numpy(register.shipments.order)[ids]
        channel = as_numpy(register.orders.channel)[order]
        kind = self._kinds[channel, as_numpy(register.orders.payment)[order]]
        if site.gates.captures_down:
            by_card = kind == CARD
            site.log.add(_CAPTURE_WAITS, self.actor, _GATEWAY_DOWN, ids[by_card])
            self._uncaptured.append(ids[by_card])
            ids, channel, kind = ids[~by_card], channel[~by_card], kind[~by_card]
        site.log.add(_PAYMENT_CAPTURED, self.actor, 0, ids[kind <= PREPAID])
        if site.chargebacks is not None:
            site.chargebacks.sent(ids)
        for number in np.unique(channel).tolist():
            self._line_up(number, ids[channel == number])

    def capture_waiting(self) -> None:
        """The gateway is up: make the captures that waited for it, in their sequence."""
        waiting, self._uncaptured = self._uncaptured, []
        for ids in waiting:
            if len(ids):
                self.collect(ids)

    def price(self, shipments: Ints, pieces: Ints, begins: Ints) -> None:
        """Write down what shipments that leave are sold for; ``pieces`` are all of theirs, ``begins`` where each one's
        begin."""
        register = self._site.register
        columns = register.shipments
        price = as_numpy(register.lines.price_cents)[as_numpy(register.pieces.line)[pieces]]
        net = as_numpy(register.pieces.units)[pieces] * price
        channel = as_numpy(register.orders.channel)[as_numpy(columns.order)[shipments]]
        count = np.diff(np.append(begins, len(pieces)))
        as_numpy(columns.net_cents)[shipments] = np.add.reduceat(net, begins)
        tax = rounded_share(net, np.repeat(self._tax_of[channel], count))
        as_numpy(columns.tax_cents)[shipments] = np.add.reduceat(tax, begins)
        if self._site.replacements is not None:
            self._site.replacements.unprice(shipments)

    def gross_cents(self, shipments: Ints) -> Ints:
        """What the customers pay for shipments that left, tax and delivery included."""
        orders, columns = self._site.register.orders, self._site.register.shipments
        order = as_numpy(columns.order)[shipments]
        asked = self._site.register.all_worth(order, self._fee_of[as_numpy(orders.channel)[order]])
        fee = np.where(as_numpy(columns.sequence)[shipments] == 0, asked, 0)
        return as_numpy(columns.net_cents)[shipments] + as_numpy(columns.tax_cents)[shipments] + fee

    # Settlement.

    def _line_up(self, channel: int, shipments: NDArray[np.int64]) -> None:
        if self._site.commissions is not None:
            self._site.commissions.owed(channel, shipments)
        if self._site.billing is not None:
            shipments = self._site.billing.bill(channel, shipments)
            if not len(shipments):
                return
        if self._site.contracts is not None:
            shipments = self._site.contracts.on_usual_terms(channel, shipments)
            if not len(shipments):
                return
        if self._site.held_payouts is not None:
            shipments = self._site.held_payouts.hold(channel, shipments)
            if not len(shipments):
                return
        self.begin_terms(channel, shipments)

    def begin_terms(self, channel: int, shipments: NDArray[np.int64]) -> None:
        """The settlement delay of these runs from now on."""
        due = self._site.clock.now_ms + self._site.world.network.channels[channel].settlement_ms
        self._due[channel].append((due, shipments))
        if not self._called[channel]:
            self._call(channel, due)

    def _call(self, channel: int, due_ms: int) -> None:
        """Ask for the first settlement run at or after ``due_ms``."""
        interval = self._site.world.network.channels[channel].settlement_interval_ms
        self._called[channel] = True
        run_ms = -(-due_ms // interval) * interval
        self._site.clock.at(run_ms, SWEEP, self._settle, channel, rank=channel)

    def _settle(self, channel: int) -> None:
        site, due = self._site, self._due[channel]
        self._called[channel] = False
        runs: list[NDArray[np.int64]] = []
        while due and due[0][0] <= site.clock.now_ms:
            runs.append(due.popleft()[1])
        settled = np.concatenate(runs)
        self.book_payout(channel, settled)
        if due:
            self._call(channel, due[0][0])

    def book_payout(self, channel: int, shipments: NDArray[np.int64]) -> None:
        """What a channel's customers, provider or marketplace paid for these is in."""
        site = self._site
        site.log.add(_SETTLED, self.actor, 0, shipments)
        if site.commissions is not None:
            site.commissions.paid(shipments)
        if site.billing is not None:
            site.billing.short.paid(shipments)
        site.completion.settled(shipments)
        if site.credit is not None:
            site.credit.paid(channel, shipments)

    def refund_lost(self, shipments: NDArray[np.int64]) -> None:
        """The customer's money for parcels that never came, and were paid for."""
        if self._site.unsecured is not None:
            shipments = self._site.unsecured.credit_losses(shipments)
        self._site.log.add(_LOST_REFUNDED, self.actor, 0, shipments)
        if self._site.delivery_fees is not None:
            self._site.delivery_fees.lost(shipments)
        if self._site.commissions is not None:
            self._site.commissions.lost(shipments)

    # A replayed file's money without goods.

    def post_fee(self, fee: int) -> None:
        """Post the trace's fee number ``fee``."""
        trace = self._site.world.trace
        assert trace is not None
        account = self._accounts[trace.fee_account[fee]]
        note = self._site.register.notes.add(value_cents=int(trace.fee_cents[fee]), account=account)
        self._site.log.one(_FEE, self.actor, 0, note)
