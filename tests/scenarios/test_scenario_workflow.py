"""Desks and rules in a scenario file: how they are read, and what is said of those that do not fit."""

from __future__ import annotations

from pathlib import Path

import pytest

from scenarios.errors import ScenarioError
from scenarios.load import load
from sim.rules import Condition, ConditionError, Rule
from tests.scenarios.shops import SHOP, shop


def test_rules_and_desks_are_read_in_their_order(tmp_path: Path):
    world = shop(
        tmp_path,
        """
desks:
  analysts: {role: fraud_analyst, handles: [fraud], shifts: [{staff: 2}], limit: 4h, escalates_to: managers}
  managers: {role: operations_manager, handling: {lognormal: {median: 5min, cv: 0.5}}}
workflow:
  large: {when: value_cents > 50000, then: {hold: approval}}
  west: {when: region == 'Chicago', then: {force_node: West}}
  rest: {when: not in_stock, then: refuse}
""",
    )

    assert (
        Rule("large", "value_cents > 50000", "hold", "approval"),
        Rule("west", "region == 'Chicago'", "force_node", "", 1),
        Rule("rest", "not in_stock", "refuse"),
    ) == world.workflow
    assert [("analysts", ("fraud",), 1), ("managers", world.desks[1].handles, None)] == [
        (d.name, d.handles, d.escalates_to) for d in world.desks
    ]


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("{when: valu_cents > 5, then: cancel}", "there is no 'valu_cents'"),
        ("{when: units >, then: cancel}", "cannot be read"),
        ("{when: payment == 'crad', then: cancel}", "payment is never 'crad'; did you mean 'card'?"),
        ("{when: \"'crad' == payment\", then: cancel}", "payment is never 'crad'"),
        ("{when: \"not (region in ('Chicago', 'Bostn'))\", then: cancel}", "region is never 'Bostn'"),
        ("{when: channel != 'wbe', then: cancel}", "channel is never 'wbe'"),
        ("{when: \"channel_kind in ('b2c', 'b2b')\", then: cancel}", "channel_kind is never 'b2c'"),
        ("{when: segment == 'nobody', then: cancel}", "segment is never 'nobody'"),
        ("{when: units == '3', then: cancel}", "units is never '3'"),
        ("{when: units > 1, then: explode}", "force_node"),
        ("{when: units > 1, then: {hold: nothing}}", "data_fault"),
        ("{when: units > 1, then: {force_node: Nowhere}}", "there is no node 'Nowhere'"),
    ],
)
def test_what_is_wrong_with_a_rule(tmp_path: Path, rule: str, said: str):
    with pytest.raises(ScenarioError) as error:
        shop(tmp_path, f"workflow:\n  mine: {rule}\n")

    assert said in str(error.value)
    assert "workflow.mine" in str(error.value)
    assert "shop.yaml:4" in str(error.value)


def test_an_unknown_desk(tmp_path: Path):
    with pytest.raises(ScenarioError, match="there is no desk 'nobody'"):
        shop(tmp_path, "desks: {one: {escalates_to: nobody}}\n")


@pytest.mark.parametrize(
    ("when", "why"),
    [("not " * 3_000 + "in_stock", "cannot be read|too deeply nested"), ("units", "neither true nor false")],
)
def test_what_is_no_condition_is_told(when: str, why: str):
    with pytest.raises(ConditionError, match=why):
        Condition(when)


def test_desks_do_not_escalate_in_a_circle(tmp_path: Path):
    with pytest.raises(ScenarioError, match="desks escalate to one another in a circle: b -> a -> b"):
        shop(tmp_path, "desks:\n  a: {escalates_to: b}\n  b: {escalates_to: a}\n")


def test_approvals_need_a_desk_and_a_decision_that_waits(tmp_path: Path):
    """Without a desk, what waits for approval would wait for ever."""
    text = "rules: {{approve_over: {{{}: 500}}}}\ndesks: {{planners: {{handles: [{}]}}}}\n"
    with pytest.raises(ScenarioError, match=r"shop.yaml:3.*rules.approve_over.*no desk handles `decision`"):
        shop(tmp_path, text.format("transfers", "fraud"))
    with pytest.raises(ScenarioError, match=r"balancing, transfers, replenishment in approve_over"):
        shop(tmp_path, text.format("release", "decision"))
    rules = shop(tmp_path, text.format("transfers", "decision")).rules
    assert {"transfers": 50_000} == rules.approve_over_cents
    assert {} == shop(tmp_path, "").rules.approve_over_cents


def test_disputes_need_a_desk(tmp_path: Path):
    """Without one, the order of a disputed return would never close."""
    text = "returns: {{dispute_share: {}}}\ndesks: {{service: {{handles: [{}]}}}}\n"
    with pytest.raises(ScenarioError, match=r"shop.yaml:3.*returns.dispute_share.*no desk handles `dispute`"):
        shop(tmp_path, text.format("5%", "ticket"))
    assert shop(tmp_path, text.format("5%", "ticket, dispute")).returns.dispute_share == 0.05
    assert shop(tmp_path, text.format("0%", "ticket")).returns.dispute_share == 0.0
    assert shop(tmp_path, "returns: {dispute_share: 5%}\n").returns.dispute_share == 0.05


@pytest.mark.parametrize("desks", ["7", "{a: {handles: 7}}", "[7]"])
def test_desks_that_are_none_are_told(tmp_path: Path, desks: str):
    with pytest.raises(ScenarioError, match=r"desks.* does not fit"):
        shop(tmp_path, f"returns: {{dispute_share: 5%}}\ndesks: {desks}\n")


def test_no_supplier_stands_in_for_itself(tmp_path: Path):
    supplier = load(SHOP).world.network.suppliers[0].name
    with pytest.raises(ScenarioError, match="does not stand in for itself"):
        shop(tmp_path, f"suppliers:\n  {supplier}: {{alternates: [{supplier}]}}\n")
    with pytest.raises(ScenarioError, match="alternates: 7 does not fit"):
        shop(tmp_path, f"suppliers:\n  {supplier}: {{alternates: 7}}\n")


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("rule: lage", "there is no rule 'lage' in workflow"),
        ("rule: large, when: unit > 1", "there is no 'unit'"),
        ("rule: large, when: region == 'Bostn'", "region is never 'Bostn'"),
    ],
)
def test_what_is_wrong_with_a_wrong_rule(tmp_path: Path, keys: str, said: str):
    text = f"""
workflow: {{large: {{when: units > 5, then: cancel}}}}
disruptions: {{typo: {{kind: wrong_rule, at: 1h, duration: 1h, {keys}}}}}
"""
    with pytest.raises(ScenarioError) as caught:
        shop(tmp_path, text)

    assert said in str(caught.value)


def test_substitutes_are_skus_of_the_scenario(tmp_path: Path):
    rule = "workflow: {offer: {when: not in_stock, then: substitute}}\n"
    (first, second, *_) = skus = [p.sku for p in shop(tmp_path, rule).network.products]
    world = shop(tmp_path, f"{rule}products: {{{first}: {{substitutes: [{second}]}}}}\n")

    assert (1,) == world.network.products[0].substitutes
    assert "substitute" == world.workflow[0].action
    assert "NONE" not in skus
    with pytest.raises(ScenarioError, match="there is no product 'NONE'"):
        shop(tmp_path, f"{rule}products: {{{first}: {{substitutes: [NONE]}}}}\n")
