"""Fraud and the payment gateway in a scenario file: how they are read, and what is said of those that do not fit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from scenarios.errors import ScenarioError
from sim.disruptions.fraud_attack import FraudAttack
from sim.distributions import Fixed, Uniform
from sim.plans.billing import BillingPlan
from sim.plans.fraud import FraudPlan, Risk, ScoreRule
from sim.plans.gateway import GatewayPlan
from sim.units import DAY_MS, SECOND_MS
from tests.scenarios.shops import shop


def test_rules_and_risks_are_named_and_one_can_be_taken_out(tmp_path: Path):
    text = """
fraud:
  share: 0.5%
  risks: {resold: {when: value_cents > 20000, factor: 4}}
  rules:
    dear: {when: value_cents > 20000, points: 30}
    known: {when: account_orders == 0, points: -10}
  signal: 25
  reject_at: 70
"""
    risks = (Risk("resold", "value_cents > 20000", 4.0),)
    dear = ScoreRule("dear", "value_cents > 20000", 30.0)
    both = FraudPlan(0.005, risks, (dear, ScoreRule("known", "account_orders == 0", -10.0)), 25.0, 0.0, 50.0, 70.0)

    assert both == shop(tmp_path, text).fraud
    assert replace(both, rules=(dear,)) == shop(tmp_path, text, sets=["fraud.rules.known=null"]).fraud


def test_a_gateway_is_read(tmp_path: Path):
    text = "payment_gateway: {per_minute: 90, queue: 50, timeout: 20s, backoff: 1.5, spread_share: 30%, attempts: 5}\n"

    assert GatewayPlan(90, 50, 20 * SECOND_MS, 1.5, 0.3, 5) == shop(tmp_path, text).payment_gateway


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("fraud: {share: 1%, rules: {odd: {when: in_stock, points: 3}}}", "there is no 'in_stock'"),
        ("fraud: {share: 1%, rules: {odd: {when: value_cents, points: 3}}}", "is a quantity"),
        ("fraud: {share: 1%, risks: {odd: {when: region == 'Bostn', factor: 3}}}", "region is never 'Bostn'"),
        ("fraud: {share: 1%, review_at: 60, reject_at: 40}", "a reject_at of review_at or more"),
        ("fraud: {}", "share"),
        ("payment_gateway: {per_minute: 0}", "a whole number of 1 or more"),
        ("payment_gateway: {per_minute: 5, backoff: 0.5}", "a number of 1 or more"),
        ("payment_gateway: {per_minute: 5, atempts: 3}", "did you mean 'attempts'?"),
    ],
)
def test_what_does_not_fit_is_told(tmp_path: Path, text: str, said: str):
    with pytest.raises(ScenarioError) as caught:
        shop(tmp_path, text + "\n")

    assert said in str(caught.value)


def test_billing_of_a_channel_and_of_a_contract(tmp_path: Path):
    text = """
channels:
  web:
    kind: b2b
    accounts: 5
    payments: {invoice: {share: 100%}}
    billing: {invoices: month, terms: 45d, late_share: 20%, late_by: 12d, short_share: 5%, write_off_below: 3}
    contracts: {inn: {billing: {upheld_share: 80%, residual_after: 7d}}}
"""
    [channel] = [c for c in shop(tmp_path, text).network.channels if c.name == "web"]

    plan = BillingPlan("month", 45 * DAY_MS, 0.2, Fixed(12 * DAY_MS), 0.05, write_off_below_cents=300)

    assert plan == channel.billing
    assert BillingPlan(upheld_share=0.8, residual_after_ms=7 * DAY_MS) == channel.contracts[0].billing


def test_short_payments_need_somebody_who_looks_at_them(tmp_path: Path):
    text = "channels: {web: {billing: {short_share: 5%}}}\ndesks: {fraud: {handles: [fraud]}}\n"
    with pytest.raises(ScenarioError) as caught:
        shop(tmp_path, text)

    assert "no desk handles `short_payment`" in str(caught.value)


def test_an_attack_of_its_own_orders_needs_a_score_to_meet(tmp_path: Path):
    attack = "disruptions: {attack: {kind: fraud_attack, orders_per_day: 50, at: 1h, duration: 2h}}\n"
    with pytest.raises(ScenarioError) as caught:
        shop(tmp_path, attack)
    assert "disruptions.attack.orders_per_day: there is no fraud score" in str(caught.value)

    made = shop(tmp_path, attack + "fraud: {share: 1%}\n").disruptions
    assert made[-1] == FraudAttack(3_600_000, 7_200_000, orders_per_day=50.0)


def test_people_of_a_desk_who_differ(tmp_path: Path):
    text = "desks: {fraud team: {catches: {uniform: [40%, 90%]}, false_rejects: 5%, upholds: 30%, decided_by: taker}}\n"
    [desk] = shop(tmp_path, text).desks
    assert (desk.catches, desk.false_rejects, desk.upholds) == (Uniform(0.4, 0.9), Fixed(0.05), Fixed(0.3))
    assert desk.decided_by == "taker"

    with pytest.raises(ScenarioError, match=r"desks.fraud team.decided_by"):
        shop(tmp_path, text.replace("taker", "anybody"))
