"""From a file to a world: what each key becomes, who wins, and that the resolved file is the same world."""

from __future__ import annotations

import dataclasses
import math
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from scenarios.errors import ScenarioError
from scenarios.library import library, library_paths
from scenarios.load import load
from scenarios.resolve import write_resolved
from scenarios.settings import known_policies
from sim.calendar import Calendar
from sim.disruptions import NodeOutage, Promotion, Recurring
from sim.distributions import Discrete, Fixed, Lognormal, Uniform
from sim.policies.registry import DECISIONS, make
from sim.units import DAY_MS, HOUR_MS, MINUTE_MS
from sim.world import Horizon, PolicyChange, PolicyChoice, World

SMALL = Path(__file__).parent / "small_shop.yaml"


def small(*sets: str, **chosen: Any) -> World:
    return load(SMALL, sets=sets, **chosen).world


def difference(a: Any, b: Any, where: str = "world") -> str | None:
    """Where two worlds differ first, or None."""
    if isinstance(a, Calendar):
        return None if (a.start, a.zone_name) == (b.start, b.zone_name) else where
    if isinstance(a, np.ndarray):
        return None if a.dtype == b.dtype and np.array_equal(a, b) else where
    if type(a) is not type(b):
        return where
    pairs: list[tuple[str, Any, Any]] = []
    if dataclasses.is_dataclass(a):
        pairs = [(f.name, getattr(a, f.name), getattr(b, f.name)) for f in dataclasses.fields(a)]
    elif isinstance(a, tuple):
        if len(a) != len(b):
            return where
        pairs = [(str(n), x, y) for n, (x, y) in enumerate(zip(a, b))]
    elif isinstance(a, dict):
        if list(a) != list(b):
            return where
        pairs = [(str(key), a[key], b[key]) for key in a]
    elif a != b:
        return where
    return next((found for n, x, y in pairs if (found := difference(x, y, f"{where}.{n}")) is not None), None)


def test_names_become_positions_and_quantities_units():
    world = small()
    east, west = world.network.nodes

    assert (42.3, -71.1, None) == (east.latitude, east.longitude, east.source)
    assert (0, Uniform(DAY_MS, 3 * DAY_MS)) == (west.source, west.transfer_ms)
    assert Lognormal(40_000, 0.3) == west.stations[0].work_ms
    assert (6, 2 * MINUTE_MS) == (west.stations[0].batch_size, west.stations[0].setup_ms)
    assert Fixed(90_000) == west.stations[1].work_ms
    assert (frozenset({4}), 840, 1200, (2, 2, 0, 0), frozenset()) == dataclasses.astuple(east.shifts[1])
    assert ((1, 0, 900.0),) == world.network.miles_override
    assert ["MUG", "CUP", "010"] == [product.sku for product in world.network.products]
    assert [(1299, 500, 0.35, 0), (999, 410, 0.3, 0), (2000, 900, 0.907184, 1)] == [
        (p.price_cents, p.cost_cents, p.weight_kg, p.category) for p in world.network.products
    ]


def test_the_clock_is_the_scenarios_own():
    world = small()

    assert datetime(2026, 11, 23, tzinfo=ZoneInfo("America/New_York")) == world.calendar.start
    assert "America/New_York" == world.calendar.zone_name
    assert Horizon(2 * DAY_MS, 6 * HOUR_MS, 22 * DAY_MS) == world.horizon


def test_rates_between_given_zones_lie_on_a_line():
    (service,) = small().network.services

    assert (600, 650, 700, 750, 800, 851, 901) == tuple(prices[0] for prices in service.rates_cents)
    assert (2, 5, 5, 5, 5, 5, 5) == service.quoted_days
    assert ((0, 720), (0, 1080)) == service.collections[:2]
    assert math.inf == service.max_weight_kg


def test_hours_have_a_mean_of_one():
    web, shop = small().network.channels

    assert 1 == pytest.approx(sum(web.hour_of_week) / 168)
    assert 0 == web.hour_of_week[5]
    assert (1.0,) * 168 == shop.hour_of_week
    assert (1.0, 0.0) == shop.category_weights
    assert Discrete((1, 2), (0.5, 0.5)) == web.line_count


def test_disruptions_policies_and_their_changes():
    world = small(policies=["release=priority"])

    assert (
        Promotion(42 * HOUR_MS, 6 * HOUR_MS, channels=frozenset({1})),
        NodeOutage(1, 36 * HOUR_MS, 90 * MINUTE_MS, 2_500),
    ) == world.disruptions
    assert "closest" == world.policies["allocation"].name
    assert "priority" == world.policies["release"].name
    assert (PolicyChange(DAY_MS, "allocation", PolicyChoice("cheapest")),) == world.policy_changes
    assert {"allocated": 2 * HOUR_MS} == world.rules.limits_ms


# --- Who wins -----------------------------------------------------------------------------------------------


