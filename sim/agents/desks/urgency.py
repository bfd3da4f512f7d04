"""Which of its cases a desk takes first, where that is not the one that came first."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from sim.agents.desks.cases import is_order, order_and_kind

if TYPE_CHECKING:
    from sim.agents.site import Site

Urgency = Callable[["Site", int], int]
"""Of a case: the smaller, the sooner somebody should look. It stays the same as long as the case waits."""


def by_ship_by(site: Site, case: int) -> int:
    """The order that is due to leave first (earliest due date); before all of these, what is no order's."""
    order, _ = order_and_kind(case)
    return site.register.orders.ship_by_ms[order] if is_order(order) else 0


def by_value(site: Site, case: int) -> int:
    """The order that is worth most as it was captured, net and in the group's currency; after all of these, what is no
    order's."""
    order, _ = order_and_kind(case)
    if not is_order(order):
        return 0
    lines, register = site.register.lines, site.register
    return -register.worth(order, sum(lines.units[n] * lines.price_cents[n] for n in register.orders.lines(order)))


URGENCIES: dict[str, Urgency] = {"ship_by": by_ship_by, "value": by_value}
"""By what `sim.world.DESK_SEQUENCES` calls them; who came first needs none."""
