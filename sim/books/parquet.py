"""Parquet files that appear whole: written chunk by chunk beside their place, renamed when closed.

Whole numbers are delta-coded, then LZ4: a fifth quicker to write than zstd at its lowest level, and a tenth larger.
Moments, which come in runs of one and the same, are left to LZ4 alone: twice as quick, and hardly larger.
"""

from __future__ import annotations

from collections.abc import Collection
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

_DENSE = {"order", "shipment", "line", "sku", "quantity", "value_cents", "amount_cents", "from_node", "to_node"}
"""Columns that hardly shrink: packed by their encoding, they are left at that."""
_MOMENTS = {"time_ms", "due_ms"}


class ParquetBook:
    """One book on its way to disk.

    Parameters
    ----------
    path
        Where the file will be once it is closed.
    fields
        Column names and types; a dictionary column's values are given as codes.
    encoder
        Runs the encoding.
    lacking
        Columns in which a row may have no value; any may where it is not said. For the others, nothing is written
        about which rows have one, a sixth of the encoding.
    """

    def __init__(
        self, path: Path, fields: dict[str, pa.DataType], encoder: Executor, lacking: Collection[str] | None = None
    ) -> None:
        self.path = path
        self._encoder = encoder
        self._under_way: Future[None] | None = None
        self.rows = 0
        self._partial = path.with_suffix(".partial")
        self._schema = pa.schema(
            [pa.field(name, kind, nullable=lacking is None or name in lacking) for name, kind in fields.items()]
        )
        coded = [name for name, kind in fields.items() if pa.types.is_dictionary(kind)]
        self._writer = pq.ParquetWriter(
            self._partial,
            self._schema,
            compression={name: "none" if name in _DENSE else "lz4" for name in fields},
            use_dictionary=coded,
            column_encoding={
                name: "PLAIN" if name in _MOMENTS else "DELTA_BINARY_PACKED"
                for name, kind in fields.items()
                if pa.types.is_integer(kind)
            },
            write_statistics=["time_ms"] if "time_ms" in fields else False,
            store_schema=True,
            write_batch_size=1 << 16,
        )

    def write(self, columns: dict[str, Any]) -> None:
        """Append rows; ``columns`` are NumPy arrays or Arrow dictionary arrays of one length.

        Encoding happens beside the simulation, on another core where there is one; one batch may be under way.
        """
        arrays = [
            pa.array(columns[f.name], type=None if pa.types.is_dictionary(f.type) else f.type) for f in self._schema
        ]
        table = pa.Table.from_arrays(arrays, schema=self._schema)
        self.rows += table.num_rows
        self._settle()
        if table.num_rows:
            self._under_way = self._encoder.submit(self._writer.write_table, table, row_group_size=table.num_rows)

    def _settle(self) -> None:
        if self._under_way is not None:
            self._under_way.result()
            self._under_way = None

    def close(self) -> None:
        """Finish the file and put it in its place."""
        self._settle()
        self._writer.close()
        self._partial.replace(self.path)

    def abandon(self) -> None:
        """Leave nothing behind."""
        if self._under_way is not None:
            self._under_way.exception()
        self._writer.close()
        self._partial.unlink(missing_ok=True)
