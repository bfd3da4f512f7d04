"""People who load vans: manifests close before the van leaves, and a van waits for them only so long."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sim.disruptions.node_outage import NodeOutage
from sim.network import Promise, Shift
from sim.plans.alerts import AtRiskPlan
from sim.plans.floor import Loading, Outbound
from sim.units import DAY_MS, HOUR_MS, MINUTE_MS
from sim.world import Horizon
from tests.sim.telling import Story, at, tell, visit
from tests.worlds import ALWAYS, a_busy_world, a_carrier, a_channel, a_node, a_world

P1 = [(0, 1, 1_000)]
TEN = Loading(staff=1, work_ms=10 * MINUTE_MS, close_ms=30 * MINUTE_MS, wait_ms=0)


def loaded(loading: Loading | None, orders: list[int], node: dict[str, Any] | None = None, **changes: Any) -> Story:
    """A node that releases every five minutes; the van is to leave at 17:00."""
    quick = a_node(wave_interval_ms=5 * MINUTE_MS, loading=loading, **(node or {}))
    return visit(a_world(nodes=(quick,), **changes), [(t, P1) for t in orders])


def left(story: Story) -> list[tuple[str, int]]:
    return [(t, order) for t, _, order in story.events("order", kind="manifested")]


def missed(story: Story) -> list[tuple[str, int, str]]:
    return [(t, order, reason) for t, _, order, reason in story.events("order", "reason", kind="missed_cutoff")]


def test_at_one_instant_without_people():
    story = loaded(None, [at(0, 9), at(0, 16, 50)])

    assert [("0 17:00", 0), ("0 17:00", 1)] == left(story)
    assert [] == story.rows("events", kind="van_loaded")


def test_what_is_packed_after_the_manifest_closed_goes_with_the_next_van():
    """Packed at 16:27 and at 16:38, closed at 16:30; an hour's wage of 25 for the ten minutes of one parcel."""
    story = loaded(TEN, [at(0, 16, 20), at(0, 16, 35)])

    assert ["0 16:23", "0 16:38"] == story.times("packed")
    assert [("0 17:00", 0), ("1 17:00", 1)] == left(story)
    assert [("0 17:00", 1, "manifest_closed")] == missed(story)
    wage = story.model.world.network.nodes[0].wage_cents_per_hour
    assert [(1, round(wage / 6))] * 2 == [
        (r["quantity"], r["value_cents"]) for r in story.rows("events", kind="van_loaded")
    ]


def test_a_van_that_waits_for_nobody_leaves_part_full():
    """Five parcels at ten minutes each from 16:30: three are on it at 17:00."""
    story = loaded(TEN, [at(0, 9)] * 5)

    assert ["0 17:00"] * 3 + ["1 17:00"] * 2 == [t for t, _ in left(story)]
    assert [("0 17:00", "not_loaded")] * 2 == [(t, reason) for t, _, reason in missed(story)]
    assert [3, 2] == [row["quantity"] for row in story.rows("events", kind="van_loaded")]


def test_a_van_that_waits_leaves_when_it_is_loaded_or_its_patience_ends():
    """Fifty minutes of work end at 17:20: it waits half an hour for that; of a quarter it gets one parcel more."""
    half, quarter = (replace(TEN, wait_ms=n * MINUTE_MS) for n in (30, 15))
    whole, part = loaded(half, [at(0, 9)] * 5), loaded(quarter, [at(0, 9)] * 5)

    assert ["0 17:20"] * 5 == [t for t, _ in left(whole)]
    assert ["0 17:15"] * 4 + ["1 17:00"] == [t for t, _ in left(part)]
    assert [("0 17:00", "not_loaded")] == [(t, r) for t, _, r in whole.events("reason", kind="van_waited")]
    assert [("0 17:15", "not_loaded")] == [(t, reason) for t, _, reason in missed(part)]


def test_two_people_load_twice_as_fast():
    assert ["0 17:00"] * 5 == [t for t, _ in left(loaded(replace(TEN, staff=2), [at(0, 9)] * 5))]


