"""A book says of each column whether a row may have no value there, and holds its writers to it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sim.books.parquet import ParquetBook
from sim.model import Model
from tests.worlds import a_busy_world

FIELDS: dict[str, pa.DataType] = {"time_ms": pa.int64(), "node": pa.dictionary(pa.int16(), pa.string())}


@pytest.fixture
def encoder() -> Iterator[Executor]:
    with ThreadPoolExecutor(max_workers=1) as pool:
        yield pool


def nodes(codes: list[int | None]) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(codes, pa.int16()), pa.array(["AVP", "ONT"]))


def test_a_row_may_have_no_value_where_the_book_says_so(encoder: Executor, tmp_path: Path):
    book = ParquetBook(tmp_path / "events.parquet", FIELDS, encoder, lacking=("node",))
    book.write({"time_ms": np.array([1, 2, 3]), "node": nodes([1, None, 0])})
    book.close()

    table = pq.read_table(tmp_path / "events.parquet")
    assert table["node"].to_pylist() == ["ONT", None, "AVP"]
    assert [field.nullable for field in table.schema] == [False, True]


def test_elsewhere_a_row_without_a_value_is_no_book(encoder: Executor, tmp_path: Path):
    book = ParquetBook(tmp_path / "ledger.parquet", FIELDS, encoder, lacking=())
    book.write({"time_ms": np.array([1, 2]), "node": nodes([1, None])})

    with pytest.raises(pa.ArrowInvalid, match="node"):
        book.close()


def test_the_books_of_a_run_lack_only_what_a_fact_may_not_say(tmp_path: Path):
    Model(a_busy_world(), 4).run(tmp_path)

    lacking = {
        path.stem: [field.name for field in pq.read_schema(path) if field.nullable]
        for path in tmp_path.glob("*.parquet")
    }
    assert lacking == {
        "events": ["sku", "node", "channel"],
        "ledger": [],
        "journal": ["node", "channel"],
        "decisions": ["runner_up"],
    }
