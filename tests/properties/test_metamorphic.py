"""What must not matter does not: two runs of which one is known from the other.

No run here is compared with a number. Each world is run twice, the second time with something that changes nothing, or
that changes everything in one known way: other names for the same luck, ten times the money, a year later, a lull that
nobody feels. The books of the second run are then the first one's, row by row.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import fields, is_dataclass, replace
from datetime import timedelta
from functools import cache, reduce
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

import sim.streams
from scenarios.load import load
from sim.disruptions import DISRUPTIONS
from sim.measures.books import Books
from sim.measures.registry import compute, measures
from sim.model import Model
from sim.network import (
    Category,
    Channel,
    CycleCounts,
    Entity,
    FxRate,
    PeakSurcharge,
    Region,
    Segment,
    Storage,
)
from sim.plans.alerts import AlertPlan
from sim.plans.border import Border
from sim.plans.fallbacks import CutOffChannels, ShortCrews, UnsecuredOrders
from sim.plans.floor import Outbound
from sim.plans.handling_units import HandlingPlan
from sim.plans.labour import Congestion, Overtime, QuietHours, TemporaryStaff
from sim.plans.master_data import MasterDataPlan, RecordFaults
from sim.plans.rating_limits import RatingLimits
from sim.rules import ManualOverride, Rule
from sim.units import DAY_MS, HOUR_MS
from sim.world import DeskPlan, Horizon, PolicyChange, StockPlan, World
from tests.scenarios.random_scenarios import BASE
from tests.sim.witness import frame
from tests.worlds import a_busy_world

FILES = ("events", "ledger", "journal", "decisions")
BEGINS, LASTS = 9 * HOUR_MS, 7 * HOUR_MS
MANY = 10**9
Change = Callable[[World], World]


@cache
def world(name: str) -> World:
    """The shop of the random scenarios: two currencies, wholesale, a desk, messages; or three busy nodes."""
    if name == "busy":
        return a_busy_world(60.0, products=12, horizon=Horizon(DAY_MS, 0, 20 * DAY_MS))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "scenario.yaml"
        file.write_text(yaml.safe_dump(BASE, sort_keys=False), encoding="utf-8")
        return load(file).world


def run(of: World) -> dict[str, pd.DataFrame]:
    """The books of a run, with names for codes."""
    return run_and_measure(of, ())[0]


def run_and_measure(of: World, names: Iterable[str]) -> tuple[dict[str, pd.DataFrame], dict[str, float]]:
    """The same, and some of its measures."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        Model(of, 3).run(folder)
        figures: dict[str, float] = {}
        if names:
            books = Books(folder, threads=1)
            figures = compute(books, names)
            books.connection.close()
        found = {file: frame(folder, file) for file in FILES}
    return {file: f.astype(dict.fromkeys(f.select_dtypes("category"), object)) for file, f in found.items()}, figures


@cache
def before(name: str) -> dict[str, pd.DataFrame]:
    """The books of a world as it is."""
    return run(world(name))


def in_no_sequence(book: pd.DataFrame) -> pd.DataFrame:
    """Rows of one moment in a sequence of their own, without the number of their event: an order about which something
    might be odd writes the same rows as any, in another sequence of that instant."""
    plain = book.drop(columns="event")
    return plain.sort_values(list(plain.columns), key=lambda c: c.astype(str), ignore_index=True)


def assert_nothing_changed(name: str, changed: World, *, but_for: tuple[str, ...] = ()) -> None:
    """The books of a changed world are those of the world, but for rows of some kinds."""
    books, then = before(name), run(changed)
    for file in FILES:
        now = then[file]
        if "kind" in now:
            now = now[~now["kind"].isin(but_for)]
        pd.testing.assert_frame_equal(in_no_sequence(books[file]), in_no_sequence(now), obj=file)


WORLDS = ("shop", "busy")
each_world = pytest.mark.parametrize("name", WORLDS)


# What happens, but to nobody or to no degree.

