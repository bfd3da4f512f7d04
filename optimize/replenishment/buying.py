"""One review of what to buy, as a purchase problem: curves and offers of each product that may be bought now."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from optimize.replenishment.expediting import Expediting
from optimize.replenishment.levels import Levels
from optimize.replenishment.purchase_offers import Offers
from optimize.replenishment.purchase_program import Curve, PurchaseProblem
from optimize.replenishment.purchase_worth import piece_ends, sampled, shortage_prevented, worth_of_early_units
from sim.distributions import standard_deviation
from sim.policies.company import CompanyView
from sim.policies.outlook import Outlook
from sim.policies.protected_demand import spread_of
from sim.policies.replenishment import PositionView

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_BREAKS_WITHIN = 4
"""A price break is looked at up to so many times what is wanted."""


@dataclass(frozen=True, slots=True)
class Review:
    """One node's review: of every product its position and the level to order up to; of those that may be bought now
    equally likely demands until an order placed at the next review has come, shape (bought, samples).

    ``below_ms`` is how much longer goods are on their way after they have come to the node.
    """

    view: PositionView
    outlook: Outlook
    position: Ints
    level: Ints
    bought: Ints
    demand: Floats
    below_ms: float = 0.0
    sooner: dict[int, Floats] = field(default_factory=dict)
    """The same demands in the lead time of suppliers that deliver sooner than the usual one."""


@dataclass(slots=True)
class Buyer:
    """Puts together what may be bought, of whom, and what it is worth.

    Parameters
    ----------
    levels, urgent
        Prices of units, and those of what would be lost without a hurry.
    expediting
        What a hurry costs.
    order_cents, budget_cents, samples
        Of an order line; for all of a review (None: no bound); demands in an average.
    """

    levels: Levels
    urgent: Levels
    expediting: Expediting
    order_cents: int
    budget_cents: int | None
    samples: int
    company: CompanyView | None = None

    def problem(self, review: Review, offers: Offers, worth: Callable[[int, Floats], Curve]) -> PurchaseProblem:
        """Curves and offers of the products that may be bought now; ``worth`` is a product's curve, by its place among
        them and the ends of the pieces."""
        network = self.levels.world.network
        curves: list[Curve] = []
        early: dict[int, Curve] = {}
        soon, hurried = self._soon(review), self._hurried(review)
        for place, product in enumerate(review.bought.tolist()):
            suppliers, own = offers.who(product), network.products[product].supplier
            ends = self._ends(review, product, suppliers)
            curves.append(worth(place, ends))
            for supplier in suppliers:
                offers.add(product, place, supplier, self._lateness(review, place, supplier))
            if own in suppliers and np.isfinite(self.expediting.lead_ms[product]):
                offers.add(product, place, own, float(self.expediting.surcharge_cents[product]), urgent=True)
                shortage = float(self.urgent.prices.shortage[product])
                early[place] = worth_of_early_units(hurried[place], int(soon[product]), shortage, ends)
        return PurchaseProblem(
            curves,
            offers.offers,
            offers.terms(),
            early,
            float(self.order_cents),
            [network.products[p].volume_l for p in review.bought.tolist()],
            math.inf if self.budget_cents is None else float(self.budget_cents),
            self._room_l(review),
        )

    def _ends(self, review: Review, product: int, suppliers: list[int]) -> Floats:
        """As far as a curve must go: what is wanted in lots, or a price break that is not too far off."""
        specs = [self.levels.world.network.suppliers[s] for s in suppliers]
        wanted = int(review.level[product] - review.position[product])
        near = [least for spec in specs for least, _ in spec.price_breaks if least <= _BREAKS_WITHIN * wanted]
        lots = [spec.lot_units for spec in specs]
        return piece_ends(max([wanted, *near]) + max(lots), min(lots))

    def _lateness(self, review: Review, place: int, supplier: int) -> float:
        """What a supplier's lead time costs a unit, against the one that the levels reckon with: who comes later does
        not prevent the shortage that the curve takes to be prevented; who comes sooner prevents an earlier one too."""
        levels, product = self.levels, int(review.bought[place])
        lead_ms = levels.world.network.suppliers[supplier].lead_ms.mean
        usual_ms = float(levels.protected.lead_ms(review.view.node, review.view.shut)[0][product])
        span = int(review.position[product]), int(review.level[product]), float(levels.prices.shortage[product])
        if lead_ms < usual_ms:
            return -shortage_prevented(self._with_lead_of(review, supplier)[place], *span)
        return shortage_prevented(review.demand[place], *span) if lead_ms > usual_ms else 0.0

    def _with_lead_of(self, review: Review, supplier: int) -> Floats:
        """Equally likely demands in a supplier's lead time and a review."""
        if supplier not in review.sooner:
            lead, count = self.levels.world.network.suppliers[supplier].lead_ms, len(review.position)
            spread = np.full(count, standard_deviation(lead))
            review.sooner[supplier] = self._within(review, np.full(count, lead.mean), spread)
        return review.sooner[supplier]

    def _hurried(self, review: Review) -> Floats:
        """The same in the expedited lead time, where there is one."""
        lead_ms = self.expediting.lead_ms
        return self._within(review, np.where(np.isfinite(lead_ms), lead_ms, 0.0), self.expediting.lead_sd_ms)

    def _within(self, review: Review, lead_ms: Floats, lead_sd_ms: Floats) -> Floats:
        span = lead_ms + self.levels.world.network.nodes[review.view.node].review_every_ms + review.below_ms
        mean = review.outlook.demand(review.view.now_ms, span)
        variance = spread_of(review.outlook, mean, span, lead_sd_ms)
        return sampled(mean[review.bought], variance[review.bought], self.samples)

    def _soon(self, review: Review) -> Ints:
        """Units at hand less what is owed, and what is expected before the next order in a hurry could come."""
        on_order = self.company.on_order() if self.company is not None else ()
        return self.expediting.soon(review.view, review.position, on_order, self.levels.world)

    def _room_l(self, review: Review) -> float:
        """Volume that the node has left for what is not on order yet; where it can rent more, there is no end to it."""
        storage = self.levels.world.network.nodes[review.view.node].storage
        if storage is None or storage.rent_cents_per_m3_day is not None:
            return math.inf
        volume = np.array([p.volume_l for p in self.levels.world.network.products])
        return max(0.0, storage.volume_l - float(volume @ np.maximum(review.view.position, 0)))