@pytest.fixture
def child(tmp_path: Path) -> Path:
    path = tmp_path / "child.yaml"
    path.write_text(
        f"extends: {SMALL}\n"
        "name: child\n"
        "channels: {web: {orders_per_day: 500}, shop: null}\n"
        "nodes:\n  East: {wave_interval: 2h}\n  North: {place: Chicago}\n"
        "disruptions:\n  sale: {channels: [web]}\n"
        "segments: {locals: {return_delay: {uniform: [1d, 2d]}}}\n"
        "overrides: {busy: {channels.web.orders_per_day: 700}}\n",
        encoding="utf-8",
    )
    return path


def orders_per_day(path: Path, **chosen: Any) -> float:
    return load(path, **chosen).world.network.channels[0].orders_per_day


def test_what_extends_wins_then_overrides_then_sets(child: Path):
    assert 400 == orders_per_day(SMALL)
    assert 500 == orders_per_day(child)
    assert 700 == orders_per_day(child, overrides=["busy"])
    assert 300 == orders_per_day(child, overrides=["busy"], sets=["channels.web.orders_per_day=300"])


def test_collections_merge_by_name_and_null_removes(child: Path):
    world = load(child).world

    assert ["web"] == [channel.name for channel in world.network.channels]
    assert ["East", "West", "North"] == [node.name for node in world.network.nodes]
    assert (2 * HOUR_MS, 2) == (world.network.nodes[0].wave_interval_ms, len(world.network.nodes[0].shifts))
    (sale, *_) = world.disruptions
    assert isinstance(sale, Promotion)
    assert 6 * HOUR_MS == sale.duration_ms


def test_a_file_may_use_its_overrides_and_inherits_what_is_used(tmp_path: Path):
    (tmp_path / "a.yaml").write_text(f"extends: {SMALL}\nuse: [busy]\n")
    (tmp_path / "b.yaml").write_text("extends: a.yaml\n")

    assert 900 == orders_per_day(tmp_path / "b.yaml")


def test_overrides_that_agree_are_no_conflict():
    assert 900 == orders_per_day(SMALL, overrides=["busy", "busy_too"])


@pytest.mark.parametrize("other", ["quiet", "calm"])
def test_overrides_that_disagree_are_an_error(other: str):
    with pytest.raises(ScenarioError) as caught:
        load(SMALL, overrides=["busy", other])

    assert ["conflicts with override 'busy'"] == [p.message.split(" (")[0] for p in caught.value.problems]


def test_an_unknown_override_is_told_with_the_nearest():
    with pytest.raises(ScenarioError) as caught:
        load(SMALL, overrides=["bussy"])

    assert ["busy"] == [p.suggestion for p in caught.value.problems]


def test_a_circle_of_extends_is_an_error(tmp_path: Path):
    (tmp_path / "a.yaml").write_text("extends: b.yaml\n")
    (tmp_path / "b.yaml").write_text("extends: a.yaml\n")

    with pytest.raises(ScenarioError, match="extends itself: a -> b -> a"):
        load(tmp_path / "a.yaml")


def test_a_missing_base_is_told_with_the_nearest(tmp_path: Path):
    (tmp_path / "a.yaml").write_text("extends: peek\n")

    with pytest.raises(ScenarioError) as caught:
        load(tmp_path / "a.yaml")
    assert (1, "peak") == (caught.value.problems[0].line, caught.value.problems[0].suggestion)


# --- --set and --policy -----------------------------------------------------------------------------------


def test_sets_address_names_positions_and_quoted_names():
    world = small(
        "channels.web.orders_per_day=5_000",
        "nodes.East.wave_interval=15min",
        "nodes.East.shifts.0.pick=9",
        'regions."St. Louis".population=7',
        "products.MUG.price=13.01",
        "channels.shop.payments.card.declined_share=5%",
        "channels.web.lines={discrete: {1: 0.9, 2: 0.1}}",
        "disruptions.sale=null",
        "disruptions.flood={kind: node_outage, node: East, at: 1d, duration: 1h}",
    )
    network = world.network

    assert 5_000 == network.channels[0].orders_per_day
    assert Discrete((1, 2), (0.9, 0.1)) == network.channels[0].line_count
    assert (15 * MINUTE_MS, 9) == (network.nodes[0].wave_interval_ms, network.nodes[0].shifts[0].staff[0])
    assert 7 == network.regions[2].population
    assert 1301 == network.products[0].price_cents
    assert 0.05 == network.channels[1].payments[0].declined_share
    assert [1, 0] == [disruption.node for disruption in world.disruptions if isinstance(disruption, NodeOutage)]
    assert 2 == len(world.disruptions)


@pytest.mark.parametrize(
    ("text", "key", "suggestion"),
    [
        ("channels.wbe.orders_per_day=5", "channels.wbe.orders_per_day", "web"),
        ("chanels.web.share=5%", "chanels", "channels"),
        ("nodes.East.wave_intervl=5min", "nodes.East.wave_intervl", "wave_interval"),
        ("products.MUH.price=5", "products.MUH.price", "MUG"),
        ("disruptions.fire.nod=East", "disruptions.fire.nod", "node"),
        ("nodes.East.shifts.7.pick=1", "nodes.East.shifts.7.pick", None),
        ("name.first=x", "name.first", None),
        ("channels", "", None),
        ("=5", "", None),
        ("a..b=5", "", None),
        ("horizon.end=[1", "", None),
        ("nodes.East.wage=!!python/name:os.system x", "", None),
    ],
)
def test_a_typo_in_a_set_is_told_with_the_nearest(text: str, key: str, suggestion: str | None):
    with pytest.raises(ScenarioError) as caught:
        small(text)

    (problem,) = caught.value.problems
    assert (key, suggestion) == (problem.key, problem.suggestion)
    assert f"--set {text}" == problem.file
    assert str(problem).startswith(f"--set {text}: ")


