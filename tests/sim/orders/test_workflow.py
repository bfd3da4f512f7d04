"""A scenario's own rules: what each action does to an order, in the order of the file, and who did it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sim.disruptions.wrong_rule import WrongRule
from sim.rules import Condition as Expression
from sim.rules import ConditionError, Rule
from sim.units import DAY_MS, HOUR_MS
from sim.world import Horizon, Rules
from tests.sim.telling import Story, at, tell, visit
from tests.worlds import a_busy_world, a_carrier, a_channel, a_node, a_world, stock

P1 = [(0, 1, 1_000)]
FIVE = [(0, 5, 1_000)]
TWO = (a_node("A"), a_node("B", latitude=41.0, longitude=-80.0))


def ruled(*rules: Rule, **changes: Any):
    return a_world(workflow=rules, **changes)


def test_a_rule_holds_for_a_desk_and_is_named_in_the_books():
    story = visit(ruled(Rule("large", "units > 4", "hold", "approval")), [(at(0, 9), P1), (at(0, 9), FIVE)])

    assert [("0 09:00", "validated")] == story.events(order=0, kind=("held", "rule_applied", "validated"))
    assert [
        ("0 09:00", "rule_applied", "", "rule:large"),
        ("0 09:00", "held", "approval_needed", "rule:large"),
        ("0 09:06", "hold_cleared", "approved", "desk:order desk"),
        ("0 09:06", "validated", "", "orchestrator"),
    ] == story.events("reason", "actor", order=1, kind=("rule_applied", "held", "hold_cleared", "validated"))


def test_rules_go_on_where_an_order_was_held():
    """Held by the first, cancelled by the second; nothing is asked twice."""
    rules = (Rule("look", "units > 4", "hold", "fraud"), Rule("no", "value_cents >= 5000", "cancel"))
    story = visit(ruled(*rules), [(at(0, 9), FIVE)])

    assert [
        ("0 09:00", "rule_applied", "rule:look"),
        ("0 09:00", "held", "rule:look"),
        ("0 09:06", "hold_cleared", "desk:order desk"),
        ("0 09:06", "rule_applied", "rule:no"),
        ("0 09:06", "cancelled", "rule:no"),
    ] == story.events("actor", kind=("rule_applied", "held", "hold_cleared", "cancelled", "validated"))


@pytest.mark.parametrize(("when", "node"), [("channel == 'web'", "B"), ("channel == 'shop'", "A")])
def test_a_rule_forces_a_node(when: str, node: str):
    world = ruled(Rule("from B", when, "force_node", node=1), nodes=TWO, stock=stock([[100, 0], [100, 0]]))

    assert [node] == [r["node"] for r in visit(world, [(at(0, 9), P1)]).rows("events", kind="allocated")]


def test_a_forced_node_without_stock_is_waited_for():
    welcome = a_channel(accepts_backorders=True)
    world = ruled(
        Rule("from B", "True", "force_node", node=1), nodes=TWO, stock=stock([[100, 0], [0, 0]]), channels=(welcome,)
    )

    assert {"open: stock shortage": 1} == visit(world, [(at(0, 9), P1)]).manifest["census"]


@pytest.mark.parametrize(
    ("action", "complete", "nodes"),
    [("ship_complete", False, []), ("allow_split", True, ["A", "B"]), ("backorder", False, ["A", "B"])],
)
def test_a_rule_decides_whether_an_order_is_split(action: str, complete: bool, nodes: list[str]):
    """Three units at A, one at B, five wanted: in parts or not at all."""
    channel = a_channel(accepts_backorders=True, ship_complete=complete)
    world = ruled(Rule("parts", "units > 4", action), nodes=TWO, stock=stock([[3, 0], [1, 0]]), channels=(channel,))

    assert nodes == sorted(r["node"] for r in visit(world, [(at(0, 9), FIVE)]).rows("events", kind="allocated"))


def test_a_rule_refuses_what_is_short():
    """Three of five units are there: the other two are cancelled at once."""
    welcome = a_channel(accepts_backorders=True)
    world = ruled(Rule("no waiting", "not in_stock", "refuse"), stock=stock([[3, 0]]), channels=(welcome,))
    story = visit(world, [(at(0, 9), FIVE)])

    assert [("0 09:00", "cancelled_units", 2, "no_stock")] == story.events("quantity", "reason", kind="cancelled_units")
    assert [] == story.times("backordered")


def test_an_expedited_order_goes_first_and_by_the_fastest_service():
    """One shipment a wave: of two, the later one leaves first, and by air."""
    services = (a_carrier(), a_carrier("air", rates_cents=((900, 1_900),) * 7, quoted_days=(1,) * 7))
    world = ruled(Rule("VIP", "units == 5", "expedite"), nodes=(a_node(wave_capacity=1),), services=services)
    story = visit(world, [(at(0, 9, 10), P1), (at(0, 9, 20), FIVE)])

    assert [("0 10:00", "released", 1), ("0 11:00", "released", 0)] == story.events("order", kind="released")
    assert {0: "carrier:ground", 1: "carrier:air"} == {
        r["order"]: r["actor"] for r in story.rows("events", kind="manifested")
    }


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("value_cents > 10000 and region in ('Boston', 'here')", True),
        ("not (payment == 'card' or units * 2 < lines)", False),
        ("weight_kg / units <= 0.5 and segment != 'x' and channel_kind == 'storefront'", True),
        ("one_node and in_stock", True),
    ],
)
def test_conditions(text: str, holds: bool):
    known = {"value_cents": 12_500, "units": 3, "lines": 2, "weight_kg": 1.5, "region": "Boston", "payment": "card"}
    known |= {"segment": "y", "channel_kind": "storefront", "one_node": True, "in_stock": True}

    assert holds == Expression(text).holds(known.__getitem__)


@pytest.mark.parametrize(
    "text",
    [
        "units >",
        "unit > 3",
        "__import__('os')",
        "region.upper() == 'X'",
        "region > 5",
        "[x for x in (1, 2)]",
        "a = 1",
        "",
    ],
)
def test_what_is_no_condition(text: str):
    with pytest.raises(ConditionError):
        Expression(text)


def with_rules(*rules: Rule) -> Story:
    world = a_busy_world(300.0, horizon=Horizon(2 * DAY_MS, 0, 40 * DAY_MS), rules=Rules(data_fault_share=0.02))
    return tell(replace(world, workflow=rules), 3)


def test_rules_that_never_apply_change_nothing_and_others_do():
    """The same customers; the same things happen at the same moments where no rule holds."""
    none, idle = with_rules(), with_rules(Rule("never", "units > 1000", "cancel"))
    strict = with_rules(Rule("small", "value_cents < 700", "cancel"), Rule("all", "lines > 2", "hold", "data_fault"))

    told = [sorted(map(repr, story.events("order", "line", "quantity", "reason"))) for story in (none, idle)]

    assert told[0] == told[1]
    assert none.model.customers.demand_hash == strict.model.customers.demand_hash
    assert len(strict.rows("events", kind="cancelled", reason="house_rule")) > 0
    assert len(strict.rows("events", kind="held")) > len(none.rows("events", kind="held"))


# A bad rule.

BULK = Rule("bulk", "units >= 12", "hold", "fraud")


def test_a_bad_condition_holds_everybody_while_it_lasts():
    """From nine to ten somebody has typed 1 for 12."""
    wrong = (WrongRule(at(0, 9), HOUR_MS, rule="bulk", when="units >= 1"),)
    story = visit(ruled(BULK, disruptions=wrong), [(at(0, 8, 50), P1), (at(0, 9, 10), P1), (at(0, 10), P1)])

    assert [
        ("0 09:10", "rule_applied", 1, "rule:bulk"),
        ("0 09:10", "held", 1, "rule:bulk"),
        ("0 09:16", "hold_cleared", 1, "desk:order desk"),
    ] == story.events("order", "actor", kind=("rule_applied", "held", "hold_cleared"))


def test_a_rule_may_be_switched_off_and_two_faults_nest():
    off = WrongRule(at(0, 9), 2 * HOUR_MS, rule="bulk", when="units > 100")
    all_held = WrongRule(at(0, 9, 30), HOUR_MS, rule="bulk", when="units >= 1")
    dozen = [(0, 12, 1_000)]
    story = visit(
        ruled(BULK, disruptions=(off, all_held)), [(at(0, 9, 10), dozen), (at(0, 10), P1), (at(0, 10, 40), dozen)]
    )

    assert ["0 10:00"] == story.times("held")


def test_a_bad_rule_floods_the_desk_for_the_same_customers():
    wrong = (WrongRule(at(0, 9), 3 * HOUR_MS, rule="bulk", when="units >= 1"),)
    plain = a_busy_world(300.0, workflow=(BULK,), horizon=Horizon(DAY_MS, 0, 10 * DAY_MS))
    usual, bad = tell(plain, check=False), tell(replace(plain, disruptions=wrong), check=False)
    held = [len(story.rows("events", kind="held", actor="rule:bulk")) for story in (usual, bad)]

    assert usual.model.customers.demand_hash == bad.model.customers.demand_hash
    assert held[1] > held[0] + 20


def test_a_wrong_condition_must_be_a_condition():
    with pytest.raises(ValueError, match="there is no 'unit'"):
        WrongRule(0, 1, rule="bulk", when="unit > 1")