LULLS: dict[str, tuple[str, dict[str, Any]]] = {
    "a promotion that sells as much": ("promotion", {"multiplier": 1.0, "pull_forward_bp": 4_000}),
    "a crew that is whole": ("labour_shortage", {"node": 0, "pick_bp": 10_000, "pack_bp": 10_000}),
    "an outage of nothing": ("node_outage", {"node": 0, "capacity_share_bp": 10_000}),
    "a van that never fills": ("carrier_capacity", {"carrier": "", "parcels": MANY}),
    "a delay of no time": ("carrier_delay", {"carrier": "", "delay_ms": 0}),
    "a desk that is whole": ("desk_shortage", {"present_bp": 10_000}),
    "nobody's desk": ("desk_shortage", {"present_bp": 0, "desks": frozenset()}),
    "no suspicion": ("fraud_attack", {"review_share_bp": 0}),
    "a full delivery": ("short_delivery", {"supplier": 0, "fill_share_bp": 10_000}),
    "a supplier in time": ("supplier_delay", {"supplier": 0, "delay_ms": 0}),
    "no unit forgotten": ("stock_record_error", {"node": 0, "share_bp": 0}),
    "no unit too many": ("stock_record_error", {"node": 0, "share_bp": 0, "phantom": True}),
    "true weights": ("bad_master_data", {"fault": "weight", "factor": 1.0, "checked": False}),
    "true costs": ("bad_master_data", {"fault": "cost", "factor": 1.0, "checked": False}),
    "true prices": ("bad_master_data", {"fault": "price", "factor": 1.0, "checked": False}),
    "true addresses": ("bad_master_data", {"fault": "address", "share_bp": 0, "checked": False}),
    "the rule itself": ("wrong_rule", {"decision": "allocation", "policy": "closest"}),
    "a recall of nothing": ("recall", {"products": frozenset(), "sent_back_share_bp": 10_000}),
    "a closure of nowhere": ("region_closure", {"regions": frozenset()}),
    "a road to nowhere": ("road_closure", {"nodes": frozenset()}),
    "channels that all hear": ("sync_outage", {"channels": frozenset()}),
}


def with_lull(of: World, lull: str) -> World:
    kind, given = LULLS[lull]
    if "carrier" in given:
        given = given | {"carrier": of.network.services[0].carrier}
    if "policy" in given:
        given = given | {"policy": of.policies["allocation"].name}
    made: Any = DISRUPTIONS[kind]
    more = made(at_ms=BEGINS, duration_ms=LASTS, **given)
    return replace(of, disruptions=(*of.disruptions, more))


@pytest.mark.parametrize("lull", LULLS)
def test_a_disruption_of_nothing_disrupts_nothing(lull: str):
    assert_nothing_changed("shop", with_lull(world("shop"), lull), but_for=("disruption_began", "disruption_ended"))


def test_nor_do_all_of_them_at_once():
    calm = reduce(with_lull, LULLS, world("busy"))

    assert_nothing_changed("busy", calm, but_for=("disruption_began", "disruption_ended"))


def within(of: World, **changes: Any) -> World:
    return replace(of, network=replace(of.network, **changes))


def each(of: World, what: str, change: Callable[[Any], Any]) -> World:
    return within(of, **{what: tuple(map(change, getattr(of.network, what)))})


# What is there, and nobody uses.


def wider(plan: StockPlan, rows: int, columns: int) -> StockPlan:
    size = ((0, rows), (0, columns))
    return StockPlan(*(np.pad(a, size) for a in (plan.opening_units, plan.reorder_point, plan.order_up_to)))


def with_a_node(of: World) -> World:
    more = replace(of.network.nodes[0], name="idle", serves_channels=frozenset(), shifts=())
    return replace(within(of, nodes=(*of.network.nodes, more)), stock=wider(of.stock, 1, 0))


def with_a_product(of: World) -> World:
    more = replace(of.network.products[0], sku="idle", demand_weight=0.0)
    return replace(within(of, products=(*of.network.products, more)), stock=wider(of.stock, 0, 1))


def with_a_service(of: World) -> World:
    first = of.network.services[0]
    free = tuple((0,) * len(row) for row in first.rates_cents)
    more = replace(first, name="idle", carrier="nobody", serves_nodes=frozenset(), rates_cents=free)
    return within(of, services=(*of.network.services, more))


IDLE: dict[str, Change] = {
    "node": with_a_node,
    "product": with_a_product,
    "service": with_a_service,
    "supplier": lambda w: within(
        w, suppliers=(*w.network.suppliers, replace(w.network.suppliers[0], name="idle", alternates=()))
    ),
    "channel": lambda w: within(w, channels=(*w.network.channels, Channel("idle"))),
    "segment": lambda w: within(w, segments=(*w.network.segments, Segment("idle", late_contact_share=1.0))),
    "category": lambda w: within(w, categories=(*w.network.categories, Category("idle", return_share=1.0))),
    "entity": lambda w: within(w, entities=(*w.network.entities, Entity("idle", tax_bp=1_900))),
    "region": lambda w: within(w, regions=(*w.network.regions, Region("idle", 40.0, -75.0, 0.0))),
    "desk": lambda w: replace(w, desks=(*w.desks, DeskPlan("idle", handles=()))),
    "currency": lambda w: within(w, fx_rates=(*w.network.fx_rates, FxRate("XXX", 0, 2.0, 0.5))),
}


@pytest.mark.parametrize("what", IDLE)
def test_what_nobody_uses_changes_nothing(what: str):
    assert_nothing_changed("shop", IDLE[what](world("shop")))


