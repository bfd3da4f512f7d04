"""Rows from a file or a request, with the place of each, so that a fault is told where it stands."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import ValidationError

from peakproof.service.wire import Row
from scenarios.errors import Mark, Problems, shown

R = TypeVar("R", bound=Row)
R_co = TypeVar("R_co", bound=Row, covariant=True)

_SHOWN_ROWS = 5
"""Faulty rows of one column that are told one by one; the rest is counted."""


class Sheet(Generic[R_co]):
    """Rows that fit their model, and where each stands."""

    def __init__(self, rows: Sequence[R_co], place: Callable[[int], Mark], problems: Problems) -> None:
        self.rows, self.place, self._problems = rows, place, problems

    def __len__(self) -> int:
        return len(self.rows)

    def values(self, column: str) -> list[Any]:
        """A column."""
        return [getattr(row, column) for row in self.rows]

    def indices(self, column: str, known: dict[str, int] | None, kind: str) -> list[int]:
        """Positions of a column of names; -1 where nothing is called that, which is told, and where there is none.
        ``known`` None leaves the names unchecked."""
        cells = self.values(column)
        if known is None:
            return [-1] * len(cells)
        found = [known.get(cell, -1) if cell is not None else -1 for cell in cells]
        bad = [i for i, (cell, at) in enumerate(zip(cells, found, strict=True)) if cell is not None and at < 0]
        self.fault(column, bad, f"there is no {kind} {{value}}", known=known)
        return found

    def unique(self, *columns: str) -> None:
        """Report rows that repeat the values of these columns."""
        seen: set[tuple[Any, ...]] = set()
        again = []
        for i, row in enumerate(self.rows):
            key = tuple(getattr(row, column) for column in columns)
            if key in seen:
                again.append(i)
            seen.add(key)
        self.fault(columns[-1], again, "{value} is given twice", accepted=f"each {' and '.join(columns)} once")

    def fault(
        self,
        column: str,
        rows: Sequence[int],
        message: str,
        *,
        accepted: str | None = None,
        known: Iterable[str] | None = None,
    ) -> None:
        """Report something that is wrong with these rows; ``{value}`` in the message stands for the cell."""
        tell_rows(
            self._problems,
            column,
            [(self.place(i), getattr(self.rows[i], column)) for i in rows],
            message,
            accepted=accepted,
            known=known,
        )


def requested(rows: Sequence[R], name: str, problems: Problems) -> Sheet[R]:
    """Rows of a request, which were checked one by one when it came."""
    return Sheet(rows, lambda i: Mark(f"{name}[{i}]"), problems)


def tell_rows(
    problems: Problems,
    column: str,
    cells: Sequence[tuple[Mark, Any]],
    message: str,
    *,
    accepted: str | None = None,
    known: Iterable[str] | None = None,
) -> None:
    """The first few cells one by one, the rest counted."""
    for mark, value in cells[:_SHOWN_ROWS]:
        text = message.replace("{value}", "an empty cell" if value is None else shown(value))
        problems.add(mark, column, text, value=value, accepted=accepted, known=known)
    rest = len(cells) - _SHOWN_ROWS
    if rest > 0:
        mark = cells[_SHOWN_ROWS][0]
        problems.add(mark, column, f"{rest} more {'row' if rest == 1 else 'rows'} like these, from here on")


def read_sheet(path: Path, option: str, model: type[R], problems: Problems) -> Sheet[R] | None:
    """The rows of a CSV or Parquet file; what does not fit ``model`` goes to ``problems``, and is None in its row, so
    that the rest of the row can be checked.

    None if the file cannot be used at all, or has no rows.
    """
    from scenarios.tables import read_table

    fields = model.model_fields
    needed = [name for name, field in fields.items() if field.is_required()]
    optional = [name for name, field in fields.items() if not field.is_required()]
    texts = [name for name, field in fields.items() if "str" in str(field.annotation)]
    asked = Mark(f"{option} {path}")
    table = read_table(path, asked, "", problems, needed=needed, optional=optional, texts=texts)
    if table is None:
        return None
    if not len(table):
        problems.add(Mark(str(path), 1), "", "has no rows", accepted="a header and at least one row")
        return None
    rows, places = list[R](), list[Mark]()
    faults: dict[str, list[tuple[Mark, Any]]] = {}
    columns = [name for name in fields if table.has(name)]
    cells = [[_plain(cell) for cell in table.frame[name].tolist()] for name in columns]
    for number, values in zip(table.rows.tolist(), zip(*cells, strict=True), strict=True):
        mark = Mark(str(path), number)
        given = dict(zip(columns, values, strict=True))
        known = {name: value for name, value in given.items() if value is not None}
        places.append(mark)
        try:
            rows.append(model.model_validate(known))
        except ValidationError as error:
            wrong = dict.fromkeys(str(fault["loc"][0]) for fault in error.errors())
            for column in wrong:
                faults.setdefault(column, []).append((mark, given.get(column)))
            rows.append(model.model_construct(**(known | dict.fromkeys(wrong))))
    for column, found in faults.items():
        tell_rows(problems, column, found, "{value} does not fit", accepted=fields[column].description)
    return Sheet(rows, places.__getitem__, problems)


def _plain(cell: Any) -> Any:
    """None for an empty cell."""
    if cell is None or cell == "" or cell != cell:
        return None
    if isinstance(cell, float) and math.isfinite(cell) and cell.is_integer():
        return int(cell)
    return cell
