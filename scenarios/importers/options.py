"""What an export does not say, and the user may: every rule of calibration, with its default."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

from scenarios.errors import Mark, Problems

BASIS_POINTS = 10_000


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """Rules that fill the gaps of an export.

    Parameters
    ----------
    template : str
        Scenario of the library that brings nodes, carriers and suppliers.
    timezone : str
        Where the export's local times are.
    channel : str
        Channel of orders that name none.
    region : str
        Region of orders that name none.
    cost_bp : int
        Cost of a product, in 1/10,000 of its list price (the median of its prices in the file); at least
        one minor unit.
    weight_kg : float
        Weight of one unit of any product.
    opening_days : float
        Days of a SKU's mean daily sales that are on hand at the start.
    safety_days : float
        Days of sales that the reorder point holds beyond its supplier's lead time.
    order_days : float
        Days of sales that one replenishment covers: order-up-to level less reorder point.
    suppliers : tuple of str
        Suppliers to spread the products over; empty: all of the template.
    regions : Path, optional
        CSV of ``name, latitude, longitude, population`` for regions that the table of countries lacks.
    overwrite : bool
        Replace the output folder if it exists.
    """

    template: str = "online-retail"
    timezone: str = "Europe/London"
    channel: str = "web"
    region: str = "United Kingdom"
    cost_bp: int = 5_000
    weight_kg: float = 0.2
    opening_days: float = 84.0
    safety_days: float = 42.0
    order_days: float = 28.0
    suppliers: tuple[str, ...] = ()
    regions: Path | None = None
    overwrite: bool = False

    def check(self) -> None:
        """Raise one `ScenarioError` with every option that cannot be."""
        problems = Problems()
        zones = available_timezones()
        if self.timezone not in zones:
            problems.add(
                Mark("options"),
                "timezone",
                f"no time zone is called {self.timezone!r}",
                value=self.timezone,
                accepted="a name of the IANA database, such as Europe/London",
                known=zones,
            )
        _between(problems, "cost_bp", self.cost_bp, 0, BASIS_POINTS)
        _between(problems, "weight_kg", self.weight_kg, 0.001, 1_000)
        _between(problems, "opening_days", self.opening_days, 0, 3_650)
        _between(problems, "safety_days", self.safety_days, 0, 3_650)
        _between(problems, "order_days", self.order_days, 0, 3_650)
        problems.raise_if_any()

    @property
    def zone(self) -> ZoneInfo:
        """The time zone itself."""
        return ZoneInfo(self.timezone)

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """Every option's name."""
        return tuple(field.name for field in fields(cls))


def _between(problems: Problems, name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        problems.add(Mark("options"), name, f"{value} is out of range", value=value, accepted=f"{low:g} to {high:g}")
