"""Carriers' bills: what each entity owes each carrier, and when it pays."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from sim.books.columns import as_numpy
from sim.books.kinds import NUMBER
from sim.calendar import period_ends
from sim.clock import SWEEP
from sim.network import Network
from sim.plans.treasury import treasurer

if TYPE_CHECKING:
    from sim.agents.finance.foreign_money import Ints
    from sim.agents.site import Site

_BILLED, _PAID = NUMBER["carrier_billed"], NUMBER["carrier_paid"]
_RANK = 1 << 20

Bill = tuple[str, int, dict[int, int]]
"""Carrier, entity, and amounts by the number of the rates at which they were booked."""


class CarrierBills:
    """The carriers' side of the ledger.

    A carrier with a `CarrierBilling` bills each entity at the end of its period for all that it charged since the bill
    before: parcels collected from the entity's nodes, and parcels weighed again or taken back of its channels. The bill
    is paid in one amount when its terms are over.

    Parameters
    ----------
    actor
        Gives the number of an actor; an entity's accounts payable is one for each carrier.
    """

    def __init__(self, site: Site, actor: Callable[[str], int]) -> None:
        self._site = site
        network = site.world.network
        self.foreign = None if site.treasury is None else site.treasury.freight
        self._carrier = [service.carrier for service in network.services]
        self._owner = [node.entity for node in network.nodes]
        self._plans = {s.carrier: s.billing for s in network.services if s.billing is not None}
        self._actors = {
            (carrier, number): actor(treasurer(entity.name, carrier))
            for carrier in self._plans
            for number, entity in enumerate(network.entities)
        }
        self._open: dict[tuple[str, int], dict[int, int]] = {}

    @staticmethod
    def is_needed(network: Network) -> bool:
        """Whether any carrier bills, or charges in a currency of its own."""
        return any(service.billing is not None or service.currency is not None for service in network.services)

    def start(self) -> None:
        """Put all bills on the clock."""
        site = self._site
        for rank, (carrier, plan) in enumerate(sorted(self._plans.items())):
            for end_ms in period_ends(site.calendar, plan.period, site.world.horizon.drain_until_ms):
                site.clock.at(end_ms, SWEEP, self._bill, carrier, rank=_RANK + rank)

    def left(self, service: int, node: int, shipments: Ints) -> None:
        """Parcels of a node were collected; before their freight is booked."""
        if self.foreign is not None:
            self.foreign.left(service, shipments)
        freight = as_numpy(self._site.register.shipments.freight_cents)[shipments]
        self._charged(service, self._owner[node], int(freight.sum()))

    def charged_after(self, service: int, order: int, cents: int) -> None:
        """A carrier asks for more for an order's parcel."""
        channel = self._site.register.orders.channel[order]
        self._charged(service, self._site.world.network.channels[channel].entity, cents)

    def worth(self, service: int, cents: int, booked_ms: int = 0) -> int:
        """What a service asked at one moment's rate, at that of now."""
        return cents if self.foreign is None else self.foreign.worth(service, cents, booked_ms)

    def _charged(self, service: int, entity: int, cents: int) -> None:
        carrier = self._carrier[service]
        number = 0 if self.foreign is None else self.foreign.owe(carrier, entity, cents)
        if carrier in self._plans:
            booked = self._open.setdefault((carrier, entity), {})
            booked[number] = booked.get(number, 0) + cents

    def _bill(self, carrier: str) -> None:
        clock = self._site.clock
        for key in sorted(key for key in self._open if key[0] == carrier):
            booked = self._open.pop(key)
            self._tell(_BILLED, *key, sum(booked.values()))
            due_ms = clock.now_ms + self._plans[carrier].terms_ms
            clock.at(due_ms, SWEEP, self._pay, (*key, booked), rank=_RANK + (1 << 10))

    def _pay(self, bill: Bill) -> None:
        carrier, entity, booked = bill
        self._tell(_PAID, carrier, entity, sum(booked.values()))
        if self.foreign is not None:
            self.foreign.paid(carrier, entity, booked)

    def _tell(self, kind: int, carrier: str, entity: int, cents: int) -> None:
        note = self._site.register.notes.add(value_cents=cents)
        self._site.log.one(kind, self._actors[carrier, entity], 0, note)
