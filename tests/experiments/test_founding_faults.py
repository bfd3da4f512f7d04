"""The founding story's exceptions: the same faulty orders whoever settles them, and a close late for a reason."""

from __future__ import annotations

from functools import cache

from scenarios.load import load
from sim.measures.registry import measures
from sim.model import Model
from tests.experiments.test_changes import SMALL
from tests.sim.telling import Story, told


@cache
def shop(*use: str) -> Story:
    return told(Model(load("fragmented", use, sets=SMALL).world, 1))


def orders(story: Story, kind: str, **wanted: str) -> set[int]:
    return {row["order"] for row in story.rows("events", kind=kind, **wanted)}


def test_rules_settle_what_people_settled_on_the_same_orders():
    """Whose address is wrong and whose card is stolen is the customers' own; rules mend most addresses, people some.
    (An order that was turned away or left before its address was looked at is in one set only.)"""
    people, rules = shop(), shop("rules_for_exceptions")
    by_people, by_rules = orders(people, "held", reason="data_fault"), orders(rules, "held", reason="data_fault")
    mended = orders(rules, "address_mended")
    reviewed, scored = orders(people, "held", reason="fraud_review"), orders(rules, "held", reason="fraud_review")

    assert people.model.customers.demand_hash == rules.model.customers.demand_hash
    assert set() == orders(people, "address_mended")
    assert len(mended) > len(by_rules)
    assert len(by_people & (mended | by_rules)) > 0.8 * len(by_people) > 5
    assert len(scored) < len(reviewed) / 2


def test_a_late_close_has_items_behind_it():
    """What the floor sent and finance was not told of is explained one by one; told at once, there is none of it."""
    apart, told_at_once = shop(), shop("live_sync")
    explained = [
        len(s.rows("events", kind="item_explained", reason="shipped_not_invoiced")) for s in (apart, told_at_once)
    ]
    first = [first_close_ms(s) for s in (apart, told_at_once)]

    assert explained[0] > explained[1] == 0
    assert first[0] > first[1]
    assert {"close_mean_hours", "late_close_share"} <= set(measures())


def first_close_ms(story: Story) -> int:
    (ended, *_), (closed, *_) = (story.rows("events", kind=k) for k in ("period_ended", "period_closed"))
    return int(closed["time_ms"] - ended["time_ms"])
