"""The continuity report: cases whose answer is arithmetic, and what the page and the command say of them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

import peakproof
from reports.continuity import Continuity, ContinuityError, continuity
from reports.continuity_page import Pair, continuity_page, headline, row
from sim.disruptions import Disruption
from sim.disruptions.carrier_outage import CarrierOutage
from sim.disruptions.node_outage import NodeOutage
from sim.disruptions.region_closure import RegionClosure
from sim.network import Promise, Region
from sim.run import Run
from sim.units import DAY_MS, HOUR_MS, MINUTE_MS
from sim.world import Horizon, Rules, World
from tests.sim.telling import at, visited
from tests.worlds import ALWAYS, Line, a_carrier, a_channel, a_node, a_world

P1 = [(0, 1, 1_000)]
TINY = Path(__file__).parents[1] / "cli" / "tiny.yaml"
QUICK = a_node(wave_interval_ms=MINUTE_MS)


def a_pair(
    world: World, orders: list[tuple[int, list[Line]]], *disruptions: Disruption, folder: Path, **drawn: list[int]
) -> Pair:
    """The same customers with and without the disruptions, and what the report says of it."""
    runs = []
    for name, own in (("with", disruptions), ("without", ())):
        (folder / name).mkdir()
        visited(replace(world, disruptions=own), orders, **drawn).run(folder / name)
        runs.append(Run(folder / name))
    return Pair(continuity(runs[0], runs[1], "closest"), runs[0], runs[1])


@pytest.fixture(scope="module")
def outage(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """Three orders at 9, 11 and 12, all due to leave that day; the only node is closed from 10:00 for a day.

    Undisturbed, all leave with the collection at 17:00. Closed, the node gives its packed parcel to nobody and has no
    stock for the others; it opens on day 1 at 10:00, and all leave at 17:00 of that day.
    """
    world = a_world(nodes=(QUICK,), channels=(a_channel(accepts_backorders=True),))
    orders = [(at(0, hour), P1) for hour in (9, 11, 12)]
    return a_pair(world, orders, NodeOutage(0, at(0, 10), DAY_MS), folder=tmp_path_factory.mktemp("outage"))


def test_an_outage_by_hand(outage: Pair):
    expected = Continuity(
        scenario="small",
        policy="closest",
        currency="USD",
        begin_ms=at(0, 10),
        end_ms=at(1, 10),
        survive_ms=14 * HOUR_MS,  # midnight, when none of the three has left
        recover_ms=31 * HOUR_MS,  # 17:00 of the next day
        drain_ms=7 * HOUR_MS,
        peak_orders=3,
        peak_ms=at(0, 17),
        noise_orders=0,  # at 17:00 nobody waits usually, and one did for one of the ten hours before: 3 × √0.1
        late_orders=3,
        late_deliveries=0,  # promised for day 6, delivered on day 3
        cancelled_orders=0,
        refused_orders=0,
        measurable=("service", "backlog"),  # 3 late orders and none early are not: 3 < 3 × √3
        lost_cents=0,  # each parcel costs what it would have cost a day before
        lost_by_account=(),
    )

    assert expected == outage.result


def test_orders_that_are_cancelled_cost_what_they_would_have_earned(tmp_path: Path):
    """Two units at 10.00 and 4.00: 20.00 less goods 8.00, freight 5.00, labour 0.83 + 0.42, carton 0.70 is 5.05."""
    closure = RegionClosure(frozenset({0}), at(0, 8), 4 * HOUR_MS)
    world = a_world(nodes=(QUICK,), rules=Rules(closed_region_orders="cancel"))
    result = a_pair(world, [(at(0, 9), [(0, 2, 1_000)]), (at(0, 13), P1)], closure, folder=tmp_path).result

    assert (0, 1, 0, 505) == (
        result.late_orders,
        result.cancelled_orders,
        result.refused_orders,
        result.lost_cents,
    )
    assert (
        ("revenue", 2_000),
        ("packaging", -70),
        ("handling_labour", -125),
        ("freight", -500),
        ("cost_of_goods", -800),
    ) == result.lost_by_account
    # Cancelled by the company counts as not served; never validated, it was due when it was promised: day 6.
    assert (at(6, 0) - at(0, 8), 0, 0) == (result.survive_ms, result.recover_ms, result.drain_ms)


def test_a_strike_costs_the_dearer_freight_where_parcels_are_given_to_another(tmp_path: Path):
    """Two parcels at 8.00 instead of 5.00 each; none is late."""
    services = (a_carrier(), a_carrier("other", carrier="others", residential_cents=300))
    strike = CarrierOutage("parcel company", at(0, 10), DAY_MS)
    world = a_world(nodes=(QUICK,), services=services)
    result = a_pair(world, [(at(0, 9), P1), (at(0, 11), P1)], strike, folder=tmp_path).result

    assert (600, (("freight", 600),), 0) == (result.lost_cents, result.lost_by_account, result.late_orders)
    assert (None, 0) == (result.survive_ms, result.recover_ms)
    assert () == result.measurable, "nobody waited longer"
    assert headline([result]) == "closest took no measurable harm; it lost $6.00 and shipped 0 more orders late."


def test_without_another_carrier_it_costs_time(tmp_path: Path):
    """The same strike and one carrier: both parcels leave a day late, with no collection left on the first day."""
    strike = CarrierOutage("parcel company", at(0, 10), DAY_MS)
    result = a_pair(a_world(nodes=(QUICK,)), [(at(0, 9), P1), (at(0, 11), P1)], strike, folder=tmp_path).result

    assert (2, 14 * HOUR_MS, 31 * HOUR_MS, 7 * HOUR_MS) == (
        result.late_orders,
        result.survive_ms,
        result.recover_ms,
        result.drain_ms,
    )


@pytest.fixture(scope="module")
def straggler(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """Thirty orders a day that leave at 17:00, for three days; the parcels of one region are kept on the third.

    Two orders of that day, from 9:00 on, are for the closed region, and leave a day late. Usually thirty orders wait
    for a third of the day: of those two days and nine hours, for 16 of 57.
    """
    regions = (Region("near", 40.0, -75.0, 100.0), Region("far", 41.0, -74.0, 100.0))
    world = a_world(nodes=(QUICK,), regions=regions, horizon=Horizon(4 * DAY_MS, 0, 20 * DAY_MS))
    orders = [(at(day, 9), P1) for day in range(3) for _ in range(30)]
    region = [int(number >= 88) for number in range(90)]
    closure = RegionClosure(frozenset({1}), at(2, 9), DAY_MS)
    return a_pair(world, orders, closure, folder=tmp_path_factory.mktemp("straggler"), region=region)


def test_a_few_orders_more_are_no_measurable_harm(straggler: Pair):
    """Two wait a day longer. 3 × √(30 × 16 / 57) are 8: as many more are there on a day with other customers."""
    result = straggler.result

    assert (2, at(2, 17), 8) == (result.peak_orders, result.peak_ms, result.noise_orders)
    assert (0, 0, ("service",)) == (result.recover_ms, result.drain_ms, result.measurable)


def test_the_table_says_what_is_not_measurable(straggler: Pair):
    """Two of the thirty orders of the day shipped late are 6.7% of it: the service fell, the backlog did not grow."""
    harmless = replace(straggler.result, survive_ms=None, measurable=())

    assert ("no measurable backlog", "–") == row(straggler.result)[3:5]
    assert ("never fell", "no measurable harm", "–") == row(harmless)[2:5]


def test_orders_that_fare_worse_are_weighed_against_those_that_fare_better(straggler: Pair, tmp_path: Path):
    """Ten parcels a day late and none early are more than 3 × √10; with a margin of all service, nothing else fell."""
    world = a_world(nodes=(QUICK,), channels=(a_channel(accepts_backorders=True),))
    strike = CarrierOutage("parcel company", at(0, 10), DAY_MS)
    pair = a_pair(world, [(at(0, 9), P1) for _ in range(10)], strike, folder=tmp_path)
    result = continuity(pair.disturbed, pair.undisturbed, margin=1.0)

    assert (10, None) == (result.late_orders, result.survive_ms)
    assert ("backlog", "shipped late") == result.measurable


def test_parcels_that_wait_on_the_road_are_delivered_late(tmp_path: Path):
    """Promised for day 3, due on day 2 at noon; the carrier delivers nothing until day 4. It left in time."""
    strike = CarrierOutage("parcel company", at(1, 8), 3 * DAY_MS)
    channel = a_channel(promise=Promise(14 * 60, 2, ALWAYS))
    result = a_pair(a_world(nodes=(QUICK,), channels=(channel,)), [(at(0, 9), P1)], strike, folder=tmp_path).result

    assert (0, 1) == (result.late_orders, result.late_deliveries)


def test_runs_that_are_no_pair_are_told(outage: Pair, tmp_path: Path):
    with pytest.raises(ContinuityError, match="nothing happened in this run"):
        continuity(outage.undisturbed, outage.undisturbed)
    other = a_pair(a_world(nodes=(QUICK,)), [(at(0, 9), P1)], NodeOutage(0, 0, HOUR_MS), folder=tmp_path)
    other.disturbed.manifest["demand_hash"] = "another"
    with pytest.raises(ContinuityError, match="other customers"):
        continuity(other.disturbed, outage.undisturbed)


def test_the_page_says_what_the_report_says(outage: Pair):
    html = continuity_page([outage])

    for cell in ("14.0 h", "31.0 h", "7.0 h", "closest"):
        assert f">{cell}<" in html
    assert "<svg" in html
    assert "http" not in html.split("<body")[1].replace("http://www.w3.org", "")
    assert html == continuity_page([outage])


def test_the_api_reports_by_policy_and_promotions_are_in_both_runs(tmp_path: Path):
    results, folder = peakproof.continuity(TINY, ["closest", "cheapest"], seed=3, out=tmp_path / "out")

    assert ["closest", "cheapest"] == [r.policy for r in results]
    assert 1 == len({(r.begin_ms, r.end_ms) for r in results})
    assert 12 * HOUR_MS == results[0].end_ms - results[0].begin_ms, "the outage alone, not the sale"
    written = json.loads((folder / "continuity.json").read_text(encoding="utf-8"))
    assert [r.lost_cents for r in results] == [w["lost_cents"] for w in written]


def test_the_command_prints_the_table(tmp_path: Path):
    from typer.testing import CliRunner

    from peakproof.cli import app

    arguments = ["continuity", str(TINY), "--seed", "3", "--out", str(tmp_path / "out")]
    told = CliRunner().invoke(app, arguments, env={"COLUMNS": "200"})

    assert 0 == told.exit_code, told.output
    assert "Time to recover" in told.output
    assert (tmp_path / "out" / "report.html").is_file()


def test_a_scenario_in_which_nothing_happens_is_told(tmp_path: Path):
    with pytest.raises(ContinuityError, match="nothing happened"):
        peakproof.continuity(TINY, sets=["disruptions.AVP down=null"], out=tmp_path / "out")