def test_vans_are_loaded_one_after_the_other():
    """Two carriers call at 17:00, two parcels each: the second van is loaded by 17:10."""
    services = (a_carrier("light", max_weight_kg=0.7), a_carrier("heavy", rates_cents=((2_000,) * 2,) * 7))
    world = a_world(
        nodes=(a_node(loading=replace(TEN, wait_ms=HOUR_MS)),),
        services=services,
    )
    story = visit(world, [(at(0, 9), P1), (at(0, 9), P1), (at(0, 9), [(1, 1, 2_500)]), (at(0, 9), [(1, 1, 2_500)])])

    assert [("0 17:00", "carrier:light")] * 2 + [("0 17:10", "carrier:heavy")] * 2 == [
        (t, actor) for t, _, actor in story.events("actor", kind="manifested")
    ]


def test_people_who_go_home_load_nothing():
    """The shift ends at 16:50 with two parcels loaded; the next begins at six, after the van has left with them."""
    early = (Shift(ALWAYS, 6 * 60, 16 * 60 + 50, (2, 2, 1, 1)),)
    story = loaded(TEN, [at(0, 9)] * 4, {"shifts": early})

    assert [("0 17:00", 0), ("0 17:00", 1), ("1 17:00", 2), ("1 17:00", 3)] == left(story)


def test_a_closed_node_is_not_waited_for():
    """Closed from 16:45 on for a day: the van of the next day waits until 17:15 for what is begun at 16:45."""
    fire = NodeOutage(0, at(0, 16, 45), DAY_MS)
    story = loaded(replace(TEN, wait_ms=HOUR_MS), [at(0, 9)] * 3, disruptions=(fire,))

    assert ["1 17:15"] * 3 == [t for t, _ in left(story)]
    assert {("0 17:00", "node_closed"), ("0 17:00", "not_loaded")} == {(t, r) for t, _, r in missed(story)}


def test_the_last_release_is_known_to_those_who_release():
    """A floor that looks at cut-offs sees that of the manifest."""
    story = loaded(TEN, [at(0, 9)])
    site = story.model.site

    assert (site.dock.floor_view(0).next_cutoff_ms(0) + 30 * MINUTE_MS) % DAY_MS == 17 * HOUR_MS


def test_those_who_look_ahead_know_when_manifests_close():
    """Nobody picks between 9:00 and 16:30: what is ordered at 15:00 would be packed by 16:36, in time
    for the van of its ship-by and too late for its manifest."""
    pickers = (Shift(ALWAYS, 0, 9 * 60, (2, 2, 1, 1)), Shift(ALWAYS, 16 * 60 + 30, 1_440, (2, 2, 1, 1)))
    late = {"shifts": pickers}
    channels = (a_channel(promise=Promise(15 * 60 + 30, 5, ALWAYS)),)
    watching = AtRiskPlan(every_ms=HOUR_MS, ahead_ms=DAY_MS)

    def told(loading: Loading | None) -> list[str]:
        story = loaded(loading, [at(0, 15)], late, channels=channels, at_risk=watching)
        return story.times("shipment_at_risk")

    assert [] == told(None)
    assert ["0 15:00"] == told(TEN)


def test_on_many_orders_the_books_agree():
    """Under audit, with few loaders, doors, a full staging area and small vans: all that was sold is sent."""
    world = a_busy_world(150.0, horizon=Horizon(DAY_MS, 0, 60 * DAY_MS))
    bay = Loading(1, 4 * MINUTE_MS, 45 * MINUTE_MS, 20 * MINUTE_MS)
    nodes = tuple(replace(n, loading=bay, outbound=Outbound(doors=1, parcels=60)) for n in world.network.nodes)
    services = tuple(replace(s, capacity_parcels=12) for s in world.network.services)
    network = replace(world.network, nodes=nodes, services=services)
    story = tell(replace(world, network=network, rules=replace(world.rules, reroute_refused=True)), 3)

    assert {"closed", "cancelled", "refused"} >= set(story.manifest["census"])
    assert {"manifest_closed", "not_loaded", "carrier_full"} <= {r for _, _, r in missed(story)}
    units = sum(row["quantity"] for row in story.rows("events", kind="van_loaded"))
    assert len(story.rows("events", kind="manifested")) <= units
