"""Other ways back than a parcel that was asked for: over the counter of a store, or without a word."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.books.kinds import NUMBER
from sim.books.reasons import REASON_NUMBER
from sim.clock import RETURN
from sim.units import share_of

if TYPE_CHECKING:
    from sim.agents.returns.returns import ReturnsDesk
    from sim.agents.site import Site

_UNMATCHED, _MATCHED = NUMBER["return_unmatched"], NUMBER["return_matched"]
_NO_RECEIPT = REASON_NUMBER["no_receipt"]
_PLACES = 3


class ReturnWays:
    """Which way each return takes, by its customer's luck: ``at_store_share``, then ``blind_share``, else as usual.

    What is brought to a store stays there: it is received over the counter of the nearest store that inspects returns,
    if that is near enough.
    What comes blind was not announced: nothing is known of it until it is opened, then a desk looks for its order. Of
    what has no receipt the order is not found, and ``no_receipt_refund_bp`` of the price is refunded.
    """

    def __init__(self, site: Site, desk: ReturnsDesk) -> None:
        self._site, self._desk, self._rules = site, desk, site.world.returns
        self._luck = site.streams.counter("way back", "returns")
        nodes = site.world.network.nodes
        stores = [n for n, spec in enumerate(nodes) if spec.kind == "store"]
        self._stores = [n for n in stores if any(shift.staff[3] for shift in nodes[n].shifts)]
        self._blind: set[int] = set()
        site.register.leaving.forget(site.register.returns, self._blind)
        self._cases: dict[int, list[int]] = {}
        """By order: returns of which a desk looks for the order."""

    def is_blind(self, key: int) -> bool:
        """Whether a return comes unannounced."""
        luck, store = self._luck.at(key * _PLACES), self._rules.at_store_share
        return store <= luck < store + self._rules.blind_share

    def store_of(self, order: int, key: int) -> int | None:
        """The store to which a return is brought; None where it is not."""
        if self._luck.at(key * _PLACES) >= self._rules.at_store_share:
            return None
        site = self._site
        region, geography = site.register.orders.region[order], site.geography
        near = [n for n in geography.nearest_nodes[region] if geography.miles[n, region] <= self._rules.store_miles]
        return next((n for n in near if n in self._stores and site.open_nodes[n]), None)

    def bring(self, number: int, store: int, moment_ms: int) -> None:
        """A customer will be at a store, and waits where it is closed."""
        self._site.clock.gather(moment_ms, RETURN, self._at_counter, [(store, number)])

    def _at_counter(self, what: list[tuple[int, int]]) -> None:
        for store, number in what:
            self._site.warehouses[store].when_open(self._desk.parcels.scan, (store, [number]))

    # What nobody asked for.

    def announce_nothing(self, number: int) -> None:
        """A parcel sets off of which the house does not know."""
        self._blind.add(number)

    def known(self, numbers: list[int]) -> list[int]:
        """Those of which the house knows whose they are."""
        return [n for n in numbers if n not in self._blind] if self._blind else numbers

    def match(self, numbers: list[int]) -> list[int]:
        """These were opened: those whose order is known; a desk looks for the others'."""
        known = self.known(numbers)
        for number in numbers if len(known) < len(numbers) else ():
            if number in self._blind:
                order = self._site.register.order_of_return(number)
                self._site.log.one(_UNMATCHED, self._site.warehouses[self._node(number)].actor, 0, number)
                waits = order in self._cases
                self._cases.setdefault(order, []).append(number)
                if not waits:
                    self._site.exceptions.put(order, "return")
        return known

    def _node(self, number: int) -> int:
        return self._site.register.returns.node[number]

    def found(self, order: int, desk: int) -> None:
        """The people of a desk know whose these are, or that nobody can say."""
        returns = self._site.register.returns
        for number in self._cases.pop(order, []):
            self._blind.discard(number)
            key = self._desk.parcels.key_of(number)
            lacks = self._luck.at(key * _PLACES + 1) < self._rules.no_receipt_share
            self._site.log.one(_MATCHED, desk, _NO_RECEIPT if lacks else 0, number)
            if lacks:
                net = share_of(returns.net_cents[number], self._rules.no_receipt_refund_bp)
                channel = self._site.register.orders.channel[order]
                returns.net_cents[number], returns.tax_cents[number] = net, self._site.finance.tax_cents(channel, net)
            self._desk.settle([number])
