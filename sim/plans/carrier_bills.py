"""When a carrier asks for its money."""

from __future__ import annotations

from dataclasses import dataclass

from sim.units import DAY_MS


@dataclass(frozen=True, slots=True)
class CarrierBilling:
    """With the end of each ``period`` (`sim.plans.accounting.PERIODS`) a carrier bills what it charged in it, and is
    paid ``terms_ms`` later."""

    period: str = "week"
    terms_ms: int = 14 * DAY_MS
