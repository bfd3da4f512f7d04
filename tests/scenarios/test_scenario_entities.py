"""Legal entities, their currencies and their rates in a scenario file."""

from __future__ import annotations

from pathlib import Path

import pytest

from scenarios.errors import ScenarioError
from scenarios.load import load
from sim.network import Entity, FxRate
from sim.units import DAY_MS

SHOP = Path(__file__).parent / "small_shop.yaml"


def shop(tmp_path: Path, text: str):
    path = tmp_path / "shop.yaml"
    path.write_text(f"extends: {SHOP}\nname: shop\n{text}", encoding="utf-8")
    return load(path)


def test_currencies_have_their_rates_by_date(tmp_path: Path):
    network = shop(
        tmp_path,
        "entities: {company: {tax: 7%}, works: {currency: EUR, transfer_markup: 5%}}\n"
        "fx_rates: [{currency: EUR, rate: 1.08}, {currency: EUR, at: 2d, rate: 1.1}]\n",
    ).world.network

    assert (Entity("company", "USD", 700), Entity("works", "EUR", 0, 500)) == network.entities
    assert (FxRate("EUR", 0, 1.08), FxRate("EUR", 2 * DAY_MS, 1.1)) == network.fx_rates


@pytest.mark.parametrize("rates", ["[]", "[{currency: EUR, at: 2d, rate: 1.1}]"])
def test_a_currency_that_nobody_knows(tmp_path: Path, rates: str):
    with pytest.raises(ScenarioError, match="nobody knows what EUR is worth") as error:
        shop(tmp_path, f"entities: {{company: {{}}, works: {{currency: EUR}}}}\nfx_rates: {rates}\n")

    assert "entities.works.currency" in str(error.value)
