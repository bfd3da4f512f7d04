"""A carrier's own calendar and extras: holidays, allotments of a day, surcharges by region and season."""

from __future__ import annotations

from pathlib import Path

import pytest

from scenarios.load import load
from sim.network import CarrierService, PeakSurcharge
from sim.units import DAY_MS, MINUTE_MS
from tests.sim.telling import Story, at, visit
from tests.worlds import a_carrier, a_node, a_world

P1 = [(0, 1, 1_000)]
SHOP = Path(__file__).parents[2] / "contracts" / "effects_shop.yaml"


def sent(orders: list[int], *services: CarrierService) -> Story:
    world = a_world(nodes=(a_node(wave_interval_ms=MINUTE_MS),), services=services)
    return visit(world, [(t, P1) for t in orders])


def freight(story: Story) -> list[int]:
    return [row["value_cents"] for row in story.rows("events", kind="manifested")]


def test_a_holiday_is_no_working_day():
    """Day 1 is closed: what is packed then is fetched on day 2, and two working days after day 0 are day 3."""
    plain, closed = (sent([at(0, 9), at(1, 9)], a_carrier(closed_days=days)) for days in (frozenset(), frozenset({1})))

    assert (["0 17:00", "1 17:00"], ["2 12:00", "3 12:00"]) == (plain.times("shipped"), plain.times("delivered"))
    assert (["0 17:00", "2 17:00"], ["3 12:00", "4 12:00"]) == (closed.times("shipped"), closed.times("delivered"))


def test_an_allotment_is_of_the_day():
    """Two calls a day, three parcels a day: the fourth of day 0 goes on day 1."""
    twice = tuple((d, minute) for d in range(7) for minute in (12 * 60, 17 * 60))
    story = sent([at(0, 9), at(0, 9, 1), at(0, 13), at(0, 13, 1)], a_carrier(collections=twice, daily_parcels=3))

    assert ["0 12:00", "0 12:00", "0 17:00", "1 12:00"] == story.times("shipped")
    assert [("0 17:00", "missed_cutoff", "carrier_full")] == story.events("reason", kind="missed_cutoff")


def test_remote_regions_and_seasons_cost_more():
    """Labelled on day 0 and day 1; the season is day 1."""
    season = (PeakSurcharge(DAY_MS, 2 * DAY_MS, 150),)
    orders = [at(0, 9), at(1, 9)]
    plain = freight(sent(orders, a_carrier()))
    cards = (
        a_carrier(peaks=season),
        a_carrier(remote_cents=400, remote_regions=frozenset({0})),
        a_carrier(remote_cents=400, remote_regions=frozenset({0}), peaks=season),
        a_carrier(remote_cents=400, remote_regions=frozenset({1})),
    )

    assert [[0, 150], [400, 400], [400, 550], [0, 0]] == [
        [new - old for new, old in zip(freight(sent(orders, card)), plain, strict=True)] for card in cards
    ]


def test_a_surcharge_may_change_the_carrier():
    dear = a_carrier("dear", rates_cents=tuple((600 + 50 * z, 900) for z in range(7)))
    cheap = a_carrier("cheap", peaks=(PeakSurcharge(DAY_MS, 2 * DAY_MS, 150),))
    story = sent([at(0, 9), at(1, 9)], cheap, dear)

    assert ["carrier:cheap", "carrier:dear"] == [row["actor"] for row in story.rows("events", kind="manifested")]


def test_a_scenario_file_says_them():
    key = "carriers.Northway.services.ground"
    world = load(
        SHOP,
        sets=[
            f"{key}.remote={{regions: [St. Louis], cost: 4.50}}",
            f"{key}.peaks=[{{start: 2026-11-24 00:00, end: 2d, cost: 1.20}}]",
            f"{key}.closed_on=[2026-11-25, 2026-12-25]",
            f"{key}.daily_parcels=500",
        ],
    ).world
    service = world.network.services[0]

    assert (450, frozenset({2})) == (service.remote_cents, service.remote_regions)
    assert (PeakSurcharge(DAY_MS, 2 * DAY_MS, 120),) == service.peaks
    assert (frozenset({2, 32}), 500) == (service.closed_days, service.daily_parcels)
    assert [0, 120, 570] == [service.surcharge_cents(r, t) for r, t in ((0, 0), (0, DAY_MS), (2, DAY_MS))]


def test_a_region_that_is_not_there_is_told():
    with pytest.raises(Exception, match="there is no region 'Atlantis'"):
        load(SHOP, sets=["carriers.Northway.services.ground.remote={regions: [Atlantis], cost: 4}"])
