"""The group's statement again, from the raw books, by other code, to the cent."""

from __future__ import annotations

import math
import tempfile
from collections import Counter, defaultdict
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pytest

from sim.books.reconcile import reconcile
from sim.measures.group_statement import eliminations_by_period, group_statement
from sim.measures.intercompany import intercompany_balances
from sim.model import Model
from sim.network import Entity, FxRate
from sim.plans.treasury import TreasuryPlan
from sim.run import Run
from sim.units import DAY_MS
from sim.world import Horizon, Rules, World
from tests.worlds import a_busy_world, stock

CURRENCIES = {"one": ("USD", "USD", "USD"), "three": ("USD", "EUR", "GBP")}
CLOSE = 5 * DAY_MS


class Found(NamedTuple):
    """What a run says, and its raw books."""

    whole: pd.DataFrame
    period: pd.DataFrame
    closes: pd.DataFrame
    between: pd.DataFrame
    journal: pd.DataFrame
    manifest: dict[str, Any]
    complaints: list[str]


def chain(currencies: tuple[str, ...], **rules: Any) -> World:
    """The middle buys and feeds the east, which feeds the west; each is an entity, adds its share to stock and to
    parcels, and one of them has both channels. Returns, losses, rates that are drawn."""
    world = a_busy_world(60.0, products=10, horizon=Horizon(3 * DAY_MS, 0, 30 * DAY_MS))
    entities = tuple(
        Entity(name, currency, 700, 310 * (1 + i), 450 * (1 + i))
        for i, (name, currency) in enumerate(zip(("shop", "works", "depot"), currencies, strict=True))
    )
    east, middle, west = world.network.nodes
    nodes = (replace(east, entity=0, source=1), replace(middle, entity=1), replace(west, entity=2, source=0))
    channels = tuple(replace(channel, entity=i) for i, channel in enumerate(world.network.channels))
    rates = (FxRate("EUR", 0, 1.25, 0.5), FxRate("GBP", 0, 1.5, 0.5))
    network = replace(world.network, entities=entities, nodes=nodes, channels=channels, fx_rates=rates)
    levels = stock(*([[low] * 10, [high] * 10, [low] * 10] for low, high in ((12, 60), (10, 30), (25, 90))))
    return replace(world, network=network, stock=levels, rules=Rules(data_fault_share=0.01, **rules))


RUNS = [("one", "shipment"), ("one", "delivery"), ("three", "shipment"), ("three", "delivery")]


@pytest.fixture(scope="module", params=RUNS, ids="-".join)
def found(request: pytest.FixtureRequest) -> Found:
    name, revenue_at = request.param
    world = chain(CURRENCIES[name], revenue_at=revenue_at)
    with tempfile.TemporaryDirectory() as folder:
        Model(world, 3, check=True).run(Path(folder))
        run = Run.open(Path(folder))
        books = run.books
        return Found(
            group_statement(books),
            group_statement(books, None, CLOSE),
            eliminations_by_period(books, "day"),
            intercompany_balances(books),
            books.frame(
                "SELECT j.*, e.sku, e.line FROM journal AS j JOIN events AS e USING (event) ORDER BY j.event, j.account"
            ),
            run.manifest,
            reconcile(folder),
        )


@pytest.fixture(scope="module")
def again(found: Found) -> Again:
    return Again(found)


def test_the_books_hold(found: Found):
    assert [] == found.complaints
    assert {"intercompany_stock_sold", "intercompany_sold", "intercompany_taken_back"} <= set(found.journal["kind"])


def test_each_column_sums_to_zero_and_the_groups_is_the_sum_of_the_others(found: Found):
    for frame in (found.whole, found.period):
        assert [0] * 7 == frame.sum().tolist()
        others = frame.drop(columns=["group"], level="part").sum(axis=1)
        assert others.tolist() == frame["group", "group"].tolist()
        assert {account for account in frame.index if account.startswith("intercompany")} <= set(
            frame.index[frame["group", "group"] == 0]
        )


def test_with_one_currency_the_group_has_what_the_journal_has(found: Found):
    """Which never valued stock at what one entity asks another."""
    is_one = all(e["currency"] == "USD" for e in found.manifest["entities"])
    posted = found.journal.groupby("account")["amount_cents"].sum()
    posted = posted[~posted.index.str.startswith("intercompany") & (posted != 0)]
    group = found.whole["group", "group"]

    assert is_one == (posted.to_dict() == group[group != 0].to_dict())
    assert is_one != bool({"differences_of_debts", "differences_of_trade"} & set(found.whole.index))


