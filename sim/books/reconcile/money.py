"""Whether the journal balances, in the accounts of its kinds, and is worth what the ledger holds."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sim.books.kinds import BUCKETS, KINDS, NUMBER, PLACE_NUMBER, PLACES
from sim.books.reconcile.written import Ints, WrittenBooks, found_in, rows_of, summed_by, told

_ON_HAND = np.array([place in BUCKETS and place != "in_transit" for place in PLACES])
_BETWEEN = ("intercompany_receivables", "intercompany_payables")
_PAID = ("intercompany_paid", "intercompany_collected")


def check_entries(books: WrittenBooks) -> Iterator[str]:
    """Each entry balances, is in the accounts of its kind, and amounts to what its event says."""
    events, journal = books.events, books.journal
    rows, of = found_in(journal["event"], events["event"])
    if len(rows) < len(journal["event"]):
        yield f"journal has {len(journal['event']) - len(rows)} lines without an event"
    posted = np.bincount(of, weights=journal["amount_cents"][rows], minlength=len(events["event"]))
    unbalanced = posted != 0
    yield from told("an entry does not balance", [f"event {e} is out by {posted[e]:.0f}" for e in rows_of(unbalanced)])
    for column in ("time_ms", "kind", "order"):
        wrong = journal[column][rows] != events[column][of]
        yield from told(
            f"journal's {column} differs from the event's", [f"event {e}" for e in events["event"][of][wrong]]
        )
    kinds = journal["kind"]
    allowed = np.zeros((len(KINDS), len(books.names["account"])), dtype=bool)
    for number, kind in enumerate(KINDS):
        for account, _, _ in kind.posts:
            allowed[number, slice(None) if account == "note_account" else books.names["account"][account]] = True
    foreign = ~allowed[kinds, journal["account"]]
    cases = [f"{books.name('account', journal['account'][r])} in event {journal['event'][r]}" for r in rows_of(foreign)]
    yield from told("an account that its kind does not post to", cases)
    yield from _check_amounts(books, rows, of)
    total = int(journal["amount_cents"].sum())
    if total:
        yield f"trial balance is {total}"


def _check_amounts(books: WrittenBooks, rows: Ints, of: Ints) -> Iterator[str]:
    """The debits or credits of an event's own amount are on the accounts where the table says."""
    events, journal = books.events, books.journal
    cases = []
    for number, kind in enumerate(KINDS):
        mine = np.flatnonzero(events["kind"] == number)
        for account in sorted({account for account, _, _ in kind.posts} - {"note_account"}):
            posts = [(sign, amount) for other, sign, amount in kind.posts if other == account]
            if not len(mine) or any(amount != kind.value for _, amount in posts):
                continue
            on_it = journal["account"][rows] == books.names["account"][account]
            posted = np.bincount(
                of[on_it], weights=journal["amount_cents"][rows][on_it], minlength=len(events["event"])
            )
            wrong = posted[mine] != sum(sign for sign, _ in posts) * events["value_cents"][mine]
            cases += [f"event {e} ({kind.name}) has {posted[e]:.0f} on {account}" for e in mine[wrong]]
    yield from told("an entry amounts to something else than its event", cases)


def check_valuation(books: WrittenBooks) -> Iterator[str]:
    """Inventory by node, and what is in transit: the account equals what is held."""
    ledger, journal = books.ledger, books.journal
    value = ledger["value_cents"]
    for account, inside in (
        ("inventory", _ON_HAND),
        ("inventory_in_transit", np.arange(len(PLACES)) == PLACE_NUMBER["in_transit"]),
    ):
        mine = journal["account"] == books.names["account"][account]
        entered, left = inside[ledger["to_bucket"]], inside[ledger["from_bucket"]]
        held = int(value[entered & ~left].sum() - value[left & ~entered].sum())
        booked = int(journal["amount_cents"][mine].sum())
        if held != booked:
            yield f"{account} account is {booked}, the ledger's value is {held}"
        if account == "inventory":
            nodes = 1 + max(books.names.get("node", {}).values(), default=0)
            worth = summed_by(ledger["to_node"], value * (entered & ~left), nodes) - summed_by(
                ledger["from_node"], value * (left & ~entered), nodes
            )
            posted = summed_by(journal["node"][mine], journal["amount_cents"][mine], nodes)
            wrong = rows_of(worth != posted)
            cases = [f"{books.name('node', n)} has {posted[n]:.0f} booked, {worth[n]:.0f} in stock" for n in wrong]
            yield from told("inventory by node", cases)


def check_between(books: WrittenBooks) -> Iterator[str]:
    """What one entity claims another owes, at every moment; and what one pays the other gets."""
    journal, names = books.journal, books.names
    claims = np.isin(journal["account"], [names["account"][account] for account in _BETWEEN])
    paid = np.isin(journal["kind"], [NUMBER[kind] for kind in _PAID]) & (journal["account"] == names["account"]["cash"])
    for what, rows in (("debts between entities are not claims", claims), ("money between entities is lost", paid)):
        moments, of = np.unique(journal["time_ms"][rows], return_inverse=True)
        left = np.bincount(of, weights=journal["amount_cents"][rows], minlength=len(moments))
        yield from told(what, [f"{left[n]:.0f} at {moments[n]} ms" for n in rows_of(left != 0)])
