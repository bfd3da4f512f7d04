"""How much of the rostered time on the floor was work.

Work is counted at standard: units done times the time that one takes, set-up of batches left out; what is refurbished
counts when it is taken up, with the time that it takes. The roster is that of the nodes' shifts; what a disruption
keeps away is on it all the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.measures.books import Books
from sim.measures.figures import Ratio, ordered_sum
from sim.measures.quoting import quoted
from sim.measures.registry import breakdown, measure

if TYPE_CHECKING:
    import pandas as pd

# By station: the fact that says that a unit of its work is done.
_DONE = {
    "pick": "picked",
    "pack": "packed",
    "receive": "put_away",
    "inspect": "return_handled",
    "refurbish": "refurbish_began",
}
_ROWS = "node, station"


def _labour(books: Books) -> str:
    """Rows ``node, station, rostered_hours, worked_hours, units`` in SQL, of stations that somebody is rostered at."""
    rows = [
        f"({quoted(node['name'])}, '{station}', '{_DONE[station]}', {hours}, {seconds.get(station, 'NULL')})"
        for node in books.manifest.get("nodes", [])
        for seconds in (node.get("standard_seconds", {}),)
        for station, hours in node.get("rostered_hours", {}).items()
        if hours
    ]
    if not rows:
        rows = ["(NULL, NULL, NULL, 0, 0)"]
    return f"""(
        SELECT r.node, r.station, any_value(r.hours)::DOUBLE AS rostered_hours, count(e.event) AS units,
               coalesce(count(e.event) * any_value(r.seconds)::DOUBLE, sum(e.due_ms - e.time_ms)::DOUBLE / 1000, 0)
                   / 3600 AS worked_hours
        FROM (VALUES {", ".join(rows)}) AS r(node, station, kind, hours, seconds)
        LEFT JOIN events AS e
            ON e.node = r.node AND e.kind = r.kind AND e.time_ms >= warm_up_ms() AND e.time_ms < end_ms()
        WHERE r.node IS NOT NULL GROUP BY ALL
    )"""


def _utilisation(books: Books) -> Ratio:
    return Ratio(ordered_sum("worked_hours", _ROWS), ordered_sum("rostered_hours", _ROWS), _labour(books))


def _productivity(books: Books) -> Ratio:
    return Ratio("sum(units)", ordered_sum("rostered_hours", _ROWS), _labour(books), "station = 'pick'")


@measure("labour_utilisation", unit="ratio", better="higher", title="Labour utilisation")
def labour_utilisation(books: Books) -> float:
    """Hours of work done at standard (lines picked, parcels packed, lines put away, returns inspected and refurbished)
    / hours on the roster, from warm-up to the end of demand. Above 1 where people work beyond their roster. NaN without
    a roster."""
    return _utilisation(books).value(books)


@measure("lines_per_labour_hour", unit="ratio", better="higher", title="Lines picked in a labour-hour")
def lines_per_labour_hour(books: Books) -> float:
    """Lines picked / pickers' hours on the roster, from warm-up to the end of demand. NaN without a roster."""
    return _productivity(books).value(books)


@breakdown("labour_utilisation", by="node")
def labour_utilisation_by_node(books: Books) -> pd.DataFrame:
    """Labour utilisation of each node."""
    return _utilisation(books).by(books, "node")


@breakdown("labour_utilisation", by="station")
def labour_utilisation_by_station(books: Books) -> pd.DataFrame:
    """Labour utilisation of each kind of station, over all nodes."""
    return _utilisation(books).by(books, "station")


@breakdown("lines_per_labour_hour", by="node")
def lines_per_labour_hour_by_node(books: Books) -> pd.DataFrame:
    """Lines picked in a labour-hour at each node."""
    return _productivity(books).by(books, "node")
