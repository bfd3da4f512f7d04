"""Contracts at work: how orders of their accounts are fulfilled, when they are paid, what a missed window costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.agents.customers.accounts import Accounts
from sim.books.kinds import NUMBER
from sim.books.reasons import REASON_NUMBER
from sim.clock import SWEEP
from sim.plans.contract import Contract, DeliveryWindow
from sim.units import share_of

if TYPE_CHECKING:
    from sim.agents.customers.customer import Offer
    from sim.agents.orders.workflow import Workflow
    from sim.agents.site import Site

_APPLIED, _MET, _MISSED, _PENALTY = (
    NUMBER[k] for k in ("contract_applied", "window_met", "window_missed", "penalty_charged")
)
_EARLY, _LATE = REASON_NUMBER["early"], REASON_NUMBER["late"]


class Contracts:
    """All contracts of one run.

    Parameters
    ----------
    workflow
        Keeps what a contract says of an order's fulfilment; the house's own rules come after it and may say otherwise.
    actors
        By contract's name: what the event log calls it.
    """

    def __init__(self, site: Site, workflow: Workflow, actors: dict[str, int]) -> None:
        self._site, self._workflow, self._actors = site, workflow, actors
        channels = site.world.network.channels
        self._accounts = [Accounts(c, site.streams) if c.contracts else None for c in channels]
        workflow.rules.insert(0, self.apply)

    def of(self, order: int) -> Contract | None:
        """The contract of the order's account, if it has one."""
        orders = self._site.register.orders
        accounts = self._accounts[orders.channel[order]]
        return None if accounts is None else accounts.contract(orders.at_ms[order])

    def concern(self, offer: Offer) -> NDArray[np.bool_]:
        """Arrivals whose account has one."""
        found = np.zeros(len(offer), dtype=np.bool_)
        for channel, accounts in enumerate(self._accounts):
            if accounts is not None:
                own = np.flatnonzero(offer.channel == channel)
                found[own] = accounts.have_contracts(offer.at_ms[own])
        return found

    def apply(self, order: int) -> bool:
        """Say how an order is to be fulfilled; nothing holds it here."""
        contract = self.of(order)
        if contract is not None:
            self._site.log.one(_APPLIED, self._actors[contract.name], 0, order)
            if contract.node is not None:
                self._workflow.node_of[order] = contract.node
            if contract.ship_complete is not None:
                self._workflow.complete[order] = contract.ship_complete
        return False

    # Terms of payment.

    def on_usual_terms(self, channel: int, shipments: NDArray[np.int64]) -> NDArray[np.int64]:
        """Line up what has terms of its own for payment; the others are given back."""
        if self._accounts[channel] is None:
            return shipments
        clock, order_of = self._site.clock, self._site.register.shipments.order
        interval_ms = self._site.world.network.channels[channel].settlement_interval_ms
        usual = []
        for shipment in shipments.tolist():
            contract = self.of(order_of[shipment])
            if contract is None or contract.terms_ms is None:
                usual.append(shipment)
                continue
            run_ms = -(-(clock.now_ms + contract.terms_ms) // interval_ms) * interval_ms
            clock.gather(run_ms, SWEEP, self._pay, [(channel, shipment)], rank=(1 << 24) + channel)
        return np.array(usual, dtype=np.int64)

    def _pay(self, due: list[tuple[int, int]]) -> None:
        for channel in sorted({channel for channel, _ in due}):
            own = np.array([shipment for c, shipment in due if c == channel], dtype=np.int64)
            self._site.finance.book_payout(channel, own)

    # Delivery windows.

    def delivered(self, shipments: list[int]) -> None:
        """Parcels arrived: in their window, early or late."""
        register, now = self._site.register, self._site.clock.now_ms
        for shipment in shipments:
            order = register.shipments.order[shipment]
            contract = self.of(order)
            if contract is None or contract.window is None:
                continue
            promised, window = register.orders.deliver_by_ms[order], contract.window
            if now < promised - window.early_ms:
                self._miss(shipment, order, contract, window, _EARLY)
            elif now > promised + window.late_ms:
                self._miss(shipment, order, contract, window, _LATE)
            else:
                self._site.log.one(_MET, self._actors[contract.name], 0, shipment)

    def lost(self, shipments: list[int]) -> None:
        """Parcels will never arrive."""
        for shipment in shipments:
            order = self._site.register.shipments.order[shipment]
            contract = self.of(order)
            if contract is not None and contract.window is not None:
                self._miss(shipment, order, contract, contract.window, _LATE)

    def _miss(self, shipment: int, order: int, contract: Contract, window: DeliveryWindow, reason: int) -> None:
        register, log, actor = self._site.register, self._site.log, self._actors[contract.name]
        pieces, lines = register.pieces, register.lines
        net = sum(pieces.units[p] * lines.price_cents[pieces.line[p]] for p in register.pieces_of(shipment))
        log.one(_MISSED, actor, reason, shipment)
        penalty = register.worth(order, window.penalty_cents) + share_of(net, window.penalty_bp)
        if penalty:
            log.one(_PENALTY, actor, reason, register.notes.add(order=order, value_cents=penalty))
