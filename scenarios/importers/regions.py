"""Where the regions of an export are: a table of countries, or the user's own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from scenarios.errors import Mark, Problems
from scenarios.importers.export import open_export
from scenarios.importers.rows import Rows

COUNTRIES = Path(__file__).parents[1] / "library" / "countries.csv"
COLUMNS = ("name", "latitude", "longitude", "population")
UNSPECIFIED = "Unspecified"


def known_regions(own: Path | None = None) -> pd.DataFrame:
    """Every region that has a place: `COLUMNS`, one row a name; the user's own file comes first."""
    frames = [_read(path) for path in (own, COUNTRIES) if path is not None]
    return pd.concat(frames).drop_duplicates("name", ignore_index=True)


def place_regions(rows: Rows, file: Path, known: pd.DataFrame, strict: bool) -> None:
    """See to it that every region of ``rows`` has a place.

    An unknown one is a problem where ``strict``; otherwise it becomes `UNSPECIFIED`, with a note, for a
    cut or misspelt country in an old export cannot be mended by who imports it.
    """
    names = known["name"].tolist()
    unknown = ~pd.Series(rows.region).isin(set(names)).to_numpy()
    if not unknown.any():
        return
    if not strict:
        rows.add_note(unknown, "its country is not in the table")
        rows.region[unknown] = UNSPECIFIED
        return
    problems = Problems()
    for name in sorted(set(rows.region[unknown])):
        where = np.flatnonzero(rows.region == name)
        problems.add(
            Mark(str(file), int(where[0]) + rows.first_row),
            "region",
            f"{name!r} has no place ({len(where):,} rows)",
            value=name,
            accepted="a country, or a name of the CSV file given as option `regions`",
            known=names,
        )
    problems.raise_if_any()


def regions_of(names: pd.Series[str], known: pd.DataFrame) -> pd.DataFrame:
    """The table of the regions that occur in ``names``, by name."""
    present = known[known["name"].isin(set(names))]
    return present.sort_values("name", ignore_index=True)


def _read(path: Path) -> pd.DataFrame:
    export = open_export(path)
    export.require(COLUMNS)
    frame = pd.DataFrame({"name": export.text("name")})
    frame["latitude"] = export.numbers("latitude", -90, 90)
    frame["longitude"] = export.numbers("longitude", -180, 180)
    frame["population"] = export.numbers("population", 1, 1e11)
    export.stop_on_problems()
    return frame
