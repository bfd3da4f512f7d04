"""A node's floor: waves, picking, packing, outages, what comes in."""

from __future__ import annotations

from dataclasses import replace

from sim.disruptions import NodeOutage
from sim.network import Channel, Node, Shift
from sim.units import HOUR_MS, MINUTE_MS
from sim.world import PolicyChoice, Rules
from tests.sim.telling import Story, at, visit
from tests.worlds import ALWAYS, POLICIES, a_channel, a_node, a_world, stock

P1 = [(0, 1, 1_000)]
FLOOR = ("released", "picked", "packed")


def floor(orders: list[int], node: Node | None = None, **changes) -> Story:
    """One-line orders at these moments, at one node."""
    return visit(a_world(**{"nodes": (node or a_node(),)} | changes), [(t, P1) for t in orders])


def hands(pickers: int = 1, packers: int = 1, start: int = 0, end: int = 24) -> tuple[Shift, ...]:
    return (Shift(ALWAYS, start * 60, end * 60, (pickers, packers, 1, 1)),)


def test_waves_release_what_waits_at_their_hours():
    """At the hour itself the orders of that instant are in; a wave without orders is none."""
    story = floor([at(0, 9, 10), at(0, 9, 50), at(0, 10), at(0, 10) + 1, at(0, 12)])

    assert ["0 10:00", "0 10:00", "0 10:00", "0 11:00", "0 12:00"] == story.times("released")


def test_two_people_pick_four_at_a_time_and_pack_one_by_one():
    """Six orders of a line at 10:00: the first picker takes four, the second two; two packers."""
    story = floor([at(0, 9, m) for m in range(1, 7)])

    assert [
        ("0 10:02", "picked", 4),
        ("0 10:02", "picked", 5),
        ("0 10:04", "picked", 0),
        ("0 10:04", "picked", 1),
        ("0 10:04", "picked", 2),
        ("0 10:04", "picked", 3),
        ("0 10:04", "packed", 4),
        ("0 10:04", "packed", 5),
        ("0 10:06", "packed", 0),
        ("0 10:06", "packed", 1),
        ("0 10:08", "packed", 2),
        ("0 10:08", "packed", 3),
    ] == story.events("order", kind=("picked", "packed"))


def test_a_line_takes_its_time_to_pick():
    """Three lines in the one order, one in the other: four minutes for the batch of one person."""
    world = a_world(nodes=(a_node(shifts=hands()),))
    story = visit(world, [(at(0, 9), [(0, 1, 1_000), (1, 1, 1_000), (0, 2, 900)]), (at(0, 9), P1)])

    assert ({"0 09:04"}, ["0 09:06", "0 09:08"]) == (set(story.times("picked")), story.times("packed"))


def test_packing_can_be_the_bottleneck():
    """One picker has the fifth line after a minute, the other the first four after four; one person packs."""
    story = floor([at(0, 9)] * 5, a_node(shifts=hands(2, 1)))

    assert ["0 09:03", "0 09:06", "0 09:08", "0 09:10", "0 09:12"] == story.times("packed")


def test_what_does_not_fit_into_the_shift_waits_for_the_next():
    """From noon nobody is there. Picked at 11:59, packed the next morning."""
    node = a_node(shifts=hands(1, 1, 8, 12), wave_interval_ms=MINUTE_MS)
    story = floor([at(0, 11, 57), at(0, 11, 57)], node)

    assert [
        ("0 11:57", "released", 0),
        ("0 11:57", "released", 1),
        ("0 11:59", "picked", 0),
        ("0 11:59", "picked", 1),
        ("1 08:02", "packed", 0),
        ("1 08:04", "packed", 1),
    ] == story.events("order", kind=FLOOR)


def test_a_wave_takes_no_more_than_its_capacity():
    story = floor([at(0, 9, m) for m in range(1, 6)] + [at(0, 10, 30)], a_node(wave_capacity=2))

    assert [(0, "0 10:00"), (1, "0 10:00"), (2, "0 11:00"), (3, "0 11:00"), (4, "0 12:00"), (5, "0 12:00")] == [
        (order, when) for when, _, order in story.events("order", kind="released")
    ]


def by_release(policy: str, *channels: Channel, **parameters) -> list[int]:
    """In which sequence a wave of one at a time takes an order of each channel, and one more of the first."""
    n = len(channels) + 1
    world = a_world(
        nodes=(a_node(wave_capacity=1),),
        channels=channels,
        policies=POLICIES | {"release": PolicyChoice(policy, parameters)},
    )
    story = visit(world, [(at(0, 9), P1)] * n, channel=[*range(n - 1), 0])
    return [r["order"] for r in story.rows("events", kind="released")]


