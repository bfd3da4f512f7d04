"""Who decides: each region or one for all, a rule at once or people first; what it costs the same customers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sim.agents.desks.approvals import Approvals
from sim.agents.desks.cases import goods_as_order
from sim.disruptions.wrong_rule import WrongRule
from sim.distributions import Fixed
from sim.model import Model
from sim.policies.allocation import OrderView, StockView
from sim.policies.allocation_local import LocalFirst
from sim.units import DAY_MS, HOUR_MS, MINUTE_MS
from sim.world import DeskPlan, DeskShift, Horizon, PolicyChoice, Rules, World
from tests.properties.test_random_worlds import assert_sound
from tests.sim.telling import Story, at, tell, visit
from tests.worlds import ALWAYS, POLICIES, a_busy_world, a_node, a_world, stock

TOLD = ("decision_asked", "decision_approved", "decision_rejected")


@pytest.mark.parametrize(
    ("available", "expected"),
    [
        ([[3, 3], [9, 9], [9, 9]], {(0, 0): 3, (1, 0): 3}),
        ([[1, 0], [9, 9], [9, 9]], {(0, 0): 1, (0, 1): 2, (1, 1): 3}),
        ([[1, 0], [3, 0], [3, 9]], {(0, 0): 1, (0, 1): 1, (0, 2): 1, (1, 2): 3}),
        ([[0, 0], [2, 1], [1, 1]], {(0, 1): 2, (0, 2): 1, (1, 1): 1, (1, 2): 1}),
    ],
)
def test_the_home_node_gives_what_it_has_and_others_what_they_can_spare(available: list, expected: dict):
    """Three of each product. Two are kept of each, unless the order would go short."""
    nodes = tuple(a_node(name, 40.0 + i) for i, name in enumerate("ABC"))
    policy = LocalFirst()
    policy.bind(a_world(nodes=nodes, stock=stock(available)))
    answer = policy.decide(OrderView(0, 0, 0, [(0, 0, 3), (1, 1, 3)], 0), StockView(available, [1, 1, 1]))

    assert isinstance(answer, list)
    assert expected == {(line, node): units for line, node, units in answer}


def test_local_autonomy_splits_more_orders_of_the_same_customers():
    """What one node could send whole, the home node begins and others finish."""
    split = {}
    hashes = set()
    for name in ("closest", "local_first"):
        world = a_busy_world(200.0, horizon=Horizon(3 * DAY_MS, 0, 20 * DAY_MS))
        story = tell(replace(world, policies=POLICIES | {"allocation": PolicyChoice(name)}))
        hashes.add(story.manifest["demand_hash"])
        rows = story.rows("events", kind="manifested")
        split[name] = len(rows) - len({row["order"] for row in rows})

    assert 1 == len(hashes)
    assert split["closest"] < split["local_first"]


# Approval.

DESK = DeskPlan("planners", shifts=(DeskShift(staff=1),), handling_ms=Fixed(30 * MINUTE_MS))
"""One person from 8:00 to 20:00, half an hour a case."""


def a_shop(over_cents: int | None, **changes) -> World:
    """Customers live beside A, which has 4 units of P1 at 4.00; B, on the same spot, has 40; levelled at midnight."""
    over = {} if over_cents is None else {"transfers": over_cents}
    rules = Rules(approve_over_cents=over, transfer_loading_ms=4 * HOUR_MS)
    defaults = {
        "nodes": (a_node("A"), a_node("B")),
        "stock": stock([[4, 0], [40, 0]]),
        "rules": rules,
        "desks": (DESK,),
        "policies": POLICIES | {"transfers": PolicyChoice("level_cover")},
    }
    return a_world(**defaults | changes)


def moved(world: World) -> Story:
    return visit(world, [(at(0, 9), [(0, 2, 1_000)])])


@pytest.mark.parametrize(("over_cents", "expected"), [(None, "1 00:00"), (4_800, "1 00:00"), (4_799, "1 08:30")])
def test_a_transfer_above_the_threshold_waits_for_people(over_cents: int | None, expected: str):
    """Twelve units of 4.00 are wanted at midnight; people come at eight and take half an hour."""
    story = moved(a_shop(over_cents))

    assert expected == story.times("transfer_shipped")[0]
    asked = [("1 00:00", "decision_asked", 4_800, "planner"), ("1 08:30", "decision_approved", 4_800, "desk:planners")]
    assert (asked if expected == "1 08:30" else []) == story.events("value_cents", "actor", kind=TOLD)


def test_a_decision_that_waits_too_long_goes_to_the_desk_above():
    """Planners come at eight; from one o'clock on it is their managers', who are there at night."""
    planners = replace(DESK, handles=("decision",), limit_ms=HOUR_MS, escalates_to=1)
    managers = DeskPlan("managers", "operations_manager", ("fraud",), (DeskShift(ALWAYS, 0, 1_440, 1),), Fixed(HOUR_MS))
    story = moved(a_shop(0, desks=(planners, managers)))

    assert [
        ("1 01:00", "case_limit_breached", 4_800, "desk:planners", "operations_manager"),
        ("1 01:00", "case_escalated", 4_800, "desk:managers", "operations_manager"),
        ("1 02:00", "decision_approved", 4_800, "desk:managers", ""),
    ] == story.events("value_cents", "actor", "reason", kind=("case_limit_breached", "case_escalated", TOLD[1]))


def test_a_decision_may_wait_longer_than_a_desk_has_for_it():
    story = moved(a_shop(0, desks=(replace(DESK, limit_ms=4 * HOUR_MS),)))

    assert [("1 04:00", "case_limit_breached"), ("1 08:30", "decision_approved")] == story.events(
        kind=("case_limit_breached", "case_escalated", TOLD[1])
    )


def test_people_stop_a_wrong_rule():
    """Nobody should move stock; a wrong rule does, from midnight on, for a day."""
    wrong = (WrongRule(at(0, 12), DAY_MS, "transfers", "level_cover"),)
    shop = {"policies": POLICIES | {"transfers": PolicyChoice("none")}, "disruptions": wrong}
    automatic, approved = moved(a_shop(None, **shop)), moved(a_shop(0, **shop))

    assert ["1 00:00"] == automatic.times("transfer_shipped")
    assert [] == approved.times("transfer_shipped")
    assert ["decision_asked", "decision_rejected"] == [kind for _, kind, *_ in approved.events(kind=TOLD)]


def test_people_may_be_taken_in_by_a_wrong_rule():
    wrong = (WrongRule(at(0, 12), DAY_MS, "transfers", "level_cover"),)
    desks = (replace(DESK, overrules=Fixed(0.0)),)
    story = moved(a_shop(0, policies=POLICIES | {"transfers": PolicyChoice("none")}, disruptions=wrong, desks=desks))

    assert [("1 08:30", "decision_approved", "desk:planners/1")] == story.events("actor", kind=TOLD[1:])
    assert ["1 08:30"] == story.times("transfer_shipped")


def test_people_may_mistrust_what_is_right():
    story = moved(a_shop(0, desks=(replace(DESK, mistrusts=Fixed(1.0)),)))

    assert [("1 08:30", "decision_rejected", "desk:planners/1")] == story.events("actor", kind=TOLD[1:])
    assert [] == story.times("transfer_shipped")


def test_people_see_through_as_many_decisions_as_they_do():
    """Two thousand decisions of a wrong rule before somebody who sees through a third of them."""
    wrong = (WrongRule(0, 4 * DAY_MS, "transfers", "level_cover"),)
    model = Model(a_shop(0, disruptions=wrong, desks=(replace(DESK, overrules=Fixed(1 / 3)),)))
    approvals, done, dropped = Approvals(model.site, 0), list[int](), list[int]()
    for key in range(2_000):
        approvals.propose("transfers", key, 100, done.append, dropped.append, key)
        approvals.decided(goods_as_order(key + 1), model.site.exceptions.desks[0].actor)

    assert 2_000 == len(done) + len(dropped)
    assert 1 / 3 == pytest.approx(len(dropped) / 2_000, abs=2.58 * (2 / 9 / 2_000) ** 0.5)


def test_a_purchase_order_that_waits_is_not_wanted_again():
    """Each review finds the order of the first on its way to the desk: one order, placed when it is approved."""
    rules = Rules(approve_over_cents={"replenishment": 0})
    world = a_world(stock=stock([[1, 0]], [[4, 0]], [[9, 0]]), rules=rules, desks=(DESK,))
    story = visit(world, [])

    assert ["0 08:30"] == story.times("purchase_ordered")
    assert [8] == [q for *_, q in story.events("quantity", kind="purchase_ordered")]


def test_a_move_is_looked_at_again_when_it_is_approved():
    """Shipments that were released meanwhile stay: with people who come too late nothing moves."""
    for handling_ms, moves in ((MINUTE_MS, True), (20 * HOUR_MS, False)):
        desk = DeskPlan("planners", shifts=(DeskShift(ALWAYS, 0, 1_440, 9),), handling_ms=Fixed(handling_ms))
        slow = a_node("A", shifts=a_node().shifts, wave_capacity=2)
        world = a_busy_world(900.0, nodes=2, products=10, horizon=Horizon(DAY_MS, 0, 20 * DAY_MS))
        a, b = world.network.nodes
        network = replace(world.network, nodes=(replace(a, wave_capacity=slow.wave_capacity), b))
        policies = POLICIES | {"balancing": PolicyChoice("threshold", {"hours": 0.5, "farther_zones": 9})}
        rules = Rules(approve_over_cents={"balancing": 0})
        story = tell(replace(world, network=network, desks=(desk,), rules=rules, policies=policies))
        assert moves == bool(story.times("voided", reason="congested"))


@pytest.mark.parametrize("point", ["balancing", "transfers", "replenishment"])
def test_units_and_money_are_conserved_whoever_decides(point: str):
    world = a_busy_world(200.0, products=10, horizon=Horizon(3 * DAY_MS, 0, 20 * DAY_MS))
    policies = POLICIES | {"balancing": PolicyChoice("cutoff"), "transfers": PolicyChoice("level_cover")}
    assert_sound(replace(world, policies=policies, rules=Rules(approve_over_cents={point: 5_000})), seed=1)
