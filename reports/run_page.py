"""The page of a run: what happened to the orders, the stock and the money, and what went wrong."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from reports import series
from reports.close import close_sentence, close_tables
from reports.figures import Span, lines, stacked, waterfall
from reports.foresight import alert_tables, at_risk_tables, pattern_tables
from reports.harm import harm
from reports.harm_tables import harm_tables
from reports.html import Grid, Section, Tile, program, render
from reports.problems import late_orders, problem_tables
from scenarios.display import display
from sim.measures.registry import measures, split
from sim.run import Run
from sim.units import DAY_MS, HOUR_MS

_STEPS = (
    (
        "Net revenue",
        ("revenue", "shipping_income", "sales_returns", "credit_price_differences", "unmatched_credits"),
    ),
    ("Cost of goods", ("cost_of_goods",)),
    ("Freight", ("freight",)),
    ("Labour", ("handling_labour",)),
    ("Packaging", ("packaging",)),
    ("Payment fees", ("payment_fees",)),
    ("Marketplace commission", ("marketplace_commission",)),
    ("Other fees", ("fees",)),
    ("Returns handling", ("returns_handling",)),
    ("Write-offs", ("write_offs",)),
    ("Chargebacks", ("chargebacks",)),
    ("Expedited supply", ("expedite",)),
    ("Duties", ("duties",)),
)
_BETTER = {"higher": "▲", "lower": "▼"}


@dataclass(frozen=True, slots=True)
class MeasureRow:
    """One measure, as the table shows it."""

    title: str
    value: str
    better: str
    definition: str


@dataclass(frozen=True, slots=True)
class RunPage:
    """What the template shows."""

    scenario: str
    seed: str
    period: str
    headline: str
    findings: tuple[str, ...]
    tiles: tuple[Tile, ...]
    sections: tuple[Section, ...]
    problems: tuple[Grid, ...]
    late_orders: bool
    close: str
    close_tables: tuple[Grid, ...]
    harm: tuple[Grid, ...]
    measures: tuple[MeasureRow, ...]
    setting: tuple[tuple[str, str], ...]
    footer: str


def run_page(run: Run, kpis: Mapping[str, float] | None = None) -> str:
    """The page as HTML; ``kpis`` spares computing them again."""
    values = dict(kpis) if kpis is not None else run.kpis()
    currency = currency_of(run)
    troubles = series.disturbances(run)
    late = late_orders(run)
    page = RunPage(
        scenario=str(run.manifest.get("scenario", run.folder.name)),
        seed=str(run.manifest.get("seed", "")),
        period=period_of(run),
        headline=headline(values, currency),
        findings=_findings(run, troubles),
        tiles=_tiles(values, currency),
        sections=_sections(run, troubles, currency),
        problems=(
            *problem_tables(run, late, currency),
            *pattern_tables(run),
            *alert_tables(run),
            *at_risk_tables(run, currency),
        ),
        late_orders=late is not None,
        close=close_sentence(run),
        close_tables=close_tables(run, currency),
        harm=harm_tables(harm(run), currency),
        measures=_measure_rows(values, currency),
        setting=_setting(run),
        footer=f"{program()}. Everything on this page follows from the books beside it.",
    )
    return render("run.html", page)


def currency_of(run: Run) -> str:
    """The currency of the run's books."""
    return str(run.manifest.get("currency", "USD"))


def headline(values: Mapping[str, float], currency: str) -> str:
    """The run in a sentence."""
    orders = values.get("orders_captured", math.nan)
    if not orders > 0:
        return "No order was captured in the time that is measured."
    otif = display(values.get("otif", math.nan), "share")
    margin = display(values.get("margin_per_order_cents", math.nan), "cents", currency)
    return (
        f"Of {orders:,.0f} orders, {otif} arrived whole and on time, "
        f"and each earned {margin} after all that it cost to serve it."
    )


