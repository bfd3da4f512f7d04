"""Any scenario that the schema allows runs to its end with all invariants held."""

from __future__ import annotations

import copy
import tempfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, reject, settings

from scenarios.errors import ScenarioError
from scenarios.load import load
from sim.books.reconcile import reconcile
from sim.model import Model
from tests.scenarios.random_scenarios import BASE, all_keys, put, scenarios

EXAMPLES = 200


def run_to_the_end(scenario: dict[str, Any], seed: int = 1) -> dict[str, Any] | None:
    """The manifest of a checked run; None if the loader refuses the scenario in its own words."""
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "scenario.yaml"
        file.write_text(yaml.safe_dump(scenario, sort_keys=False), encoding="utf-8")
        try:
            world = load(file).world
        except ScenarioError:
            return None
        folder = Path(name) / "run"
        folder.mkdir()
        manifest = Model(world, seed, check=True).run(folder)
        assert [] == reconcile(folder)
        assert sum(manifest["census"].values()) == manifest["counters"]["orders_offered"]
        return manifest


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(scenarios())
def test_any_scenario_of_the_schema_runs_to_its_end(scenario: dict[str, Any]):
    if run_to_the_end(scenario) is None:
        reject()


@pytest.mark.parametrize(
    "keys",
    [
        {("nodes", "East", "mispick_share"): 1},
        {("carriers", "Northway", "services", "ground", "damaged_share"): "40%"},
    ],
)
def test_what_is_wrong_twice_comes_back_once(keys: dict[tuple[str, ...], Any]):
    """Found by a random draw: a line that was keyed wrongly, and picked wrongly or broken on the road besides."""
    scenario = copy.deepcopy(BASE)
    put(scenario, ("channels", "firms", "rekeying"), {"wrong_item_share": 1})
    for path, value in keys.items():
        put(scenario, path, value)

    assert run_to_the_end(scenario) is not None


def test_the_base_itself_sells_and_ships():
    manifest = run_to_the_end(BASE)

    assert manifest is not None
    assert manifest["counters"]["orders_offered"] > 30
    assert manifest["census"]["open: return window"] > 15


def test_every_key_can_be_drawn():
    """Hundreds of keys, each with values; those of new sections are among them by themselves."""
    paths = [path for path, _ in all_keys()]

    assert len(paths) == len(set(paths))
    assert len(paths) > 400
    for path in (
        ("channels", "web", "sync", "interval"),
        ("nodes", "East", "stations", "pick", "work"),
        ("desks", "managers", "escalates_to"),
        ("rules", "balance_every"),
        ("policies", "balancing"),
        ("disruptions", "recall by chance"),
    ):
        assert path in paths


@pytest.mark.parametrize("number", range(0, len(all_keys()), 60))
def test_a_drawn_key_lies_where_its_path_says(number: int):
    path, value = all_keys()[number]
    found: Any = {}
    put(found, path, "here")
    for step in path:
        found = found[step]

    assert "here" == found
    assert not value.is_empty
