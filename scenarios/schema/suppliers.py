"""Suppliers, and what goods cost when and how they come."""

from __future__ import annotations

from typing import Annotated

from scenarios.fields import (
    Count,
    Duration,
    FactorBp,
    Money,
    Name,
    Names,
    PositiveCount,
    PositiveDuration,
    RandomDuration,
    RandomShare,
    Section,
    Share,
    ShareBp,
    Text,
    key,
    one_of,
)
from sim.plans.making import SEES


class PriceBreakSpec(Section):
    """A discount on all units of a line that is large enough."""

    units: PositiveCount = key(description="From so many units on.")
    discount: ShareBp = key(description="Taken off the price of each.")


class PartialSpec(Section):
    """Deliveries that come in two parts."""

    share: Share = key(description="Share of orders.")
    first: Share = key("50%", description="Share of the units that comes at first.")
    delay: RandomDuration = key("3d", description="How much later the rest comes.")


class ExpediteSpec(Section):
    """Lines in a hurry: those of a SKU of which the node has little left."""

    lead_time: RandomDuration = key(description="Lead time of such lines.")
    surcharge: ShareBp = key("0%", description="Their surcharge, on landed cost; an expense.")
    below: ShareBp = key("50%", description="What is little: less than this share of the reorder point.")


class SecondSourceSpec(Section):
    """Another supplier who always gets a share of what is ordered."""

    supplier: Name = key(description="Its name.")
    share: ShareBp = key(description="Its share of each line.")


class MakingSpec(Section):
    """How a supplier makes to stock, from which it ships what is ordered."""

    takes: PositiveDuration = key(description="From the start of a batch until it is there.")
    every: PositiveDuration = key("1d", description="How often it plans.")
    sees: Annotated[str, one_of(*SEES)] = key(
        "orders", description="What it plans by: the orders that it gets, or the forecast of the company."
    )
    window: PositiveCount = key(14, description="Of how many intervals' orders it expects the mean.")
    safety_units: Count = key(0, description="Units of each product that it wants to have besides.")
    opening_units: Count = key(0, description="Units of each product that it has at first.")


class SupplierSpec(Section):
    """Who delivers products."""

    name: Name = key(description="Name of the supplier.")
    lead_time: RandomDuration = key(description="From order to delivery.")
    quoted_lead_time: Duration | None = key(
        None, description="What it promises when an order is placed; null: what it keeps four times out of five."
    )
    min_order_units: Count = key(1, description="Smallest number of units on one purchase order, all SKUs together.")
    lot_units: PositiveCount = key(1, description="Quantities come in multiples of this.")
    fill_share: RandomShare = key("100%", description="Share of what was ordered that arrives.")
    payment_terms: Duration = key("30d", description="When its invoice is due.")
    alternates: Names = key([], description="Who delivers its products while it is shut; the first that is not shut.")
    confirmation: RandomDuration | None = key(
        None, description="From order to confirmation; null: at once. Making and lead time begin with it."
    )
    confirmed_share: RandomShare = key("100%", description="Share of each line that it confirms; it declines the rest.")
    currency: Text | None = key(
        None,
        description="What it is paid in, at prices fixed in it from the start; null: the first entity's, without "
        "exchange gains. Needs a treasury.",
    )
    min_order: Money = key(0, description="Smallest value of one purchase order, at its prices.")
    price_breaks: list[PriceBreakSpec] = key(
        [], description="Discounts on all units of a line; it is raised to a break where that costs no more."
    )
    price: FactorBp = key("100%", description="Its prices, as a share of the products' cost.")
    freight_per_kg: Money = key(0, description="Freight of a kilogram, which its goods are worth more.")
    duty: ShareBp = key("0%", description="Duty on its prices, which its goods are worth more.")
    capacity_units_per_day: PositiveCount | None = key(
        None, description="Units that it can make in a day, one order after the other; null: any."
    )
    partial: PartialSpec | None = key(None, description="Deliveries in two parts.")
    expedite: ExpediteSpec | None = key(None, description="What it offers when stock runs out; null: nothing.")
    second_source: SecondSourceSpec | None = key(None, description="Who is asked for a share of every line.")
    quality_hold: PositiveDuration | None = key(
        None, description="How long its goods are in quarantine after put-away; null: they can be sold at once."
    )
    sampled_share: Share = key("100%", description="With quality_hold: share of lines that are held.")
    rejected_share: Share = key("0%", description="With quality_hold: share of these that are scrapped then.")
    making: MakingSpec | None = key(None, description="How it makes to stock; null: it has what is ordered.")