def _findings(run: Run, troubles: list[series.Disturbance]) -> tuple[str, ...]:
    """What was on the clock, and how the orders took it."""
    if not troubles:
        return ()
    told = "; ".join(_when(run, trouble) for trouble in troubles)
    found = series.recovery(run, troubles[0].begin_ms)
    usual = f"{found.usual:,} before" if found.usual else "none before"
    if found.peak <= found.usual:
        return (told + ".", f"Orders past their ship-by date were never more than usual ({usual}).")
    peak = f"on {_moment(run, found.peak_ms)} ({usual})"
    late = f"At most {found.peak:,} orders were past their ship-by date, {peak}"
    if found.most_gone_ms is None:
        return (told + ".", f"{late}; the run ended before nine in ten of them had left.")
    hours = (found.most_gone_ms - max(trouble.end_ms for trouble in troubles)) / HOUR_MS
    behind = f", {hours:,.0f} h after that had ended" if hours > 0 else ""
    rest = f", and all but 1 in 100 by {_moment(run, found.all_gone_ms)}" if found.all_gone_ms is not None else ""
    return (
        told + ".",
        f"{late}. Nine in ten of them had left by {_moment(run, found.most_gone_ms)}{behind}{rest}.",
    )


def _when(run: Run, trouble: series.Disturbance) -> str:
    words = trouble.name.replace("_", " ")
    hours = (trouble.end_ms - trouble.begin_ms) / HOUR_MS
    return f"{words[:1].upper()}{words[1:]} from {_moment(run, trouble.begin_ms)}, for {hours:,.0f} h"


def _tiles(values: Mapping[str, float], currency: str) -> tuple[Tile, ...]:
    known = measures()
    return tuple(
        Tile(known[name].title, display(value, known[name].unit, currency))
        for name, value in values.items()
        if name in known and known[name].headline
    )


def _measure_rows(values: Mapping[str, float], currency: str) -> tuple[MeasureRow, ...]:
    known = measures()
    return tuple(
        MeasureRow(m.title, display(values[name], m.unit, currency), _BETTER[m.better], m.definition)
        for name, m in known.items()
        if name in values
    )


def run_sections(run: Run, ids: Collection[str]) -> tuple[Section, ...]:
    """The figures with these ids, of those that the run has."""
    found = {section.id: section for section in _sections(run, series.disturbances(run), currency_of(run))}
    return tuple(found[name] for name in ids if name in found)


def _sections(run: Run, troubles: list[series.Disturbance], currency: str) -> tuple[Section, ...]:
    spans = _spans(run, troubles)
    made = (
        _orders_section(run, spans),
        _stall_section(run, spans),
        _backlog_section(run, spans),
        _throughput_section(run, spans),
        _stock_section(run, spans),
        _margin_section(run, currency),
    )
    return tuple(section for section in made if section is not None)


def _spans(run: Run, troubles: list[series.Disturbance]) -> list[Span]:
    until = series.shown_until(run)
    return [
        Span(t.name.replace("_", " "), _timestamp(run, t.begin_ms), _timestamp(run, min(t.end_ms, until)))
        for t in troubles
        if t.begin_ms < until
    ]


def _orders_section(run: Run, spans: list[Span]) -> Section:
    frame = series.orders_by_wait(run)
    total = frame.sum(axis=1)
    peak = f"At most {total.max():,.0f} orders were open, {_at(total)}."
    text = f"Each open order counted where its least advanced part stands. {peak}"
    alt = f"Open orders over time by what they wait for. {peak}"
    return Section("orders", "What open orders wait for", text, stacked("orders", alt, frame, "open orders", spans))


def _stall_section(run: Run, spans: list[Span]) -> Section | None:
    frame = series.orders_by_stall(run)
    if frame.empty or not frame.shape[1]:
        return None
    worst = str(frame.max().idxmax())
    peak = f"The most at one moment were {frame[worst].max():,.0f} for {worst}, {_at(frame[worst])}."
    text = f"Each order that has not arrived has one reason at every moment. {peak}"
    alt = f"Open orders over time by the reason for which each is stalled. {peak}"
    return Section("stalls", "Where orders are stalled, and why", text, stacked("stalls", alt, frame, "orders", spans))


def _backlog_section(run: Run, spans: list[Span]) -> Section | None:
    frame = series.backlog_by_node(run)
    if frame.empty or not frame.shape[1]:
        return None
    worst = str(frame.max().idxmax())
    peak = f"The most was {frame[worst].max():,.0f} at {worst}, {_at(frame[worst])}."
    text = f"Shipments given to each node that have not left it. {peak}"
    alt = f"Backlog of shipments over time, one line a node. {peak}"
    return Section("backlog", "Backlog by node", text, lines("backlog", alt, frame, "shipments", spans))


