"""What goods cost in the own currency of the entity that holds them: at the rates at which they came, not at which they
go.

The group keeps a value of each product at each node (`sim.books.inventory`); an entity that counts in another currency
keeps one too. Goods come in at the rate of their day; what goes takes its share of what is there, the last unit the
rest; what comes back, or is on the road at our risk, costs what the line cost that it is of.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from math import floor
from typing import TypeAlias

from sim.books.kinds import ACCOUNTS

STOCK = ("inventory", "inventory_in_transit", "goods_with_carriers")
COST = "cost_of_goods"
OWED = frozenset(ACCOUNTS[: ACCOUNTS.index("opening_equity") + 1]) - {*STOCK}
"""Other accounts of the balance sheet, which an entry enters at the rate of its day."""


@dataclass(frozen=True, slots=True)
class Leg:
    """A line of the journal in the books of an entity that counts in another currency than the group's; ``rate`` is
    what one unit of that is worth on the entry's day."""

    event: int
    account: str
    amount_cents: int
    entity: str
    rate: float
    is_between: bool
    node: str | None
    sku: str | None
    line: int


Own: TypeAlias = tuple[int, str, int]
"""Of a line of the journal: event, account, and minor units of the entity's own currency."""


@dataclass(slots=True)
class _Value:
    """What some goods are worth, to the group and to the entity."""

    group_cents: int = 0
    own_cents: int = 0

    def add(self, group_cents: int, own_cents: int) -> None:
        self.group_cents += group_cents
        self.own_cents += own_cents

    def share(self, group_cents: int) -> int | None:
        """The entity's value of what the group values so; None where the group has nothing."""
        if group_cents == self.group_cents:
            return self.own_cents
        return _rounded(self.own_cents * group_cents / self.group_cents) if self.group_cents else None


@dataclass(slots=True)
class OwnStock:
    """Replays the entries about stock, in their sequence."""

    _held: dict[tuple[str | int | None, ...], _Value] = field(default_factory=dict)
    _sold: dict[tuple[str, int], _Value] = field(default_factory=dict)
    """By entity and order line: what left."""

    def replay(self, legs: Iterable[Leg]) -> Iterator[Own]:
        """Lines that are not what the rate of their day makes of them; one of an account that the entry does not have
        is the entity's own alone."""
        for _, entry in groupby(legs, key=lambda leg: leg.event):
            yield from self._entry({leg.account: leg for leg in entry})

    def _entry(self, legs: dict[str, Leg]) -> Iterator[Own]:
        worth = self._worth(legs)
        for account, leg in legs.items():
            own = _signed(worth, leg)
            if account in STOCK:
                self._pool(leg).add(leg.amount_cents, own)
            elif account == COST and leg.amount_cents > 0:
                self._sold.setdefault((leg.entity, leg.line), _Value()).add(leg.amount_cents, own)
        if any(leg.amount_cents < 0 for account, leg in legs.items() if account in (*STOCK, COST)):
            yield from _balanced(legs, worth)

    def _worth(self, legs: dict[str, Leg]) -> int:
        """What the goods that an entry is about cost the entity."""
        for account in STOCK:
            leg = legs.get(account)
            if leg is not None and leg.amount_cents < 0:
                return _or_of_the_day(self._pool(leg).share(-leg.amount_cents), leg)
        leg = legs.get(COST)
        if leg is not None and leg.amount_cents < 0:
            sold = self._sold.get((leg.entity, leg.line))
            return _or_of_the_day(sold.share(-leg.amount_cents) if sold is not None else None, leg)
        return _or_of_the_day(None, next(leg for account, leg in legs.items() if account in (*STOCK, COST)))

    def _pool(self, leg: Leg) -> _Value:
        where = {"inventory": leg.node, "goods_with_carriers": leg.line}.get(leg.account, leg.entity)
        return self._held.setdefault((leg.account, where, leg.sku), _Value())


def _or_of_the_day(own_cents: int | None, leg: Leg) -> int:
    return _rounded(abs(leg.amount_cents) / leg.rate) if own_cents is None else own_cents


def _rounded(cents: float) -> int:
    return floor(cents + 0.5)


def _signed(worth: int, leg: Leg) -> int:
    return worth if leg.amount_cents > 0 else -worth


def _balanced(legs: dict[str, Leg], worth: int) -> Iterator[Own]:
    """Goods at their own cost, what is owed at the rate of the day; the rest is earned, or lost."""
    rest = 0
    for account, leg in legs.items():
        if account in (*STOCK, COST) or account in OWED:
            own = _signed(_or_of_the_day(None, leg) if account in OWED else worth, leg)
            rest -= own
            yield leg.event, account, own
    earned = [account for account in legs if account not in (*STOCK, COST) and account not in OWED]
    first = next(iter(legs.values()))
    if earned or rest:
        yield first.event, earned[0] if earned else "intercompany_sales" if first.is_between else "write_offs", rest
