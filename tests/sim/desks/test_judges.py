"""People of a desk who differ: who took a case, and by whose share it is decided."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from sim.disruptions.desk_shortage import DeskShortage
from sim.distributions import Fixed, Uniform
from sim.network import Category, Payment
from sim.plans.fraud import FraudPlan
from sim.plans.return_rules import ReturnRules
from sim.units import DAY_MS, HOUR_MS, MINUTE_MS
from sim.world import DeskPlan, DeskShift, Horizon, World
from tests.sim.telling import Story, at, tell, visit
from tests.worlds import ALWAYS, a_busy_world, a_channel, a_world

P1 = [(0, 1, 1_000)]
CARD = Payment("card", review_share=1.0, fraud_share=0.5, caught_share=0.6, false_reject_share=0.2)
DECIDED = ("hold_cleared", "cancelled")


def a_desk(people: int = 3, **changes: Any) -> DeskPlan:
    """Ten minutes a case, around the clock; whoever takes a case decides."""
    desk = DeskPlan("team", shifts=(DeskShift(ALWAYS, 0, 1_440, people),), handling_ms=Fixed(10 * MINUTE_MS))
    usual: dict[str, Any] = {"decided_by": "taker", "catches": Fixed(1.0)}
    return replace(desk, **(usual | changes))


def reviewed(moments: list[int], desk: DeskPlan, luck: float = 0.1, **changes: Any) -> list[tuple[Any, ...]]:
    """Orders at these moments, all of them fraud that the usual reviewer catches at this luck, or not."""
    world = a_world(channels=(a_channel(payments=(CARD,)),), desks=(desk,), **changes)
    story = visit(world, [(t, P1) for t in moments], desk_luck=[luck] * len(moments))
    return story.events("order", "actor", kind=DECIDED)


def test_who_took_a_case_decides_it_and_the_next_goes_to_who_has_waited_longest():
    """Four cases for three people at nine; the first to be free takes the fourth; at ten it is the second's turn."""
    assert [
        ("0 09:10", "cancelled", 0, "desk:team/1"),
        ("0 09:10", "cancelled", 1, "desk:team/2"),
        ("0 09:10", "cancelled", 2, "desk:team/3"),
        ("0 09:20", "cancelled", 3, "desk:team/1"),
        ("0 10:10", "cancelled", 4, "desk:team/2"),
    ] == reviewed([at(0, 9)] * 4 + [at(0, 10)], a_desk())


def test_a_case_that_is_given_back_is_decided_by_who_takes_it_up_again():
    """From 9:05 to 9:30 a third of the three is there: the first goes on, the others' cases wait for her."""
    away = DeskShortage(at(0, 9, 5), 25 * MINUTE_MS, present_bp=3_334)

    assert [
        ("0 09:10", 0, "desk:team/1"),
        ("0 09:20", 1, "desk:team/1"),
        ("0 09:30", 2, "desk:team/1"),
    ] == [(t, order, who) for t, _, order, who in reviewed([at(0, 9)] * 3, a_desk(), disruptions=(away,))]


@pytest.mark.parametrize(("catches", "fate"), [(None, "hold_cleared"), (Fixed(1.0), "cancelled")])
def test_fraud_that_the_usual_reviewer_misses_may_be_caught_by_another(catches: Fixed | None, fate: str):
    """Of the half that is fraud, up to 0.3 is what the payment's own share finds."""
    [(_, kind, _, actor)] = reviewed([at(0, 9)], a_desk(catches=catches), luck=0.4)

    assert (fate, "desk:team" if catches is None else "desk:team/1") == (kind, actor)


def test_honest_customers_are_turned_away_as_often_as_each_person_does():
    strict = a_desk(catches=None, false_rejects=Fixed(1.0))

    assert [("cancelled", "desk:team/1")] == [row[1::2] for row in reviewed([at(0, 9)], strict, luck=0.9)]
    assert ["hold_cleared"] == [row[1] for row in reviewed([at(0, 9)], a_desk(), luck=0.9)]


@cache
def scored(decided_by: str, **changes: Any) -> Story:
    """Two days of orders that are all looked at; a third is fraud. People catch from none to all of it."""
    desk = a_desk(4, decided_by=decided_by, catches=Uniform(0.0, 1.0))
    world = a_busy_world(200.0, horizon=Horizon(2 * DAY_MS, 0, 30 * DAY_MS), desks=(desk,), **changes)
    channels = tuple(replace(c, payments=(replace(CARD, review_share=0.0),)) for c in world.network.channels)
    plan = FraudPlan(0.34, luck_points=1.0, review_at=0.0)
    return tell(replace(world, network=replace(world.network, channels=channels), fraud=plan), 3)


@pytest.mark.parametrize("decided_by", ["drawn", "taker"])
def test_each_person_catches_their_own_share_of_a_scored_fraud(decided_by: str):
    story = scored(decided_by)
    scoring = story.model.site.scoring
    assert scoring is not None
    reviews = story.rows("events", kind=DECIDED, reason=("fraud", "reviewed"))
    fraud = [r for r in reviews if scoring.is_fraud(r["order"])]
    seen = Counter(r["actor"] for r in fraud)
    caught = Counter(r["actor"] for r in fraud if r["kind"] == "cancelled")
    shares = story.model.site.judges._shares

    [share] = [shares[key] for key in shares if key[1] == "catches"]
    for person, expected in enumerate(share, start=1):
        n = seen[f"desk:team/{person}"]
        assert n > 15
        assert abs(caught[f"desk:team/{person}"] - expected * n) <= 3 * (expected * (1 - expected) * n) ** 0.5 + 1


def test_the_customers_are_the_same_whoever_decides():
    drawn, taken = scored("drawn"), scored("taker")

    assert drawn.model.customers.demand_hash == taken.model.customers.demand_hash
    assert drawn.model.site.scoring is not None
    assert taken.model.site.scoring is not None
    assert drawn.model.site.scoring._fraud == taken.model.site.scoring._fraud


def world_with_disputes(desk: DeskPlan) -> World:
    world = a_busy_world(150.0, horizon=Horizon(2 * DAY_MS, 0, 50 * DAY_MS), desks=(desk,))
    rules = ReturnRules(empty_box_share=1.0, dispute_share=1.0, dispute_upheld_share=0.5)
    return replace(
        world, network=replace(world.network, categories=(Category("all", return_share=0.5),)), returns=rules
    )


@pytest.mark.parametrize(("upholds", "verdict"), [(Fixed(1.0), "upheld"), (Fixed(0.0), "dismissed")])
def test_disputes_are_upheld_as_each_person_does(upholds: Fixed, verdict: str):
    desk = a_desk(2, catches=None, upholds=upholds, handling_ms=Fixed(3 * HOUR_MS))
    closed = tell(world_with_disputes(desk), 3).rows("events", kind="dispute_closed")

    assert {verdict} == {row["reason"] for row in closed}
    assert {"desk:team/1", "desk:team/2"} == {row["actor"] for row in closed}
