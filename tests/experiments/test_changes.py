"""Which single change recovers how much: by hand, and on the founding story in small."""

from __future__ import annotations

import math

import pytest

from scenarios.experiments.changes import HARMS, Attribution, Change, attribute, read_changes
from scenarios.experiments.comparison import Outcome
from scenarios.experiments.experiment import ExperimentError, Job

CHANGES = ("live_sync", "priority_release", "node_balancing", "rules_for_exceptions")
SMALL = (
    "horizon.end=2d",
    "horizon.drain=9d",
    "products.generate.count=60",
    "channels.web.orders_per_day=260",
    "channels.marketplace.orders_per_day=160",
    "channels.b2b.orders_per_day=4",
    "channels.app.orders_per_day=55",
    *(f"nodes.{node}.shifts.{shift}.{work}=1" for node in ("AVP", "ATL", "IND", "DFW", "ONT")
      for shift in (0, 1) for work in ("pick", "pack")),
    *(f"nodes.{node}.stations.{station}.per_hour=9" for node in ("AVP", "ATL", "IND", "DFW", "ONT")
      for station in ("pick", "pack")),
    "desks.back office.shifts.0.staff=1",
    "desks.back office.handling=12min",
)  # fmt: skip
"""A tenth of the story's orders, on floors that one person works at a quarter of the speed."""


def made(job: Job) -> Outcome:
    """Margin by hand: a gains 30, b 20, c 5; a and b together gain 15 less, because both mend the same."""
    names = set(job.variant.use)
    gain = 30 * ("a" in names) + 20 * ("b" in names) + 5 * ("c" in names) - 15 * ({"a", "b"} <= names)
    kpis = {"margin_per_order_cents": 1_000.0 + 7 * job.replication + gain, "otif": 0.9 + gain / 1_000}
    return Outcome(job.variant.name, job.replication, job.seed, kpis, f"demand-{job.replication}")


def by_hand(*names: str, **options) -> Attribution:
    return attribute("peak", names, 3, kpis=["otif"], jobs=1, run_job=made, **options)


def test_each_change_alone_last_and_in_the_order_of_its_gain():
    found = by_hand("c", "b", "a")

    def margin(part) -> float:
        return round(part.mean, 6)

    assert 40.0 == margin(found.gap("margin_per_order_cents"))
    assert [5.0, 20.0, 30.0] == [margin(found.alone(n, "margin_per_order_cents")) for n in "cba"]
    assert [5.0, 5.0, 15.0] == [margin(found.last(n, "margin_per_order_cents")) for n in "cba"]
    assert ("a", "c", "b") == found.rollout, "of equals the first that was asked for"
    assert [30.0, 5.0, 5.0] == [margin(found.step(n, "margin_per_order_cents")) for n in range(3)]
    assert 0.75 == found.share(found.alone("a", "margin_per_order_cents"), "margin_per_order_cents")


def test_every_set_of_changes_is_run_once_and_named():
    found = by_hand("a", "b", "c")
    names = [v.name for v in found.comparison.variants]

    assert ["as it is", "a", "b", "c", "all but a", "all but b", "all but c", "all changes"] == names
    assert len(names) * 3 == len(found.comparison.outcomes)
    assert ["as it is", "a"] == [v.name for v in by_hand("a").comparison.variants]


def test_a_share_of_nothing_is_no_number():
    found = by_hand("d", "e")

    assert math.isnan(found.share(found.alone("d", "otif"), "otif"))


def test_changes_are_overrides_or_settings_under_a_name():
    changes = read_changes(["live_sync", "packers: nodes.AVP.shifts.0.pack=9", "packers: nodes.ATL.shifts.0.pack=8"])

    assert (
        Change("live_sync", ("live_sync",)),
        Change("packers", sets=("nodes.AVP.shifts.0.pack=9", "nodes.ATL.shifts.0.pack=8")),
    ) == changes
    for wrong in ("a=1", "packers:", ": a=1", "packers: more", ""):
        with pytest.raises(ExperimentError, match="is no change"):
            read_changes([wrong])
    with pytest.raises(ExperimentError, match="changes need names, each its own"):
        by_hand("a", "a")


@pytest.fixture(scope="module")
def story() -> Attribution:
    return attribute("fragmented", CHANGES, replications=1, sets=SMALL, jobs=1)


def test_the_founding_story_in_small(story: Attribution):
    """Live stock alone stops overselling; all changes together break fewer promises and lose fewer sales than none."""
    base = story.comparison.mean("as it is", "oversold_units").mean

    assert base > 0
    assert -base == story.alone("live_sync", "oversold_units").mean == story.gap("oversold_units").mean
    assert story.gap("promise_breaches").mean < 0
    assert story.gap("cancelled_value_cents").mean < 0
    assert set(HARMS) <= {m.name for m in story.measures}
    assert sorted(CHANGES) == sorted(story.rollout)


def test_synchronised_is_fragmented_with_all_four_changes(story: Attribution):
    from scenarios.experiments.comparison import Variant
    from scenarios.experiments.experiment import simulate

    synchronised = simulate(Job("synchronised", Variant("all changes", sets=SMALL), 0, 1, (), HARMS))
    own = next(o for o in story.comparison.outcomes if o.variant == "all changes" and o.replication == 0)

    assert own.offered == synchronised.offered
    assert {k: own.kpis[k] for k in HARMS} == dict(synchronised.kpis)
