"""An imported order file, its run and its three books agree, to the unit and the penny.

The raw file is counted here once more, by code that knows nothing of the importer. The real file is not part of the
project; where it is absent, the hand-made sample with the same kinds of dirt stands alone. Runs are audited at every
event (``check=True``).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from scenarios.importers.importing import import_orders
from scenarios.importers.report import ImportReport
from scenarios.load import load
from sim.model import Model
from sim.orders import ORDER_STATES
from sim.run import Run
from sim.world import Trace, World

ROOT = Path(__file__).resolve().parents[2]
FILES = {
    "sample": ROOT / "scenarios/library/examples/online_retail_sample.csv",
    "real": ROOT.parent / "shared/data/online_retail.parquet",
}
FEES = {
    "POST": "carriage_income", "DOT": "carriage_income", "C2": "carriage_income", "M": "manual_adjustments",
    "D": "discounts_given", "S": "samples", "AMAZONFEE": "marketplace_fees", "BANK CHARGES": "bank_charges",
    "PADS": "sundry_sales", "DCGS": "sundry_sales", "GIFT": "gift_vouchers", "CRUK": "charity_commission",
    "B": "bad_debt",
}  # fmt: skip
BUCKETS = ["available", "committed", "picked", "awaiting", "quarantined"]

Totals = tuple[int, int]
"""Units and pence."""


class File:
    """The raw rows, told apart by the plain words of docs/import.md."""

    def __init__(self, path: Path) -> None:
        text = {"InvoiceNo": str, "StockCode": str, "UnitPrice": str, "CustomerID": str}
        rows = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path, dtype=text)
        prices = {price: _pence(price) for price in rows["UnitPrice"].unique()}
        rows = pd.DataFrame(
            {
                "invoice": rows["InvoiceNo"].astype(str),
                "sku": rows["StockCode"].astype(str),
                "units": rows["Quantity"].astype(np.int64),
                "price": rows["UnitPrice"].map(prices).astype(np.int64),
                "at": pd.to_datetime(rows["InvoiceDate"], format="%m/%d/%y %H:%M"),
                "customer": pd.to_numeric(rows["CustomerID"]).fillna(-1).astype(np.int64),
            }
        )
        rows["pence"] = rows["units"] * rows["price"]
        self.rows = rows
        product = rows["sku"].str.fullmatch(r"\d{5}.*")
        note = rows["invoice"].str.startswith("C")
        more, less, free = rows["units"] > 0, rows["units"] < 0, rows["price"] == 0
        somebody = rows["customer"] >= 0
        sold = product & ~note & more & ~free
        given = product & ~note & more & free & (somebody | rows["invoice"].isin(rows["invoice"][sold]))
        missing = ~note & less & free & ~somebody
        self.sales, self.notes = rows[sold], rows[product & note & less]
        self.missing = pd.concat([rows[missing], rows[given].assign(units=-rows["units"][given])])
        self.found = rows[product & ~note & more & free & ~given]
        code = rows["sku"].str.upper().str.extract(rf"^({'|'.join(sorted(FEES, key=len, reverse=True))})")[0]
        fees = ~product & ~missing & code.notna()
        self.fees = rows["pence"][fees].groupby(code[fees].map(FEES)).sum().to_dict()

    @cached_property
    def placed_at(self) -> pd.Series[Any]:
        """When each order was placed: its first row's time, in London, by the clock of the wall."""
        first = self.sales.groupby("invoice", sort=False)["at"].first()
        return first.dt.tz_localize("Europe/London", nonexistent="shift_forward")

    @cached_property
    def matches(self) -> tuple[Counter[tuple[str, str, int]], Totals]:
        """Units taken back of each (order, SKU), at each price, first in first out; and what matches nothing."""
        placed = self.sales["invoice"].map(self.sales.groupby("invoice")["at"].first())
        shelf = defaultdict[tuple[int, str], list[list[Any]]](list)
        wanted = set(zip(self.notes["customer"], self.notes["sku"]))
        sales = self.sales.assign(placed=placed).sort_values("placed", kind="stable")
        for invoice, sku, units, customer, at in zip(
            *(sales[c] for c in ("invoice", "sku", "units", "customer", "placed"))
        ):
            if customer >= 0 and (customer, sku) in wanted:
                shelf[customer, sku].append([invoice, units, at])
        taken = Counter[tuple[str, str, int]]()
        rest_units = rest_pence = 0
        for _, note in self.notes.sort_values("at", kind="stable").iterrows():
            needed = -note["units"]
            for sale in shelf.get((note["customer"], note["sku"]), []):
                units = min(needed, sale[1]) if sale[2] <= note["at"] else 0
                if units:
                    taken[sale[0], note["sku"], note["price"]] += units
                    sale[1] -= units
                    needed -= units
            rest_units, rest_pence = rest_units + needed, rest_pence + needed * note["price"]
        return taken, (rest_units, rest_pence)


