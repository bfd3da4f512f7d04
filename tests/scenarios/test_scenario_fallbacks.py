"""Fallback rules in a scenario file: how they are read, and what is said of those that do not fit."""

from __future__ import annotations

from pathlib import Path

import pytest

from scenarios.errors import ScenarioError
from scenarios.load import warnings
from sim.plans.fallbacks import CutOffChannels, Fallbacks, LateSuppliers, ShortCrews, UnsecuredOrders
from sim.plans.labour import Overtime
from sim.units import DAY_MS, HOUR_MS, MINUTE_MS
from sim.world import PolicyChoice
from tests.scenarios.shops import shop


def test_all_four_are_read(tmp_path: Path):
    text = """
fallbacks:
  payment_gateway: {accept_up_to: 80, after: 10min}
  stock_sync: {do: buffer, buffer_units: 3, after: 15min}
  labour:
    below: 70%
    after: 1h
    overtime: {backlog: 20, at_most: 2h}
    collections_wait: 1h
    waiting_fee: 150
    policies: {balancing: threshold}
  late_supplier: {after: 2d}
"""
    crews = ShortCrews(
        7_000, HOUR_MS, Overtime(20, 2 * HOUR_MS), HOUR_MS, 15_000, {"balancing": PolicyChoice("threshold", {})}
    )

    assert (
        Fallbacks(
            UnsecuredOrders(8_000, 10 * MINUTE_MS),
            CutOffChannels("buffer", 3, 15 * MINUTE_MS),
            crews,
            LateSuppliers(2 * DAY_MS),
        )
        == shop(tmp_path, text).fallbacks
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("stock_sync: {do: stop}", "pause or buffer"),
        ("stock_sync: {do: buffer}", "buffer_units of 1 or more"),
        ("stock_sync: {buffer_units: 3}", "only where do is buffer"),
        ("stock_sync: {channels: [wbe]}", "there is no channel 'wbe'"),
        ("labour: {policies: {balancing: treshold}}", "did you mean 'threshold'?"),
        ("late_supplier: {}", "after"),
        ("payment_gateway: {acept_up_to: 3}", "did you mean 'accept_up_to'?"),
    ],
)
def test_what_does_not_fit_is_told(tmp_path: Path, text: str, said: str):
    with pytest.raises(ScenarioError) as caught:
        shop(tmp_path, f"fallbacks: {{{text}}}\n")

    assert said in str(caught.value)


# What is wrong with a disruption, at its key.


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{kind: wrong_rule, policy: mst_stock, at: 1d, duration: 2h}", "bad.policy: there is no allocation policy"),
        ("{kind: wrong_rule, policy: mst_stock, at: 1d, duration: 2h}", "did you mean 'most_stock'?"),
        ("{kind: wrong_rule, decision: alocation, at: 1d, duration: 2h}", "did you mean 'allocation'?"),
        ("{kind: wrong_rule, decision: release, at: 1d, duration: 2h}", "bad.policy: there is no release policy"),
        ("{kind: wrong_rule, when: paymnt == 3, at: 1d, duration: 2h}", "bad.when: there is no 'paymnt'"),
        ("{kind: payment_outage, at: 400d, duration: 2h}", "bad.at: begins when the run is over"),
    ],
)
def test_a_disruption_that_does_not_fit_is_told_at_its_key(tmp_path: Path, text: str, said: str):
    with pytest.raises(ScenarioError) as caught:
        shop(tmp_path, f"disruptions:\n  bad: {text}\n")

    assert said in str(caught.value)
    assert (":4:3:" in str(caught.value)) == ("no release policy" in said), "at the whole only where a default is wrong"


def test_an_outage_that_no_order_meets_is_told_and_run(tmp_path: Path):
    end_ms = shop(tmp_path, "").horizon.end_ms
    late = shop(tmp_path, f"disruptions: {{bad: {{kind: payment_outage, at: {end_ms // 3_600_000}h, duration: 2h}}}}\n")

    usual = warnings(shop(tmp_path, "disruptions: {bad: {kind: payment_outage, at: 1h, duration: 2h}}\n"))
    assert ["bad begins when demand has ended: no new order meets it", *usual] == warnings(late)
    assert not any("bad" in warning for warning in usual)
