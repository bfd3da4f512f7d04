"""What nodes owe to backordered lines, when shipments of these lines are taken apart."""

from __future__ import annotations

from sim.books.reasons import REASON_NUMBER
from sim.clock import SWEEP
from sim.world import Horizon
from tests.sim.telling import at, told, visited
from tests.worlds import a_channel, a_world, stock


def test_a_voided_part_of_a_backordered_line_is_owed_again():
    """Two of three units are at hand at 9:10, before the wave; taken apart, they are owed with the third."""
    world = a_world(
        channels=(a_channel(accepts_backorders=True),), stock=stock([[2, 0]]), horizon=Horizon(at(1, 0), 0, at(2, 0))
    )
    model = visited(world, [(at(0, 9, 10), [(0, 3, 1_000)])])
    owed = []

    def take_apart(_: None) -> None:
        owed.append(model.site.supply.owed[0][0])
        model.site.orchestrator.void(0, REASON_NUMBER["congested"])
        owed.append(model.site.supply.owed[0][0])

    model.clock.at(at(0, 9, 20), SWEEP, take_apart)
    told(model)

    assert [1, 3] == owed
