"""What is sold: categories and products, listed, in a table, or generated."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import model_validator

from scenarios import quantities as q
from scenarios.fields import (
    MOST_PRODUCTS,
    Count,
    Money,
    Name,
    Names,
    Number,
    RandomDuration,
    Reads,
    Section,
    Share,
    ShareBp,
    Text,
    Volume,
    Weight,
    count_to,
    fault,
    key,
)
from scenarios.schema.returns import ReturnReasons


def _two_shares(value: Any) -> tuple[float, float]:
    if not isinstance(value, list) or len(value) != 2:
        raise q.QuantityError("two shares: lowest and highest")
    return q.share(value[0]), q.share(value[1])


_PAIR = {"type": "array", "items": {"type": ["string", "number"]}, "minItems": 2, "maxItems": 2}


class CategorySpec(Section):
    """What products of one kind share."""

    name: Name = key(description="Name of the category.")
    return_share: Share = key("0%", description="Share of shipped units that customers send back.")
    restock_share: Share = key(
        "100%",
        description="Share of returned units that are sold again as new, of those without a fault that were not used.",
    )
    return_reasons: ReturnReasons = key(
        None,
        description="Why they come back: weights of changed_mind, wrong_size, defect, wrong_item and late (which only "
        "customers say whose goods were late); null: nobody asks.",
    )
    refurbish_share: Share = key(
        "0%",
        description="Share of these that are made saleable again. What has a fault or was used is made so, goes back "
        "or is thrown away, in the proportions of those that are not as new.",
    )
    refurbish_time: RandomDuration = key("30min", description="How long that takes for a unit.")
    refurbish_cost: Money = key(0, description="What that costs for a unit.")
    vendor_share: Share = key("0%", description="Share of these that go back to their supplier.")
    vendor_credit: ShareBp = key("100%", description="What the supplier credits of their cost.")

    @model_validator(mode="after")
    def _at_most_all(self) -> Self:
        if self.refurbish_share + self.vendor_share and (
            self.restock_share + self.refurbish_share + self.vendor_share > 1 + 1e-9
        ):
            raise fault("restock, refurbish and vendor shares of 100% together at most")
        return self


class ProductSpec(Section):
    """One SKU."""

    sku: Name = key(description="The stock keeping unit's code.")
    price: Money = key(description="List price, in whole currency units.")
    cost: Money = key(description="Landed cost, in whole currency units.")
    weight: Weight = key(description="Shipping weight.")
    volume: Volume = key("1l", description="Shipping volume.")
    category: Name | None = key(None, description="Name of its category; the first one, if not given.")
    supplier: Name | None = key(None, description="Name of its supplier; the first one, if not given.")
    demand_weight: Number = key(1, description="Popularity relative to other products.")
    name: Text | None = key(None, description="What people call it; the SKU, if not given.")
    substitutes: Names = key(
        [], description="SKUs that a rule of `workflow` may offer where it is short, in this sequence."
    )


class ProductTableSpec(Section):
    """Products from a CSV or Parquet file."""

    table: Text = key(description="The file: columns sku, price, cost, weight_kg and further optional ones.")


class GeneratedCategorySpec(Section):
    """What generated products of one category look like. Prices and weights are lognormal."""

    share: Number = key(1, description="How many of the products are of this category, relative to others.")
    price: Money = key(description="Median list price.")
    price_cv: Number = key(0.5, description="Spread of prices (coefficient of variation).")
    cost_share: Annotated[tuple[float, float], Reads(_two_shares, _PAIR)] = key(
        ["45%", "60%"], description="Cost as a share of the price: lowest and highest."
    )
    weight: Weight = key(description="Median weight.")
    weight_cv: Number = key(0.6, description="Spread of weights (coefficient of variation).")
    density: Number = key(0.25, description="Kilograms in a litre, which gives the volume.")
    suppliers: Names = key([], description="Suppliers of the category, in turn; all of them, if not given.")


class GenerateSpec(Section):
    """A catalogue made up by rule, the same on every machine."""

    count: Annotated[int, count_to(MOST_PRODUCTS, lowest=1)] = key(description="How many products.")
    seed: Count = key(0, description="Another seed gives another catalogue.")
    prefix: Text = key("SKU", description="What the SKUs begin with.")
    zipf: Number = key(0.8, description="Popularity: the r-th most popular product sells r^-zipf as often.")
    categories: dict[str, GeneratedCategorySpec] = key(description="By name of the category.")


class GeneratedProductsSpec(Section):
    """Products that are made up by rule."""

    generate: GenerateSpec = key(description="The rule.")