def _pence(price: object) -> int:
    return int((Decimal(str(price)) * 100).quantize(Decimal(1), ROUND_HALF_UP))


@dataclass
class Case:
    """One file, imported and run."""

    name: str
    file: File
    report: ImportReport
    world: World
    model: Model
    run: Run

    @property
    def trace(self) -> Trace:
        assert self.world.trace is not None
        return self.world.trace

    @cached_property
    def events(self) -> pd.DataFrame:
        """The event log, with the file's order numbers."""
        events = self.run.events()
        order = events["order"].fillna(-1).astype(int).to_numpy()
        events["ref"] = np.array([*self.trace.order_ref, None], dtype=object)[order]
        events["sku"] = events["sku"].astype(object)
        return events

    def of(self, *kinds: str) -> pd.DataFrame:
        """Events of these kinds."""
        return self.events[self.events["kind"].isin(kinds)]

    def totals(self, *kinds: str) -> Totals:
        """Units and pence of these kinds of event."""
        found = self.of(*kinds)
        return int(found["quantity"].sum()), int(found["value_cents"].sum())

    def units_by_line(self, kind: str) -> pd.Series[Any]:
        """Units of a kind of event, by the number of the line; 0 where it did not happen."""
        found = self.of(kind)
        units = found["quantity"].groupby(found["line"].astype(int)).sum()
        return units.reindex(range(len(self.trace.line_units)), fill_value=0)

    @cached_property
    def balances(self) -> dict[str, int]:
        """The trial balance: debits above zero, credits below; accounts without postings are 0."""
        balances = self.run.balances().set_index("account")["balance_cents"]
        return defaultdict(int, {str(account): int(cents) for account, cents in balances.items()})

    def moved(self, source: str, target: str, by: list[str] | None = None) -> Any:
        """Units that the ledger moved from one bucket or counterpart to another: in all, or by node or SKU."""
        columns = ", ".join(by or [])
        frame = self.run.sql(
            f"SELECT {columns + ',' if by else ''} coalesce(sum(units), 0)::BIGINT AS units FROM ledger "
            f"WHERE from_bucket = '{source}' AND to_bucket = '{target}' {'GROUP BY ' + columns if by else ''}"
        )
        return frame.set_index(by)["units"] if by else int(frame["units"][0])


@pytest.fixture(scope="module", params=list(FILES))
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Case:
    path = FILES[request.param]
    if not path.is_file():
        pytest.skip("the Online Retail data is not part of the project; put it at ../shared/data")
    folder = tmp_path_factory.mktemp(request.param)
    report = import_orders(path, "online-retail", folder / "shop")
    world = load(folder / "shop").world
    books = folder / "run"
    books.mkdir()
    model = Model(world, seed=1, check=True)
    model.run(books)
    return Case(request.param, File(path), report, world, model, Run.open(books))


def test_the_audit_changes_nothing(case: Case, tmp_path: Path):
    plain = Model(case.world, seed=1).run(tmp_path)

    assert case.run.manifest == plain


# The file and the import.


def test_the_import_agrees_with_the_file(case: Case):
    classes, file = case.report.classes, case.file

    def told(*names: str) -> Totals:
        return sum(classes[n].units for n in names), sum(classes[n].cents for n in names)

    def counted(rows: pd.DataFrame) -> Totals:
        return int(rows["units"].sum()), int(rows["pence"].sum())

    assert counted(file.sales) == told("sale")
    assert len(file.sales) == classes["sale"].rows
    assert counted(file.notes) == told("credit_matched", "credit_partly_matched", "credit_unmatched")
    assert int(file.found["units"].sum()) == classes["stock_adjustment_up"].units
    gone = classes["stock_adjustment_down"].units - classes["free_goods"].units
    assert int(file.missing["units"].sum()) == gone
    assert file.fees == {account: total.cents for account, total in case.report.fees.items()}
    taken, rest = file.matches
    assert (taken.total(), *rest) == (
        case.report.credits.matched_units,
        case.report.credits.unmatched_units,
        case.report.credits.unmatched_cents,
    )
    assert case.report.reconciles


