"""Cases and pallets, as a scenario file describes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Self

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from scenarios.fields import Count, Duration, Money, Names, PositiveDuration, Section, key, one_of
from scenarios.names import Names as Positions
from sim.network import Product
from sim.plans.handling_units import HandlingPlan


class SizesSpec(Section):
    """What a case and a pallet of some products hold."""

    case: Count | None = key(None, description="Units in a case; 0: they come in none; null: nothing is said.")
    pallet: Count | None = key(None, description="Units on a pallet; 0: they come on none; null: nothing is said.")

    @model_validator(mode="after")
    def _whole_cases(self) -> Self:
        if self.case and self.pallet and self.pallet % self.case:
            accepted = f"a pallet of whole cases: a multiple of {self.case} units"
            raise PydanticCustomError("quantity", "{accepted}", {"accepted": accepted})
        return self


class HandlingUnitsSpec(SizesSpec):
    """How products come in cases and on pallets, and whose orders are served by them. What `categories` say of a
    category's products counts before what this section says, and `products` before both, size by size."""

    categories: dict[str, SizesSpec] = key({}, description="By category: other sizes.")
    products: dict[str, SizesSpec] = key({}, description="By SKU: other sizes.")
    channels: Names = key(
        description="Channels whose order lines are broken down into pallets, cases and single units."
    )
    case_pick: Duration = key("30s", description="How long a picker takes for a case.")
    pallet_move: Duration = key(
        "4min",
        description="How long one takes to bring a whole pallet to the dock, wrapped; it does not pass the packers.",
    )
    pallet_packaging: Money = key(6, description="What wood and wrap of a pallet cost; it has no carton.")
    pallet_put_away: PositiveDuration | None = key(
        None, description="How long who receives takes to put a pallet away; null: with the rest of its line."
    )
    case_put_away: PositiveDuration | None = key(None, description="The same for a case beside whole pallets.")
    kept_pallets: Count = key(
        0, description="How many pallets of a product, at each node, are kept whole for who orders a pallet."
    )
    break_kept: Annotated[str, one_of("last", "never")] = key(
        "last",
        description="Whether orders of less than a pallet break such a one where no loose stock serves them (last), or "
        "wait for goods beside it (never).",
    )
    short_pallets: Annotated[str, one_of("loose", "wait")] = key(
        "loose",
        description="What becomes of an order for a pallet that no node has whole: picked from loose stock, or it "
        "waits for a whole one.",
    )


def handling_plan(spec: HandlingUnitsSpec, products: Sequence[Product], names: Positions) -> HandlingPlan:
    """The sizes of each product, and the rest as it is."""
    by_category = {names.index("category", name): sizes for name, sizes in spec.categories.items()}
    by_product = {names.index("product", sku): sizes for sku, sizes in spec.products.items()}
    sizes = [(by_product.get(n), by_category.get(p.category), spec) for n, p in enumerate(products)]
    return HandlingPlan(
        case_units=tuple(next((s.case for s in own if s is not None and s.case is not None), 0) for own in sizes),
        pallet_units=tuple(next((s.pallet for s in own if s is not None and s.pallet is not None), 0) for own in sizes),
        channels=frozenset(names.index("channel", name) for name in spec.channels),
        case_pick_ms=spec.case_pick,
        pallet_move_ms=spec.pallet_move,
        pallet_packaging_cents=spec.pallet_packaging,
        kept_pallets=spec.kept_pallets,
        breaks_kept=spec.break_kept == "last",
        waits_for_pallets=spec.short_pallets == "wait",
        pallet_put_away_ms=spec.pallet_put_away,
        case_put_away_ms=spec.case_put_away,
    )
