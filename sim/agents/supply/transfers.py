"""Stock moved ahead of demand: on a schedule, trucks take it between nodes as the transfer policy says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.books.columns import as_numpy
from sim.books.kinds import NUMBER
from sim.clock import DECISION
from sim.orders import LINE_OFFERED, LINE_REFUSED
from sim.policies.transfers import CoverView, Floats
from sim.units import DAY_MS, HOUR_MS

if TYPE_CHECKING:
    from sim.agents.site import Site

_FREIGHT, _HANDLED = NUMBER["transfer_freight_charged"], NUMBER["transfer_handled"]
_PACE_DAYS = 7

Load = tuple[int, int, list[tuple[int, int]]]
"""(node that sends, node that gets, (product, units) of a truck)."""


class Transfers:
    """Asks the transfer policy every ``rules.transfer_every``, and sends trucks from node to node.

    What was loaded, its freight and its handling are facts of the one goods record of each product; freight is shared
    by weight.
    """

    def __init__(self, site: Site, planner: int) -> None:
        self._site, self._planner = site, planner
        self._every_ms = site.world.rules.transfer_every_ms
        self._miles = site.geography.node_miles
        self._homes = _nearest(site)

    def start(self) -> None:
        """Put the first look on the clock."""
        self._call()

    def _call(self) -> None:
        clock = self._site.clock
        at_ms = (clock.now_ms // self._every_ms + 1) * self._every_ms
        if at_ms < self._site.world.horizon.end_ms:
            clock.at(at_ms, DECISION, self._look, rank=-1)

    def _look(self, _: None) -> None:
        loads: dict[tuple[int, int], list[tuple[int, int]]] = {}
        for source, to, product, units in self._site.policies.transfers.decide(self._view()):
            loads.setdefault((source, to), []).append((product, units))
        for (source, to), wanted in loads.items():
            self._propose((source, to, wanted))
        self._call()

    def _propose(self, load: Load) -> None:
        """Send a truck, or have that approved first."""
        approvals = self._site.approvals
        if approvals is None:
            self._send(load)
            return
        products = self._site.world.network.products
        cents = sum(units * products[product].cost_cents for product, units in load[2])
        approvals.propose("transfers", ("transfers", *load[:2]), cents, self._send_yet, _nothing, load)

    def _send_yet(self, load: Load) -> None:
        """What was approved goes if both nodes are open still; no more of it than is free by then."""
        if self._site.open_nodes[load[0]] and self._site.open_nodes[load[1]]:
            self._send(load)

    def _view(self) -> CoverView:
        site = self._site
        nodes, products = range(len(site.warehouses)), range(len(site.world.network.products))
        return CoverView(
            now_ms=site.clock.now_ms,
            position=[site.supply.position(node) for node in nodes],
            free=[[max(0, site.inventory.unpromised(node, p)) for p in products] for node in nodes],
            is_open=[bool(site.open_nodes[node]) for node in nodes],
            demand=self._demand,
        )

    def _demand(self, days: float) -> Floats:
        """Expected units of the next days, shape (nodes, products)."""
        site, forecaster = self._site, self._site.forecaster
        network = site.world.network
        if forecaster is None:
            return self._pace() * days
        span = np.full(len(network.products), days * DAY_MS)
        return np.array([forecaster.outlook(n).demand(site.clock.now_ms, span) for n in range(len(network.nodes))])

    def _pace(self) -> Floats:
        """Units a day that were accepted in the last week, each at the nearest node that may serve it."""
        site = self._site
        network, register, now_ms = site.world.network, site.register, site.clock.now_ms
        since_ms = max(0, now_ms - _PACE_DAYS * DAY_MS)
        sold = np.zeros((len(network.nodes), len(network.products)))
        orders, lines = register.orders, register.lines
        present = lines.present()
        at_ms = as_numpy(orders.at_ms)[as_numpy(lines.order)[present]]
        state = as_numpy(lines.state)[present]
        mine = present[(at_ms >= since_ms) & (at_ms < now_ms) & (state != LINE_OFFERED) & (state != LINE_REFUSED)]
        product, bought = as_numpy(lines.product)[mine], as_numpy(lines.order)[mine]
        home = self._homes[as_numpy(orders.channel)[bought], as_numpy(orders.region)[bought]]
        np.add.at(sold, (home, product), as_numpy(lines.units)[mine])
        return sold * (DAY_MS / max(1, now_ms - since_ms))

    def _send(self, load: Load) -> None:
        source, to, wanted = load
        site, rules = self._site, self._site.world.rules
        sent = site.supply.load(source, to, wanted)
        if not sent:
            return
        miles = self._miles[source][to]
        hours = miles / rules.transfer_miles_per_hour
        site.supply.dispatch(source, to, sent, rules.transfer_loading_ms + round(hours * HOUR_MS))
        self._charge(source, to, sent, miles)

    def _charge(self, source: int, to: int, sent: list[int], miles: float) -> None:
        """Freight of the trucks by each product's share of the weight, and the hands that loaded them."""
        site, rules, goods = self._site, self._site.world.rules, self._site.register.goods
        products = site.world.network.products
        weights = [goods.units[g] * products[goods.product[g]].weight_kg for g in sent]
        total_kg = sum(weights)
        trucks = max(1, int(-(-total_kg // rules.transfer_truck_weight_kg)))
        cents = round(trucks * (rules.transfer_truck_cost_cents + miles * rules.transfer_mile_cost_cents))
        freight, handled = [], []
        charged, loaded_kg = 0, 0.0
        for place, (record, kg) in enumerate(zip(sent, weights, strict=True)):
            loaded_kg += kg
            is_last = place == len(sent) - 1
            until = cents if is_last or not total_kg else round(cents * loaded_kg / total_kg)
            product, units, document = goods.product[record], goods.units[record], goods.document[record]
            if until > charged:
                freight.append(goods.add(source, product, units, until - charged, other=to, document=document))
            charged = until
            if hands := units * rules.transfer_handling_cents:
                handled.append(goods.add(source, product, units, hands, other=to, document=document))
        if freight:
            site.log.add(_FREIGHT, self._planner, 0, freight)
        if handled:
            site.log.add(_HANDLED, site.warehouses[source].actor, 0, handled)


def _nearest(site: Site) -> NDArray[np.int64]:
    """The nearest node that may serve a customer, shape (channels, regions)."""
    nearest = site.geography.nearest_nodes
    pools = [site.pools[pool] for pool in site.pool_of_channel]
    return np.array([[next((n for n in row if n in pool), row[0]) for row in nearest] for pool in pools])


def _nothing(load: Load) -> None:
    """Stock that is not sent stays where it is."""
