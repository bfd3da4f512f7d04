"""Whether the files are those that the run wrote, its events in sequence, its decisions those of its events."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

import numpy as np

from sim.books.kinds import NUMBER
from sim.books.reconcile.written import WrittenBooks, found_in, rows_of, told
from sim.run_files import BOOKS


def check_manifest(books: WrittenBooks) -> Iterator[str]:
    """The manifest counts the rows that are there, and its digests are those of the files."""
    cases = []
    for book in BOOKS:
        rows, counted = len(getattr(books, book)["event"]), books.manifest["counters"]["rows"][book]
        if rows != counted:
            cases.append(f"{book} has {rows} rows, the manifest says {counted}")
        digest = sha256((books.folder / f"{book}.parquet").read_bytes()).hexdigest()
        if digest != books.manifest["files"][f"{book}.parquet"]:
            cases.append(f"{book}.parquet is not the file that the run wrote")
    yield from told("manifest", cases)


def check_events(books: WrittenBooks) -> Iterator[str]:
    """Events are numbered through, and time runs forward."""
    events = books.events
    jumps = events["event"] != np.arange(len(events["event"]))
    yield from told("events are not numbered through", [f"row {row}" for row in rows_of(jumps)[:1]])
    back = np.diff(events["time_ms"]) < 0
    yield from told("time runs backwards", [f"at event {events['event'][row + 1]}" for row in rows_of(back)])


def check_decisions(books: WrittenBooks) -> Iterator[str]:
    """Each shipment was decided on once, in the event that planned it."""
    events, decisions = books.events, books.decisions
    rows, of = found_in(decisions["event"], events["event"])
    wrong = np.zeros(len(rows), dtype=bool)
    for column in ("time_ms", "order", "shipment", "node"):
        wrong |= decisions[column][rows] != events[column][of]
    wrong |= events["kind"][of] != NUMBER["allocated"]
    yield from told("a decision differs from its event", [f"event {e}" for e in decisions["event"][rows][wrong]])
    planned = np.unique(events["shipment"][events["kind"] == NUMBER["allocated"]])
    absent = np.setdiff1d(planned, decisions["shipment"])
    yield from told("no decision is on record", [f"shipment {s}" for s in absent])