@pytest.mark.parametrize("text", ["allocation", "=closest", "allocation=", "allocation=closest:x"])
def test_what_is_no_policy_choice(text: str):
    with pytest.raises(ScenarioError):
        small(policies=[text])


def test_a_decision_is_chosen_once():
    with pytest.raises(ScenarioError) as caught:
        small(policies=["allocation=closest", "release=fifo", "allocation=cheapest"])

    (problem,) = caught.value.problems
    assert problem.key == "policies.allocation"
    assert str(problem).startswith(
        "--policy allocation=cheapest: policies.allocation: is chosen by '--policy allocation=closest' already"
    )


def test_an_unknown_policy_or_parameter_is_told_with_the_nearest():
    with pytest.raises(ScenarioError) as caught:
        small(policies=["allocation=closst", "relese=fifo", "replenishment=s_S:nonsense=3"])

    assert [
        ("policies.allocation", "closest"),
        ("policies.relese", "release"),
        ("policies.replenishment.parameters.nonsense", None),
    ] == [(p.key, p.suggestion) for p in caught.value.problems]


def test_a_value_that_a_policy_refuses_is_a_fault_of_the_scenario():
    with pytest.raises(ScenarioError) as caught:
        small(policies=["replenishment=sample_average:samples=0", "forecast=exponential_smoothing:alpha=3"])

    assert ["policies.replenishment.parameters", "policies.forecast.parameters"] == [
        p.key for p in caught.value.problems
    ]


@pytest.mark.parametrize("decision", DECISIONS)
def test_no_value_of_a_parameter_ends_in_anything_but_a_fault(decision: str):
    for name, cls in known_policies(solvers=True)[decision].items():
        for parameter in (f.name for f in dataclasses.fields(cls) if f.init):
            for value in ("0", "-1", "2.5", "x"):
                with suppress(ScenarioError):
                    world = small(policies=[f"{decision}={name}:{parameter}={value}"])
                    choice = world.policies[decision]
                    make(decision, choice.name, choice.parameters).bind(world)


# --- The library, and what is written back -----------------------------------------------------------------


def test_the_library_says_what_each_scenario_is_for():
    described = library()

    assert {"baseline", "peak", "outage", "peak-million"} <= set(described)
    assert set(library_paths()) == set(described)
    assert all(described.values())


@pytest.mark.parametrize("name", sorted(library_paths()))
def test_each_library_scenario_loads_and_its_resolved_file_is_the_same_world(name: str, tmp_path: Path):
    loaded = load(name)
    again = load(write_resolved(loaded, tmp_path / "run" / "scenario.yaml"))

    assert None is difference(loaded.world, again.world)
    assert loaded.world.name


def test_a_resolved_file_stands_alone(tmp_path: Path, child: Path):
    loaded = load(child, overrides=["busy"], sets=["horizon.end=3d"], policies=["allocation=most_stock"])
    path = write_resolved(loaded, tmp_path / "elsewhere" / "scenario.yaml")
    child.unlink()

    assert None is difference(loaded.world, load(path).world)
    assert {"extends", "overrides", "use"}.isdisjoint(loaded.resolved)
    assert [path.name] == [p.name for p in path.parent.iterdir()]


def test_two_loads_are_the_same_world_and_another_is_not():
    assert None is difference(small(), small())
    assert "world.network.nodes.0.wage_cents_per_hour" == difference(small(), small("nodes.East.wage=26"))


def test_a_disruption_comes_at_a_moment_or_by_chance():
    by_chance = "disruptions.quake={kind: node_outage, node: West, mtbf: 5d, mttr: 6h}"
    world = load(SMALL, sets=[by_chance]).world
    quake = dict(zip(world.disruption_names, world.disruptions, strict=True))["quake"]

    assert Recurring("quake", NodeOutage(1, 0, 0), 5 * 24 * HOUR_MS, 6 * HOUR_MS) == quake


@pytest.mark.parametrize(
    ("when", "key", "said"),
    [
        ("mtbf: 5d", "disruptions.quake.mttr", "is missing"),
        ("mtbf: 0d, mttr: 6h", "disruptions.quake.mtbf", "does not fit"),
        ("mtbf: 5d, mttr: 6h, at: 1d", "disruptions.quake.at", "does not go together with mtbf and mttr"),
    ],
)
def test_a_disruption_by_chance_has_both_means_and_no_moment(when: str, key: str, said: str):
    with pytest.raises(ScenarioError) as error:
        load(SMALL, sets=["disruptions.quake={kind: node_outage, node: West, " + when + "}"])

    assert [(key, said)] == [(p.key, p.message) for p in error.value.problems]
