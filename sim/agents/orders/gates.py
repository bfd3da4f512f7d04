"""What holds orders at the door while a disruption lasts: a gateway that is down, a closed region, wrong master data,
an attack with stolen cards."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from sim.books.reasons import REASON_NUMBER
from sim.clock import CAPTURE
from sim.network import Payment
from sim.orders import CAPTURED, HELD

if TYPE_CHECKING:
    from sim.agents.site import Site

_GATEWAY_DOWN, _REGION_CLOSED, _FRAUD_REVIEW, _DATA_FAULT = (
    REASON_NUMBER[r] for r in ("gateway_down", "region_closed", "fraud_review", "data_fault")
)
BY_GATEWAY = frozenset({"card", "prepaid"})
"""Payments that need an authorisation; marketplaces and invoices do not."""


class Gates:
    """Asked for each order that comes while one of them is shut, and for no other.

    Attributes
    ----------
    gateway_down : bool
        Whether authorisations fail. An order that needs one is held and tried again after its payment's own retry
        interval, again and again, so that the rush after the outage is spread by that interval.
    captures_down : bool
        Whether the gateway neither captures nor renews an authorisation.
    faulty_products : frozenset of int
        Orders with one of them go to the order desk.
    attacks : list of (float, float)
        Share of arrivals that look suspicious on top of the usual ones, and the share of these that is fraud.
    """

    def __init__(self, site: Site) -> None:
        self._site = site
        self.gateway_down = self.captures_down = False
        self.closed_regions: frozenset[int] = frozenset()
        self.faulty_products: frozenset[int] = frozenset()
        self.attacks: list[tuple[float, float]] = []
        self._waiting: list[int] = []
        """Orders held until their region opens."""
        self._suspects: dict[int, tuple[bool, float]] = {}
        """Orders under review because of an attack: whether each is fraud, and the luck of its review."""
        self._stolen: set[int] = set()
        """Those that are fraud, and that reviewers let pass."""
        site.register.leaving.forget(site.register.orders, self._suspects, self._stolen)

    def close_gateway(self, down: bool, captures: bool) -> None:
        """From now on authorisations fail, or do not; with ``captures``, so do captures and renewals."""
        was_down, self.gateway_down = self.gateway_down, down
        captures_were_down, self.captures_down = self.captures_down, captures
        if captures_were_down and not captures:
            self._site.finance.capture_waiting()
        if down and not was_down and self._site.gateway is not None:
            self._site.gateway.stop()
        if down != was_down and self._site.unsecured is not None:
            self._site.unsecured.gateway(down=down)

    def lets_in_unsecured(self, order: int) -> bool:
        """Whether an order goes its way at risk, until its payment is authorised."""
        return self._site.unsecured is not None and self._site.unsecured.is_unsecured(order)

    def stop(self, order: int, then: Callable[[int], None]) -> bool:
        """Hold (or cancel) an order that cannot be worked on now; whether it was. ``then`` goes on with one whose
        authorisation takes its time."""
        site, orders = self._site, self._site.register.orders
        if orders.region[order] in self.closed_regions:
            if site.world.rules.closed_region_orders == "cancel":
                site.orchestrator.cancel(order, _REGION_CLOSED, site.orchestrator.actor)
            else:
                site.holds.hold(order, _REGION_CLOSED, "region")
                self._waiting.append(order)
            return True
        payment = site.world.network.channels[orders.channel[order]].payments[orders.payment[order]]
        if site.unsecured is not None and site.unsecured.accepts(order, then):
            return False
        if site.gateway is not None and payment.kind in BY_GATEWAY:
            return not site.gateway.lets_pass(order, then)
        if self.gateway_down and payment.kind in BY_GATEWAY:
            if orders.state[order] == CAPTURED:
                site.holds.hold(order, _GATEWAY_DOWN, "payment")
                site.exceptions.watch(order, "payment")
            retry_ms = site.clock.now_ms + max(1, payment.retry_ms)
            site.clock.at(retry_ms, CAPTURE, self._try_again, order, rank=order)
            return True
        return False

    def _try_again(self, order: int) -> None:
        if self._site.register.orders.state[order] == HELD:
            self._site.checks.begin(order)

    def suspicion(self, order: int, usual_share: float) -> int:
        """Why the desk should look at an order that the usual rules (``usual_share`` of arrivals) would pass; or 0."""
        register = self._site.register
        if self.faulty_products:
            products = {register.lines.product[n] for n in register.orders.lines(order)}
            if products & self.faulty_products:
                return _DATA_FAULT
        luck, low = register.orders.desk_luck[order], usual_share
        for share, fraud_share in self.attacks:
            if low <= luck < low + share:
                fraud, place = share * fraud_share, luck - low
                is_fraud = place < fraud
                self._suspects[order] = (is_fraud, place / fraud if is_fraud else (place - fraud) / (share - fraud))
                return _FRAUD_REVIEW
            low += share
        return 0

    def is_rejected(self, order: int, payment: Payment) -> bool:
        """The verdict on an order that an attack made suspicious, by who reviews its payment; asked once."""
        is_fraud, luck = self._suspects.pop(order, (False, 1.0))
        if luck < (payment.caught_share if is_fraud else payment.false_reject_share):
            return True
        if is_fraud:
            self._stolen.add(order)
        return False

    def is_stolen(self, order: int) -> bool:
        """Whether an attack brought an order that reviewers let pass."""
        return order in self._stolen

    def close_regions(self, regions: frozenset[int]) -> None:
        """From now on these are closed; what waited for others goes on."""
        opened = self.closed_regions - regions
        self.closed_regions = regions
        if opened:
            waiting, self._waiting = self._waiting, []
            for order in waiting:
                self._try_again(order)
            for carrier in self._site.carriers:
                carrier.bring_waiting()
