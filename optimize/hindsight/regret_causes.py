"""Where a run's regret comes from, order by order: what waiting cost, and what the choice of nodes cost.

At the prices of stock that give the clairvoyant bound (`optimize.hindsight.prices`), regret is a sum over orders,
without a rest:

- *waiting*: what an order's parcels cost more than the same parcels, from the same nodes, had they left when the order
  was validated, by the cheapest service that keeps what was kept;
- *place*: what that costs more, with the units it used at their prices, than the cheapest way to send the order;
- *idle*: what the stock was worth at those prices that nobody used. It is of no order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimize.hindsight.bound import GAP, ROUNDS
from optimize.hindsight.costs import ANY_TIME, Stairs, costs_of
from optimize.hindsight.prices import dual_bound
from optimize.hindsight.sent import Sent, read_pieces, read_sent
from sim.world import World

if TYPE_CHECKING:
    from sim.measures.books import Books

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class RegretCauses:
    """A run's regret, taken apart.

    Attributes
    ----------
    orders
        One row for each order sent by parcel: ``order``, ``channel``, ``in_time`` (tendered to arrive by its promise),
        ``parcels``, ``cost_cents``, ``waiting_cents``, ``place_cents``.
    idle_cents
        What unused stock was worth.
    bound_cents
        The clairvoyant bound: the sum of ``cost_cents`` less that of the causes and ``idle_cents``.
    """

    orders: pd.DataFrame
    idle_cents: float
    bound_cents: float


def regret_causes(world: World, books: Books, rounds: int = ROUNDS) -> RegretCauses:
    """Take the regret of a run of ``world`` apart; ``rounds`` of the search for prices.

    Raises
    ------
    HindsightError
        If the run is of another world.
    """
    return causes_of(world, read_sent(world, books), read_pieces(world, books), rounds)


def causes_of(world: World, sent: Sent, pieces: pd.DataFrame, rounds: int = ROUNDS) -> RegretCauses:
    """The same of what was sent, and in which pieces (`optimize.hindsight.sent.read_pieces`)."""
    if not len(sent):
        return RegretCauses(_table(world, sent, np.zeros(0), np.zeros(0), pieces), 0.0, 0.0)
    dual = dual_bound(sent, costs_of(world, sent), rounds, GAP)
    place = np.searchsorted(sent.order, pieces["order"].to_numpy(np.int64))
    nodes, products = pieces["node"].to_numpy(np.int64), pieces["product"].to_numpy(np.int64)
    paid = dual.felt[sent.period[place], nodes, products] * pieces["units"].to_numpy(np.int64)
    stock = np.bincount(place, weights=paid, minlength=len(sent))
    at_once = _at_once(world, sent, pieces, place)
    orders = _table(world, sent, sent.cents - at_once, at_once + stock - dual.each, pieces)
    return RegretCauses(orders, dual.stock - float(stock.sum()), dual.cents)


def _at_once(world: World, sent: Sent, pieces: pd.DataFrame, place: NDArray[np.int64]) -> Floats:
    """Cents of each order in the parcels that it was sent in, had they left when it was validated."""
    kg = np.array([p.weight_kg for p in world.network.products])
    parcels = (
        pieces.assign(place=place, kg=kg[pieces["product"]] * pieces["units"])
        .groupby("shipment", sort=False)
        .agg(place=("place", "first"), node=("node", "first"), kg=("kg", "sum"), lines=("line", "size"))
    )
    stairs = Stairs(world, float(parcels["kg"].max()))
    costs, channels = stairs.costs, world.network.channels
    found = np.zeros(len(sent))
    for order, node, weight_kg, lines in parcels.itertuples(index=False):
        channel = int(sent.channel[order])
        quote, slot = costs.tariff.quotes[node][int(sent.region[order])], costs.slot(int(sent.ready_ms[order]))
        due_ms = int(sent.due_ms[order]) if sent.in_time[order] else ANY_TIME
        freight = stairs.freight(node, quote, stairs.step(weight_kg), slot, due_ms, channels[channel].residential)
        found[order] += freight + costs.fixed_cents[node] + costs.line_cents[node] * lines
    # Nothing could be dearer for leaving sooner; where no rate is known for what was done, it waited for nothing.
    return np.minimum(found, sent.cents)


def _table(world: World, sent: Sent, waiting: Floats, place: Floats, pieces: pd.DataFrame) -> pd.DataFrame:
    names = np.array([channel.name for channel in world.network.channels])
    parcels = pieces.groupby("order")["shipment"].nunique().reindex(sent.order, fill_value=0)
    return pd.DataFrame(
        {
            "order": sent.order,
            "channel": names[sent.channel],
            "in_time": sent.in_time,
            "parcels": parcels.to_numpy(),
            "cost_cents": sent.cents,
            "waiting_cents": waiting,
            "place_cents": place,
        }
    )
