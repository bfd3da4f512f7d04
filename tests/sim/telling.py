"""Runs a small world, and tells what happened in it as plain lists."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from sim.agents.customers.customer import Customers
from sim.measures.books import Books
from sim.model import Model
from sim.run import Run
from sim.streams import Streams
from sim.units import HOUR_MS, MINUTE_MS
from sim.world import World
from tests.worlds import Line, a_trace

Row = dict[str, Any]
BOOKS = ("events", "ledger", "journal", "decisions")


class Story:
    """The books of one run as lists of dictionaries; -1 is told as None."""

    def __init__(self, model: Model, manifest: dict[str, Any], books: dict[str, list[Row]]) -> None:
        self.model, self.manifest, self.books = model, manifest, books

    def rows(self, book: str, **wanted: Any) -> list[Row]:
        """Rows of a book with these values; a tuple or list stands for any of its members."""
        return [
            row
            for row in self.books[book]
            if all(row[k] in v if isinstance(v, (tuple, list)) else row[k] == v for k, v in wanted.items())
        ]

    def events(self, *columns: str, **wanted: Any) -> list[tuple[Any, ...]]:
        """Event rows as tuples of (clock, kind, and these columns)."""
        return [
            (clock(row["time_ms"]), row["kind"], *(row[c] for c in columns)) for row in self.rows("events", **wanted)
        ]

    def times(self, kind: str, **wanted: Any) -> list[str]:
        """When events of one kind happened."""
        return [clock(row["time_ms"]) for row in self.rows("events", kind=kind, **wanted)]

    def postings(self, **wanted: Any) -> list[tuple[str, int]]:
        """(account, cents) of journal rows, debits positive."""
        return [(row["account"], row["amount_cents"]) for row in self.rows("journal", **wanted)]

    def balance(self, account: str) -> int:
        """What is on an account at the end."""
        return sum(row["amount_cents"] for row in self.rows("journal", account=account))

    def state_of(self, order: int) -> int:
        """The order's state at the end."""
        return self.model.site.register.orders.state[order]


def tell(world: World, seed: int = 1, *, check: bool = True) -> Story:
    """Run ``world``, audited, and read its books."""
    return told(Model(world, seed, check=check))


def told(model: Model) -> Story:
    """Run a model and read its books."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        manifest = model.run(folder)
        return Story(model, manifest, {path.stem: read(path) for path in folder.glob("*.parquet")})


def opened(model: Model, what: Callable[[Books], Any]) -> Any:
    """Run a model and ask its books something."""
    with tempfile.TemporaryDirectory() as name:
        model.run(Path(name))
        return what(Run.open(Path(name)).books)


def visit(
    world: World,
    orders: Sequence[tuple[int, Sequence[Line]]],
    *,
    channel: Sequence[int] = (),
    region: Sequence[int] = (),
    **drawn: Sequence[float],
) -> Story:
    """Run ``world`` with just these customers, as `visited` has them, and read the books."""
    return told(visited(world, orders, channel=channel, region=region, **drawn))


def visited(
    world: World,
    orders: Sequence[tuple[int, Sequence[Line]]],
    *,
    channel: Sequence[int] = (),
    region: Sequence[int] = (),
    **drawn: Sequence[float],
) -> Model:
    """A model of ``world`` that just these customers visit, who take what they are offered or leave.

    ``drawn`` is what else is drawn for them: columns of `sim.agents.customers.customer.Offer`, by order or by line.
    Else their payment passes, no desk looks at them, their parcels arrive with the first, they keep what they get.
    """
    trace = a_trace(orders, channel=channel, region=region)
    offer = Customers(replace(world, trace=trace), Streams(1))._replayed(trace)
    n = len(orders)
    columns = {"payment": [0] * n, "payment_luck": [0.999] * n, "desk_luck": [0.999] * n, "transit_luck": [0.0] * n}
    for name, values in (columns | drawn).items():
        kept = getattr(offer, name)
        offer = replace(offer, **{name: np.array(values, dtype=kept.dtype)})
    model = Model(world, check=True)
    model.arrivals.offers = iter([offer])
    return model


def read(path: Path) -> list[Row]:
    """Rows of one book."""
    table = pq.read_table(path)
    columns = {name: table[name].to_pylist() for name in table.column_names}
    numbers = {"order", "shipment", "line", "due_ms"}
    for name in numbers & set(columns):
        columns[name] = [None if x is not None and x < 0 else x for x in columns[name]]
    return [dict(zip(columns, values)) for values in zip(*columns.values())]


def clock(ms: int) -> str:
    """Day (from 0), hour and minute of a moment on the clock; milliseconds where there are any."""
    day, rest = divmod(ms, 24 * HOUR_MS)
    hour, rest = divmod(rest, HOUR_MS)
    minute, rest = divmod(rest, MINUTE_MS)
    return f"{day} {hour:02}:{minute:02}" + (f" +{rest}ms" if rest else "")


def at(day: int, hour: int, minute: int = 0) -> int:
    """The moment of `clock`, in milliseconds."""
    return (24 * day + hour) * HOUR_MS + minute * MINUTE_MS
