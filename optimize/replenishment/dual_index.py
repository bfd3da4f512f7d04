"""Two lead times for one product: the regular order by one level, the expedited one by another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from optimize.replenishment.expediting import Expediting
from optimize.replenishment.forecast_levels import ByLevels
from optimize.replenishment.levels import Levels
from optimize.replenishment.unit_prices import cost_something
from sim.agents.supply.purchase_terms import PurchaseTerms
from sim.policies.company import CompanyView
from sim.policies.registry import policy
from sim.policies.replenishment import PositionView, Purchase, Wanted
from sim.units import BASIS_POINTS
from sim.world import World

Ints = NDArray[np.int64]


@policy("replenishment", "dual_index")
@dataclass(slots=True)
class DualIndex(ByLevels):
    """Regular orders by the best (s, S) of the whole position, expedited ones by what is at hand and due soon.

    What a supplier's ``expedite`` offers is taken up to the level at which a unit in a hurry is worth its surcharge,
    counting usable stock and what is expected within the expedited lead time (Veeraraghavan and Scheller-Wolf 2008).
    Prices as for ``best_s_S``, but a unit short is taken to cost all of its margin: only what would be lost is worth a
    surcharge.
    """

    lost_share_bp: int = BASIS_POINTS
    _urgent: Levels = field(init=False, repr=False)
    _expediting: Expediting = field(init=False, repr=False)
    _terms: PurchaseTerms = field(init=False, repr=False)
    _company: CompanyView | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        ByLevels.__post_init__(self)
        cost_something(self.lost_share_bp)

    def bind(self, world: World) -> None:
        """Learn lead times, prices and surcharges."""
        ByLevels.bind(self, world)
        self._urgent = Levels(world, self.holding_share_bp, self.lost_share_bp, 0)
        self._expediting = Expediting.of(world)
        self._terms = PurchaseTerms(world, lambda node, product: 0)

    def watch(self, company: CompanyView) -> None:
        """Keep the look-up of what is on order."""
        self._company = company

    def decide(self, view: PositionView) -> Sequence[Wanted]:
        """Review every carried product; hurried lines come first."""
        levels = self._levels
        if view.outlook is None:
            return list(levels.plan.decide(view))
        position = np.asarray(view.position)
        urgent = self._in_a_hurry(view, position)
        point, level = levels.searched(view)
        after = position + urgent
        regular = levels.with_plan(view, np.where(after <= point, level - after, 0))
        source = levels.world.network.products
        hurried = [Purchase(p, int(urgent[p]), source[p].supplier, True) for p in np.flatnonzero(urgent).tolist()]
        return [*hurried, *(self._unhurried(view, product, units) for product, units in regular)]

    def _unhurried(self, view: PositionView, product: int, units: int) -> Wanted:
        """A regular line; where its supplier hurries by a rule of its own, said to be no such line."""
        network = self._levels.world.network
        supplier = network.products[product].supplier
        hurries = network.suppliers[supplier].expedited_lead_ms is not None and supplier not in view.shut
        if not hurries or network.nodes[view.node].source is not None:
            return product, units
        return Purchase(product, self._terms.rounded(supplier, product, units), supplier)

    def _in_a_hurry(self, view: PositionView, position: Ints) -> Ints:
        """Units to expedite, in whole lots."""
        network = self._levels.world.network
        if network.nodes[view.node].source is not None:
            return np.zeros(len(position), dtype=np.int64)
        lot = np.array([network.suppliers[p.supplier].lot_units for p in network.products])
        is_open = np.array([p.supplier not in view.shut for p in network.products])
        on_order = self._company.on_order() if self._company is not None else ()
        soon = self._expediting.soon(view, position, on_order, self._levels.world)
        level = self._expediting.level(self._urgent, view)
        # What is owed alone is no reason: where nobody hurries, or it never pays, the level is 0.
        hurries = self._levels.covered(view) & is_open & (level > 0)
        missing = np.where(hurries, np.maximum(level - soon, 0), 0)
        return np.asarray(-(-missing // lot) * lot)
