"""Why an order's units got no node: what an inventory planner would find on looking into it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.books.reasons import REASON_NUMBER

if TYPE_CHECKING:
    from collections.abc import Collection

    from sim.agents.site import Site

_CLOSED, _FIXED, _TOGETHER, _QUARANTINED, _RESERVED, _NOT_CARRIED, _NO_STOCK = (
    REASON_NUMBER[r]
    for r in (
        "node_closed",
        "fixed_node",
        "ships_complete",
        "quarantined",
        "reserved_for_others",
        "not_carried",
        "no_stock",
    )
)


def why_short(site: Site, product: int, pool: Collection[int], bound_to: int | None, *, completes: bool) -> int:
    """The reason, by number: units that a rule keeps the order from first, then units that it cannot have, then none.

    Parameters
    ----------
    pool
        Nodes that may serve the order's channel.
    bound_to
        The only node that may serve the order, where a rule says so.
    completes
        Whether it ships as a whole, so that one missing product keeps all others waiting.
    """
    inventory = site.inventory
    there = [n for n in pool if inventory.available[n][product] > 0]
    within = there if bound_to is None else [n for n in there if n == bound_to]
    if any(site.open_nodes[n] for n in within):
        return _TOGETHER if completes else _RESERVED
    if bound_to is not None and there:
        return _FIXED
    if within:
        return _CLOSED
    if any(inventory.quarantined[n][product] > 0 for n in pool):
        return _QUARANTINED
    if not any(site.world.stock.order_up_to[n, product] > 0 for n in pool):
        return _NOT_CARRIED
    return _NO_STOCK
