"""Goods that must not be sold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from sim.disruptions.goods import chosen_products
from sim.disruptions.registry import disruption, in_force
from sim.units import DAY_MS

if TYPE_CHECKING:
    from sim.model import Model


@disruption("recall")
@dataclass(frozen=True, slots=True)
class RecallOfGoods:
    """SKUs (all, if neither products nor categories are named) are quarantined everywhere: what is available, what is
    in shipments that have not left (which are taken apart, and their orders served with what is left), and what
    comes in meanwhile. At the end the units are sold again, or scrapped if ``scrap``.

    Customers keep what they have, unless any of the shares says otherwise: then all who have such goods are told, when
    it begins or when they get them while it lasts; of those who ordered before it began, the ones who did within
    ``ordered_within``. ``sent_back_share`` send them back, on average
    ``sent_back_after`` later, ``contact_share`` contact service; carriers find ``intercept_share`` of the parcels on
    the road before they are handed over, and bring them back. What comes back is refunded, and quarantined or scrapped.
    """

    kind: ClassVar[str]
    at_ms: int
    duration_ms: int
    products: frozenset[int] | None = None
    categories: frozenset[int] | None = None
    scrap: bool = False
    sent_back_share_bp: int = 0
    sent_back_after_ms: int = 3 * DAY_MS
    contact_share_bp: int = 0
    intercept_share_bp: int = 0
    ordered_within_ms: int | None = None

    @property
    def reaches_customers(self) -> bool:
        """Whether anything is done about what has left."""
        return bool(self.sent_back_share_bp or self.contact_share_bp or self.intercept_share_bp)

    @property
    def since_ms(self) -> int:
        """Whoever ordered before this moment is not reached."""
        return 0 if self.ordered_within_ms is None else self.at_ms - self.ordered_within_ms

    def begin(self, model: Model) -> None:
        """Take them off sale."""
        model.site.recall.hold(self._held(model))
        if self.reaches_customers and model.site.called_back is not None:
            model.site.called_back.begin(self, chosen_products(model.world.network, self.products, self.categories))

    def end(self, model: Model) -> None:
        """Let go of what no other recall holds."""
        model.site.recall.lift(self._held(model), scrap=self.scrap)
        if self.reaches_customers and model.site.called_back is not None:
            model.site.called_back.end(self, chosen_products(model.world.network, self.products, self.categories))

    def _held(self, model: Model) -> frozenset[int]:
        return frozenset().union(
            *(chosen_products(model.world.network, d.products, d.categories) for d in in_force(model, RecallOfGoods))
        )
