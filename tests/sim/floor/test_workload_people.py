"""The people of a floor as whoever plans counts them: kept for a shift, and the same as if they were looked up."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from sim.agents.floor.workload import Workload
from sim.model import Model
from sim.network import Shift
from sim.units import BASIS_POINTS, HOUR_MS, MINUTE_MS
from tests.worlds import a_node, a_world

SHIFTS = (
    Shift(frozenset(range(5)), 6 * 60, 14 * 60, (5, 3, 1, 1)),
    Shift(frozenset(range(5)), 14 * 60, 22 * 60 + 30, (2, 4, 1, 1)),
    Shift(frozenset({5}), 8 * 60, 12 * 60, (0, 1, 0, 0)),
)
SITE = Model(a_world(nodes=(a_node(shifts=SHIFTS), a_node("B", shifts=()))), 1).site


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3_000), st.sampled_from([0, 5_000, BASIS_POINTS])), min_size=1, max_size=30))
def test_people_are_those_of_the_present_or_the_next_shift(looks: list[tuple[int, int]]):
    """Minutes from look to look, over weeks, at any share of the crew, with and without a roster."""
    kept, now = Workload(SITE), 0
    for minutes, share_bp in looks:
        now += minutes * MINUTE_MS
        SITE.clock.move_to(now)
        SITE.warehouses[0].stations[0].capacity_bp = share_bp
        kept.look()
        anew = Workload(SITE)
        anew.look()
        for node in (0, 1):
            assert anew.hours(node, 60, 30) == kept.hours(node, 60, 30)


def test_at_night_those_of_the_morning_are_meant():
    """Sixty lines of a minute each: five people at six on Monday morning have them done in 12 minutes."""
    SITE.clock.move_to(HOUR_MS)
    SITE.warehouses[0].stations[0].capacity_bp = BASIS_POINTS
    load = Workload(SITE)
    load.look()

    assert load.hours(0, 60, 0) == (0.2, 0.0)
