"""Where is my order: contacts, what service can answer from its screen, and what too little of that costs."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sim.distributions import Exponential, Fixed
from sim.measures.registry import compute
from sim.messages.plan import MessageRoute
from sim.model import Model
from sim.network import Segment
from sim.run import Run
from sim.units import DAY_MS, HOUR_MS
from sim.world import DeskPlan, DeskShift, Horizon, Service
from tests.sim.telling import Story, at, visit
from tests.worlds import ALWAYS, a_busy_world, a_world

P1 = [(0, 1, 1_000)]
TOLD = ("ticket_opened", "ticket_closed", "delivered")
DESK = DeskPlan(shifts=(DeskShift(ALWAYS, 0, 1_440, 1),), wage_cents_per_hour=3_000)


def asked(hours: int, **changes: Any) -> Story:
    """An order of 9:00 that leaves at 17:00 and arrives at noon of day 2; its customer asks after some hours."""
    curious = Segment("everyone", status_contact_share=1.0, status_contact_delay_ms=Fixed(hours * HOUR_MS))
    return visit(a_world(segments=(curious,), desks=(DESK,), **changes), [(at(0, 9), P1)])


def test_who_waits_asks_where_the_order_is():
    assert [
        ("1 09:00", "ticket_opened", "where_is_my_order", "customer"),
        ("1 09:06", "ticket_closed", "", "desk:order desk"),
        ("2 12:00", "delivered", "", "carrier:ground"),
    ] == asked(24).events("reason", "actor", kind=TOLD)


def test_who_has_everything_does_not():
    assert [("2 12:00", "delivered")] == asked(52).events(kind=TOLD)


BLIND = Service(sees=("orders", "floor"), blind_effort=2, blind_repeat_share=1.0, blind_repeat_delay_ms=Fixed(DAY_MS))


def test_an_agent_who_does_not_see_the_carrier_takes_twice_as_long_and_is_asked_again():
    """The second question would come at 9:12 of day 2, and again a day later, when the parcel is there."""
    assert [
        ("1 09:00", "ticket_opened", "where_is_my_order"),
        ("1 09:12", "ticket_closed", ""),
        ("2 09:12", "ticket_opened", "no_answer"),
        ("2 09:24", "ticket_closed", ""),
        ("2 12:00", "delivered", ""),
    ] == asked(24, service=BLIND).events("reason", kind=TOLD)


def test_what_the_screen_shows_is_answered_at_once():
    """At 11:00 the order is on the floor, which the screen shows; at 18:00 it has left."""
    assert ["0 11:06"] == asked(2, service=BLIND).times("ticket_closed")
    assert "0 18:12" == asked(9, service=BLIND).times("ticket_closed")[0]


def test_a_status_that_is_not_true_any_more_is_none():
    """The confirmation is on its way for a day: nobody can say that the parcel has left."""
    seeing = replace(BLIND, sees=("orders", "floor", "carrier"))
    late = MessageRoute("edi", ("ship_confirmation",), latency_ms=Fixed(DAY_MS))

    assert ["0 18:06"] == asked(9, service=seeing).times("ticket_closed")
    assert ["0 18:12"] == asked(9, service=seeing, messages=(late,)).times("ticket_closed")[:1]


def test_a_question_while_another_waits_is_answered_with_it():
    """Nobody is at the desk until day 6 (its shift is on Sundays): promised for day 5, asked for on day 1 and day 6."""
    curious = Segment(
        "everyone",
        status_contact_share=1.0,
        status_contact_delay_ms=Fixed(DAY_MS),
        late_contact_share=1.0,
        late_contact_delay_ms=Fixed(HOUR_MS),
    )
    sundays = DeskPlan(shifts=(DeskShift(frozenset({6}), 480, 1_200, 1),))
    lost = MessageRoute("edi", ("order_in",), loss_share=1.0)
    story = visit(a_world(segments=(curious,), desks=(sundays,), messages=(lost,)), [(at(0, 9), P1)])

    assert [
        ("1 09:00", "ticket_opened", "where_is_my_order"),
        ("6 01:00", "ticket_opened", "promise_broken"),
        ("6 08:06", "ticket_closed", ""),
    ] == story.events("reason", kind=TOLD)[:3]


def test_people_cost_their_wage_while_they_answer():
    """Six minutes at 30.00 an hour; twelve, twice, without sight."""
    assert [("1 09:06", "case_worked", 300)] == asked(24).events("value_cents", kind="case_worked")
    assert 2 * 600 == sum(row["value_cents"] for row in asked(24, service=BLIND).rows("events", kind="case_worked"))
    assert [("handling_labour", 300), ("accrued_operations", -300)] == asked(24).postings(kind="case_worked")


@pytest.fixture(scope="module")
def runs() -> dict[str, dict[str, float]]:
    """The same customers asking: people who see everything, and people who see orders alone."""
    curious = Segment("everyone", status_contact_share=0.15, status_contact_delay_ms=Exponential(DAY_MS))
    world = a_busy_world(300.0, horizon=Horizon(2 * DAY_MS, 0, 30 * DAY_MS), desks=(DESK,))
    world = replace(world, network=replace(world.network, segments=(curious,)))
    blind = Service(sees=("orders",), blind_effort=2, blind_repeat_share=0.3, blind_repeat_delay_ms=Fixed(4 * HOUR_MS))
    found, demand = {}, set()
    for name, service in {"sees": Service(), "blind": blind}.items():
        with tempfile.TemporaryDirectory() as folder:
            demand.add(Model(replace(world, service=service), 3).run(Path(folder))["demand_hash"])
            books = Run.open(Path(folder)).books
            found[name] = compute(books, ["contacts_per_order", "contribution_margin_cents"])
            found[name]["minutes"] = books.value(
                "SELECT sum(value_cents) / 50 FROM events WHERE kind = 'case_worked' AND actor = 'desk:order desk'"
            )
            found[name]["asked"] = books.value(
                "SELECT count(*) FROM events WHERE kind = 'ticket_opened' AND reason = 'where_is_my_order'"
            )
    assert 1 == len(demand)
    return found


def test_sight_saves_contacts_minutes_and_money(runs: dict[str, dict[str, float]]):
    """As many ask; those who are answered without knowledge ask again."""
    sees, blind = runs["sees"], runs["blind"]

    assert 0.08 < sees["contacts_per_order"] < 0.2
    assert sees["contacts_per_order"] < blind["contacts_per_order"]
    assert sees["minutes"] * 1.5 < blind["minutes"]
    assert sees["contribution_margin_cents"] > blind["contribution_margin_cents"]
    assert sees["asked"] == pytest.approx(blind["asked"], rel=0.05)
