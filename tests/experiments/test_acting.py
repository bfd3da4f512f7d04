"""What acting on alerts saves: each alert is a change of a scenario whose alerts only tell."""

from __future__ import annotations

from pathlib import Path

import pytest

from scenarios.experiments.acting import acting, acting_alerts, telling_only
from scenarios.experiments.experiment import ExperimentError
from scenarios.load import load
from sim.world import PolicyChoice

SHOP = Path(__file__).parents[1] / "contracts" / "effects_shop.yaml"
JAMMED = (
    "nodes.West.stations.pack.per_hour=5",
    "alerts={floor: {quantity: hours_of_work, node: West, over: 2, policies: {balancing: {name: threshold, "
    "parameters: {hours: 2, farther_zones: 5}}}}, "
    "late: {quantity: overdue_orders, over: 5, policies: {release: slack}}, "
    "held: {quantity: held_orders, over: 1}}",
)


def test_only_those_that_act_are_asked_about_and_telling_takes_their_policies_away():
    loaded = load(SHOP, sets=JAMMED)
    changes = acting_alerts(loaded)
    silent = load(SHOP, sets=(*JAMMED, *telling_only(loaded, changes))).world
    again = load(SHOP, sets=(*JAMMED, *telling_only(loaded, changes), *(s for c in changes for s in c.sets))).world

    assert ["floor", "late"] == [change.name for change in changes]
    assert [{"balancing": "none"}, {"release": silent.policies["release"].name}, {}] == [
        {decision: choice.name for decision, choice in plan.policies.items()} for plan in silent.alerts
    ]
    assert PolicyChoice("threshold", {"hours": 2, "farther_zones": 5}) == again.alerts[0].policies["balancing"]
    assert loaded.world.alerts == again.alerts


def test_acting_on_a_full_floor_saves_promises_of_the_same_customers():
    found = acting(SHOP, 2, sets=JAMMED, kpis=["on_time_ship", "promise_breaches"], jobs=1)

    assert ["as it is", "floor", "late", "all changes"] == [v.name for v in found.comparison.variants]
    assert found.alone("floor", "on_time_ship").mean > 0.2
    assert found.gap("promise_breaches").mean <= 0


def test_a_scenario_without_an_alert_that_acts_is_told():
    with pytest.raises(ExperimentError, match=r"no alert of effects-shop acts \(alerts: none\)"):
        acting_alerts(load(SHOP))
