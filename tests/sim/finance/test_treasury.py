"""The treasury: what entities owe one another is set off and paid, at the rate of the day, and valued at the close."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sim.agents.finance.exchange_rates import ExchangeRates
from sim.distributions import Fixed
from sim.measures.entities import BETWEEN, entity_balances
from sim.measures.registry import compute, split
from sim.model import Model
from sim.network import Category, Entity, FxRate, Segment
from sim.plans.accounting import AccountingPlan
from sim.plans.treasury import TreasuryPlan
from sim.streams import Streams
from sim.units import DAY_MS, HOUR_MS, MINUTE_MS, half_away
from sim.world import DeskShift, Horizon, World
from tests.sim.telling import Story, at, opened, visit, visited
from tests.worlds import ALWAYS, a_busy_world, a_channel, a_node, a_world, stock

P1 = [(0, 2, 1_000)]
SHOP, MAKER = Entity("shop"), Entity("maker", "EUR", transfer_markup_bp=500)
RATES = (FxRate("EUR", 0, 1.25), FxRate("EUR", 2 * DAY_MS, 1.1))
SETTLED = ("intercompany_netted", "intercompany_paid", "intercompany_collected")
EXCHANGE = ("exchange_realised", "exchange_unrealised", "exchange_translated")


def group(treasury: TreasuryPlan | None, **changes) -> World:
    """The shop sells two mugs for which the maker, whose node ships them on day 0, asks 8.40."""
    usual = {"entities": (SHOP, MAKER), "nodes": (a_node(entity=1),), "fx_rates": RATES}
    return a_world(**(usual | changes | {"treasury": treasury}))


def daily(debts_in: str = "seller", revalue: str | None = None) -> TreasuryPlan:
    """Nettings at each midnight, paid three days later."""
    return TreasuryPlan("day", 3 * DAY_MS, debts_in, revalue)


def entries(story: Story, *kinds: str) -> list[tuple]:
    return [
        (clock, kind, actor, cents)
        for clock, kind, actor, cents in story.events("actor", "value_cents", kind=kinds or (*SETTLED, *EXCHANGE))
    ]


# Settlement.


def test_the_buyer_pays_what_was_drawn_up():
    """Sold on day 0 at 17:00, drawn up at midnight, paid three days later: in dollars, for the same 8.40."""
    story = visit(group(daily(), entities=(SHOP, replace(MAKER, currency="USD"))), [(at(0, 9), P1)])

    assert [
        ("4 00:00", "intercompany_paid", "treasury:shop:maker", 840),
        ("4 00:00", "intercompany_collected", "treasury:maker:shop", 840),
    ] == entries(story)
    assert [("intercompany_payables", 840), ("cash", -840), ("cash", 840), ("intercompany_receivables", -840)] == (
        story.postings(kind=SETTLED)
    )
    assert [0, 0] == [story.balance(account) for account in BETWEEN]


def test_what_each_owes_the_other_is_set_off():
    """The maker's 8.40 for mugs against the shop's 11.00 for a bowl: the maker pays the difference."""
    nodes = (a_node("A", entity=1), a_node("B", entity=0))
    channels = (a_channel("web"), a_channel("works", entity=1))
    world = group(
        daily(), entities=(SHOP, replace(MAKER, currency="USD")), nodes=nodes, channels=channels,
        stock=stock([[100, 0], [0, 100]]),
    )  # fmt: skip
    story = visit(world, [(at(0, 9), P1), (at(0, 9), [(1, 1, 2_500)])], channel=[0, 1])

    assert [
        ("4 00:00", "intercompany_netted", "treasury:shop:maker", 840),
        ("4 00:00", "intercompany_netted", "treasury:maker:shop", 840),
        ("4 00:00", "intercompany_paid", "treasury:maker:shop", 260),
        ("4 00:00", "intercompany_collected", "treasury:shop:maker", 260),
    ] == entries(story)
    assert [0, 0] == [story.balance(account) for account in BETWEEN]


def test_what_came_back_after_the_payment_is_paid_back():
    """Received on the morning of day 5, drawn up at midnight, paid three days later: a claim below 0 is set off into a
    debt, which is paid."""
    world = group(
        daily(), entities=(SHOP, replace(MAKER, currency="USD")), categories=(Category("all", 0.5),),
        segments=(Segment("everyone", return_delay_ms=Fixed(DAY_MS)),),
    )  # fmt: skip
    story = visit(world, [(at(0, 9), P1)], return_units=[2], return_delay_ms=[DAY_MS], return_transit_ms=[DAY_MS])

    assert ["5 08:00"] == story.times("intercompany_taken_back")
    assert [
        ("4 00:00", "intercompany_paid", "treasury:shop:maker", 840),
        ("4 00:00", "intercompany_collected", "treasury:maker:shop", 840),
        ("9 00:00", "intercompany_netted", "treasury:shop:maker", -840),
        ("9 00:00", "intercompany_netted", "treasury:maker:shop", -840),
        ("9 00:00", "intercompany_paid", "treasury:maker:shop", 840),
        ("9 00:00", "intercompany_collected", "treasury:shop:maker", 840),
    ] == entries(story)
    assert [0, 0] == [story.balance(account) for account in BETWEEN]


def test_without_a_treasury_all_else_is_the_same():
    def others(story: Story) -> list[tuple]:
        return [
            (r["time_ms"], r["kind"], r["account"], r["amount_cents"])
            for r in story.rows("journal")
            if r["kind"] not in (*SETTLED, *EXCHANGE)
        ]

    without, settled = (visit(group(plan), [(at(0, 9), P1)]) for plan in (None, daily(revalue="day")))

    assert [] == entries(without)
    assert [840, -840] == [without.balance(account) for account in BETWEEN]
    assert others(without) == others(settled)


# Exchange.


def test_a_debt_in_the_sellers_currency_costs_the_buyer_less():
    """8.40 dollars at 1.25 are 6.72 euros; on the day of payment, at 1.10, they are 7.39 dollars. The buyer gains 1.01;
    the seller, who got his 6.72, gains nothing: in dollars his claim has shrunk."""
    world = group(daily())
    story = visit(world, [(at(0, 9), P1)])
    frame = opened(visited(world, [(at(0, 9), P1)]), entity_balances).set_index(["entity", "account"])

    assert [
        ("4 00:00", "exchange_translated", "treasury:maker:shop", -101),
        ("4 00:00", "exchange_realised", "treasury:shop:maker", 101),
        ("4 00:00", "intercompany_paid", "treasury:shop:maker", 739),
        ("4 00:00", "intercompany_collected", "treasury:maker:shop", 739),
    ] == entries(story)
    assert [0, 0, -101, 101] == [story.balance(a) for a in (*BETWEEN, "exchange_realised", "translation_reserve")]
    columns = ["balance_cents", "local_cents"]
    assert [739, 672] == frame.loc[("maker", "cash"), columns].tolist()
    assert [0, 0] == frame.loc[("maker", "intercompany_receivables"), columns].tolist()
    assert [101, 0] == frame.loc[("maker", "translation_reserve"), columns].tolist()
    assert [-101, -101] == frame.loc[("shop", "exchange_realised"), columns].tolist()


@pytest.mark.parametrize("debts_in", ["buyer", "group"])
def test_a_debt_in_the_buyers_currency_brings_the_seller_more(debts_in: str):
    """8.40 dollars are 6.72 euros at 1.25 and 7.64 at 1.10. The seller gains 0.92 euros, which are 1.01 dollars that
    the group did not gain: its translation takes them back."""
    world = group(daily(debts_in))
    story = visit(world, [(at(0, 9), P1)])
    frame = opened(visited(world, [(at(0, 9), P1)]), entity_balances).set_index(["entity", "account"])

    assert [
        ("4 00:00", "exchange_realised", "treasury:maker:shop", 101),
        ("4 00:00", "exchange_translated", "treasury:maker:shop", -101),
        ("4 00:00", "intercompany_paid", "treasury:shop:maker", 840),
        ("4 00:00", "intercompany_collected", "treasury:maker:shop", 840),
    ] == entries(story)
    columns = ["balance_cents", "local_cents"]
    assert [840, 764] == frame.loc[("maker", "cash"), columns].tolist()
    assert [0, 0] == frame.loc[("maker", "intercompany_receivables"), columns].tolist()
    assert [-101, -92] == frame.loc[("maker", "exchange_realised"), columns].tolist()


def test_what_is_open_at_the_close_is_valued_and_the_gain_realised_when_it_is_paid():
    """In the last millisecond of day 2 the rate is 1.10: the same 1.01, unrealised until the payment at midnight of
    day 3."""
    story = visit(group(daily(revalue="day")), [(at(0, 9), P1)])

    assert [
        ("2 23:59 +59999ms", "exchange_translated", "treasury:maker:shop", -101),
        ("2 23:59 +59999ms", "exchange_unrealised", "treasury:shop:maker", 101),
        ("4 00:00", "exchange_translated", "treasury:maker:shop", 101),
        ("4 00:00", "exchange_translated", "treasury:maker:shop", -101),
        ("4 00:00", "exchange_unrealised", "treasury:shop:maker", -101),
        ("4 00:00", "exchange_realised", "treasury:shop:maker", 101),
    ] == entries(story, *EXCHANGE)
    assert [("exchange_adjustments", 101), ("exchange_unrealised", -101)] == [
        (r["account"], r["amount_cents"])
        for r in story.rows("journal", kind="exchange_unrealised")
        if r["time_ms"] < 3 * DAY_MS
    ]
    assert [0, 0] == [story.balance(account) for account in ("exchange_unrealised", "exchange_adjustments")]


def test_a_debt_that_nobody_pays_is_valued_and_stays():
    world = group(TreasuryPlan(None, 0, "seller", "week"), horizon=Horizon(2 * DAY_MS, 0, 20 * DAY_MS))
    model = visited(world, [(at(0, 9), P1)])
    found, by_entity, gains = opened(
        model,
        lambda books: (
            compute(books, ["intercompany_open_cents", "exchange_gains_cents"]),
            split(books, "intercompany_open_cents_by_entity"),
            split(books, "exchange_gains_cents_by_entity"),
        ),
    )

    assert {"intercompany_open_cents": 840, "exchange_gains_cents": 101} == found
    assert [("maker", 840)] == list(by_entity[["entity", "value"]].itertuples(index=False, name=None))
    assert [("shop", 101)] == list(gains[["entity", "value"]].itertuples(index=False, name=None))


# The close.


def closing(treasury: TreasuryPlan) -> Story:
    """Accountants who close each day, and must explain what is older than a day and a half."""
    plan = AccountingPlan(
        interval_ms=HOUR_MS, latency_ms=0, period="day", list_after_ms=2 * HOUR_MS, review_over_ms=36 * HOUR_MS,
        shifts=(DeskShift(ALWAYS, 0, 1440, 1),), handling_ms=Fixed(10 * MINUTE_MS),
    )  # fmt: skip
    world = group(treasury, accounting=plan, horizon=Horizon(2 * DAY_MS, 0, 6 * DAY_MS))
    return visit(world, [(at(0, 9), P1)])


def test_debts_are_on_the_list_until_they_are_paid():
    """Sold at 17:00 of day 0: at its end in no netting, at the ends of days 1 and 2 not paid, with the fourth, paid."""
    story = closing(TreasuryPlan("week", 0, "group", None))
    weekly = story.events("quantity", "value_cents", kind="items_listed", reason="debt_not_drawn_up")
    story = closing(TreasuryPlan("day", 2 * DAY_MS, "group", None))
    listed = story.events("quantity", "value_cents", "reason", kind="items_listed",
                          reason=("debt_not_drawn_up", "debt_not_paid"))  # fmt: skip

    assert [(f"{day} 02:00", "items_listed", 1, 840) for day in (1, 2, 3, 4, 5)] == weekly
    assert [
        ("1 02:00", "items_listed", 1, 840, "debt_not_paid"),
        ("2 02:00", "items_listed", 1, 840, "debt_not_paid"),
    ] == listed


def test_somebody_must_explain_an_old_debt():
    """It is older than a day and a half at the ends of days 2, 3 and 4."""
    told = closing(TreasuryPlan(None, 0, "group", None)).events("value_cents", "reason", kind="item_explained")

    assert [(f"{day} 02:10", "item_explained", 840, "debt_not_drawn_up") for day in (3, 4, 5)] == [
        row for row in told if row[3] == "debt_not_drawn_up"
    ]


# All together.


@pytest.fixture(scope="module", params=["seller", "buyer", "group"])
def busy(request: pytest.FixtureRequest):
    """Three entities of three currencies, two channels, returns, transfers, and rates that are drawn."""
    world = a_busy_world(80.0, horizon=Horizon(3 * DAY_MS, 0, 40 * DAY_MS))
    web, market = world.network.channels
    nodes = tuple(replace(n, entity=i) for i, n in enumerate(world.network.nodes))
    entities = (Entity("shop", tax_bp=700), MAKER, Entity("depot", "GBP", transfer_markup_bp=310))
    rates = (FxRate("EUR", 0, 1.25, 0.2), FxRate("GBP", 0, 1.5, 0.2))
    channels = (web, replace(market, entity=1))
    network = replace(world.network, nodes=nodes, entities=entities, fx_rates=rates, channels=channels)
    plan = TreasuryPlan("week", 2 * DAY_MS, request.param, "week")
    model = Model(replace(world, network=network, treasury=plan), 3, check=True)
    return opened(model, entity_balances)


def test_trial_balances_are_zero(busy):
    assert [[0, 0]] * 3 == busy.groupby("entity")[["balance_cents", "local_cents"]].sum().to_numpy().tolist()


def test_all_that_was_owed_is_paid(busy):
    """In the group's books nothing is left; in each entity's own, what rounding left: less than half a cent an entry,
    of which there are some thousands."""
    frame = busy[busy["account"].isin([*BETWEEN, "exchange_adjustments"])]

    assert len(frame) >= 6
    assert not frame["balance_cents"].any()
    assert frame["local_cents"].abs().max() <= 12


def test_payments_between_entities_are_nothing_to_the_group(busy):
    whole = busy.groupby("account")["balance_cents"].sum()

    assert 0 != whole["exchange_realised"]
    assert 0 == whole["intercompany_sales"] + whole["intercompany_purchases"]


# Rates.


def rates(*given: FxRate, seed: int = 1, days: int = 30) -> ExchangeRates:
    world = a_world(fx_rates=given)
    return ExchangeRates(world.network, world.calendar, Streams(seed), days * DAY_MS)


def test_a_dated_rate_holds_from_its_date_on():
    found = rates(*RATES)

    assert [1.25, 1.25, 1.1, 1.1] == [found.at("EUR", t) for t in (0, 2 * DAY_MS - 1, 2 * DAY_MS, 90 * DAY_MS)]
    assert 1.0 == found.at("USD", 5)
    assert RATES == found.steps


def test_a_drawn_rate_moves_at_midnight_until_the_next_date():
    found = rates(FxRate("EUR", 6 * HOUR_MS, 1.25, 0.1), FxRate("EUR", 3 * DAY_MS + HOUR_MS, 1.1))

    assert [6 * HOUR_MS, DAY_MS, 2 * DAY_MS, 3 * DAY_MS, 3 * DAY_MS + HOUR_MS] == [s.from_ms for s in found.steps]
    assert 1.25 == found.steps[0].rate
    assert 5 == len({s.rate for s in found.steps})
    assert all(s.rate == float(f"{s.rate:.6g}") for s in found.steps)


def test_another_currency_shifts_no_rate_and_a_seed_all():
    euro = FxRate("EUR", 0, 1.25, 0.1)
    alone, two = rates(euro), rates(FxRate("CHF", 0, 1.1, 0.3), euro)

    assert alone.steps == tuple(s for s in two.steps if s.currency == "EUR")
    assert alone.steps[1] != rates(euro, seed=2).steps[1]


def test_a_drawn_rate_has_its_volatility_and_no_drift():
    """Of n daily logarithms: the deviation within 4 / sqrt(2 n) of what was asked, the mean within four errors."""
    n, asked = 4_000, 0.12
    path = np.array([s.rate for s in rates(FxRate("EUR", 0, 1.25, asked), days=n).steps])
    daily_logs = np.diff(np.log(path)) * np.sqrt(365)

    assert abs(daily_logs.std() / asked - 1) < 4 / np.sqrt(2 * n)
    assert abs(daily_logs.mean() + asked**2 / 2 / np.sqrt(365)) < 4 * asked / np.sqrt(n)


def test_halves_go_away_from_zero():
    assert [3, -3, 2, -2, 0] == [half_away(x) for x in (2.5, -2.5, 2.49, -2.49, 0.0)]
