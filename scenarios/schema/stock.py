"""Ways between places, and what lies where."""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from scenarios.fields import (
    Count,
    Duration,
    Name,
    Names,
    Number,
    PositiveCount,
    RandomDuration,
    Section,
    Share,
    Text,
    fault,
    key,
)


class LaneSpec(Section):
    """A lane: to a node that another one replenishes, or to a region that is not as far as the crow flies."""

    source: Name = key(alias="from", description="Node where it begins.")
    to: Name = key(description="Node or region where it ends.")
    transit: RandomDuration | None = key(None, description="To a node: how long a transfer takes.")
    miles: Number | None = key(None, description="To a region: the distance to charge.")

    @model_validator(mode="after")
    def _one_meaning(self) -> Self:
        if (self.transit is None) == (self.miles is None):
            raise fault("either transit (to a node) or miles (to a region)")
        return self


class CarriesSpec(Section):
    """Which products a node carries, when not all."""

    top: Count | None = key(None, description="Only so many of the most popular.")
    categories: Names | None = key(None, description="Only products of these categories.")


class SlowMoversSpec(Section):
    """Slow movers lie in few nodes: which SKUs are slow, and in how many."""

    beyond: Count = key(description="A SKU is slow if so many others, or more, are more popular.")
    nodes: PositiveCount = key(
        description="How many of the nodes that could carry it do: in turn, so that each has its share of them; one "
        "more for a channel that none of these serves."
    )


class StockSpec(Section):
    """Opening stock and reorder levels, by rule from expected demand or from a table.

    A node's expected daily demand for a SKU is the sum over its channels of orders a day x lines an order x
    units a line x the SKU's share of the channel x the node's share of the channel. A node's share of a
    channel is ``node_shares`` if given; else, stores and nodes that another node replenishes have none
    (unless the channel has only such nodes), and the others divide the rest by the weight of the regions to
    which they are the nearest that carries the SKU. A node that replenishes others has their demand as well.
    Reorder point = demand x (lead time + review + safety); order up to = that + demand x order_cover.
    """

    table: Text | None = key(
        None,
        description="A file with columns node, sku, units and, if wanted, reorder_point and order_up_to.",
    )
    extra: Text | None = key(
        None,
        description="A file with columns sku and units: opening stock beyond the rule or the table, which lies "
        "where the SKU sells most.",
    )
    days_of_cover: Duration | None = key(
        None, description="Opening stock; null: each SKU somewhere between its two levels, evenly spread."
    )
    opening_units: Count | None = key(
        None, description="Opening stock of each SKU at each node that carries it, instead of days_of_cover."
    )
    spread: Share = key(
        "0%", description="With days_of_cover: how far a SKU lies above or below it at all nodes together."
    )
    node_spread: Share = key(
        "0%", description="With days_of_cover: how far a SKU's stock at a node lies above or below that."
    )
    review: Duration = key("1d", description="Time between two looks at a SKU.")
    safety_days: Duration = key("5d", description="Demand held against surprises.")
    order_cover: Duration = key("10d", description="Demand that one replenishment covers.")
    min_units: Count = key(1, description="Smallest reorder point of a SKU that is carried.")
    node_shares: dict[str, Share] = key({}, description="Share of demand by node, for those set by hand.")
    carries: dict[str, CarriesSpec] = key({}, description="By node: what it carries, when not all.")
    slow_movers: SlowMoversSpec | None = key(None, description="SKUs that lie in a few nodes only.")
