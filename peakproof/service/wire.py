"""The rows and answers of the decision service: the same for files, for the command line and for HTTP.

A field's description says what is accepted there; error messages quote it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

FIRST_YEAR, LAST_YEAR = 1900, 2500
"""Calendars, promises and time zones reckon some years beyond a moment."""


def within_years(moment: datetime) -> datetime:
    """``moment``, if a calendar can be reckoned around it."""
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        accepted = f"an ISO date and time from {FIRST_YEAR} to {LAST_YEAR}"
        raise PydanticCustomError("moment", "{accepted}", {"accepted": accepted})
    return moment


Moment = Annotated[datetime, AfterValidator(within_years)]
Text = Annotated[str, Field(min_length=1)]
Count = Annotated[int, Field(ge=0, le=2**31)]


class Row(BaseModel):
    """One row of what is asked."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class OrderLine(Row):
    """One line of an order; the rows of one ``order_ref`` are one order."""

    order_ref: Text = Field(description="the order's reference")
    sku: Text = Field(description="a SKU of the scenario")
    units: Annotated[int, Field(ge=1, le=2**31)] = Field(description="a whole number of 1 or more")
    channel: Text | None = Field(
        default=None, description="a channel of the scenario; may be left out if it has only one"
    )
    region: Text | None = Field(default=None, description="a region of the scenario, or latitude and longitude instead")
    latitude: Annotated[float, Field(ge=-90, le=90)] | None = Field(
        default=None, description="degrees north, -90 to 90"
    )
    longitude: Annotated[float, Field(ge=-180, le=180)] | None = Field(
        default=None, description="degrees east, -180 to 180"
    )
    placed_at: Moment | None = Field(default=None, description="an ISO date and time such as 2026-11-24T18:05")
    deliver_by: Moment | None = Field(default=None, description="an ISO date and time such as 2026-11-28T00:00")


class StockRow(Row):
    """What a node has of a SKU; what is not listed is not there."""

    node: Text = Field(description="a node of the scenario")
    sku: Text = Field(description="a SKU of the scenario")
    available: Count = Field(description="a whole number of 0 or more")


class SentLine(OrderLine):
    """Units of an order that a node sent, or that waited where no node is named; when it was placed is known."""

    placed_at: Moment = Field(description="an ISO date and time such as 2026-11-24T18:05")
    node: Text | None = Field(default=None, description="the node that sent the units; empty where none did")


class ArrivalRow(StockRow):
    """Units that were there when the day began, or that came ``at`` a moment."""

    at: Moment | None = Field(default=None, description="when they came: an ISO date and time; empty at the beginning")


class PositionRow(Row):
    """What a node has, expects and owes of a SKU."""

    node: Text = Field(description="a node of the scenario")
    sku: Text = Field(description="a SKU of the scenario")
    available: Count = Field(description="a whole number of 0 or more")
    on_order: Count = Field(default=0, description="a whole number of 0 or more: ordered of suppliers, not received")
    in_transit: Count = Field(
        default=0, description="a whole number of 0 or more: on its way from another node, or docked"
    )
    owed: Count = Field(default=0, description="a whole number of 0 or more: accepted by customers, and not allocated")


class CoverRow(PositionRow):
    """The same with what a node expects to sell; policies make a table of each unit."""

    available: Annotated[int, Field(ge=0, le=10**7)] = Field(description="a whole number from 0 to 10,000,000")
    daily_demand: Annotated[float, Field(ge=0, le=1e5)] = Field(description="units a day, from 0 to 100,000")


class ShipmentRow(Row):
    """A shipment that waits at a node for a wave."""

    shipment_ref: Text = Field(description="the shipment's reference")
    node: Text = Field(description="a node of the scenario")
    planned_at: Moment = Field(description="an ISO date and time such as 2026-11-24T18:05")
    ship_by: Moment = Field(description="an ISO date and time such as 2026-11-25T00:00")
    lines: Annotated[int, Field(ge=1, le=1_000_000)] = Field(default=1, description="a whole number of 1 or more")
    priority: Annotated[int, Field(ge=-(2**31), le=2**31)] = Field(
        default=0, description="a whole number; the highest goes first"
    )
    cutoff: Moment | None = Field(default=None, description="when its carrier leaves: an ISO date and time")


class Asked(BaseModel):
    """What every request may say."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    policy: str | None = Field(
        default=None,
        description="name or name:parameter=value,...; by default the scenario's own",
        examples=["cheapest"],
    )
    closed: tuple[str, ...] = Field(default=(), description="nodes that are closed now")
    at: Moment | None = Field(default=None, description="now; by default the scenario's start")


class AllocationRequest(Asked):
    """Orders that want nodes, and the stock that there is."""

    orders: list[OrderLine]
    stock: list[StockRow]


class ReplenishmentRequest(Asked):
    """Positions of the nodes to review; a node without a row is not reviewed."""

    stock: list[PositionRow]


class TransfersRequest(Asked):
    """Positions and expected sales of all nodes."""

    stock: list[CoverRow]


class ReleaseRequest(Asked):
    """Shipments that wait for a wave."""

    shipments: list[ShipmentRow]


class Goods(BaseModel):
    """Units of a SKU."""

    sku: str
    units: int


class Parcel(BaseModel):
    """What one node sends; ``cost_cents`` is freight, handling and packaging by the scenario's rates."""

    node: str
    goods: list[Goods]
    cost_cents: int | None


class Missing(Goods):
    """Units that no node sends now, and why."""

    why: str


class Allocation(BaseModel):
    """The decision for one order.

    ``runner_up`` is the node that the policy ranks second for the whole order and ``gap_cents`` by how much, in the
    policy's own reckoning; ``runner_up_cost_cents`` is what the parcel would cost from there. Null where the policy
    does not rank.
    """

    order_ref: str
    parcels: list[Parcel]
    backorders: list[Missing]
    cost_cents: int | None
    runner_up: str | None
    runner_up_cost_cents: int | None
    gap_cents: float | None
    why: str


class AllocationTotals(BaseModel):
    """All decisions together."""

    orders: int
    whole: int
    split: int
    incomplete: int
    backordered_units: int
    cost_cents: int


class AllocationAnswer(BaseModel):
    """The decisions, in the order of the orders."""

    policy: str
    decisions: list[Allocation]
    totals: AllocationTotals


class Purchase(BaseModel):
    """What a node should order; ``units`` in the supplier's lots, of the ``wanted`` that the policy asks for."""

    node: str
    sku: str
    source: str
    wanted: int
    units: int
    cost_cents: int
    urgent: bool
    below_minimum: bool
    position: int
    why: str


class ReplenishmentAnswer(BaseModel):
    """The orders, by node and SKU."""

    policy: str
    orders: list[Purchase]


class Move(BaseModel):
    """Units that should go from one node to another."""

    source: str
    to: str
    sku: str
    units: int
    why: str


class TransfersAnswer(BaseModel):
    """The transfers."""

    policy: str
    transfers: list[Move]


class Released(BaseModel):
    """A place in a node's sequence, from 1."""

    node: str
    place: int
    shipment_ref: str
    slack_minutes: int


class ReleaseAnswer(BaseModel):
    """Each node's shipments, first to be released first."""

    policy: str
    sequence: list[Released]


class Fault(BaseModel):
    """One thing that is wrong with a request."""

    where: str
    key: str
    message: str
    accepted: str | None = None
    suggestion: str | None = None


class Refusal(BaseModel):
    """Why a request was not answered: everything that is wrong with it."""

    detail: str
    problems: list[Fault]
