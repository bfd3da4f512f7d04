"""Any scenario of the schema, made busy: the books do not tell which of its orders took the fast lane."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from scenarios.errors import ScenarioError
from scenarios.load import load
from sim.agents.orders.lane.fast_lane import FastLane
from sim.agents.site import Site
from sim.model import Model
from sim.world import World
from tests.scenarios.random_scenarios import scenarios

CHECKOUTS = (None, "6min", {"uniform": ["0min", "30min"]})
CHANNELS = ("web", "market", "firms")


def books(world: World, monkeypatch: pytest.MonkeyPatch, *, lane: bool) -> Any:
    with tempfile.TemporaryDirectory() as folder, monkeypatch.context() as patch:
        if not lane:
            patch.setattr(FastLane, "serves", staticmethod(never))
        return Model(world, 1).run(Path(folder))["files"]


def never(site: Site) -> bool:
    return False


TYPISTS = {
    "handles": ["rekeying"],
    "shifts": [{"days": "daily", "start": "06:00", "end": "22:00", "staff": 8}],
    "handling": "4min",
}


def hurry(
    scenario: dict[str, Any], rates: list[int], checkouts: list[Any], modes: list[str], lost: str, typed: bool
) -> None:
    """Many orders, some of which are in a cart first, or travel, as their releases do, or are typed in."""
    for channel, rate, checkout in zip(CHANNELS, rates, checkouts, strict=True):
        scenario["channels"][channel] |= {"orders_per_day": rate, "checkout": checkout}
    if typed:
        scenario["channels"]["firms"] |= {"rekeying": {"wrong_item_share": "2%"}, "checkout": None, "pickup": None}
        scenario["desks"]["typists"] = TYPISTS
    feed, releases = modes
    if feed != "none":
        scenario["messages"]["feed"] = {
            "kinds": ["order_in"],
            "channels": ["market", *(["firms"] if typed and lost != "0%" else [])],
            "mode": feed,
            "interval": "10min",
        }
    if releases != "none":
        scenario["messages"]["releases"] = {"kinds": ["release"], "mode": releases, "loss_share": lost, "retries": 2}


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[*HealthCheck],
)
@given(
    scenario=scenarios(),
    rates=st.lists(st.sampled_from((40, 300, 1_200)), min_size=3, max_size=3),
    checkouts=st.lists(st.sampled_from(CHECKOUTS), min_size=3, max_size=3),
    modes=st.lists(st.sampled_from(("none", "batch", "events")), min_size=2, max_size=2),
    lost=st.sampled_from(("0%", "5%")),
    typed=st.booleans(),
)
def test_the_books_are_the_same_on_both_lanes(
    monkeypatch: pytest.MonkeyPatch, scenario: Any, rates: Any, checkouts: Any, modes: Any, lost: str, typed: bool
):
    hurry(scenario, rates, checkouts, modes, lost, typed)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "scenario.yaml"
        file.write_text(yaml.safe_dump(scenario, sort_keys=False), encoding="utf-8")
        try:
            world = load(file).world
        except ScenarioError:
            reject()

    assert books(world, monkeypatch, lane=True) == books(world, monkeypatch, lane=False)