def test_nor_does_all_of_it_together_nor_any_measure():
    """Neither the books nor what is read out of them."""
    of = world("busy")
    (books, figures), (then, figures_then) = (
        run_and_measure(w, measures()) for w in (of, reduce(lambda w, change: change(w), IDLE.values(), of))
    )

    for file in FILES:
        pd.testing.assert_frame_equal(books[file], then[file], obj=file)
    assert figures == pytest.approx(figures_then, rel=1e-12, nan_ok=True)


# What is switched on, and never acts.

NEVER: dict[str, Change] = {
    "records without a fault": lambda w: replace(
        w, master_data=MasterDataPlan(None, *(RecordFaults(0.0, 0.5) for _ in range(3)))
    ),
    "a fallback without an outage": lambda w: replace(
        w,
        fallbacks=replace(
            w.fallbacks,
            stock_sync=CutOffChannels(),
            payment_gateway=UnsecuredOrders(MANY),
            labour=ShortCrews(overtime=Overtime(1)),
        ),
    ),
    "a floor that is never crowded": lambda w: each(
        w,
        "nodes",
        lambda n: replace(
            n,
            congestion=Congestion(MANY, 3.0),
            temporary_staff=TemporaryStaff(0),
            overtime=Overtime(MANY),
            wave_capacity=MANY,
            storage=Storage(1e15),
            outbound=Outbound(parcels=MANY),
        ),
    ),
    "quiet hours all day": lambda w: each(w, "nodes", lambda n: replace(n, quiet_hours=QuietHours(0, 1_440, 10_000))),
    "counts of nothing": lambda w: each(
        w, "nodes", lambda n: replace(n, cycle_counts=CycleCounts(after_short_pick=False))
    ),
    "a new crew that is as fast": lambda w: each(w, "nodes", lambda n: replace(n, ramp_ms=DAY_MS)),
    "all channels by name": lambda w: each(
        w, "nodes", lambda n: replace(n, serves_channels=frozenset(range(len(w.network.channels))))
    ),
    "all nodes by name": lambda w: each(
        w, "services", lambda s: replace(s, serves_nodes=frozenset(range(len(w.network.nodes))))
    ),
    "vans without end": lambda w: each(
        w,
        "services",
        lambda s: replace(
            s, capacity_parcels=MANY, daily_parcels=MANY, max_weight_kg=1e9, peaks=(PeakSurcharge(0, MANY, 0),)
        ),
    ),
    "a price break of nothing": lambda w: each(w, "suppliers", lambda s: replace(s, price_breaks=((1, 0),))),
    "limits out of reach": lambda w: each(
        w,
        "channels",
        lambda c: replace(c, approval_over_cents=10**15, credit_limit_cents=10**15 if c.kind == "b2b" else None),
    ),
    "ratings that all pass": lambda w: each(
        w, "channels", lambda c: replace(c, limits=RatingLimits(1.0, 1.0, 1.0) if c.kind == "marketplace" else None)
    ),
    "categories by weight": lambda w: each(
        w, "channels", lambda c: replace(c, category_weights=(1.0,) * len(w.network.categories))
    ),
    "a border that costs nothing": lambda w: within(w, borders=(Border("line", frozenset({0})),)),
    "twice the weights of all": lambda w: each(
        each(w, "regions", lambda r: replace(r, population=2 * r.population)),
        "products",
        lambda p: replace(p, demand_weight=2 * p.demand_weight),
    ),
    "a rule that never holds": lambda w: replace(w, workflow=(Rule("never", "units > 1000000", "cancel"), *w.workflow)),
    "an override of no order": lambda w: replace(
        w, manual_overrides=(ManualOverride("never", BEGINS, "units > 1000000", "cancel", None, HOUR_MS, 2 * BEGINS),)
    ),
    "an alarm that never rings": lambda w: replace(
        w, alerts=(*w.alerts, AlertPlan("never", "operations_manager", "held_orders", 1e15, 1e14))
    ),
    "nobody's handling units": lambda w: within(
        w, handling_units=HandlingPlan((1,) * (n := len(w.network.products)), (MANY,) * n, frozenset())
    ),
}


JOURNALS = {"ratings that all pass": ("shipment_rated",), "nobody's handling units": ("case_broken",)}
"""What is told nonetheless."""


@pytest.mark.parametrize("what", NEVER)
def test_what_never_acts_changes_nothing(what: str):
    assert_nothing_changed("shop", NEVER[what](world("shop")), but_for=JOURNALS.get(what, ()))


def test_nor_does_all_of_that_together():
    busy = reduce(lambda w, change: change(w), NEVER.values(), world("busy"))

    assert_nothing_changed("busy", busy, but_for=tuple(kind for kinds in JOURNALS.values() for kind in kinds))


