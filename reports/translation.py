"""Tables on consolidation: what companies in other currencies are worth to the group at each close."""

from __future__ import annotations

from reports.html import Grid
from scenarios.display import display
from sim.run import Run


def translation_tables(run: Run, currency: str) -> tuple[Grid, ...]:
    """Net assets and translation adjustment of each company at the end of each month, and of the run; none where all
    count in the group's currency."""
    rows = tuple(
        (
            f"{run.books.calendar.moment(int(row['end_ms']) - 1):%d %b %Y}",
            str(row["entity"]),
            f"{row['rate']:g}",
            display(float(row["net_assets_local_cents"]), "cents", str(row["currency"])),
            *(display(float(row[f"{name}_cents"]), "cents", currency) for name in _OF_THE_GROUP),
        )
        for row in run.translation_by_period("month").to_dict("records")
    )
    columns = ("until", "company", "closing rate", "net assets", "in the group's", "adjustment so far", "change")
    return (Grid("Companies in other currencies, at each close", columns, rows, (2, 3, 4, 5, 6)),) if rows else ()


_OF_THE_GROUP = ("net_assets", "adjustment", "change")
