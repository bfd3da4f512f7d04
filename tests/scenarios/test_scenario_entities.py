"""Legal entities, their currencies and their rates in a scenario file."""

from __future__ import annotations

from pathlib import Path

import pytest

from scenarios.errors import ScenarioError
from sim.network import Entity, FxRate
from sim.plans.carrier_bills import CarrierBilling
from sim.plans.treasury import TreasuryPlan
from sim.units import DAY_MS
from tests.scenarios.shops import shop


def test_currencies_have_their_rates_by_date(tmp_path: Path):
    network = shop(
        tmp_path,
        "entities: {company: {tax: 7%}, works: {currency: EUR, transfer_markup: 5%, stock_markup: 2%}}\n"
        "fx_rates: [{currency: EUR, rate: 1.08}, {currency: EUR, at: 2d, rate: 1.1}]\n",
    ).network

    assert (Entity("company", "USD", 700), Entity("works", "EUR", 0, 500, 200)) == network.entities
    assert (FxRate("EUR", 0, 1.08), FxRate("EUR", 2 * DAY_MS, 1.1)) == network.fx_rates


@pytest.mark.parametrize("rates", ["[]", "[{currency: EUR, at: 2d, rate: 1.1}]"])
def test_a_currency_that_nobody_knows(tmp_path: Path, rates: str):
    with pytest.raises(ScenarioError, match="nobody knows what EUR is worth") as error:
        shop(tmp_path, f"entities: {{company: {{}}, works: {{currency: EUR}}}}\nfx_rates: {rates}\n")

    assert "entities.works.currency" in str(error.value)


def test_a_treasury(tmp_path: Path):
    world = shop(
        tmp_path,
        "entities: {company: {}, works: {currency: EUR}}\n"
        "fx_rates: [{currency: EUR, at: 2d, rate: 1.1}, {currency: EUR, rate: 1.08, volatility: 9%}]\n"
        "treasury: {netting: week, pay_after: 2d, debts_in: group, revalue: null}\n",
    )

    assert TreasuryPlan("week", 2 * DAY_MS, "group", None) == world.treasury
    assert (FxRate("EUR", 0, 1.08, 0.09), FxRate("EUR", 2 * DAY_MS, 1.1)) == world.network.fx_rates


def test_a_carrier_that_bills_in_its_own_currency(tmp_path: Path):
    (service,) = shop(
        tmp_path,
        "carriers: {Northway: {currency: EUR, billing: {period: month, terms: 30d}}}\n"
        "fx_rates: [{currency: EUR, rate: 1.1}]\ntreasury: {}\n",
    ).network.services

    assert ("EUR", CarrierBilling("month", 30 * DAY_MS)) == (service.currency, service.billing)


@pytest.mark.parametrize(
    ("text", "key", "accepted"),
    [
        ("treasury: {}", "treasury", "two or more entities, or a channel, supplier or carrier with a currency"),
        ("channels: {web: {currency: EUR}}\ntreasury: {}", "channels.web.currency", "USD, or a currency with an entry"),
        (
            "channels: {web: {currency: EUR}}\nfx_rates: [{currency: EUR, rate: 1.1}]",
            "channels.web.currency",
            "a treasury, such as `treasury: {}`",
        ),
        ("carriers: {Northway: {currency: EUR}}\ntreasury: {}", "carriers.Northway.currency", "an entry of fx_rates"),
        ("carriers: {Northway: {billing: {period: year}}}", "billing.period", "day, week or month"),
        ("entities: {a: {}, b: {}}\ntreasury: {netting: year}", "treasury.netting", "day, week or month"),
        ("entities: {a: {}, b: {}}\ntreasury: {debts_in: dollars}", "treasury.debts_in", "seller, buyer or group"),
        ("fx_rates: [{currency: USD, rate: 1.1}]", "fx_rates", "another currency"),
        ("fx_rates: [{currency: EUR, rate: 0}]", "rate", "a number above 0"),
    ],
)
def test_a_fault_of_the_money_between_entities(tmp_path: Path, text: str, key: str, accepted: str):
    with pytest.raises(ScenarioError) as error:
        shop(tmp_path, text + "\n")

    assert key in str(error.value)
    assert accepted in str(error.value)