def test_debts_are_eliminated_to_the_cent(found: Found, again: Again):
    eliminated = found.whole["elimination", "balances"]
    expected: Counter[str] = Counter()
    for (entity, account), cents in again.debts.items():
        translated = half_away(cents * again.rate(entity, again.end_ms))
        assert translated == found.whole.loc[account, ("entity", entity)]
        expected[account] -= translated
    expected["differences_of_debts"] = -sum(expected.values())

    assert {a: c for a, c in expected.items() if c} == eliminated[eliminated != 0].to_dict()


def test_trade_is_eliminated_to_the_cent(found: Found, again: Again):
    eliminated = found.whole["elimination", "trade"]
    expected: Counter[str] = Counter()
    for (entity, account), cents in again.trade.items():
        assert half_away(cents) == found.whole.loc[account, ("entity", entity)]
        expected[account] -= half_away(cents)
    expected["cost_of_goods"] = -again.earned
    expected["differences_of_trade"] = -sum(expected.values())

    assert {a: c for a, c in expected.items() if c} == eliminated[eliminated != 0].to_dict()


def test_unrealised_profit_is_what_is_left_of_it_in_stock(found: Found, again: Again):
    eliminated = found.whole["elimination", "unrealised profit"]
    held = Counter({account: -cents for account, cents in again.unrealised.items()})
    stock = eliminated[eliminated.index.isin(["inventory", "inventory_in_transit", "goods_with_carriers"])]

    assert {a: c for a, c in held.items() if c} == stock[stock != 0].to_dict()
    assert held["inventory"] < -1_000


def test_profit_before_is_what_was_retained(found: Found):
    closes = found.closes.set_index("end_ms")
    before = int(closes["profit_cents"][CLOSE])
    assert before == found.period.loc["retained_earnings", ("elimination", "unrealised profit")]
    rolled = closes["profit_before_cents"] + closes["profit_added_cents"] - closes["profit_released_cents"]
    assert rolled.tolist() == closes["profit_cents"].tolist()
    assert (closes["profit_released_cents"] > 0).any()
    assert closes["sales_cents"].sum() == found.whole.loc["intercompany_sales", ("elimination", "trade")]


def test_what_each_two_leave_is_what_the_elimination_leaves(found: Found):
    """To a cent of rounding a pair; each entity's claims and debts are those of its books."""
    between, eliminated = found.between, found.whole["elimination", "balances"]
    left = int(between["difference_cents"].sum()) // 2

    assert abs(left - eliminated.get("differences_of_debts", 0)) <= len(between)
    for what in ("receivables", "payables"):
        told = between.groupby("entity")[f"{what}_cents"].sum()
        own = found.whole["entity"].loc[f"intercompany_{what}"]
        assert (told - own).abs().max() <= 2
    assert 6 == len(between)
    assert (found.manifest["entities"][1]["currency"] == "USD") == (not between["difference_cents"].any())


def test_debts_that_are_valued_at_each_close_leave_cents_of_rounding():
    """Whatever currency they are in, before and after they were paid."""
    world = replace(chain(CURRENCIES["three"]), treasury=TreasuryPlan("day", 3 * DAY_MS, "seller", "day"))
    with tempfile.TemporaryDirectory() as folder:
        Model(world, 3, check=True).run(Path(folder))
        closes = eliminations_by_period(Run.open(Path(folder)).books, "week")

    assert closes["debt_differences_cents"].abs().max() <= 5
    assert [0] == closes["debts_cents"].tail(1).tolist()
    assert closes["sales_cents"].sum() > 100_000


def half_away(cents: float) -> int:
    return int(math.copysign(math.floor(abs(cents) + 0.5), cents))


OUTSIDE = {"opening_stock", "received", "adjusted_up", "record_raised"}
LOST = {"scrapped", "returned_to_vendor", "quarantine_scrapped", "adjusted_down", "record_lowered"}
SELLS = {"intercompany_sold", "intercompany_taken_back", "intercompany_stock_sold"}


