"""How good forecasts were, from the book of forecasts: buckets that began between warm-up and end of demand.

Errors are expected less sold units, one bucket ahead, by node and SKU. What a company measures itself on is what it
sold; what it should have forecast is what was wanted, which the simulation alone knows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.measures.books import Books
from sim.measures.figures import Ratio, ordered_sum
from sim.measures.registry import breakdown, measure

if TYPE_CHECKING:
    import pandas as pd

MEASURED = "time_ms >= warm_up_ms() AND time_ms < end_ms()"
BUCKET = "time_ms, node, sku"
SOLD = ordered_sum("sold_units", BUCKET)
MISSED = ordered_sum("abs(expected_units - sold_units)", BUCKET)
WAPE = Ratio(MISSED, SOLD, "forecasts", MEASURED)
BIAS = Ratio(ordered_sum("expected_units - sold_units", BUCKET), SOLD, "forecasts", MEASURED)
MASE = Ratio(MISSED, ordered_sum("abs(naive_units - sold_units)", BUCKET), "forecasts", MEASURED)
WANTED = """
    SELECT sum(quantity) AS units FROM events
    WHERE kind IN ('captured', 'refused') AND time_ms >= (SELECT min(time_ms) FROM forecasts WHERE {measured})
      AND time_ms < (SELECT max(until_ms) FROM forecasts WHERE {measured})
"""


@measure("forecast_wape", unit="ratio", better="lower", title="Forecast error (WAPE)")
def forecast_wape(books: Books) -> float:
    """Sum of absolute errors / units sold, by node, SKU and bucket. NaN without a forecaster."""
    return WAPE.value(books)


@measure("forecast_bias", unit="ratio", better="lower", title="Forecast bias")
def forecast_bias(books: Books) -> float:
    """Sum of errors / units sold: above zero where too much was expected. NaN without a forecaster."""
    return BIAS.value(books)


@measure("forecast_mase", unit="ratio", better="lower", title="Forecast error (MASE)")
def forecast_mase(books: Books) -> float:
    """Sum of absolute errors / that of the naive forecast, each bucket as the one before (Hyndman and Koehler 2006,
    over all node-SKU pairs together). NaN without a forecaster."""
    return MASE.value(books)


@measure("forecast_demand_bias", unit="ratio", better="higher", title="Forecast bias against demand")
def forecast_demand_bias(books: Books) -> float:
    """Units expected / units that customers wanted, refused ones too, less 1: what a forecast of censored sales misses.
    Nodes in series count once a stage. NaN without a forecaster."""
    wanted = books.value(WANTED.format(measured=MEASURED))
    expected = books.value(f"SELECT {ordered_sum('expected_units', BUCKET)} FROM forecasts WHERE {MEASURED}")
    return expected / wanted - 1 if wanted else float("nan")


@breakdown("forecast_wape", by="node")
def forecast_wape_by_node(books: Books) -> pd.DataFrame:
    """Forecast error of each node."""
    return WAPE.by(books, "node")


@breakdown("forecast_bias", by="node")
def forecast_bias_by_node(books: Books) -> pd.DataFrame:
    """Forecast bias of each node."""
    return BIAS.by(books, "node")


@breakdown("forecast_mase", by="node")
def forecast_mase_by_node(books: Books) -> pd.DataFrame:
    """Forecast error of each node against the naive forecast."""
    return MASE.by(books, "node")