def test_the_figures_of_the_real_file(case: Case):
    if case.name != "real":
        pytest.skip("the sample has figures of its own")
    captured = case.of("captured")

    assert (9_357, 233_056) == (captured["order"].nunique(), len(captured))
    assert (2_429_993, 452_342_270) == case.totals("captured")
    assert (126_372, 18_166_688) == case.totals("credit_voided", "credit_returned", "credit_unmatched")
    assert 108_380 == case.totals("credit_voided", "credit_returned")[0]


# Demand.


def test_every_line_of_every_order_enters_at_its_time_and_price(case: Case):
    sales = case.file.sales
    expected = sales.assign(at=sales["invoice"].map(case.file.placed_at))
    captured = case.of("captured")
    columns = ["ref", "sku", "quantity", "value_cents", "time"]
    asked = expected[["invoice", "sku", "units", "pence", "at"]].set_axis(columns, axis=1)

    def in_order(frame: pd.DataFrame) -> list[tuple[Any, ...]]:
        return sorted(frame.astype({"time": "datetime64[ms, UTC]"}).itertuples(index=False, name=None))

    assert in_order(asked) == in_order(captured[columns])
    assert 0 == len(case.of("refused", "oversold"))


def test_every_order_ends_and_every_unit_of_it_is_shipped_or_voided(case: Case):
    ordered = pd.Series(case.trace.line_units)
    shipped, voided = case.units_by_line("shipped"), case.units_by_line("cancelled_units")
    still_open = pd.Series(case.model.site.register.lines.open_units)

    assert ordered.tolist() == (shipped + voided + still_open).tolist()
    assert 0 == still_open.sum()
    states = Counter(ORDER_STATES[s] for s in case.model.site.register.orders.state)
    assert {"closed", "cancelled"} >= set(states)
    of_order = pd.Series(case.trace.line_order)
    nothing_shipped = int((shipped.groupby(of_order).sum() == 0).sum())
    assert nothing_shipped == states["cancelled"] == len(case.of("cancelled"))
    assert states["closed"] == len(case.of("closed"))


