"""Chains: a node that suppliers deliver to, the nodes that it feeds, and what each place of them will sell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sim.agents.supply.sales_history import homes
from sim.distributions import standard_deviation
from sim.policies.company import CompanyView
from sim.policies.outlook import Outlook
from sim.policies.protected_demand import spread_of
from sim.world import World

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a feeder's stock is sold: a node that it feeds with all that this one feeds in turn, or the feeder's own
    customers.

    ``lead_ms`` and ``lead_sd_ms`` are of the way there, ``review_ms`` from one review to the next, and on to the last
    node.
    """

    node: int
    members: tuple[int, ...]
    lead_ms: float
    lead_sd_ms: float
    review_ms: float


@dataclass(frozen=True, slots=True)
class Chain:
    """A feeder and its places; the last place is its own customers."""

    feeder: int
    places: tuple[Place, ...]

    @property
    def span_ms(self) -> Floats:
        """How long the demand of each place lasts that units protect which are sent now: lead time and review."""
        return np.array([place.lead_ms + place.review_ms for place in self.places])


@dataclass(slots=True)
class Chains:
    """All chains of a world, by feeder.

    Where a feeder has customers of its own, and the forecaster does not share demand, what they buy cannot be told from
    what the nodes order: then it is a chain by itself, and its demand is what it is asked for.
    """

    world: World
    by_feeder: list[Chain] = field(default_factory=list)
    _has_customers: list[bool] = field(init=False)

    def __post_init__(self) -> None:
        nodes = range(len(self.world.network.nodes))
        home = homes(self.world)
        self._has_customers = [bool((home == node).any()) for node in nodes]
        self.by_feeder = [self._chain(node) for node in nodes]

    def _chain(self, feeder: int) -> Chain:
        fed = self._fed(feeder) if self._is_told_apart(feeder) else []
        own = Place(feeder, (feeder,), 0.0, 0.0, float(self.world.network.nodes[feeder].review_every_ms))
        return Chain(feeder, (*(self._place(node) for node in fed), own))

    def _is_told_apart(self, feeder: int) -> bool:
        return self.world.forecast.shared or not self._has_customers[feeder]

    def _fed(self, feeder: int) -> list[int]:
        return [n for n, spec in enumerate(self.world.network.nodes) if spec.source == feeder]

    def _place(self, node: int) -> Place:
        spec, below = self.world.network.nodes[node], [self._place(n) for n in self._fed(node)]
        further = max((place.lead_ms + place.review_ms for place in below), default=0.0)
        return Place(
            node,
            (node, *(member for place in below for member in place.members)),
            spec.transfer_ms.mean,
            standard_deviation(spec.transfer_ms),
            spec.review_every_ms + further,
        )

    def feeds(self, node: int) -> Chain | None:
        """The chain whose place a node is; None where nobody feeds it, or not by a chain."""
        feeder = self.world.network.nodes[node].source
        if feeder is None or len(self.by_feeder[feeder].places) == 1:
            return None
        return self.by_feeder[feeder]

    def outlooks(self, chain: Chain, of_node: Callable[[int], Outlook | None]) -> list[Outlook] | None:
        """What each place will sell; None where the company does not forecast."""
        whole = of_node(chain.feeder)
        if whole is None:
            return None
        below = [self._sold_at(place.node, of_node) for place in chain.places[:-1]]
        return [*below, whole if not below else self._own(whole, below, chain.feeder)]

    def _sold_at(self, node: int, of_node: Callable[[int], Outlook | None]) -> Outlook:
        """What customers buy at a node and all that it feeds."""
        mine, fed = of_node(node), self._fed(node)
        assert mine is not None
        if not fed or self.world.forecast.shared:
            return mine
        return _sum([self._sold_at(below, of_node) for below in fed])

    def _own(self, whole: Outlook, below: Sequence[Outlook], feeder: int) -> Outlook:
        """What is left for a feeder's own customers."""
        total = _sum(below)
        if not self._has_customers[feeder]:
            return Outlook(whole.made_ms, whole.bucket_ms, 0 * whole.cumulative, 0 * whole.error_sd, total.covers)
        mine = np.maximum.accumulate(np.maximum(whole.cumulative - total.cumulative, 0.0), axis=0)
        a_bucket = mine[-1] / max(1, len(mine) - 1)
        variance = np.maximum(whole.error_sd**2 - total.error_sd**2, a_bucket)
        return Outlook(whole.made_ms, whole.bucket_ms, mine, np.sqrt(variance), whole.covers)


def _sum(outlooks: Sequence[Outlook]) -> Outlook:
    """Several outlooks as one; their errors are independent."""
    first = outlooks[0]
    return Outlook(
        first.made_ms,
        first.bucket_ms,
        np.sum([o.cumulative for o in outlooks], axis=0),
        np.sqrt(np.sum([o.error_sd**2 for o in outlooks], axis=0)),
        np.any([o.covers for o in outlooks], axis=0),
    )


@dataclass(frozen=True, slots=True)
class ChainDemand:
    """What the places of a chain will sell, as a company knows it at a moment.

    ``position`` is of what lies there or is on its way there, less what is owed, shape (places, products); 0 at the
    feeder's own place, where units are that it did not send on.
    """

    chain: Chain
    now_ms: int
    outlooks: Sequence[Outlook]
    position: Ints

    @classmethod
    def of(
        cls, chain: Chain, now_ms: int, outlooks: Sequence[Outlook], position: Callable[[int], Sequence[int]]
    ) -> ChainDemand:
        """Look up the positions."""
        places = [np.sum([position(n) for n in place.members], axis=0) for place in chain.places[:-1]]
        none = np.zeros(len(outlooks[0].covers), dtype=np.int64)
        return cls(chain, now_ms, outlooks, np.array([*places, none], dtype=np.int64))

    @property
    def total(self) -> Outlook:
        """All places together."""
        return _sum(self.outlooks)

    def until(self, begin_ms: Floats) -> tuple[Floats, Floats]:
        """Mean and variance of each place's demand until a moment, shape (places, products), of ``begin_ms`` from now,
        which is of that shape."""
        mean = np.array([o.demand(self.now_ms, span) for o, span in zip(self.outlooks, begin_ms, strict=True)])
        none = np.zeros(mean.shape[1])
        spread = [spread_of(o, m, b, none) for o, m, b in zip(self.outlooks, mean, begin_ms, strict=True)]
        return mean, np.array(spread)

    def protected(self, begin_ms: Floats) -> tuple[Floats, Floats]:
        """The same of the demand from then until the next units could be there: lead time and review of the place."""
        mean, spread = np.zeros_like(begin_ms), np.zeros_like(begin_ms)
        for row, (place, outlook) in enumerate(zip(self.chain.places, self.outlooks, strict=True)):
            span = np.full(begin_ms.shape[1], place.lead_ms + place.review_ms)
            through = outlook.demand(self.now_ms, begin_ms[row] + span)
            mean[row] = np.maximum(through - outlook.demand(self.now_ms, begin_ms[row]), 0.0)
            spread[row] = spread_of(outlook, mean[row], span, np.full(len(span), place.lead_sd_ms))
        return mean, spread


def expected_at_ms(company: CompanyView, node: int, now_ms: int, products: int) -> Floats:
    """When a node expects its next delivery of each product; infinite where nothing is on order."""
    found = np.full(products, np.inf)
    for to, product, _, due_ms in company.on_order():
        if to == node:
            found[product] = min(found[product], max(due_ms, now_ms))
    return found
