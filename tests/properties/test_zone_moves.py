"""Where nodes, desks, channels and regions name their zones, the scenario's own decides nothing of what they do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from itertools import cycle
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from sim.agents.customers.customer import Customers, Offer
from sim.calendar import Calendar
from sim.model import Model
from sim.streams import Streams
from sim.world import World
from tests.properties.test_random_worlds import worlds
from tests.sim.telling import told

OWN = ("America/New_York", "America/Los_Angeles", "America/Phoenix", "Europe/Berlin", "Asia/Manila")
SCENARIOS = ("UTC", "America/New_York", "America/Denver", "Europe/Berlin", "Asia/Kolkata")
STARTS = tuple(
    datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("UTC"))
    for text in ("2026-11-23 12:00", "2026-03-07 12:00", "2026-10-24 10:30", "2026-10-31 12:00")
)
"""Moments at which it is one date in all of these; after three of them, clocks are changed in some."""
COMPANY_WIDE = {"forecast", "labour", "promise"}
"""Decisions that the company takes once a day, by its own: what a day sold, who is called for the next."""


def in_zones(world: World, zones: Sequence[str]) -> World:
    """Each place in a zone of its own, one after the other."""
    network = world.network
    turn = cycle(zones)

    def placed(places: Sequence[Any]) -> tuple[Any, ...]:
        return tuple(replace(place, timezone=next(turn)) for place in places)

    hubs = tuple(s if s.hub is None else replace(s, hub=placed([s.hub])[0]) for s in network.services)
    network = replace(
        network,
        services=hubs,
        nodes=placed(network.nodes),
        channels=placed(network.channels),
        regions=placed(network.regions),
    )
    return replace(world, network=network, desks=placed(world.desks))


def books_of(world: World, offers: Sequence[Offer]) -> dict[str, str]:
    """Digests of the books of a run that just these customers visit."""
    model = Model(world, 1, check=True)
    model.arrivals.offers = iter(offers)
    digests: dict[str, str] = told(model).manifest["files"]
    return digests


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(worlds(), st.permutations(OWN), st.sampled_from(STARTS), st.sampled_from(SCENARIOS), st.sampled_from(SCENARIOS))
def test_the_same_hours_are_the_same_books(world: World, zones: list[str], start: datetime, one: str, other: str):
    """Told of the same customers, for these are drawn by days of the scenario."""
    assume(one != other)
    choices = {name: choice for name, choice in world.policies.items() if name not in COMPANY_WIDE}
    world = replace(in_zones(world, zones), policies=choices)
    here, there = (replace(world, calendar=Calendar(start.astimezone(ZoneInfo(name)))) for name in (one, other))
    offers = list(Customers(here, Streams(1)).offers())

    assert books_of(here, offers) == books_of(there, offers)
