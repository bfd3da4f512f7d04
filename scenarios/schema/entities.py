"""Companies of the house, what their money is worth, and borders between them."""

from __future__ import annotations

from scenarios.fields import (
    Moment,
    Money,
    Name,
    Names,
    Number,
    RandomDuration,
    Section,
    ShareBp,
    Text,
    key,
)


class EntitySpec(Section):
    """A legal entity."""

    name: Name = key(description="Name of the legal entity.")
    currency: Text = key("USD", description="Its currency, by ISO 4217 code.")
    tax: ShareBp = key("0%", description="Sales tax on what it sells.")
    transfer_markup: ShareBp = key(
        "0%", description="What it adds to the cost of goods that it ships for other entities (cost plus, 3 to 10%)."
    )


class FxRateSpec(Section):
    """What a currency is worth from a date on."""

    currency: Text = key(description="The currency, by ISO 4217 code.")
    at: Moment = key(0, description="From when on.")
    rate: Number = key(description="What one unit of it is worth in the first entity's currency.")


class BorderSpec(Section):
    """A border that parcels cross on their way into a country."""

    name: Name = key(description="Name of the country, or of the customs union.")
    regions: Names = key(description="The regions behind it.")
    nodes: Names = key([], description="Nodes behind it too, whose parcels do not cross it.")
    duty: ShareBp = key("0%", description="Duties on the net value of a parcel, which the seller pays.")
    fee: Money = key(0, description="What each parcel costs at the customs.")
    clearance: RandomDuration = key(0, description="How long a parcel waits there.")
