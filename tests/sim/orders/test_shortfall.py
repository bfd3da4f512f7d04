"""Why units got no node: one reason each, the one that somebody could do something about first."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sim.agents.orders.shortfall import why_short
from sim.books.reasons import REASONS
from sim.model import Model
from tests.sim.telling import at, tell
from tests.worlds import a_channel, a_node, a_trace, a_world, stock

POOL = (0, 1)


def reason(
    units: list[int], *, closed: tuple[int, ...] = (), bound_to: int | None = None, completes: bool = False, **changes
) -> str:
    """Two nodes with so many units of the first product."""
    nodes = (a_node("A"), a_node("B", 41.0, -87.0))
    site = Model(a_world(nodes=nodes, stock=changes.pop("stock", stock([[0], [0]])))).site
    for node, there in enumerate(units):
        site.inventory.available[node][0] = there
        site.inventory.quarantined[node][0] = changes.get("quarantined", 0)
        site.open_nodes[node] = node not in closed
    return REASONS[why_short(site, 0, POOL, bound_to, completes=completes)]


@pytest.mark.parametrize(
    ("expected", "case"),
    [
        ("no_stock", {"units": [0, 0], "stock": stock([[0], [0]], 1, 5)}),
        ("not_carried", {"units": [0, 0], "stock": stock([[0], [0]], 0, 0)}),
        ("quarantined", {"units": [0, 0], "quarantined": 3}),
        ("node_closed", {"units": [4, 0], "closed": (0,)}),
        ("fixed_node", {"units": [0, 4], "bound_to": 0}),
        ("fixed_node", {"units": [4, 4], "bound_to": 0, "closed": (0,)}),
        ("ships_complete", {"units": [4, 0], "completes": True}),
        ("reserved_for_others", {"units": [4, 0]}),
    ],
)
def test_each_reason(expected: str, case: dict):
    assert expected == reason(**case)


def test_the_log_tells_why():
    """The first product is missing; the second is there and waits for it."""
    complete = a_channel(accepts_backorders=True, ship_complete=True)
    trace = a_trace([(at(0, 9), [(0, 1, 1_000), (1, 1, 2_500)])])
    story = tell(a_world(channels=(complete,), stock=stock([[0, 1]], 1, 5), trace=trace))
    apart = tell(a_world(channels=(replace(complete, ship_complete=False),), stock=stock([[0, 1]], 1, 5), trace=trace))

    assert [("0 09:00", "backordered", 0, "no_stock"), ("0 09:00", "backordered", 1, "ships_complete")] == story.events(
        "line", "reason", kind="backordered"
    )
    assert [("0 09:00", "backordered", 0, "no_stock")] == apart.events("line", "reason", kind="backordered")
