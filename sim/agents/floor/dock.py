"""The packing end of a node: which carrier service each parcel goes with, and what a wave may know of the floor."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Set
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.agents.carriers.manifest import Manifest
from sim.agents.carriers.parcel_kinds import ODD, ParcelKinds, distinct
from sim.agents.carriers.quotes import Quotes, quotes_of
from sim.agents.floor.floor_look import FloorLook
from sim.agents.floor.workload import Workload
from sim.books.columns import as_numpy
from sim.books.kinds import NUMBER
from sim.books.reasons import REASON_NUMBER
from sim.orders import PACKED
from sim.policies.carrier import Offer
from sim.policies.release import FloorView

if TYPE_CHECKING:
    from sim.agents.finance.foreign_freight import ForeignFreight
    from sim.agents.site import Site

_REROUTED = NUMBER["rerouted"]
_NOBODY: frozenset[int] = frozenset()
_CARRIER_OUT, _CARRIER_FULL = (REASON_NUMBER[r] for r in ("carrier_out", "carrier_full"))


class Dock:
    """Hands packed parcels to carriers by the carrier policy."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._kinds = ParcelKinds(site)
        self._load = Workload(site)
        self.manifest = Manifest(site, self)
        nodes = len(site.world.network.nodes)
        self._known: list[dict[int, Offer]] = [{} for _ in range(nodes)]
        """By node and kind of parcel: what the carrier policy said, for as long as quotes hold."""
        self._offered: list[dict[int, list[Offer]]] = [{} for _ in range(nodes)]
        """By node and class of price: (price, service) of those that take such a parcel, until surcharges change or
        other services are shunned."""
        self._to_home = [channel.residential for channel in site.world.network.channels]
        self._litres = [p.volume_l for p in site.world.network.products] if site.tariff.is_dimensional else None
        self._asked: list[tuple[object, object, object, int]] = [(None, None, None, -1)] * nodes
        self._surcharges_ms = site.tariff.surcharges_change_ms
        self.freight: ForeignFreight | None = None
        """What services in foreign currencies ask, where there are any."""
        self.shunned: frozenset[int] = frozenset()
        """Services that do not call, as far as the house knows and acts on it."""

    def dispatch(self, node: int, shipments: array[int]) -> None:
        """Label each parcel and stage it for its carrier's next collection."""
        site, columns = self._site, self._site.register.shipments
        chosen, freight = columns.service, columns.freight_cents
        known, kinds = self._answers(node), self._kinds.of(node, shipments)
        staged: dict[int, list[int]] = {}
        by_kind = site.wrong_records is None and site.handling is None
        hurried, order_of = self._hurried(), columns.order
        for shipment, kind in zip(shipments, kinds):
            answer = known.get(kind) if by_kind and not (hurried and order_of[shipment] in hurried) else None
            if answer is None:
                answer = self._look_closer(node, shipment, kind, known)
                if answer is None:
                    site.orchestrator.strand(shipment)
                    continue
            freight[shipment], service = answer
            chosen[shipment] = service
            if service in staged:
                staged[service].append(shipment)
            else:
                staged[service] = [shipment]
        for service, parcels in staged.items():
            site.carriers[service].stage(node, parcels)
        self.manifest.expect(node, site.clock.now_ms)

    def _look_closer(self, node: int, shipment: int, kind: int, known: dict[int, Offer]) -> Offer | None:
        """The answer for one parcel, which may be in a hurry or bear a wrong weight; for one of its kind, if not."""
        site, order = self._site, self._site.register.shipments.order[shipment]
        hurried, wrong = order in self._hurried(), site.wrong_records
        wrongly = wrong is not None and wrong.recorded_kg(shipment) is not None
        if wrong is not None:
            wrong.labelled(shipment, wrongly=wrongly)
        if hurried or wrongly or kind == ODD or self.is_on_pallets(shipment):
            return self._decide(node, shipment, self.offers(node, shipment), hurried=hurried)
        return self._answer(node, shipment, kind, known)

    def _answer(self, node: int, shipment: int, kind: int, known: dict[int, Offer]) -> Offer | None:
        """The answer for all parcels of a kind, of which ``shipment`` is one."""
        if kind in known:
            return known[kind]
        offered, like = self._offered[node], self._kinds.class_of(kind)
        offers = offered.get(like)
        if offers is None:
            offers = offered[like] = self.offers(node, shipment)
        answer = self._decide(node, shipment, offers, hurried=False)
        if answer is not None:
            known[kind] = answer
        return answer

    def _hurried(self) -> Set[int]:
        """Orders that go as fast as they can."""
        workflow = self._site.workflow
        return _NOBODY if workflow is None else workflow.expedited

    def services_now(self, node: int, shipments: array[int]) -> NDArray[np.int64]:
        """The services that the carrier policy would choose for shipments packed now; -1 where nobody takes one."""
        known, kinds = self._answers(node), self._kinds_of(node, shipments)
        kind, first, which = distinct(kinds)
        services = np.empty(len(kind), dtype=np.int64)
        for place, (number, example) in enumerate(zip(kind.tolist(), first.tolist(), strict=True)):
            answer = None if number == ODD else self._answer(node, shipments[example], number, known)
            services[place] = -1 if answer is None else answer[1]
        chosen: NDArray[np.int64] = services[which]
        for place in np.flatnonzero(kinds == ODD).tolist():
            shipment = shipments[place]
            answer = self._decide(node, shipment, self.offers(node, shipment), hurried=False)
            chosen[place] = -1 if answer is None else answer[1]
        return chosen

    def _kinds_of(self, node: int, shipments: array[int]) -> NDArray[np.int64]:
        """`ParcelKinds.of`, and `ODD` for pallets, and for those whose label bears a wrong weight."""
        kinds, wrong = as_numpy(self._kinds.of(node, shipments))[: len(shipments)].copy(), self._site.wrong_records
        if wrong is not None:
            kinds[[wrong.recorded_kg(shipment) is not None for shipment in shipments]] = ODD
        if self._site.handling is not None:
            kinds[[self.is_on_pallets(shipment) for shipment in shipments]] = ODD
        return kinds

    def is_on_pallets(self, shipment: int) -> bool:
        """Whether it leaves as whole pallets."""
        handling = self._site.handling
        return handling is not None and handling.on_pallets(shipment) > 0

    def offers(self, node: int, shipment: int) -> list[Offer]:
        """(price, service) of those that take a parcel, the cheapest first, at the exchange rates of now."""
        return self._today(self._fixed_offers(node, shipment))

    def _today(self, offers: list[Offer]) -> list[Offer]:
        return offers if self.freight is None else self.freight.today(offers)

    def as_fixed(self, node: int, shipment: int, offer: Offer) -> Offer:
        """An offer of now at the price that its service fixed when the scenario starts."""
        if self.freight is None:
            return offer
        return next(fixed for fixed in self._fixed_offers(node, shipment) if fixed[1] == offer[1])

    def _fixed_offers(self, node: int, shipment: int) -> list[Offer]:
        order, handling = self._site.register.shipments.order[shipment], self._site.handling
        pallets = 0 if handling is None else handling.on_pallets(shipment)
        if pallets:
            zone = self._site.tariff.zones[node][self._site.register.orders.region[order]]
            return self._welcome(self._site.tariff.pallet_offers(node, zone, pallets))
        litres = self._volume(shipment, self._litres) if self._litres is not None else 0.0
        return self._offers(node, order, self._weight_kg(shipment), litres)

    def service_for(self, node: int, order: int, goods: list[tuple[int, int]], pallets: int = 0) -> int:
        """The service that the carrier policy would choose for (product, units) of an order packed now, or for so many
        whole pallets of them; -1: none."""
        site, orders, products = self._site, self._site.register.orders, self._site.world.network.products
        zone = site.tariff.zones[node][orders.region[order]]
        if pallets:
            offers = self._welcome(site.tariff.pallet_offers(node, zone, pallets))
        else:
            litres = 0.0 if self._litres is None else sum(units * self._litres[product] for product, units in goods)
            weight_kg = sum(units * products[product].weight_kg for product, units in goods)
            offers = self._offers(node, order, weight_kg, litres)
        if not offers:
            return -1
        return self._ask(node, order, self._today(offers), orders.deliver_by_ms[order])[1]

    def _offers(self, node: int, order: int, weight_kg: float, litres: float) -> list[Offer]:
        site, orders = self._site, self._site.register.orders
        zone, to_home = site.tariff.zones[node][orders.region[order]], self._to_home[orders.channel[order]]
        offers = site.tariff.offers(node, zone, weight_kg, litres, to_home=to_home)
        if site.tariff.has_surcharges:
            offers = self._surcharged(offers, orders.region[order])
        return self._welcome(offers)

    def _welcome(self, offers: list[Offer]) -> list[Offer]:
        """Those of services that are not shunned, if there are any."""
        return [offer for offer in offers if offer[1] not in self.shunned] or offers if self.shunned else offers

    def would_arrive_ms(self, node: int, shipment: int) -> int | None:
        """When the cheapest service would bring a shipment that is packed now, by its own word."""
        offers, orders = self.offers(node, shipment), self._site.register.orders
        quote = self._site.tariff.quotes[node][orders.region[self._site.register.shipments.order[shipment]]]
        return self._quotes[node].now()[offers[0][1]][quote] if offers else None

    def _surcharged(self, offers: list[Offer], region: int) -> list[Offer]:
        services, now_ms = self._site.world.network.services, self._site.clock.now_ms
        return sorted((price + services[s].surcharge_cents(region, now_ms), s) for price, s in offers)

    def _decide(self, node: int, shipment: int, offers: list[Offer], *, hurried: bool) -> Offer | None:
        """The carrier policy's answer: price and service; None where nobody takes such a parcel."""
        site, orders = self._site, self._site.register.orders
        order = site.register.shipments.order[shipment]
        if not offers:
            return None
        return self.as_fixed(
            node, shipment, self._ask(node, order, offers, 0 if hurried else orders.deliver_by_ms[order])
        )

    def _ask(self, node: int, order: int, offers: list[Offer], due_ms: int) -> Offer:
        """What the carrier policy says."""
        site = self._site
        quote = site.tariff.quotes[node][site.register.orders.region[order]]
        return site.policies.carrier.decide(offers, due_ms, quote, self._quotes[node].now())

    def _weight_kg(self, shipment: int) -> float:
        """What is on the label: the weight by the record."""
        wrong = self._site.wrong_records
        recorded = None if wrong is None else wrong.recorded_kg(shipment)
        return self._site.register.shipments.weight_kg[shipment] if recorded is None else recorded

    def _volume(self, shipment: int, litres: list[float]) -> float:
        return sum([units * litres[product] for product, units in self._site.register.contents((shipment,))])

    def _answers(self, node: int) -> dict[int, Offer]:
        """What is known of the carrier policy's answers at a node; they hold for as long as nothing changes that it
        looks at."""
        quoted, policy, then = self._quotes[node].now(), self._site.policies.carrier, self._asked[node]
        extra = bisect_right(self._surcharges_ms, self._site.clock.now_ms)
        if self.freight is not None:
            extra += bisect_right(self.freight.changes_ms, self._site.clock.now_ms)
        if quoted is then[0] and policy is then[1] and self.shunned is then[2] and extra == then[3]:
            return self._known[node]
        if self.shunned is not then[2] or extra != then[3]:
            self._offered[node] = {}
        self._asked[node] = (quoted, policy, self.shunned, extra)
        self._known[node] = {}
        return self._known[node]

    def reroute(self, service: int) -> None:
        """Decide anew about the parcels that wait for a service."""
        site, carrier = self._site, self._site.carriers[service]
        for node in sorted(carrier.staged):
            parcels = [s for s in carrier.staged.pop(node) if site.shipment_states.column[s] == PACKED]
            self._pass_on(node, parcels, service, _CARRIER_OUT)

    def _pass_on(self, node: int, parcels: list[int], service: int, reason: int) -> None:
        chosen = self._site.register.shipments.service
        self.dispatch(node, array("i", parcels))
        moved = [s for s in parcels if chosen[s] != service]
        self._site.log.add(_REROUTED, self._site.warehouses[node].actor, reason, moved)

    def refused(self, node: int, parcels: list[int], service: int, reason: int = _CARRIER_FULL) -> None:
        """A full carrier left these behind (or somebody will not wait for it): another one takes them, if one does."""
        shunned, self.shunned = self.shunned, self.shunned | {service}
        self._pass_on(node, parcels, service, reason)
        self.shunned = shunned

    @cached_property
    def _quotes(self) -> list[Quotes]:
        """By node: what carriers say."""
        return quotes_of(self._site)

    def ask_again(self) -> None:
        """A carrier says something else than when it was last asked."""
        for quotes in self._quotes:
            quotes.ask_again()

    def floor_view(self, node: int) -> FloorView:
        """What a release policy sees of node's waiting shipments."""
        return FloorLook(self._site, self, self._load, node).view()