def _throughput_section(run: Run, spans: list[Span]) -> Section | None:
    frame = series.shipped_by_day(run)
    if frame.empty:
        return None
    total = frame.sum(axis=1)
    peak = f"The busiest day was {total.idxmax():%a %d %b} with {total.max():,.0f} parcels."
    alt = f"Parcels shipped a day, one line a node. {peak}"
    svg = lines("throughput", alt, frame, "parcels a day", spans, steps=True)
    return Section("throughput", "Throughput", f"Parcels that left each node on each local day. {peak}", svg)


def _stock_section(run: Run, spans: list[Span]) -> Section | None:
    frame = series.stock_by_node(run)
    if frame.empty or not frame.shape[1]:
        return None
    first, last = frame.iloc[0].sum(), frame.iloc[-1].sum()
    told = f"In all, {first:,.0f} units at the start and {last:,.0f} at the end."
    alt = f"Units on hand over time, one line a node. {told}"
    text = f"Units on hand at each node, from the inventory ledger. {told}"
    return Section("stock", "Stock positions", text, lines("stock", alt, frame, "units on hand", spans))


def _margin_section(run: Run, currency: str) -> Section:
    steps = margin_steps(run)
    left = sum(amount for _, amount in steps)
    told = ", ".join(f"{label} {display(amount * 100, 'cents', currency)}" for label, amount in steps)
    text = (
        f"From net revenue to contribution margin, all that the measured orders earned and cost: "
        f"{display(left * 100, 'cents', currency)} are left."
    )
    svg = waterfall("margin", f"From revenue to contribution margin: {told}.", steps, currency)
    return Section("margin", "Where the money goes", text, svg)


def margin_steps(run: Run) -> list[tuple[str, float]]:
    """From net revenue down to contribution margin, in major units of the currency; steps of nothing left
    out, and accounts without a step of their own in one."""
    accounts = split(run.books, "contribution_margin_cents_by_account")
    earned = dict(zip(accounts["account"].astype(str), accounts["value"].astype(float)))
    steps = [(label, sum(earned.pop(name, 0.0) for name in names) / 100) for label, names in _STEPS]
    steps.append(("All else", sum(earned.values()) / 100))
    return [steps[0], *(step for step in steps[1:] if step[1])]


def _setting(run: Run) -> tuple[tuple[str, str], ...]:
    manifest = run.manifest
    rows = [("Scenario", str(manifest.get("scenario", ""))), ("Seed", str(manifest.get("seed", "")))]
    policies = manifest.get("policies")
    if isinstance(policies, Mapping):
        rows += [(f"{decision} policy", _choice(choice)) for decision, choice in policies.items()]
    own = run.books.calendar.zone_name
    rows.append(("Time zone", own))
    zones = {node["name"]: node.get("timezone", own) for node in manifest.get("nodes", ())}
    elsewhere = [f"{name} ({zone})" for name, zone in zones.items() if zone != own]
    rows += [("Nodes elsewhere", ", ".join(elsewhere))] if elsewhere else []
    rows.append(("Measured", period_of(run)))
    if "version" in manifest:
        rows.append(("Version", str(manifest["version"])))
    return tuple(rows)


def _choice(choice: Any) -> str:
    if not isinstance(choice, Mapping):
        return str(choice)
    parameters = ", ".join(f"{key}={value}" for key, value in choice.items() if key != "name")
    return f"{choice.get('name')} ({parameters})" if parameters else str(choice.get("name"))


def period_of(run: Run) -> str:
    """The days that are measured."""
    begin = run.books.calendar.moment(run.books.warm_up_ms)
    end = run.books.calendar.moment(run.books.end_ms)
    days = run.books.window_ms / DAY_MS
    return f"{begin:%d %b %Y} to {end:%d %b %Y} ({days:,.0f} days)"


def _timestamp(run: Run, ms: int) -> pd.Timestamp:
    return pd.Timestamp(run.books.calendar.moment(ms))


def _moment(run: Run, ms: int) -> str:
    return f"{run.books.calendar.moment(ms):%a %d %b %H:%M}"


def _at(series_: pd.Series[float]) -> str:
    return f"on {series_.idxmax():%a %d %b at %H:%M}"
