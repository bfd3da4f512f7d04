"""Run folders written by hand: facts go in, the four files and a manifest come out.

Movements follow from the table of kinds; postings are given with each fact, so that the tests of measures
do not lean on the engine's amounts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from sim.books.kinds import KINDS
from sim.run import Run
from sim.units import HOUR_MS

TEXT = pa.dictionary(pa.int32(), pa.string())
EVENTS = pa.schema(
    [("event", pa.int64()), ("time_ms", pa.int64()), ("kind", TEXT)]
    + [(name, pa.int32()) for name in ("order", "shipment", "line")]
    + [(name, TEXT) for name in ("sku", "node", "channel", "actor", "reason")]
    + [("quantity", pa.int32()), ("value_cents", pa.int64()), ("due_ms", pa.int64())]
)
LEDGER = pa.schema(
    [("event", pa.int64()), ("time_ms", pa.int64()), ("kind", TEXT), ("sku", TEXT)]
    + [(name, TEXT) for name in ("from_node", "from_bucket", "to_node", "to_bucket")]
    + [("units", pa.int32()), ("value_cents", pa.int64())]
)
JOURNAL = pa.schema(
    [("event", pa.int64()), ("time_ms", pa.int64()), ("kind", TEXT)]
    + [(name, TEXT) for name in ("account", "node", "channel")]
    + [("order", pa.int32()), ("amount_cents", pa.int64())]
)
DECISIONS = pa.schema(
    [("event", pa.int64()), ("time_ms", pa.int64())]
    + [(name, pa.int32()) for name in ("order", "shipment")]
    + [("policy", pa.string()), ("node", TEXT), ("runner_up", TEXT), ("gap_cents", pa.float64())]
)
FORECASTS = pa.schema(
    [("time_ms", pa.int64()), ("until_ms", pa.int64()), ("node", TEXT), ("sku", TEXT)]
    + [(name, pa.float64()) for name in ("expected_units", "sold_units", "naive_units")]
)
STANDARD = {"pick": 600, "pack": 900}
SPECS = {kind.name: kind for kind in KINDS}


@dataclass
class Writer:
    """Collects facts, then writes them as a finished run.

    Times are hours since the start, 2025-11-24 00:00 in New York; the run warms up for ``warm_up`` hours,
    takes orders until ``end`` and drains until ``drain``.
    """

    warm_up: float = 0.0
    cohort: str = "capture"
    end: float = 240.0
    drain: float = 480.0
    start: str = "2025-11-24T00:00:00-05:00"
    timezone: str = "America/New_York"
    events: list[dict[str, Any]] = field(default_factory=list)
    ledger: list[dict[str, Any]] = field(default_factory=list)
    journal: list[dict[str, Any]] = field(default_factory=list)
    decisions: list[dict[str, Any]] = field(default_factory=list)
    forecasts: list[dict[str, Any]] = field(default_factory=list)
    hours: float = 4.0

    def add(
        self,
        hour: float,
        kind: str,
        *,
        order: int = -1,
        shipment: int = -1,
        line: int = -1,
        sku: str | None = None,
        node: str | None = None,
        channel: str | None = None,
        actor: str = "company",
        reason: str = "",
        quantity: int = 0,
        value: int = 0,
        due: float | None = None,
        to_node: str | None = None,
        posts: Mapping[str, int] | None = None,
    ) -> None:
        """One fact; ``posts`` gives the debits (positive) and credits of its entry by account."""
        event, time_ms = len(self.events), round(hour * HOUR_MS)
        head: dict[str, Any] = dict(event=event, time_ms=time_ms, kind=kind)
        due_ms = -1 if due is None else round(due * HOUR_MS)
        self.events.append(
            head
            | dict(order=order, shipment=shipment, line=line, sku=sku, node=node, channel=channel, actor=actor)
            | dict(reason=reason, quantity=quantity, value_cents=value, due_ms=due_ms)
        )
        moves = SPECS[kind].moves
        if moves is not None:
            self.ledger.append(
                head
                | dict(sku=sku, from_node=node, from_bucket=moves[0], to_node=to_node or node, to_bucket=moves[1])
                | dict(units=quantity, value_cents=value if SPECS[kind].value else 0)
            )
        posts = posts or {}
        assert sum(posts.values()) == 0, f"{kind}: an entry must balance"
        for account, amount in posts.items():
            self.journal.append(
                head | dict(account=account, node=node, channel=channel, order=order, amount_cents=amount)
            )

    def forecast(self, day: int, sku: str, node: str, expected: float, sold: float, naive: float) -> None:
        """What was expected of a day when it began, what was sold in it and on the day before."""
        times = dict(time_ms=24 * day * HOUR_MS, until_ms=24 * (day + 1) * HOUR_MS)
        self.forecasts.append(
            times | dict(node=node, sku=sku, expected_units=expected, sold_units=sold, naive_units=naive)
        )

    def stock(self, sku: str, units: int, node: str = "east", cost: int = 100) -> None:
        """Opening stock."""
        value = units * cost
        posts = {"inventory": value, "opening_equity": -value}
        self.add(0, "opening_stock", sku=sku, node=node, quantity=units, value=value, posts=posts)

    def capture(
        self,
        hour: float,
        order: int,
        *lines: tuple[int, str, int],
        channel: str = "shop",
        promised: float = 96,
        ship_by: float | None = 24,
        price: int = 500,
    ) -> None:
        """An order with its lines (number, sku, units), due ``promised`` and ``ship_by`` hours after
        capture."""
        for line, sku, units in lines:
            self.add(
                hour, "captured", order=order, line=line, sku=sku, channel=channel, quantity=units,
                value=units * price, due=hour + promised,
            )  # fmt: skip
        if ship_by is not None:
            self.add(hour, "validated", order=order, channel=channel, due=hour + ship_by)

    def ship(
        self,
        order: int,
        shipment: int,
        *pieces: tuple[int, str, int],
        allocated: float,
        shipped: float | None = None,
        delivered: float | None = None,
        node: str = "east",
        channel: str = "shop",
        quoted: float | None = None,
        freight: int = 800,
        labour: int = 200,
        packaging: int = 70,
        price: int = 500,
        cost: int = 100,
        service: str = "carrier:ground",
    ) -> None:
        """A shipment from allocation (and the floor, at a quarter and half of the way) to delivery."""
        head: dict[str, Any] = dict(order=order, shipment=shipment, node=node, channel=channel)
        for line, sku, units in pieces:
            self.add(allocated, "allocated", **head, line=line, sku=sku, quantity=units)
        if shipped is None:
            return
        step = (shipped - allocated) / 4
        self.add(allocated + step, "released", **head)
        for line, sku, units in pieces:
            self.add(allocated + 2 * step, "picked", **head, line=line, sku=sku, quantity=units)
        handling = labour + packaging
        posts = {"handling_labour": labour, "packaging": packaging, "accrued_operations": -handling}
        self.add(allocated + 3 * step, "packed", **head, value=handling, posts=posts)
        for line, sku, units in pieces:
            posts = {"cost_of_goods": units * cost, "inventory": -units * cost}
            self.add(
                shipped,
                "shipped",
                **head,
                line=line,
                sku=sku,
                quantity=units,
                value=units * cost,
                posts=posts,
            )
        due = shipped + 72 if quoted is None else quoted
        posts = {"freight": freight, "freight_payable": -freight}
        self.add(shipped, "manifested", **head, actor=service, value=freight, due=due, posts=posts)
        net = price * sum(units for _, _, units in pieces)
        tax = net // 10
        posts = {"receivables": net + tax, "revenue": -net, "tax_payable": -tax}
        self.add(shipped, "invoiced", **head, value=net + tax, posts=posts)
        if delivered is not None:
            self.add(delivered, "delivered", **head)

    def write(self, folder: Path) -> Run:
        """The folder as a run; facts may have been added in any order of time."""
        folder.mkdir(parents=True, exist_ok=True)
        books = [
            ("events", EVENTS, self.events), ("ledger", LEDGER, self.ledger),
            ("journal", JOURNAL, self.journal), ("decisions", DECISIONS, self.decisions),
        ]  # fmt: skip
        # Python's sort is stable: facts of one moment keep the order in which they were added.
        ranked = sorted(self.events, key=lambda row: row["time_ms"])
        number = {row["event"]: i for i, row in enumerate(ranked)}
        for name, schema, rows in books:
            ordered = sorted(({**row, "event": number[row["event"]]} for row in rows), key=lambda row: row["event"])
            pq.write_table(pa.Table.from_pylist(ordered, schema=schema), folder / f"{name}.parquet")
        if self.forecasts:
            pq.write_table(pa.Table.from_pylist(self.forecasts, schema=FORECASTS), folder / "forecasts.parquet")
        manifest = dict(
            scenario="hand-made", seed=1, start=self.start, timezone=self.timezone, currency="USD",
            warm_up_ms=round(self.warm_up * HOUR_MS), end_ms=round(self.end * HOUR_MS),
            drain_until_ms=round(self.drain * HOUR_MS), cohort=self.cohort, close_target_ms=24 * HOUR_MS,
            nodes=[
                {"name": name, "rostered_hours": {"pick": pick, "pack": pack}, "standard_seconds": STANDARD}
                for name, pick, pack in (("east", self.hours, self.hours), ("west", self.hours / 2, 0.0))
            ],
        )  # fmt: skip
        (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
        return Run.open(folder)


def ordinary() -> Writer:
    """A small run in which everything happens at least once."""
    w = Writer(warm_up=10, end=200, drain=720)
    w.stock("tea", 100)
    w.stock("cup", 10, node="west", cost=200)
    # Before the warm-up: not in the cohort.
    w.capture(5, 0, (0, "tea", 1))
    w.ship(0, 0, (0, "tea", 1), allocated=5, shipped=9, delivered=60)
    # Whole and on time, two units in one shipment; one comes back.
    w.capture(12, 1, (1, "tea", 2))
    w.ship(1, 1, (1, "tea", 2), allocated=12, shipped=20, delivered=80)
    back: dict[str, Any] = dict(order=1, shipment=1, line=1, sku="tea", node="east", channel="shop", quantity=1)
    w.add(150, "return_requested", **back, reason="changed_mind")
    recalled: dict[str, Any] = dict(order=1, shipment=1, line=1, sku="tea", channel="shop", quantity=1)
    w.add(160, "recall_told", **recalled, reason="recalled")
    w.add(200, "return_received", **back, value=100, posts={"inventory": 100, "cost_of_goods": -100})
    w.add(210, "scrapped", **back, value=100, posts={"write_offs": 100, "inventory": -100})
    w.add(
        210,
        "return_handled",
        **{**back, "quantity": 0},
        value=60,
        posts={"returns_handling": 60, "accrued_operations": -60},
    )
    w.add(222, "refunded", **back, value=550, posts={"sales_returns": 500, "tax_payable": 50, "cash": -550})
    # Split over two nodes, the second part late.
    w.capture(20, 2, (2, "tea", 1), (3, "cup", 3), channel="market")
    w.add(20, "oversold", order=2, line=3, sku="cup", channel="market", quantity=2)
    w.ship(2, 2, (2, "tea", 1), allocated=21, shipped=30, delivered=90, channel="market")
    w.add(21, "backordered", order=2, line=3, sku="cup", channel="market", quantity=3, reason="no_stock")
    w.ship(
        2,
        3,
        (3, "cup", 3),
        allocated=60,
        shipped=70,
        delivered=130,
        node="west",
        channel="market",
        cost=200,
        quoted=120,
    )
    w.add(75, "settled", order=2, shipment=3, node="west", channel="market", value=1650, posts={
        "cash": 1450, "payment_fees": 50, "marketplace_commission": 150, "receivables": -1650})  # fmt: skip
    # Cancelled by the customer in time: left out.
    w.capture(30, 3, (4, "tea", 4))
    w.add(
        31,
        "cancelled_units",
        order=3,
        line=4,
        sku="tea",
        channel="shop",
        quantity=4,
        value=2000,
        reason="customer_cancelled",
    )
    w.add(31, "cancelled", order=3, channel="shop", reason="customer_cancelled")
    # Cancelled by the company: kept in.
    w.capture(40, 4, (5, "cup", 2))
    w.add(41, "backordered", order=4, line=5, sku="cup", channel="shop", quantity=2, reason="no_stock")
    w.add(
        100,
        "cancelled_units",
        order=4,
        line=5,
        sku="cup",
        channel="shop",
        quantity=2,
        value=1000,
        reason="out_of_patience",
    )
    w.add(100, "cancelled", order=4, channel="shop", reason="out_of_patience")
    # Held, and found to be fraud: left out.
    w.capture(50, 5, (6, "tea", 1), ship_by=None)
    w.add(50, "held", order=5, channel="shop", reason="fraud_review")
    w.add(
        55,
        "cancelled_units",
        order=5,
        line=6,
        sku="tea",
        channel="shop",
        quantity=1,
        value=500,
        reason="fraud",
    )
    w.add(55, "cancelled", order=5, channel="shop", reason="fraud")
    # Lost by the carrier.
    w.capture(60, 6, (7, "tea", 1))
    w.ship(6, 4, (7, "tea", 1), allocated=60, shipped=70)
    w.add(300, "lost", order=6, shipment=4, node="east", channel="shop", value=550, reason="lost_in_transit")
    w.add(301, "lost_refunded", order=6, shipment=4, node="east", channel="shop", value=550, posts={
        "sales_returns": 500, "tax_payable": 50, "cash": -550})  # fmt: skip
    # Open and overdue, since the node is closed; a part was refused.
    w.add(
        190,
        "refused",
        order=7,
        line=8,
        sku="cup",
        channel="shop",
        quantity=2,
        value=1000,
        reason="not_on_view",
    )
    w.capture(190, 7, (9, "tea", 3))
    w.ship(7, 5, (9, "tea", 3), allocated=190)
    w.add(194, "message_sent", order=7, channel="shop", actor="interface:erp", reason="ship_confirmation")
    w.add(195, "ticket_opened", order=7, channel="shop", reason="promise_broken")
    w.add(197, "message_received", order=7, channel="shop", actor="desk:service", reason="ship_confirmation")
    w.add(220, "ticket_closed", order=7, channel="shop")
    w.add(
        230,
        "shipment_limit_breached",
        order=7,
        shipment=5,
        node="east",
        channel="shop",
        reason="warehouse_leader",
    )
    # A customer's window is kept once and missed once; the marketplace judges two orders and suspends the seller.
    for hour, kind, order, reason in ((80, "window_met", 1, ""), (120, "window_missed", 2, "late")):
        w.add(hour, kind, order=order, node="east", channel="shop", actor="contract:inn", reason=reason)
    w.add(
        120, "penalty_charged", order=1, channel="shop", reason="late", value=30, posts={"penalties": 30, "cash": -30}
    )
    w.add(48, "shipment_rated", order=2, channel="market", reason="late")
    w.add(49, "shipment_rated", order=8, channel="market")
    w.add(90, "defect_found", order=2, channel="market", reason="promise_broken")
    w.add(95, "seller_cancelled", order=21, channel="market", reason="rejected")
    w.add(95, "penalty_charged", order=2, channel="market", reason="rejected", value=20,
          posts={"penalties": 20, "cash": -20})  # fmt: skip
    w.add(96, "channel_suspended", channel="market", reason="late")
    w.add(120, "channel_reinstated", channel="market")
    # Two subscribers: one pays at a retry, the other never does and is given up.
    w.add(0, "subscription_opened", channel="shop")
    w.add(0, "subscription_opened", channel="shop")
    w.add(50, "renewal_declined", order=20, channel="shop", reason="payment_declined")
    w.add(60, "renewed", order=20, channel="shop")
    w.add(70, "renewal_declined", order=21, channel="shop", reason="payment_declined")
    w.add(105, "renewal_declined", order=21, channel="shop", reason="payment_declined")
    w.add(105, "unsubscribed", order=21, channel="shop", reason="payment_declined")
    # Refused altogether.
    w.add(
        191,
        "refused",
        order=8,
        line=10,
        sku="cup",
        channel="market",
        quantity=1,
        value=500,
        reason="not_on_view",
    )
    # Supply: one line whole and on time, one short and late, one that is still on its way.
    for hour, sku, units in ((20, "tea", 50), (22, "cup", 10), (150, "cup", 10)):
        w.add(
            hour,
            "purchase_ordered",
            sku=sku,
            node="east",
            actor="supplier:mill",
            quantity=units,
            due=hour + 100,
        )
    w.add(2, "purchase_ordered", sku="cup", node="west", actor="supplier:kiln", quantity=9, due=100)
    w.add(150, "production_started", sku="cup", actor="supplier:mill", quantity=7)
    w.add(21, "purchase_confirmed", sku="tea", node="east", actor="supplier:mill", quantity=50, due=120)
    w.add(23, "purchase_confirmed", sku="cup", node="east", actor="supplier:mill", quantity=10, due=122)
    w.add(24, "purchase_declined", sku="ink", node="east", actor="supplier:mill", quantity=5)
    w.add(110, "received", sku="tea", node="east", actor="supplier:mill", quantity=50, value=5000, posts={
        "inventory": 5000, "goods_received_not_invoiced": -5000})  # fmt: skip
    w.add(130, "received", sku="cup", node="east", actor="supplier:mill", quantity=8, value=1600, posts={
        "inventory": 1600, "goods_received_not_invoiced": -1600})  # fmt: skip
    w.add(130, "short_delivered", sku="cup", node="east", actor="supplier:mill", quantity=2)
    w.add(140, "put_away", sku="tea", node="east", quantity=50)
    w.add(140, "put_away", sku="cup", node="east", quantity=8)
    # Forecasts: of a day before the warm-up, and of two in it.
    w.forecast(0, "tea", "east", 90, 9, 0)
    w.forecast(1, "tea", "east", 6, 3, 2)
    w.forecast(1, "cup", "west", 1, 2, 3)
    w.forecast(2, "tea", "east", 0.5, 2, 5)
    _account(w)
    _foresee(w)
    _follow(w)
    w.decisions.append(
        dict(
            event=0,
            time_ms=0,
            order=1,
            shipment=1,
            policy="closest",
            node="east",
            runner_up="west",
            gap_cents=12.5,
        )
    )
    return w


def _account(w: Writer) -> None:
    """Two accounting periods of a hundred hours: the first is closed after 20, the second never."""
    w.add(
        190, "deposit_received", order=7, channel="shop", value=1650, posts={"cash": 1650, "customer_deposits": -1650}
    )
    head: dict[str, Any] = dict(actor="accounting")
    w.add(24, "documents_booked", **head, quantity=3, value=4000)
    w.add(24, "document_rejected", **head, order=0, channel="shop", value=550, reason="mismatch")
    w.add(30, "document_corrected", **head, order=0, channel="shop", value=550, reason="mismatch")
    w.add(48, "documents_booked", **head, quantity=1, value=550)
    w.add(100, "period_ended", **head, quantity=0)
    w.add(104, "items_listed", **head, quantity=2, value=1100, reason="invoice_not_settled")
    w.add(104, "items_listed", **head, quantity=1, value=300, reason="feed_rejected")
    w.add(104, "returns_reserved", **head, value=200, posts={"returns_provision": 200, "returns_reserve": -200})
    w.add(110, "item_explained", **head, order=6, channel="shop", value=550, reason="invoice_not_settled")
    w.add(120, "period_closed", **head, quantity=0)
    w.add(200, "period_ended", **head, quantity=1)


def _foresee(w: Writer) -> None:
    """Orders 2 and 1 are told to be at risk, the one ten hours before its ship-by; an alert is up for twenty hours, and
    again at the end."""
    w.add(34, "order_at_risk", order=2, channel="market", actor="advice:wait", reason="no_stock")
    w.add(18, "shipment_at_risk", order=1, shipment=1, node="east", channel="shop", actor="advice:west",
          reason="capacity_short")  # fmt: skip
    for hour, kind in ((50, "alert_raised"), (70, "alert_cleared"), (700, "alert_raised")):
        w.add(hour, kind, actor="alert:backlog", reason="operations_manager", quantity=9)


def _follow(w: Writer) -> None:
    """Two parcels are scanned five and ten hours after they left, one of them sorted at once, the other a day later;
    the customer of order 2 waits on, until hour 140."""
    w.add(35, "first_scanned", order=2, shipment=2, node="east", channel="market", actor="north")
    w.add(80, "first_scanned", order=2, shipment=3, node="west", channel="market", actor="north")
    w.add(35, "left_hub", order=2, shipment=2, node="east", channel="market", actor="north")
    w.add(82, "missed_sort", order=2, shipment=3, node="west", channel="market", actor="north")
    w.add(106, "left_hub", order=2, shipment=3, node="west", channel="market", actor="north")
    w.add(36, "delay_noticed", order=2, channel="market", due=140)
    w.add(40, "delay_accepted", order=2, channel="market", due=140)


def empty() -> Writer:
    """A run to which nobody came, not even to work."""
    return Writer(hours=0.0)
