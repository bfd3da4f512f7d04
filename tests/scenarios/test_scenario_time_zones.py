"""Time zones of places, as a scenario file says them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from scenarios.errors import ScenarioError
from scenarios.load import load
from scenarios.resolve import write_resolved
from sim.units import HOUR_MS
from tests.contracts.effects import SHOP

NEW_YORK, CHICAGO, LOS_ANGELES = "America/New_York", "America/Chicago", "America/Los_Angeles"


def faults(*sets: str) -> list[str]:
    with pytest.raises(ScenarioError) as error:
        load(SHOP, sets=sets)
    return [str(problem) for problem in error.value.problems]


@pytest.mark.parametrize(
    "key", ["nodes.West.timezone", "desks.desk.timezone", "channels.web.timezone", "regions.Chicago.timezone"]
)
def test_an_unknown_zone_is_told_with_the_one_that_was_meant(key: str):
    (told,) = faults("desks={desk: {}}", f"{key}=America/Chicgo")

    assert f"{key}: 'America/Chicgo' does not fit; did you mean 'America/Chicago'?" in told
    assert told.endswith("accepted: a name such as America/New_York or UTC")


def test_each_place_names_its_own():
    world = load(
        SHOP,
        sets=[
            f"nodes.West.timezone={CHICAGO}",
            "desks={desk: {timezone: Asia/Manila}}",
            f"channels.web.timezone={LOS_ANGELES}",
            f'regions."St. Louis".timezone={CHICAGO}',
        ],
    ).world
    network, calendar = world.network, world.calendar

    assert [None, CHICAGO, None] == [node.timezone for node in network.nodes]
    assert [LOS_ANGELES, None, None, None] == [channel.timezone for channel in network.channels]
    assert [None, None, CHICAGO] == [region.timezone for region in network.regions]
    assert "Asia/Manila" == world.desks[0].timezone
    assert NEW_YORK == calendar.of(network.nodes[0]).zone_name


def test_a_node_has_the_clock_of_the_region_in_which_it_stands():
    world = load(SHOP, sets=[f"regions.Chicago.timezone={CHICAGO}", f"nodes.Corner.timezone={LOS_ANGELES}"]).world

    assert [None, CHICAGO, LOS_ANGELES] == [node.timezone for node in world.network.nodes]


def test_a_date_of_a_node_is_a_date_and_a_time_is_by_its_clock():
    world = load(
        SHOP,
        sets=[
            f"nodes.West.timezone={LOS_ANGELES}",
            'nodes.West.closed_on=["2026-11-26", 4d]',
            "nodes.West.opens=2026-11-24 06:00",
            "nodes.East.opens=2026-11-24 06:00",
        ],
    ).world
    east, west = world.network.nodes[:2]

    assert frozenset({3, 4}) == west.shifts[0].closed_days
    assert (30 * HOUR_MS, 33 * HOUR_MS) == (east.opens_ms, west.opens_ms)


def test_a_table_of_regions_may_have_a_column_of_zones(tmp_path: Path):
    (tmp_path / "places.csv").write_text(
        "name,latitude,longitude,population,timezone\n"
        f"Boston,42.3,-71.1,100,\nChicago,41.8,-87.7,200,{CHICAGO}\nSt. Louis,38.6,-90.2,50,{CHICAGO}\n",
        encoding="utf-8",
    )
    (tmp_path / "scenario.yaml").write_text(
        SHOP.read_text(encoding="utf-8").replace(
            "regions:\n  Boston", "regions: {table: places.csv}\nx-old:\n  Boston"
        ),
        encoding="utf-8",
    )
    loaded = load(tmp_path)
    again = load(write_resolved(loaded, tmp_path / "run" / "scenario.yaml"))
    assert [None, CHICAGO, CHICAGO] == [r.timezone for r in loaded.world.network.regions]
    assert loaded.world.network.regions == again.world.network.regions

    pd.read_csv(tmp_path / "places.csv").to_parquet(tmp_path / "places.parquet")
    parquet = load(tmp_path, sets=[f"regions.table={tmp_path / 'places.parquet'}"])
    again = load(write_resolved(parquet, tmp_path / "other" / "scenario.yaml"))
    assert loaded.world.network.regions == parquet.world.network.regions == again.world.network.regions

    text = (tmp_path / "places.csv").read_text(encoding="utf-8")
    (tmp_path / "places.csv").write_text(text.replace(f"200,{CHICAGO}", "200,America/Chicgo"), encoding="utf-8")
    with pytest.raises(ScenarioError) as error:
        load(tmp_path)
    (told,) = error.value.problems
    assert (3, "timezone", "America/Chicago") == (told.line, told.key, told.suggestion)
