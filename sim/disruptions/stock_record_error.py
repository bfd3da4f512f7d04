"""A stock record that forgets units, or has units that do not exist."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from sim.disruptions.goods import chosen_products
from sim.disruptions.registry import disruption

if TYPE_CHECKING:
    from sim.model import Model


@disruption("stock_record_error")
@dataclass(frozen=True, slots=True)
class StockRecordError:
    """The record of a node forgets ``share`` of the available units of some SKUs (all, if none is named), which are
    on the shelf all the time; until a count at the end finds them nobody can sell them. With ``phantom`` the record
    has that share of units too many, as after a receipt that was booked twice: they are sold, and not found.
    """

    kind: ClassVar[str]
    node: int
    at_ms: int
    duration_ms: int
    share_bp: int = 2_000
    products: frozenset[int] | None = None
    categories: frozenset[int] | None = None
    phantom: bool = False

    def begin(self, model: Model) -> None:
        """The record goes wrong."""
        chosen = chosen_products(model.world.network, self.products, self.categories)
        change = model.site.misplaced.invent if self.phantom else model.site.misplaced.lose
        change(self, self.node, sorted(chosen), self.share_bp)

    def end(self, model: Model) -> None:
        """The count puts it right."""
        model.site.misplaced.find(self)
