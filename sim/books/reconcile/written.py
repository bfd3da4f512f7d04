"""The books of a run as they lie in its folder, and what every check of them needs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from sim.books.kinds import ACCOUNTS, KIND_NAMES, PLACES
from sim.run_files import BOOKS, MANIFEST

Ints = NDArray[np.int64]
Columns = dict[str, Ints]

SHOWN = 5
"""How many cases of one discrepancy are told one by one."""


class WrittenBooks:
    """The four books as integer columns; names are numbered through, -1 is none."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        self.names: dict[str, dict[str, int]] = {
            "kind": {name: i for i, name in enumerate(KIND_NAMES)},
            "place": {name: i for i, name in enumerate(PLACES)},
            "account": {name: i for i, name in enumerate(ACCOUNTS)},
        }
        self.events, self.ledger, self.journal, self.decisions = (self._read(book) for book in BOOKS)

    def name(self, what: str, number: int) -> str:
        """The name that stands behind a number."""
        return next((name for name, n in self.names[what].items() if n == number), "nowhere")

    def _read(self, book: str) -> Columns:
        table = pq.read_table(self.folder / f"{book}.parquet").unify_dictionaries()
        columns: Columns = {}
        for field in table.schema:
            values = table[field.name].combine_chunks()
            if pa.types.is_dictionary(field.type):
                columns[field.name] = self._numbers(field.name, values)
            elif pa.types.is_integer(field.type):
                columns[field.name] = values.to_numpy(zero_copy_only=False).astype(np.int64)
        return columns

    def _numbers(self, column: str, values: pa.DictionaryArray) -> Ints:
        what = column.removeprefix("from_").removeprefix("to_").replace("bucket", "place")
        known = self.names.setdefault("node" if what == "runner_up" else what, {})
        numbers = [known.setdefault(name, len(known)) for name in values.dictionary.to_pylist()]
        indices = values.indices.fill_null(len(numbers)).to_numpy(zero_copy_only=False)
        return np.array([*numbers, -1], dtype=np.int64)[indices]


def told(what: str, cases: list[str]) -> Iterator[str]:
    """The first few cases, and how many more there are."""
    yield from (f"{what}: {case}" for case in cases[:SHOWN])
    if len(cases) > SHOWN:
        yield f"{what}: {len(cases) - SHOWN} more"


def rows_of(wrong: NDArray[np.bool_]) -> list[int]:
    """Where it is so."""
    return [int(row) for row in np.flatnonzero(wrong)]


def found_in(numbers: Ints, among: Ints) -> tuple[Ints, Ints]:
    """Rows of ``numbers`` that are found in ``among`` (ascending), and where."""
    if not len(among):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    place = np.minimum(np.searchsorted(among, numbers), len(among) - 1)
    rows = np.flatnonzero(among[place] == numbers)
    return rows, place[rows]


def running(key: Ints, event: Ints, units: Ints, value: Ints) -> tuple[Ints, Ints, Ints]:
    """Rows sorted by key and event, with units and value held by that key after each."""
    order = np.lexsort((event, key))
    begins = np.flatnonzero(np.diff(key[order], prepend=-2))
    sizes = np.diff(np.append(begins, len(order)))

    def summed(amounts: Ints) -> Ints:
        total = np.cumsum(amounts[order])
        return total - np.repeat(total[begins] - amounts[order][begins], sizes)

    return order, summed(units), summed(value)


def summed_by(key: Ints, amounts: Ints, size: int) -> NDArray[np.float64]:
    """The sum of amounts for each number below ``size``; those under no number are left out."""
    return np.asarray(np.bincount(key[key >= 0], weights=amounts[key >= 0], minlength=size), dtype=np.float64)
