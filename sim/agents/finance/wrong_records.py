"""SKUs whose record is wrong: carriers weigh again and charge what is missing, invoices differ from what was booked."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from sim.books.kinds import NUMBER
from sim.clock import SWEEP
from sim.plans.master_data import RecordFaults
from sim.units import DAY_MS

if TYPE_CHECKING:
    from sim.agents.site import Site

_RECHARGED = NUMBER["freight_recharged"]

RECHARGE_MS = 7 * DAY_MS
"""From the collection to the carrier's invoice for what a parcel weighs in truth."""

Fault = tuple[str, frozenset[int], float]
"""What of a record is wrong, whose, and how many times the truth it says."""


class WrongRecords:
    """The records of weights and costs as they are, where they part from the truth."""

    def __init__(self, site: Site) -> None:
        self._site = site
        plan = site.world.master_data
        standing = [] if plan is None else [("weight", plan.weights), ("cost", plan.costs)]
        self._standing = [self._fault(what, faults) for what, faults in standing if faults is not None]
        self._to_home = [channel.residential for channel in site.world.network.channels]
        self._declared: set[int] = set()
        """Parcels that were labelled by a wrong weight."""
        self.tell(())

    def _fault(self, what: str, faults: RecordFaults) -> Fault:
        luck = self._site.streams.counter(f"wrong {what}", "products")
        count = len(self._site.world.network.products)
        return what, frozenset(p for p in range(count) if luck.at(p) < faults.share), faults.factor

    def tell(self, struck: Iterable[Fault]) -> None:
        """From now on these are wrong besides what always is; of one SKU the last counts."""
        self._weight_factor: dict[int, float] = {}
        self._cost_factor: dict[int, float] = {}
        for what, products, factor in (*self._standing, *struck):
            found = self._weight_factor if what == "weight" else self._cost_factor
            found.update(dict.fromkeys(products, factor))

    # Weights.

    def recorded_kg(self, shipment: int) -> float | None:
        """What a parcel weighs by the record; None where that is the truth, as far as anybody knows."""
        factor = self._weight_factor
        if not factor:
            return None
        contents = self._site.register.contents((shipment,))
        if not any(product in factor for product, _ in contents):
            return None
        products = self._site.world.network.products
        return sum([units * products[p].weight_kg * factor.get(p, 1.0) for p, units in contents])

    def labelled(self, shipment: int, *, wrongly: bool) -> None:
        """A parcel was given to a carrier by its recorded weight."""
        if wrongly:
            self._declared.add(shipment)
        else:
            self._declared.discard(shipment)

    def weighed(self, service: int, node: int, shipments: list[int]) -> None:
        """The carrier has the parcels on its own scales; what it was paid too much it keeps."""
        for shipment in shipments:
            if shipment in self._declared:
                self._declared.discard(shipment)
                missing = (
                    self._true_cents(service, node, shipment) - self._site.register.shipments.freight_cents[shipment]
                )
                if missing > 0:
                    about = (service, shipment, missing, self._site.clock.now_ms)
                    self._site.clock.at(self._site.clock.now_ms + RECHARGE_MS, SWEEP, self._recharge, about, rank=6)

    def _true_cents(self, service: int, node: int, shipment: int) -> int:
        site, register = self._site, self._site.register
        order = register.shipments.order[shipment]
        zone = site.tariff.zones[node][register.orders.region[order]]
        products = site.world.network.products
        litres = sum([units * products[p].volume_l for p, units in register.contents((shipment,))])
        spec, to_home = site.world.network.services[service], self._to_home[register.orders.channel[order]]
        price = spec.price_cents(zone, register.shipments.weight_kg[shipment], litres, to_home=to_home)
        price += spec.surcharge_cents(register.orders.region[order], site.clock.now_ms)
        return price if site.carrier_bills is None else site.carrier_bills.worth(service, price)

    def _recharge(self, about: tuple[int, int, int, int]) -> None:
        service, shipment, cents, weighed_ms = about
        bills, register = self._site.carrier_bills, self._site.register
        order = register.shipments.order[shipment]
        if bills is not None:
            cents = bills.worth(service, cents, weighed_ms)
            bills.charged_after(service, order, cents)
        note = register.notes.add(order=order, value_cents=cents)
        self._site.log.one(_RECHARGED, self._site.carriers[service].actor, 0, note)

    # Costs.

    def booked_cents(self, product: int, value_cents: int) -> int:
        """At what value units are received that cost ``value_cents``."""
        factor = self._cost_factor.get(product)
        return value_cents if factor is None else round(value_cents * factor)