class Again:
    """Fact by fact: what each pile of goods cost its owner, and what others earned on it."""

    def __init__(self, found: Found) -> None:
        self.manifest, self.end_ms = found.manifest, found.manifest["drain_until_ms"]
        self.currency = {e["name"]: e["currency"] for e in self.manifest["entities"]}
        self.owner = {n["name"]: n["entity"] for n in self.manifest["nodes"]}
        self.seller = {c["name"]: c["entity"] for c in self.manifest["channels"]}
        self.debts: Counter[tuple[str, str]] = Counter()
        self.trade: dict[tuple[str, str], float] = defaultdict(float)
        self.piles: dict[Any, list[int]] = defaultdict(lambda: [0, 0, 0])
        self.left: dict[Any, list[int]] = defaultdict(lambda: [0, 0, 0])
        self.truck: list[tuple[int, int, int]] = []
        self.sold: list[int] = []
        self.earned = 0
        for _, rows in found.journal.groupby("event", sort=True):
            first = next(rows.itertuples(index=False))
            self._fact(first, dict(zip(rows["account"], rows["amount_cents"], strict=True)))

    @property
    def unrealised(self) -> Counter[str]:
        left: Counter[str] = Counter()
        for (account, *_), (_, _, profit) in self.piles.items():
            left[account] += profit
        return left

    def rate(self, entity: str, time_ms: int) -> float:
        steps = [(r["from_ms"], r["rate"]) for r in self.manifest["fx_rates"] if r["currency"] == self.currency[entity]]
        return float(max([step for step in steps if step[0] <= time_ms], default=(0, 1.0))[1])

    def _fact(self, fact: Any, lines: dict[str, int]) -> None:
        if fact.kind in ("intercompany_bought", "intercompany_given_back"):
            self._between(self.seller[fact.channel], fact, lines)
        elif fact.kind in ("intercompany_sold", "intercompany_taken_back"):
            self._between(self.owner[fact.node], fact, lines)
        elif fact.kind.startswith("intercompany"):
            self._stock_between(self.owner[fact.node], fact, lines)
        elif fact.node in self.owner:
            self._goods(self.owner[fact.node], fact, lines)

    def _between(self, entity: str, fact: Any, lines: dict[str, int]) -> None:
        rate = self.rate(entity, fact.time_ms)
        for account, cents in lines.items():
            own = half_away(cents / rate)
            if account in ("intercompany_receivables", "intercompany_payables"):
                self.debts[entity, account] += own
            else:
                self.trade[entity, account] += own * rate

    def _stock_between(self, entity: str, fact: Any, lines: dict[str, int]) -> None:
        rate, value = self.rate(entity, fact.time_ms), abs(lines["inventory_in_transit"])
        transit = "inventory_in_transit", entity, fact.sku
        if fact.kind == "intercompany_stock_bought":
            price = half_away(-lines["intercompany_payables"] / rate)
            self.debts[entity, "intercompany_payables"] -= price
            self._put(transit, (value, price, self.sold.pop(0)))
            return
        price, (_, cost, profit) = half_away(lines["intercompany_receivables"] / rate), self.truck.pop(0)
        self._put(transit, (-value, -cost, -profit))
        self.debts[entity, "intercompany_receivables"] += price
        self.trade[entity, "intercompany_sales"] -= price * rate
        self.trade[entity, "intercompany_cost"] += cost * rate
        earned = half_away((price - cost) * rate)
        self.earned += earned
        self.sold.append(profit + earned)

    def _goods(self, entity: str, fact: Any, lines: dict[str, int]) -> None:
        here, line = ("inventory", fact.node, fact.sku), (entity, fact.line)
        transit, carried = ("inventory_in_transit", entity, fact.sku), ("goods_with_carriers", fact.line, fact.sku)
        value = abs(lines.get("inventory", lines.get("goods_with_carriers", 0)))
        if fact.kind in OUTSIDE:
            self._put(here, (value, half_away(value / self.rate(entity, fact.time_ms)), 0))
        elif fact.kind in LOST:
            self._take(here, value)
        elif fact.kind == "transfer_shipped":
            self.truck.append(self._take(here, value))
            self._put(transit, self.truck[-1])
        elif fact.kind == "transfer_received":
            self._put(here, self._take(transit, value))
        elif fact.kind == "shipped":
            self._put(line, self._take(here, value), self.left)
        elif fact.kind == "return_received":
            self._put(here, self._share(self.left[line], value) or self._of_the_day(entity, fact, value))
        elif fact.kind == "cost_deferred":
            self._put(carried, self._share(self.left[line], value))
        elif fact.kind == "cost_recognised":
            self._put(line, self._take(carried, value), self.left)

    def _of_the_day(self, entity: str, fact: Any, value: int) -> tuple[int, int, int]:
        """Goods that another entity's node had sent."""
        return value, half_away(value / self.rate(entity, fact.time_ms)), 0

    def _share(self, pile: list[int], value: int) -> tuple[int, int, int] | None:
        if pile[0] == 0:
            return None
        if pile[0] == value:
            return tuple(pile)  # type: ignore[return-value]  # three of them
        return value, math.floor(pile[1] * value / pile[0] + 0.5), math.floor(pile[2] * value / pile[0] + 0.5)

    def _take(self, pile: Any, value: int) -> tuple[int, int, int]:
        taken = self._share(self.piles[pile], value)
        assert taken is not None
        self._put(pile, tuple(-x for x in taken))
        return taken

    def _put(self, pile: Any, goods: Any, into: dict[Any, list[int]] | None = None) -> None:
        into = self.piles if into is None else into
        into[pile] = [a + b for a, b in zip(into[pile], goods, strict=True)]
