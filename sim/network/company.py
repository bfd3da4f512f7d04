"""Legal entities and their money."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entity:
    """A legal entity: books in one currency, charges one tax rate, and other entities cost plus ``transfer_markup_bp``
    for goods that it ships for them, cost plus ``stock_markup_bp`` for stock that it transfers to their nodes."""

    name: str
    currency: str = "USD"
    tax_bp: int = 0
    transfer_markup_bp: int = 0
    stock_markup_bp: int = 0


@dataclass(frozen=True, slots=True)
class FxRate:
    """From ``from_ms`` on, one unit of ``currency`` is ``rate`` units of the first entity's.

    With a yearly ``volatility`` the rate is drawn anew each local midnight after that; see
    `sim.agents.finance.exchange_rates`.
    """

    currency: str
    from_ms: int
    rate: float
    volatility: float = 0.0
