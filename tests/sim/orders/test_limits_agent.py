"""Time limits: who stays too long in a state is an event, and goes to the role that the table names."""

from __future__ import annotations

from sim.distributions import Fixed
from sim.messages.plan import MessageRoute
from sim.network import Shift
from sim.orders import LINE_MOVES, ORDER_MOVES, RETURN_MOVES, SHIPMENT_MOVES, limits
from sim.units import HOUR_MS, MINUTE_MS
from sim.world import Rules
from tests.sim.telling import Story, at, visit
from tests.worlds import ALWAYS, a_carrier, a_channel, a_node, a_world, stock

P1 = [(0, 1, 1_000)]


def breached(orders: list[int], **changes) -> list[tuple]:
    story: Story = visit(a_world(**changes), [(t, P1) for t in orders])
    return story.events("order", "reason", kind="shipment_limit_breached")


def test_within_the_limits_nothing_is_said():
    assert [] == breached([at(0, 9)])


def test_nobody_packs():
    """Released and picked at 10:00, packed never: over the limit of four hours at the next full hour."""
    lame = a_node(shifts=(Shift(ALWAYS, 0, 1440, (2, 0, 1, 1)),))

    assert [("0 15:00", "shipment_limit_breached", 0, "warehouse_leader")] == breached([at(0, 9, 10)], nodes=(lame,))


def test_nobody_picks():
    lame = a_node(shifts=(Shift(ALWAYS, 0, 1440, (0, 2, 1, 1)),))

    assert [("0 18:00", "shipment_limit_breached", 0, "warehouse_leader")] == breached([at(0, 9, 10)], nodes=(lame,))


def test_waiting_for_a_wave():
    """Twelve hours; every shipment is told once, those that came later too."""
    changes = {"nodes": (a_node(wave_interval_ms=24 * HOUR_MS),), "rules": Rules(limits_ms={"allocated": 12 * HOUR_MS})}
    story = breached([at(0, 0, 10), at(0, 2, 20), at(0, 20)], **changes)

    assert [
        ("0 13:00", "shipment_limit_breached", 0, "warehouse_leader"),
        ("0 15:00", "shipment_limit_breached", 1, "warehouse_leader"),
    ] == story


def test_a_limit_shorter_than_the_wait_is_seen_for_each_who_waits():
    """A limit of an hour, waves every eight: the second is allocated when the first has been told of."""
    changes = {"nodes": (a_node(wave_interval_ms=8 * HOUR_MS),), "rules": Rules(limits_ms={"allocated": HOUR_MS})}

    assert [("0 02:00", 0), ("0 04:00", 1)] == [(t, o) for t, _, o, _ in breached([at(0, 0, 30), at(0, 3)], **changes)]


def test_waiting_for_the_carrier():
    """Packed on Friday at 17:33; the van comes on Monday. A day at the dock is the limit."""
    weekdays = a_carrier(collections=tuple((d, 17 * 60) for d in range(5)))

    assert [("5 18:00", "shipment_limit_breached", 0, "transport_planner")] == breached(
        [at(4, 17, 30)], services=(weekdays,), nodes=(a_node(wave_interval_ms=30 * MINUTE_MS),)
    )


def test_waiting_for_delivery():
    """Collected on day 0 at 17:00, a week on the road is too long."""
    slow = a_carrier(transit_days=(Fixed(9),) * 7)

    assert [("7 17:00", "shipment_limit_breached", 0, "customer_service")] == breached([at(0, 9)], services=(slow,))


def test_a_scenario_can_set_its_own_limits():
    rules = Rules(limits_ms={"packed": 2 * HOUR_MS})

    assert [("0 13:00", "shipment_limit_breached", 0, "transport_planner")] == breached([at(0, 9, 10)], rules=rules)


def test_limits_are_swept_as_often_as_the_rules_say():
    rules = Rules(limits_ms={"packed": 2 * HOUR_MS}, sweep_ms=10 * MINUTE_MS)

    assert ["0 12:10"] == [t for t, *_ in breached([at(0, 9, 10)], rules=rules)]


def test_each_limit_names_who_hears_of_it():
    tables = (ORDER_MOVES, LINE_MOVES, SHIPMENT_MOVES, RETURN_MOVES)

    assert [] == [m for table in tables for m in table if (m.limit_ms is None) != (not m.escalates_to)]
    assert {0: "warehouse leader", 1: "warehouse leader", 2: "warehouse leader", 3: "transport planner"} == {
        state: role for state, (_, role) in limits(SHIPMENT_MOVES).items() if state < 4
    }


def orders_over(orders: list[int], **changes) -> list[tuple]:
    return visit(a_world(**changes), [(t, P1) for t in orders]).events("order", "reason", kind="limit_breached")


def test_waiting_for_stock():
    """Nothing there at nine, a limit of two hours; a shipment that leaves in time is not told of."""
    changes = {"rules": Rules(limits_ms={"backordered": 2 * HOUR_MS}), "stock": stock([[0]])}
    channels = (a_channel(accepts_backorders=True),)

    assert [("0 12:00", "limit_breached", 0, "inventory_planner")] == orders_over(
        [at(0, 9, 10)], channels=channels, **changes
    )
    assert [] == orders_over([at(0, 9, 10)], channels=channels, rules=changes["rules"])


def test_waiting_for_the_next_batch_of_allocation():
    rules = Rules(allocate_every_ms=8 * HOUR_MS, limits_ms={"open": HOUR_MS})

    assert [("0 11:00", "limit_breached", 0, "inventory_planner")] == orders_over([at(0, 9, 10)], rules=rules)


def test_waiting_for_the_message_about_the_order():
    slow = MessageRoute("line", ("order_in",), latency_ms=Fixed(5 * HOUR_MS))

    assert [("0 11:00", "limit_breached", 0, "order_desk")] == orders_over([at(0, 9, 10)], messages=(slow,))


def test_a_return_that_is_long_on_its_way():
    """Asked for at noon of day 5, on the road for three days; a day is allowed."""
    world = a_world(rules=Rules(limits_ms={"return_requested": 24 * HOUR_MS}))
    drawn = {
        "return_units": [1],
        "return_delay_ms": [3 * 24 * HOUR_MS],
        "return_transit_ms": [3 * 24 * HOUR_MS],
    }
    story = visit(world, [(at(0, 9), P1)], **drawn)

    assert [("5 12:00", "return_requested")] == story.events(kind="return_requested")
    assert [("6 12:00", "return_limit_breached", 0, "customer_service")] == story.events(
        "order", "reason", kind="return_limit_breached"
    )
