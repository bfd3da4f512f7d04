"""What the next days ask of a network: its linear programs, from what a company knows of stock, floors and sales.

Two programs, because they look at different times. Stock lasts until goods come that were ordered weeks ago: the
network's program over ``ahead_days`` prices a unit of each product at each node (Acimovic and Graves 2015). Floors must
be through with an order by its ship-by: a program until the end of the next local day prices an hour of each node's
pickers and packers.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from optimize.allocation.baskets import BY_SIZE, BasketTypes, counts_of
from optimize.allocation.network_lp import NetworkProblem
from optimize.allocation.serving import ServingCosts
from optimize.programs import Program
from sim.policies.allocation import StockView
from sim.policies.company import CompanyView
from sim.units import DAY_MS, HOUR_MS
from sim.world import World

Floats = NDArray[np.float64]

_CUT_OFF_MS = 8 * HOUR_MS
"""Before midnight: orders that come later may be sent the day after (order-by times are 12:00 to 17:00)."""


class OutlookPrograms:
    """Builds both programs for one world.

    Parameters
    ----------
    by_basket
        Whether stock's program tells demand apart by how many units are ordered together.

    Attributes
    ----------
    units_per_order, lines_per_order
        Of the channels together, by their usual orders.
    """

    def __init__(self, world: World, costs: ServingCosts, *, by_basket: bool = False) -> None:
        self._world, self._costs = world, costs
        network = world.network
        self._baskets = BasketTypes(network.channels, BY_SIZE if by_basket else (1,))
        orders = np.array([max(c.orders_per_day, 1e-9) for c in network.channels])
        self.lines_per_order = float(
            np.average([counts_of(c.line_count).mean() for c in network.channels], weights=orders)
        )
        self.units_per_order = float(1 / (self._baskets.share / self._baskets.units).sum())
        self._channel = int(np.argmax(orders))
        """The largest channel: its promise and its nodes stand for all."""
        self._weight_kg = np.array([p.weight_kg for p in network.products])
        self._lost_cents = np.array([max(0.0, float(p.price_cents - p.cost_cents)) for p in network.products])
        demand = np.array([p.demand_weight for p in network.products])
        self._usual_kg = float(demand @ self._weight_kg / demand.sum()) * self.units_per_order
        light, heavy = self._freight(0.5 * self._usual_kg), self._freight(1.5 * self._usual_kg)
        goes = np.isfinite(light) & np.isfinite(heavy)
        self._kg_cents = (np.where(goes, heavy, 0.0) - np.where(goes, light, 0.0)) / self._usual_kg
        self._parcel_cents = np.where(goes, light - 0.5 * self._usual_kg * self._kg_cents, _FAR)

    def _freight(self, weight_kg: float) -> Floats:
        """Of the largest channel's parcels at its promise, with their handling, shape (nodes, regions)."""
        network, tariff = self._world.network, self._costs.tariff
        spec = network.channels[self._channel]
        found = np.full((len(network.nodes), len(network.regions)), np.inf)
        for node in self._costs.serving[self._channel]:
            for region in range(len(network.regions)):
                found[node, region] = tariff.serve_cents(
                    node, region, weight_kg, 1, spec.promise.transit_days, to_home=spec.residential
                )
        return found

    def stock(self, company: CompanyView, view: StockView, now_ms: int, ahead_days: float) -> NetworkProblem:
        """The network's program from now on. A unit bears its share of a usual order's parcel, or of one of its type;
        zones are then regions, type after type."""
        until_ms = now_ms + round(ahead_days * DAY_MS)
        supply = np.array(view.available, dtype=np.float64) * (np.array(view.is_open) > 0)[:, None]
        for node, product, units, due_ms in company.on_order():
            if due_ms < until_ms:
                supply[node, product] += units
        nodes, baskets = len(supply), self._baskets
        return NetworkProblem(
            supply=np.maximum(supply, 0.0),
            demand=np.vstack([share * company.demand(now_ms, until_ms) for share in baskets.share]),
            unit_cost=np.hstack([self._parcel_cents / units for units in baskets.units]),
            lost_cost=self._lost_cents,
            capacity=np.full(nodes, np.inf),
            weight=self._weight_kg,
            weight_cost=np.tile(self._kg_cents, len(baskets.units)),
        )

    def work(self, company: CompanyView, view: StockView, now_ms: int, late_cents: float) -> Program:
        """Orders by region and node, then hours beyond each station's; rows: regions, then stations.

        An hour beyond costs what its orders cost if they are late.
        """
        calendar = self._world.calendar
        until_ms = calendar.at(calendar.day_at(now_ms) + 2, 0)
        asked = company.demand(now_ms, max(now_ms, until_ms - _CUT_OFF_MS)).sum(axis=1) / self.units_per_order
        nodes, regions = self._parcel_cents.shape
        load = np.array(company.load_hours())
        hours = np.array([company.hours_until(node, until_ms) for node in range(nodes)])
        one = np.array([company.adds_hours(node, 1) for node in range(nodes)])
        with np.errstate(invalid="ignore"):  # where nobody works, both are endless
            more = np.array([company.adds_hours(node, 2) for node in range(nodes)]) - one
        an_order = one + np.nan_to_num(more) * (self.lines_per_order - 1)
        works = np.isfinite(an_order).all(axis=1) & (np.array(view.is_open) > 0)
        an_order = np.where(works[:, None], an_order, 1.0)
        room = np.where(works[:, None], np.maximum(0.0, hours - np.nan_to_num(load, posinf=0.0)), 0.0)
        cost = self._parcel_cents + self._kg_cents * self._usual_kg
        served = sparse.kron(np.ones((1, nodes)), sparse.eye_array(regions))
        used = sparse.kron(sparse.csr_array(_interleaved(an_order)), np.ones((1, regions)))
        beyond = -sparse.eye_array(2 * nodes)
        return Program.of(
            np.concatenate([cost.ravel(), (late_cents / np.maximum(an_order, 1e-9)).ravel()]),
            sparse.block_array([[served, None], [used, beyond]]),
            np.concatenate([asked, np.full(2 * nodes, -np.inf)]),
            np.concatenate([asked, room.ravel()]),
            upper=np.concatenate([np.full(cost.size, np.inf), np.full(2 * nodes, np.inf)]),
        )

    def work_prices(self, company: CompanyView, duals: Floats) -> list[tuple[float, float]]:
        """By node: what a shipment and each line of it cost, from the duals of the work program's rows."""
        nodes, regions = self._parcel_cents.shape
        hour_cents = np.maximum(0.0, -duals[regions:].reshape(nodes, 2))
        found = []
        for node in range(nodes):
            one, two = (np.nan_to_num(company.adds_hours(node, lines), posinf=0.0) for lines in (1, 2))
            line = float(hour_cents[node] @ (two - one))
            found.append((max(0.0, float(hour_cents[node] @ one) - line), max(0.0, line)))
        return found


_FAR = 1e5
"""Cents from a node that does not serve: more than anything that is sent."""


def _interleaved(hours: Floats) -> Floats:
    """(stations of all nodes, nodes): each station's hours for an order of its node."""
    nodes = len(hours)
    found = np.zeros((2 * nodes, nodes))
    for node in range(nodes):
        found[2 * node : 2 * node + 2, node] = hours[node]
    return found
