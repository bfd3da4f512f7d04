"""How goods were handled: by the pallet, by the case, or unit by unit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.measures.books import Books
from sim.measures.figures import Ratio, Total
from sim.measures.registry import breakdown, measure

if TYPE_CHECKING:
    import pandas as pd

_IN_TIME = "time_ms >= warm_up_ms() AND time_ms < end_ms()"
_PICKED = f"kind IN ('picked', 'picked_by_pallet', 'picked_by_case') AND {_IN_TIME}"

PALLETS = Total("count(*)", "events", f"kind = 'picked_by_pallet' AND {_IN_TIME}")
PALLETS_BROKEN = Total("count(*)", "events", f"kind IN ('pallet_broken', 'pallet_split') AND {_IN_TIME}")
CASES_BROKEN = Total("count(*)", "events", f"kind IN ('case_broken', 'case_split') AND {_IN_TIME}")


def _share(of: str) -> Ratio:
    units = "sum(quantity) FILTER (kind = '{}')"
    return Ratio(f"coalesce({units.format(of)}, 0)", units.format("picked"), "events", _PICKED)


BY_PALLET, BY_CASE = _share("picked_by_pallet"), _share("picked_by_case")


@measure("pallets_picked", unit="count", better="higher", title="Pallets picked")
def pallets_picked(books: Books) -> float:
    """Whole pallets that were moved to the dock, from warm-up to the end of demand. 0 on an empty run."""
    return PALLETS.value(books)


@measure("pallet_units_share", unit="share", better="higher", title="Units picked by the pallet")
def pallet_units_share(books: Books) -> float:
    """Units that were picked on whole pallets / units picked, from warm-up to the end of demand. NaN when none was."""
    return BY_PALLET.value(books)


@measure("case_units_share", unit="share", better="higher", title="Units picked by the case")
def case_units_share(books: Books) -> float:
    """Units that were picked in whole cases / units picked, from warm-up to the end of demand. NaN when none was."""
    return BY_CASE.value(books)


@measure("pallets_broken", unit="count", better="lower", title="Pallets broken")
def pallets_broken(books: Books) -> float:
    """Pallets that were opened to pick less, or because a part of them left otherwise, from warm-up to the end of
    demand. 0 on an empty run."""
    return PALLETS_BROKEN.value(books)


@measure("cases_broken", unit="count", better="lower", title="Cases broken")
def cases_broken(books: Books) -> float:
    """Cases that were opened likewise, from warm-up to the end of demand. 0 on an empty run."""
    return CASES_BROKEN.value(books)


@breakdown("pallets_broken", by="node")
def pallets_broken_by_node(books: Books) -> pd.DataFrame:
    """Pallets that each node opened."""
    return PALLETS_BROKEN.by(books, "node")


@breakdown("pallets_picked", by="node")
def pallets_picked_by_node(books: Books) -> pd.DataFrame:
    """Whole pallets that each node sent."""
    return PALLETS.by(books, "node")


@breakdown("pallet_units_share", by="channel")
def pallet_units_share_by_channel(books: Books) -> pd.DataFrame:
    """Share of each channel's units that was picked on whole pallets."""
    return BY_PALLET.by(books, "channel")


@breakdown("case_units_share", by="channel")
def case_units_share_by_channel(books: Books) -> pd.DataFrame:
    """Share of each channel's units that was picked in whole cases."""
    return BY_CASE.by(books, "channel")
