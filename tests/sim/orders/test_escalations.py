"""Limits that are breached outside the desks: a desk or a rule answers, and does something by stage."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from scenarios.errors import ScenarioError
from scenarios.load import load
from sim.agents.orders.escalations import Escalations
from sim.distributions import Fixed, Lognormal
from sim.messages.plan import MessageRoute
from sim.network import Shift, Station, Supplier
from sim.plans.escalation import BREACH_ACTIONS, Breach
from sim.plans.labour import TemporaryStaff
from sim.plans.return_rules import ReturnRules
from sim.units import DAY_MS, HOUR_MS, MINUTE_MS
from sim.world import DeskPlan, DeskShift, Horizon, PolicyChoice, Rules
from tests.sim.telling import Story, at, tell, visit
from tests.worlds import ALWAYS, POLICIES, a_busy_world, a_carrier, a_channel, a_node, a_world, stock

P1 = [(0, 1, 1_000)]
ANSWERS = ("breach_acted", "breach_moot")
SHOP = Path(__file__).parents[2] / "scenarios" / "small_shop.yaml"


def rules(state: str, action: str, limit_ms: int, by: str = "rule", owner: str | None = None, **more: Any) -> Rules:
    return Rules(limits_ms={state: limit_ms}, breaches=(Breach(state, action, owner, by),), **more)


def answers(story: Story) -> list[tuple[str, str, int, str]]:
    return [tuple(row) for row in story.events("order", "reason", kind=ANSWERS)]


# Who answers.


def test_a_desk_takes_the_case_and_the_owner_hears_of_it():
    """Over at 13:00, and the planners come at 14:00; six minutes later the parcel has another carrier, whose van comes
    at 15:00 instead of 17:00."""
    desks = (DeskPlan(), DeskPlan("planners", "transport_planner", ("breach",), (DeskShift(ALWAYS, 14 * 60, 1_440),)))
    early = a_carrier("dear", rates_cents=((900,) * 2,) * 7, collections=tuple((d, 15 * 60) for d in range(7)))
    chosen = rules("packed", "reroute", 2 * HOUR_MS, "desk", "transport_planner")
    story = visit(a_world(rules=chosen, services=(a_carrier(), early), desks=desks), [(at(0, 9, 10), P1)])

    assert [
        ("0 13:00", "shipment_limit_breached", "transport_planner", "planner"),
        ("0 14:06", "rerouted", "overdue", "warehouse:A"),
        ("0 14:06", "breach_acted", "reroute", "desk:planners"),
        ("0 15:00", "manifested", "", "carrier:dear"),
    ] == story.events("reason", "actor", kind=("shipment_limit_breached", "rerouted", "manifested", *ANSWERS))


def test_what_is_over_when_somebody_comes_to_it_is_moot():
    """Over at 13:00, gone at 17:00; nobody looks before the next morning."""
    lame = (DeskPlan(shifts=(DeskShift(ALWAYS, 18 * 60, 19 * 60),)),)
    story = visit(a_world(rules=rules("packed", "reroute", 2 * HOUR_MS, "desk"), desks=lame), [(at(0, 9, 10), P1)])

    assert [("0 18:06", "breach_moot", 0, "reroute")] == answers(story)


def test_the_owners_desk_goes_before_specialists():
    world = a_world(
        rules=rules("packed", "reroute", 2 * HOUR_MS, "desk", "warehouse_leader"),
        desks=(DeskPlan("few", handles=("breach",)), DeskPlan("floor", "warehouse_leader")),
    )
    story = visit(world, [(at(0, 9, 10), P1)])

    assert ["desk:floor"] == [row["actor"] for row in story.rows("events", kind=ANSWERS)]
    assert ["warehouse_leader"] == [row["reason"] for row in story.rows("events", kind="shipment_limit_breached")]


def test_no_answer_costs_nothing():
    plain = visit(a_world(), [(at(0, 9, 10), P1)])
    assert plain.model.site.escalations is None
    assert [] == answers(plain)


# What is done, stage by stage.


def test_every_state_with_a_limit_but_the_desks_own_has_an_answer():
    site = visit(a_world(rules=rules("packed", "reroute", HOUR_MS)), []).model.site
    acts = Escalations(site, 0)._acts
    assert {(state, action) for state, actions in BREACH_ACTIONS.items() for action in actions} == set(acts)


def test_a_message_that_does_not_come_is_asked_for():
    slow = (MessageRoute("line", ("order_in",), latency_ms=Fixed(5 * HOUR_MS)),)
    story = visit(a_world(rules=rules("captured", "chase", HOUR_MS), messages=slow), [(at(0, 9, 10), P1)])

    assert [("0 11:00", "validated", "planner"), ("0 11:00", "breach_acted", "planner")] == [
        (t, k, "planner") for t, k in story.events(kind=("validated", *ANSWERS))
    ]


def test_what_waits_for_the_next_batch_is_allocated():
    chosen = rules("open", "reallocate", HOUR_MS, allocate_every_ms=8 * HOUR_MS)
    story = visit(a_world(rules=chosen), [(at(0, 9, 10), P1)])

    assert [("0 11:00", "allocated"), ("0 11:00", "breach_acted")] == story.events(kind=("allocated", *ANSWERS))


def owed(action: str, **supplier: Any) -> Story:
    """Nothing there, and a week until the maker brings any."""
    world = a_world(
        rules=rules("backordered", action, 2 * HOUR_MS),
        stock=stock([[0, 100]], 1, 5),
        channels=(a_channel(accepts_backorders=True),),
        suppliers=(Supplier("maker", Fixed(7 * DAY_MS), **supplier),),
    )
    return visit(world, [(at(0, 9, 10), P1)])


def test_a_supplier_is_asked_to_hurry():
    """Over at noon: one unit in a hurry, which takes a day, at a surcharge of a tenth of 400."""
    story = owed("expedite", expedited_lead_ms=Fixed(DAY_MS), expedite_surcharge_bp=1_000, expedite_below_bp=0)

    assert [("0 12:00", "breach_acted", 0, "expedite")] == answers(story)
    assert [("0 12:00", "purchase_expedited", 40)] == story.events("value_cents", kind="purchase_expedited")
    assert ["1 12:10"] == story.times("allocated")
    assert [("0 12:00", "breach_moot", 0, "expedite")] == answers(owed("expedite"))


def test_what_is_owed_for_too_long_is_cancelled():
    story = owed("cancel")

    assert [("0 12:00", "cancelled", "overdue"), ("0 12:00", "breach_acted", "cancel")] == story.events(
        "reason", kind=("cancelled", *ANSWERS)
    )


STARVING = {
    "nodes": (a_node(wave_capacity=1, wave_interval_ms=HOUR_MS),),
    "channels": (a_channel(priority=5), a_channel("slow", priority=1)),
    "policies": POLICIES | {"release": PolicyChoice("priority")},
}


def starving(chosen: Rules) -> Story:
    """One goes with each wave, customers of the first channel always before those of the second."""
    visits = [(at(0, 9, 10), P1), *((at(0, hour, minute), P1) for hour in (9, 10, 11, 12) for minute in (15, 20))]
    return visit(a_world(rules=chosen, **STARVING), visits, channel=[1] + [0] * 8)


def test_what_never_gets_into_a_wave_goes_first():
    """Allocated at 9:10, over at 13:00: it goes with the next wave, and not with the last."""
    found = [starving(Rules()), starving(rules("allocated", "expedite", 3 * HOUR_MS))]

    assert [["0 18:00"], ["0 14:00"]] == [s.times("released", order=0) for s in found]


def test_what_has_not_begun_is_cancelled_by_the_company():
    story = starving(rules("allocated", "cancel", 6 * HOUR_MS))

    assert [("0 16:00", "cancelled", 0)] == story.events("order", kind="cancelled")


def test_what_waits_at_a_crowded_node_goes_to_another():
    """Four wait for the nearer node's one picker, an hour a line; over at noon: two are moved to the other node, where
    fewer wait."""
    slow = (Station(Fixed(HOUR_MS)), *a_node().stations[1:])
    one = (Shift(ALWAYS, 0, 1_440, (1, 2, 1, 1)),)
    nodes = (a_node("A", stations=slow, shifts=one), a_node("B", longitude=-90.0, stations=slow, shifts=one))
    for state, limit_ms in (("released", HOUR_MS), ("released", 3 * HOUR_MS)):
        story = visit(a_world(nodes=nodes, rules=rules(state, "reallocate", limit_ms)), [(at(0, 9, 10), P1)] * 5)
        moved = {row["order"] for row in story.rows("events", kind="breach_acted")}
        left = {row["order"]: row["node"] for row in story.rows("events", kind="shipped")}

        assert 0 < len(moved) < 5
        assert {"A"} == {left[order] for order in set(left) - moved}
        assert {"B"} == {left[order] for order in moved}


def test_people_are_called_in():
    """Nobody packs on weekdays after ten; four hours after the breach at 15:00 one temporary person does."""
    agency = TemporaryStaff(2, productivity=1.0)
    lame = a_node(shifts=(Shift(ALWAYS, 0, 600, (2, 2, 1, 1)), Shift(ALWAYS, 600, 1_440, (2, 0, 1, 1))))
    nodes = (replace(lame, temporary_staff=agency),)
    story = visit(a_world(nodes=nodes, rules=rules("picked", "call_in", 4 * HOUR_MS)), [(at(0, 9, 10), P1)] * 3)

    assert [("breach_acted", 0), ("breach_moot", 1), ("breach_moot", 2)] == [(k, o) for _, k, o, _ in answers(story)]
    assert [("0 15:00", "temporary_called", 240)] == story.events("quantity", kind="temporary_called")
    assert ["0 19:02", "0 19:04", "0 19:06"] == story.times("packed")


def test_a_lost_parcel_is_found_to_be_lost():
    """Quoted for day 2, given up on day 9 with a trace of a week; traced when it is over its limit of three days."""
    lossy = (a_carrier(lost_share=1.0),)
    alone = visit(a_world(services=lossy), [(at(0, 9), P1)])
    traced = visit(a_world(services=lossy, rules=rules("shipped", "trace", 3 * DAY_MS)), [(at(0, 9), P1)])

    assert [["9 12:00"], ["3 17:00"]] == [story.times("lost") for story in (alone, traced)]
    assert ["3 17:00"] == traced.times("lost_refunded")
    assert [("3 17:00", "breach_acted", 0, "trace")] == answers(traced)


def test_a_late_parcel_is_not_lost():
    slow = (a_carrier(transit_days=(Fixed(9),) * 7),)
    story = visit(a_world(services=slow, rules=rules("shipped", "trace", 3 * DAY_MS)), [(at(0, 9), P1)])

    assert [("3 17:00", "breach_moot", 0, "trace")] == answers(story)
    assert ["9 12:00"] == story.times("delivered")


def back(chosen: Rules, **changes: Any) -> Story:
    """Delivered on day 2 at noon, asked to go back at once."""
    return visit(a_world(rules=chosen, **changes), [(at(0, 9), P1)], return_units=[1], return_delay_ms=[0])


def test_a_lost_return_is_found_to_be_lost():
    lossy = ReturnRules(lost_share=1.0)
    found = [back(chosen, returns=lossy) for chosen in (Rules(), rules("return_requested", "trace", DAY_MS))]

    assert ["9 12:00", "3 12:00"] == [story.times("return_lost")[0] for story in found]
    assert [1, 1] == [len(story.times("refunded")) for story in found]


def test_who_waits_for_inspection_is_refunded():
    """Received on day 2, and nobody inspects before day 20."""
    late = a_node(shifts=(Shift(ALWAYS, 0, 1_440, (2, 2, 1, 0)),))
    story = back(rules("return_received", "refund", 2 * DAY_MS), nodes=(late,))
    day = story.times("return_received")[0].split()[0]

    assert [("breach_acted", "refund")] == [(k, r) for _, k, _, r in answers(story)]
    assert [f"{int(day) + 2}"] == [t.split()[0] for t in story.times("refunded")]
    assert ["overdue"] == [row["reason"] for row in story.rows("events", kind="refunded")]


# On many orders, and in a file.


def test_with_answers_to_everything_the_books_agree():
    answered = tuple(
        Breach(state, action, by="rule" if n % 2 else "desk")
        for n, (state, action) in enumerate((s, a[-1]) for s, a in BREACH_ACTIONS.items() if "call_in" not in a)
    )
    limits = {b.state: 20 * MINUTE_MS for b in answered}
    chosen = Rules(limits_ms=limits, breaches=answered, sweep_ms=10 * MINUTE_MS, lost_parcels="resend")
    world = a_busy_world(
        100.0,
        horizon=Horizon(DAY_MS, 0, 60 * DAY_MS),
        rules=chosen,
        messages=(MessageRoute("line", ("order_in",), latency_ms=Lognormal(20 * MINUTE_MS, 1.0)),),
    )
    network = replace(
        world.network,
        services=tuple(replace(s, lost_share=0.1) for s in world.network.services),
        channels=tuple(replace(c, accepts_backorders=True) for c in world.network.channels),
    )
    scarce = replace(world.stock, opening_units=world.stock.opening_units // 8)
    story = tell(replace(world, network=network, stock=scarce), 3)

    assert {"closed", "cancelled", "refused", "offered"} >= set(story.manifest["census"])
    done = {row["reason"] for row in story.rows("events", kind="breach_acted")}
    assert {"chase", "cancel", "trace", "reroute"} <= done
    assert story.rows("events", kind="breach_moot")


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("{packed: {action: trace}}", "packed: reroute"),
        ("{held: {action: cancel}}", "'held' does not fit"),
        ("{released: {action: call_in, by: rule}}", "there is nobody to call in"),
        ("{packed: {}}", "rules.breaches.packed.action"),
    ],
)
def test_answers_that_nobody_can_give_are_told(said: str, told: str):
    with pytest.raises(ScenarioError, match=told):
        load(SHOP, sets=[f"rules.breaches={said}"])


def test_a_desk_must_take_them():
    desks = "desks={order desk: {handles: [fraud]}}"
    with pytest.raises(ScenarioError, match="no desk handles `breach`"):
        load(SHOP, sets=[desks, "rules.breaches={packed: {action: reroute}}"])
    assert load(SHOP, sets=[desks, "rules.breaches={packed: {action: reroute, by: rule}}"]).world.rules.breaches