def test_a_release_policy_decides_who_goes_first():
    patient, urgent = a_channel("patient"), a_channel("urgent", priority=5)
    hasty = replace(a_channel("hasty"), promise=replace(patient.promise, order_by_minute=1_439))
    evening = replace(patient, promise=replace(patient.promise, order_by_minute=60))

    assert [0, 1, 2] == by_release("fifo", patient, urgent)
    assert [1, 0, 2] == by_release("priority", patient, urgent)
    assert [1, 0, 2] == by_release("slack", evening, hasty)
    assert [0, 1, 2] == by_release("earliest_cutoff", patient, urgent)


# Outages.


def outage(start: int, hours: float, share_bp: int = 0, minute: int = 0) -> NodeOutage:
    return NodeOutage(0, at(0, start, minute), round(hours * HOUR_MS), share_bp)


def test_an_outage_gives_work_back_and_nothing_is_lost():
    """Begun at 10:00, closed at 10:01, open again at 12:00: the batch is picked from scratch."""
    rules = Rules(reallocate_on_outage=False)
    story = floor([at(0, 9, 10)] * 4, a_node(shifts=hands()), disruptions=(outage(10, 2, minute=1),), rules=rules)

    assert [
        ("0 10:00", "released", 4),
        ("0 12:05", "picked", 4),
        ("0 12:07", "packed", 1),
        ("0 12:09", "packed", 1),
        ("0 12:11", "packed", 1),
        ("0 12:13", "packed", 1),
    ] == batches(story)


def batches(story: Story) -> list[tuple[str, str, int]]:
    """(when, what, how many)."""
    found: dict[tuple[str, str], int] = {}
    for when, kind in story.events(kind=FLOOR):
        found[when, kind] = found.get((when, kind), 0) + 1
    return [(when, kind, n) for (when, kind), n in found.items()]


def test_half_the_crew_takes_twice_as_long():
    full = floor([at(0, 9)] * 8)
    half = floor([at(0, 9)] * 8, disruptions=(outage(8, 4, 5_000),))

    assert ["0 09:06", "0 09:06", "0 09:12", "0 09:20"] == [
        *full.times("packed")[:2],
        full.times("packed")[-1],
        half.times("packed")[-1],
    ]


def test_a_thinned_crew_still_lets_the_node_sell():
    story = floor([at(0, 9)], disruptions=(outage(8, 4, 5_000),))

    assert ["0 09:00"] == story.times("released")


def test_outages_of_one_node_hold_it_until_the_last_is_over():
    """Closed from 8 to 12 and from 10 to 14."""
    story = floor([at(0, 9)], channels=(a_channel(accepts_backorders=True),), disruptions=(outage(8, 4), outage(10, 4)))

    assert ["0 14:00"] == story.times("allocated")


def test_the_worst_of_two_outages_counts_while_both_last():
    """Half the crew from 8 to 18, nobody from 9 to 10."""
    both = (outage(9, 1), outage(8, 10, 5_000))
    story = floor([at(0, 8, 30)] * 4, a_node(wave_interval_ms=MINUTE_MS), disruptions=both)

    assert [
        ("0 08:30", "released", 4),
        ("0 08:34", "picked", 4),
        ("0 08:36", "packed", 1),
        ("0 08:38", "packed", 1),
        ("0 08:40", "packed", 1),
        ("0 08:42", "packed", 1),
    ] == batches(story)

    later = floor([at(0, 8, 58)] * 2, a_node(wave_interval_ms=MINUTE_MS), disruptions=both)
    assert [
        ("0 08:58", "released", 2),
        ("0 10:02", "picked", 2),
        ("0 10:04", "packed", 1),
        ("0 10:06", "packed", 1),
    ] == batches(later)


def test_one_outage_ends_where_the_next_begins():
    story = floor([at(0, 9)], channels=(a_channel(accepts_backorders=True),), disruptions=(outage(10, 2), outage(8, 2)))

    assert ["0 12:00"] == story.times("allocated")


def test_a_wave_due_while_the_node_is_closed_is_called_again_at_reopening():
    rules = Rules(reallocate_on_outage=False)
    story = floor([at(0, 9, 30)], disruptions=(outage(9, 2, minute=45),), rules=rules)

    assert ["0 12:00"] == story.times("released")


def test_goods_wait_at_the_gate_of_a_closed_node():
    """Ordered at 6:00, due two days later at 6:00, let in at noon, put away ten minutes later."""
    plan = stock([[0, 5]], [[1, 0]], [[2, 0]])
    closed = NodeOutage(0, at(2, 5), 7 * HOUR_MS)
    story = floor([], stock=plan, disruptions=(closed,))

    assert (["0 06:00"], ["2 12:00"], ["2 12:10"]) == tuple(
        story.times(kind) for kind in ("purchase_ordered", "received", "put_away")
    )


def test_receiving_is_work_too():
    """Two lines arrive together: one person, ten minutes each."""
    story = floor([], stock=stock([[0, 0]], [[1, 1]], [[2, 2]]))

    assert ["2 06:10", "2 06:20"] == story.times("put_away")