# Everything is different, in one way.


def rebuilt(value: Any, change: Callable[[str, Any], Any], name: str = "") -> Any:
    """A world with each of its leaves as ``change`` says, by the name of its field."""
    if is_dataclass(value) and not isinstance(value, type):
        told = {f.name: getattr(value, f.name) for f in fields(value) if f.init}
        made = {key: rebuilt(inner, change, key) for key, inner in told.items()}
        return replace(value, **{key: inner for key, inner in made.items() if inner is not told[key]})
    if type(value) is tuple:
        return tuple(rebuilt(inner, change, name) for inner in value)
    return change(name, value)


def with_money_times(factor: int, of: World) -> World:
    """All that is an amount of money."""

    def scaled(name: str, value: Any) -> Any:
        return value * factor if "cents" in name and isinstance(value, int) else value

    return rebuilt(of, scaled)


@each_world
def test_ten_times_the_money_is_ten_times_every_amount(name: str):
    """Prices, costs, fees and limits alike, from where a cent is so little that rounding it decides nothing."""
    rich = with_money_times(10_000, world(name))
    (books, figures), (then, figures_then) = (
        run_and_measure(w, measures()) for w in (rich, with_money_times(10, rich))
    )

    for file in FILES:
        assert len(books[file]) == len(then[file])
        amounts = [c for c in map(str, books[file]) if c.endswith("_cents")]
        pd.testing.assert_frame_equal(books[file].drop(columns=amounts), then[file].drop(columns=amounts), obj=file)
        for column in amounts:
            assert np.nanmax(np.abs(10 * books[file][column] - then[file][column]), initial=0) < 100, column
    assert books["journal"]["amount_cents"].abs().max() > 1e6
    for measure, of in measures().items():
        unit = 10 if of.unit == "cents" else 1
        assert figures_then[measure] == pytest.approx(unit * figures[measure], rel=1e-6, abs=100, nan_ok=True), measure


def test_names_are_names(monkeypatch: pytest.MonkeyPatch):
    """Others, in another alphabetical order, with the luck of those before: only draws know what anything is called."""
    of = world("busy")
    network = of.network
    lists = ("nodes", "channels", "regions", "suppliers", "segments", "categories", "entities", "services")
    old = sorted({item.name for what in lists for item in getattr(network, what)} | {p.sku for p in network.products})
    new = {name: f"Q{len(old) - number:03}" for number, name in enumerate(old)}
    known = {fresh: name for name, fresh in new.items()}
    renamed = of
    for what in lists:
        renamed = each(renamed, what, lambda item: replace(item, name=new[item.name]))
    renamed = each(renamed, "products", lambda p: replace(p, sku=new[p.sku]))

    def as_before(text: Any) -> Any:
        return re.sub(r"Q\d{3}", lambda found: known[found[0]], text) if isinstance(text, str) else text

    key_of = sim.streams.key_of
    monkeypatch.setattr(sim.streams, "key_of", lambda *parts: key_of(*map(as_before, parts)))
    books, then = before("busy"), run(renamed)

    for file in FILES:
        told = then[file].map(as_before)
        pd.testing.assert_frame_equal(books[file], told, obj=file, check_dtype=False)


@each_world
def test_a_year_of_weeks_later_all_happens_again(name: str):
    """Without holidays, months or a clock that is put back, a Monday is a Monday."""
    of = world(name)
    later = replace(of, calendar=type(of.calendar)(of.calendar.start + timedelta(weeks=52)))
    books, then = before(name), run(later)

    for file in FILES:
        pd.testing.assert_frame_equal(books[file], then[file], obj=file)


@each_world
def test_nobody_knows_when_the_run_ends(name: str):
    """Until it does: a longer drain, and a longer warm-up, which only measures look at."""
    of = world(name)
    end_ms = of.horizon.drain_until_ms
    later = replace(of.horizon, drain_until_ms=end_ms + 5 * DAY_MS, warm_up_ms=5 * HOUR_MS)
    books, then = before(name), run(replace(of, horizon=later))

    for file in FILES:
        now, known = (b[b["time_ms"] < end_ms].reset_index(drop=True) for b in (then[file], books[file]))
        pd.testing.assert_frame_equal(known, now, obj=file)
    assert then["events"]["time_ms"].iloc[-1] == end_ms + 5 * DAY_MS


@each_world
def test_policies_that_take_over_from_themselves_decide_as_before(name: str):
    """All decision points at once, in the middle of the day: what they remember is in the books, or not needed."""
    of = world(name)
    again = tuple(PolicyChange(BEGINS, decision, choice) for decision, choice in of.policies.items())

    assert_nothing_changed(name, replace(of, policy_changes=again), but_for=("policy_changed",))
