"""Protects what is reserved for orders that have few nodes from orders that have more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.books.register import Line
from sim.policies.allocation import StockView

if TYPE_CHECKING:
    from sim.agents.site import Site


class Guard:
    """Shows an allocation policy what an order may take.

    A reservation of the stock as a whole is one of the nodes that its channel may be served from, its pool. All can be
    kept if and only if the nodes of every union of pools have as much as is reserved for pools inside it (Hall 1935).
    An order of a pool that is not inside may take no more from those nodes than what they have beyond that.
    """

    def __init__(self, site: Site) -> None:
        self._site = site
        pools = site.pools
        unions: set[frozenset[int]] = set()
        for pool in pools:
            unions |= {union | pool for union in unions} | {pool}
        self._bounds = [
            [
                (nodes, [n for n, inside in enumerate(pools) if inside <= nodes])
                for nodes in sorted(unions, key=sorted)
                if nodes & pool and not pool <= nodes
            ]
            for pool in pools
        ]

    def watches(self, channel: int) -> bool:
        """Whether orders of a channel could take what others have reserved."""
        return bool(self._bounds[self._site.pool_of_channel[channel]])

    def view(self, channel: int, region: int, wanted: list[Line], stock: StockView) -> StockView:
        """``stock`` as an order may see it: of what is short, units at the nearest nodes first."""
        pool = self._site.pool_of_channel[channel]
        hidden: dict[tuple[int, int], int] = {}
        for product in dict.fromkeys(product for _, product, _ in wanted) if self._bounds[pool] else ():
            hidden |= self._hidden(pool, region, product)
        if not hidden:
            return stock
        rows = [row[:] for row in self._site.inventory.available]
        for (node, product), units in hidden.items():
            rows[node][product] -= units
        return StockView(rows, stock.is_open)

    def _hidden(self, pool: int, region: int, product: int) -> dict[tuple[int, int], int]:
        """Units of a product by (node, product) that are not for this pool's orders."""
        live = self._site.inventory
        spare = [
            sum(live.available[n][product] for n in nodes) - sum(live.reserved[q][product] for q in inside)
            for nodes, inside in self._bounds[pool]
        ]
        hidden: dict[tuple[int, int], int] = {}
        own = self._site.pools[pool]
        for node in [n for n in self._site.geography.nearest_nodes[region] if n in own]:
            here = [b for b, (nodes, _) in enumerate(self._bounds[pool]) if node in nodes]
            there = live.available[node][product]
            shown = max(0, min([there, *[spare[b] for b in here]]))
            for b in here:
                spare[b] -= shown
            if shown < there:
                hidden[node, product] = there - shown
        return hidden