def test_nobody_works_on_saturdays_nor_does_the_change_to_summer_time_move_the_shifts(case: Case):
    floor = case.of("picked", "packed", "put_away")["time"].dt
    picks = case.of("picked").assign(clock=lambda frame: frame["time"].dt.hour)

    assert 5 not in set(floor.day_of_week)
    hours = picks.groupby("node", observed=True)["clock"].agg(["min", "max"])
    opens = {n.name: min(s.start_minute for s in n.shifts) // 60 for n in case.world.network.nodes}
    closes = {n.name: max(s.end_minute for s in n.shifts) // 60 for n in case.world.network.nodes}
    for node, (first, last) in zip(hours.index, hours.itertuples(index=False, name=None)):
        assert opens[node] <= first
        assert last <= closes[node]


def test_stock_and_capacity_bind_and_the_shop_is_still_plausible(case: Case):
    if case.name != "real":
        pytest.skip("a week of a few orders shows neither")
    kpis = case.run.kpis(["fill_rate", "backordered_orders_share", "click_to_ship_p50_hours"])

    assert 0.90 < kpis["fill_rate"] < 1
    assert 0 < kpis["backordered_orders_share"] < 0.3
    assert 1 < kpis["click_to_ship_p50_hours"] < 24


# Credit notes.


def test_credit_notes_are_voids_returns_or_unmatched_and_nothing_else(case: Case):
    taken, rest = case.file.matches
    matched = case.of("credit_voided", "credit_returned")
    by_line = matched.groupby(["ref", "sku"])[["quantity", "value_cents"]].sum()
    expected = pd.DataFrame(
        [(*key[:2], units, units * key[2]) for key, units in taken.items()],
        columns=["ref", "sku", "quantity", "value_cents"],
    )

    assert expected.groupby(["ref", "sku"]).sum().astype("int64").equals(by_line.astype("int64"))
    assert rest == case.totals("credit_unmatched")
    notes = case.file.notes
    assert (-notes["units"].sum(), -notes["pence"].sum()) == case.totals(
        "credit_voided", "credit_returned", "credit_unmatched"
    )


def test_a_void_comes_before_shipment_and_cancels_the_same_units(case: Case):
    voided = case.of("credit_voided")
    cancelled = case.of("cancelled_units")

    assert voided["quantity"].sum() == cancelled["quantity"].sum()
    columns = ["time_ms", "line", "quantity"]
    assert voided[columns].to_numpy().tolist() == cancelled[columns].to_numpy().tolist()
    assert {"credit_note"} == set(cancelled["reason"])


def test_a_later_credit_returns_at_the_later_of_its_time_and_delivery(case: Case):
    credited, requested = case.of("credit_returned"), case.of("return_requested")
    delivered = case.of("delivered").set_index("shipment")["time_ms"]
    parcel = requested["shipment"].map(delivered)
    moments = set(zip(credited["line"], credited["time_ms"]))
    at_its_time = np.array([key in moments for key in zip(requested["line"], requested["time_ms"])])

    assert (requested["time_ms"] >= parcel).all()
    assert (at_its_time | (requested["time_ms"] == parcel).to_numpy(dtype=bool)).all()
    assert case.units_by_line("credit_returned").equals(case.units_by_line("return_requested"))
    assert case.units_by_line("return_requested").equals(case.units_by_line("refunded"))
    assert (case.units_by_line("return_requested") <= case.units_by_line("shipped")).all()


def test_credits_add_up_where_orders_are_held_and_parcels_lost(tmp_path: Path):
    import_orders(FILES["sample"], "online-retail", tmp_path / "shop")
    services = {"national-post": "small-parcel", "parcel-courier": "road", "world-express": "air"}
    astray = [f"carriers.{carrier}.services.{name}.lost_share=60%" for carrier, name in services.items()]
    held = [
        "channels.web.payments.card.declined_share=30%",
        "channels.web.payments.card.recovered_share=50%",
        "channels.web.payments.card.review_share=30%",
    ]
    world = load(tmp_path / "shop", sets=[*astray, *held, "channels.web.accepts_backorders=false"]).world
    file, ends = File(FILES["sample"]), Counter[str]()
    for seed in range(1, 6):
        books = tmp_path / f"run-{seed}"
        books.mkdir()
        model = Model(world, seed, check=True)
        model.run(books)
        events = Run.open(books).events()
        credits = events[events["kind"].isin(["credit_voided", "credit_returned", "credit_unmatched"])]
        lost = set(events["shipment"][events["kind"] == "lost"])
        shipped = events[(events["kind"] == "shipped") & events["shipment"].isin(lost)]
        returned, requested = (
            events["quantity"][events["kind"] == kind].sum() for kind in ("credit_returned", "return_requested")
        )

        assert len(world.trace.line_units) == (events["kind"] == "captured").sum()  # type: ignore[union-attr]
        assert -file.notes["units"].sum() == credits["quantity"].sum()
        assert -file.notes["pence"].sum() == credits["value_cents"].sum()
        # What was credited on its way and never arrived was refunded as lost, and is not refunded again.
        assert 0 <= returned - requested <= shipped["quantity"].sum()
        ends.update(ORDER_STATES[s] for s in model.site.register.orders.state)
    assert {"closed", "cancelled"} == set(ends)


# Stock.


def test_the_ledger_moved_what_the_events_say(case: Case):
    assert case.totals("shipped")[0] == case.moved("picked", "customer")
    assert case.totals("return_received")[0] == case.moved("customer", "awaiting")
    assert case.totals("credit_returned")[0] == case.moved("customer", "awaiting")
    ordered, voided = case.totals("captured")[0], case.totals("credit_voided")[0]
    assert ordered - voided == case.moved("picked", "customer")


def test_stock_corrections_of_the_file_are_made_or_refused_unit_by_unit(case: Case):
    found, missing = case.file.found, case.file.missing

    def units(kinds: list[str]) -> dict[Any, int]:
        events = case.of(*kinds)
        return events.groupby("sku")["quantity"].sum().to_dict()

    # Corrections of codes that are no products (a fee code with negative units) are stock of the scenario too.
    assert found.groupby("sku")["units"].sum().to_dict() == units(["adjusted_up"])
    assert (-missing.groupby("sku")["units"].sum()).to_dict() == units(["adjusted_down", "adjustment_refused"])
    assert int(found["units"].sum()) == case.moved("adjustment", "available")
    assert case.totals("adjusted_down")[0] == case.moved("available", "adjustment")
    refused = case.totals("adjustment_refused")[0]
    assert refused <= 0.1 * -missing["units"].sum()


def test_units_are_conserved_in_each_node_and_sku(case: Case):
    by = ["from_node", "sku"]
    flows = [
        (+1, "opening", "available"), (+1, "supplier", "awaiting"), (+1, "adjustment", "available"),
        (+1, "customer", "awaiting"), (-1, "picked", "customer"), (-1, "available", "adjustment"),
        (-1, "awaiting", "scrap"),
    ]  # fmt: skip
    parts = [sign * case.moved(source, target, by) for sign, source, target in flows]
    net = pd.concat(parts).groupby(level=[0, 1]).sum()
    stock = case.run.stock_at(case.world.horizon.drain_until_ms)
    on_hand = stock[stock["bucket"].isin(BUCKETS)].groupby(["node", "sku"])["units"].sum()

    assert net[net != 0].to_dict() == on_hand[on_hand != 0].to_dict()
    live = case.model.site.inventory.units
    network = case.world.network
    assert on_hand[on_hand != 0].to_dict() == {
        (network.nodes[n].name, network.products[p].sku): units
        for n, row in enumerate(live)
        for p, units in enumerate(row)
        if units
    }


# Money.


def test_every_entry_balances_and_so_does_the_whole(case: Case):
    odd = case.run.sql("SELECT event FROM journal GROUP BY event HAVING sum(amount_cents) <> 0")

    assert [] == odd["event"].tolist()
    assert 0 == sum(case.balances.values())


def test_revenue_is_what_was_captured_less_what_was_voided(case: Case):
    shipped, prices = case.units_by_line("shipped"), pd.Series(case.trace.line_price_cents)
    voided_at_sale_price = case.totals("cancelled_units")[1]
    still_open = int((pd.Series(case.model.site.register.lines.open_units) * prices).sum())

    assert int((shipped * prices).sum()) == -case.balances["revenue"]
    assert case.totals("captured")[1] - voided_at_sale_price - still_open == -case.balances["revenue"]
    assert 0 == case.balances["receivables"] == case.balances["card_clearing"] == case.balances["customer_deposits"]


def test_credits_are_posted_where_they_belong(case: Case):
    _, (_, unmatched) = case.file.matches
    at_its_price, at_sale_price = case.totals("credit_voided")[1], case.totals("cancelled_units")[1]

    assert case.totals("credit_returned")[1] == case.totals("refunded")[1] == case.balances["sales_returns"]
    assert unmatched == case.balances["unmatched_credits"]
    assert at_its_price - at_sale_price == case.balances["credit_price_differences"]
    net = -sum(
        case.balances[account]
        for account in ("revenue", "sales_returns", "unmatched_credits", "credit_price_differences")
    )
    file = case.file
    assert int(file.sales["pence"].sum() + file.notes["pence"].sum()) == net


def test_fees_are_posted_to_their_accounts(case: Case):
    assert {a: p for a, p in case.file.fees.items() if p} == {
        account: -case.balances[account] for account in case.model.wiring.fee_accounts if case.balances[account]
    }
    assert sum(case.file.fees.values()) == case.totals("fee_posted")[1]


def test_the_inventory_account_is_what_the_stock_is_worth(case: Case):
    came = case.run.sql(
        "SELECT sum(CASE WHEN to_bucket IN ('available', 'awaiting') THEN value_cents ELSE -value_cents END)"
        "::BIGINT AS cents FROM ledger WHERE from_bucket NOT IN ('available', 'awaiting', 'committed', 'picked') "
        "OR to_bucket IN ('customer', 'adjustment', 'scrap')"
    )["cents"][0]

    assert came == case.balances["inventory"]
    assert sum(map(sum, case.model.site.inventory.value_cents)) == case.balances["inventory"]
    assert case.totals("shipped")[1] - case.totals("return_received")[1] == case.balances["cost_of_goods"]
    assert 0 == case.balances["inventory_in_transit"] == case.balances["goods_received_not_invoiced"]
