"""Do the books of a finished run agree? Replayed from the files alone, by other code than that which wrote them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from sim.books.reconcile.files import check_decisions, check_events, check_manifest
from sim.books.reconcile.money import check_between, check_entries, check_valuation
from sim.books.reconcile.pieces import check_lines, check_moves
from sim.books.reconcile.stock import check_movements, check_positions, check_shelf
from sim.books.reconcile.written import WrittenBooks


def reconcile(folder: Path | str) -> list[str]:
    """What does not agree in the books of one run.

    The ledger and the journal are replayed event by event. Each event that moves stock has its one movement, each
    that posts has its balanced entry, in the accounts of its kind; no position falls below zero; what leaves a cell
    takes its fair share of the value, and an empty cell is worth nothing; the inventory and transit accounts equal the
    value of what is held; what legal entities owe one another is at every moment what they claim; units of each order
    line add up; orders and shipments make legal moves only; the manifest counts what is there.

    Parameters
    ----------
    folder
        Where the run was written.

    Returns
    -------
    list of str
        The discrepancies, none if the books agree; of each sort the first few, and how many there are.
    """
    books = WrittenBooks(Path(folder))
    found: list[str] = []
    for check in _CHECKS:
        found.extend(check(books))
    return found


_CHECKS: tuple[Callable[[WrittenBooks], Iterator[str]], ...] = (
    check_manifest,
    check_events,
    check_movements,
    check_positions,
    check_shelf,
    check_entries,
    check_valuation,
    check_between,
    check_lines,
    check_moves,
    check_decisions,
)
