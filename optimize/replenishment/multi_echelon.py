"""Replenishment of a feeder and all nodes that it feeds as one chain, by sample average and a mixed-integer program."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from optimize.calls import Calls, calls_by
from optimize.replenishment.buying import Review
from optimize.replenishment.chain_transfers import ChainTransfers
from optimize.replenishment.chain_worth import ChainWorth, Prices, Samples
from optimize.replenishment.chains import Chain, ChainDemand, Chains, expected_at_ms
from optimize.replenishment.purchase_offers import Offers
from optimize.replenishment.purchase_prices import buy
from optimize.replenishment.sampled_buying import SampledBuying
from optimize.replenishment.unit_prices import UnitPrices
from sim.policies.company import CompanyView
from sim.policies.registry import policy
from sim.policies.replenishment import PositionView, Purchase, Wanted
from sim.world import World

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

RULE = "best_s_S"
"""Who orders where the solver has no answer."""


@policy("replenishment", "multi_echelon")
@dataclass(slots=True)
class MultiEchelon(SampledBuying):
    """A feeder and the nodes that it feeds as one chain: what to buy for all of them, and who gets what is there.

    The feeder buys for the stock of the whole chain. A further unit is worth what it prevents in shortages once it has
    come and gone where it is wanted most: the average over ``samples`` futures, of demand at each place and of the
    supplier's lead time, in each of which units are shared out anew. Minimums, lots, price breaks, storage,
    ``budget_cents``, second sources, a hurry, and alternates of who is shut or not relied upon are as in
    ``sample_average``. A node that is fed asks for its best (s, S), less what is worth more at another place or kept
    for later, and no more than it has room for. ``fed_holding_share_bp`` is what a unit costs more to hold there, a
    year. Where the solver has no answer within ``guard_seconds`` of wall time, ``best_s_S`` orders. A feeder that has
    customers of its own needs a forecaster that shares demand; else it and its nodes are no chain, and each orders for
    itself.
    """

    fed_holding_share_bp: int = 0
    calls: Calls = field(default_factory=calls_by("replenishment", "multi_echelon", RULE), init=False, repr=False)
    _chains: Chains = field(init=False, repr=False)
    _futures: dict[int, Samples] = field(default_factory=dict, init=False, repr=False)
    _extra: UnitPrices | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        SampledBuying.__post_init__(self)
        if self.fed_holding_share_bp < 0:
            raise ValueError("a unit cannot cost less to hold where it is fed")

    def bind(self, world: World) -> None:
        """Learn chains, lead times, prices and terms."""
        SampledBuying.bind(self, world)
        if self.fed_holding_share_bp:
            self._extra = UnitPrices.of(world, self.fed_holding_share_bp, self.shortage_share_bp)
        self._chains = Chains(world)
        names = [node.name for node in world.network.nodes]
        self._futures = {c.feeder: Samples.of(c, names, self.samples) for c in self._chains.by_feeder}

    def decide(self, view: PositionView) -> Sequence[Wanted]:
        """Buy for the chain, or ask of the feeder; by rule where there is no chain, forecast or answer."""
        levels, company = self._levels, self._buyer.company
        if view.outlook is None or company is None:
            return levels.plan.decide(view)
        if levels.world.network.nodes[view.node].source is None:
            view = replace(view, shut=view.shut | company.late())
            bought = self._bought(view, company)
            if bought is not None:
                return self.with_plan(view, bought)
        elif (chain := self._chains.feeds(view.node)) is not None:
            return levels.with_plan(view, self._asked(view, chain, company))
        return SampledBuying.decide(self, view)

    def _prices(self, node: int, chain: Chain) -> Prices:
        """Of a review of a node."""
        prices = self._levels.prices
        extra = np.zeros((len(chain.places), len(prices.shortage)))
        if self._extra is not None:
            extra[:-1] = self._extra.holding[node]
        return Prices(prices.holding[node], prices.shortage, extra, float(self.order_cents))

    # What the feeder buys.

    def _bought(self, view: PositionView, company: CompanyView) -> list[Purchase] | None:
        """What the program buys; None without an answer."""
        worth, outlooks = self._worth(view, company)
        offers, levels = Offers(self._levels.world, view.shut), self._levels
        near = worth.position <= worth.point + np.ceil(worth.pace).astype(np.int64)
        wanted = np.flatnonzero(levels.covered(view) & near & (worth.level > worth.position)).tolist()
        bought = np.array([p for p in wanted if offers.who(p)], dtype=np.int64)
        if not bought.size:
            return []
        pooled = worth.pooled(bought, self.samples)
        below_ms = float(np.mean(self._chains.by_feeder[view.node].span_ms)) - self._review_ms(view.node)
        review = Review(view, outlooks.total, worth.position, worth.level, bought, pooled, max(0.0, below_ms))
        problem = self._buyer.problem(
            review, offers, lambda place, ends: worth.curve(int(bought[place]), pooled[place], ends)
        )
        units, record = buy(problem, self.solver, self.limits)
        self.calls.keep(record, view.now_ms, len(bought))
        return offers.bought(units) if record.has_solution else None

    def _review_ms(self, node: int) -> float:
        return float(self._levels.world.network.nodes[node].review_every_ms)

    def _worth(self, view: PositionView, company: CompanyView) -> tuple[ChainWorth, ChainDemand]:
        chain = self._chains.by_feeder[view.node]
        outlooks = self._chains.outlooks(chain, company.outlook)
        assert outlooks is not None
        demand = ChainDemand.of(chain, view.now_ms, outlooks, company.position)
        lead_ms, lead_sd_ms = self._levels.protected.lead_ms(view.node, view.shut)
        worth = ChainWorth(
            demand,
            np.asarray(view.position, dtype=np.int64),
            self._prices(view.node, chain),
            self._futures[chain.feeder],
            lead_ms,
            lead_sd_ms,
            self._review_ms(view.node),
            np.flatnonzero(self._levels.covered(view)),
        )
        return worth, demand

    # What a node asks of its feeder.

    def _asked(self, view: PositionView, chain: Chain, company: CompanyView) -> Ints:
        """Units of each product."""
        outlooks = self._chains.outlooks(chain, company.outlook)
        assert outlooks is not None
        world, feeder = self._levels.world, chain.feeder
        demand = ChainDemand.of(chain, view.now_ms, outlooks, company.position)
        place = next(n for n, p in enumerate(chain.places) if p.node == view.node)
        transfers = ChainTransfers(
            demand,
            place,
            np.asarray(company.free(feeder), dtype=np.int64),
            self._more_in_ms(view, feeder, company),
            self._prices(view.node, chain),
            self._futures[feeder],
            np.array([o.covers & self._carries(p.node) for o, p in zip(outlooks, chain.places, strict=True)]),
        )
        storage = world.network.nodes[view.node].storage
        if storage is not None and storage.rent_cents_per_m3_day is None:
            volume = np.array([p.volume_l for p in world.network.products])
            filled = float(volume @ np.maximum(np.asarray(view.position), 0))
            transfers.within(volume, max(0.0, storage.volume_l - filled))
        return transfers.sent()

    def _carries(self, node: int) -> NDArray[np.bool_]:
        return np.asarray(self._levels.world.stock.order_up_to[node] > 0)

    def _more_in_ms(self, view: PositionView, feeder: int, company: CompanyView) -> Floats:
        """How long the feeder must do with what it has: until its next delivery, or what it ordered now would come."""
        expected = expected_at_ms(company, feeder, view.now_ms, len(view.position)) - view.now_ms
        shut = view.shut | company.late()
        return np.minimum(expected, self._levels.protected.span_ms(feeder, shut))
