"""Companies of the house, what their money is worth, and borders between them."""

from __future__ import annotations

from typing import Annotated

from scenarios.fields import (
    Duration,
    Moment,
    Money,
    Name,
    Names,
    PositiveNumber,
    RandomDuration,
    Section,
    Share,
    ShareBp,
    Text,
    key,
    one_of,
)
from sim.plans.accounting import PERIODS
from sim.plans.treasury import DEBTS_IN, TreasuryPlan


class EntitySpec(Section):
    """A legal entity."""

    name: Name = key(description="Name of the legal entity.")
    currency: Text = key("USD", description="Its currency, by ISO 4217 code.")
    tax: ShareBp = key("0%", description="Sales tax on what it sells.")
    transfer_markup: ShareBp = key(
        "0%", description="What it adds to the cost of goods that it ships for other entities (cost plus, 3 to 10%)."
    )
    stock_markup: ShareBp = key(
        "0%",
        description="What it adds to the cost of stock that it transfers to nodes of other entities (2 to 8%); 0%: "
        "stock goes at cost, and is no sale.",
    )


class FxRateSpec(Section):
    """What a currency is worth from a date on."""

    currency: Text = key(description="The currency, by ISO 4217 code.")
    at: Moment = key(0, description="From when on.")
    rate: PositiveNumber = key(description="What one unit of it is worth in the first entity's currency.")
    volatility: Share = key(
        "0%",
        description="How much it varies in a year (major pairs: 6 to 12%): drawn each midnight until its next date.",
    )


class TreasurySpec(Section):
    """When entities pay one another, in what currency they owe, and when open items are valued anew."""

    netting: Annotated[str, one_of(*PERIODS)] | None = key(
        "month", description="Period with whose end debts between entities are drawn up and set off; null: never."
    )
    pay_after: Duration = key("5d", description="How long after that the differences are paid.")
    debts_in: Annotated[str, one_of(*DEBTS_IN)] = key(
        "seller", description="In whose currency one entity owes another; `group` is the first one's."
    )
    revalue: Annotated[str, one_of(*PERIODS)] | None = key(
        "month", description="Period at whose end what is open in a foreign currency is valued anew; null: never."
    )

    def plan(self) -> TreasuryPlan:
        """What the simulation runs."""
        return TreasuryPlan(self.netting, self.pay_after, self.debts_in, self.revalue)


class BorderSpec(Section):
    """A border that parcels cross on their way into a country."""

    name: Name = key(description="Name of the country, or of the customs union.")
    regions: Names = key(description="The regions behind it.")
    nodes: Names = key([], description="Nodes behind it too, whose parcels do not cross it.")
    duty: ShareBp = key("0%", description="Duties on the net value of a parcel, which the seller pays.")
    fee: Money = key(0, description="What each parcel costs at the customs.")
    clearance: RandomDuration = key(0, description="How long a parcel waits there.")
