"""What goods cost the entity that holds them, in its own currency: what it paid, at the rates at which they came.

The group keeps a value of each product at each node (`sim.books.inventory`); an entity that counts in another currency,
or buys stock of another entity at cost plus, keeps one too. Goods come in at the rate of their day, or at the other
entity's price; what goes takes its share of what is there, the last unit the rest; what comes back, or is on the road
at our risk, costs what the line cost that it is of.

With goods goes what other entities earned on them before, in the group's currency at the rates of the days on which
they sold them (ASC 830-30-45-10): to the group that is no profit until the goods are sold on.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from math import floor
from typing import TypeAlias

from sim.books.kinds import ACCOUNTS
from sim.units import half_away

STOCK = ("inventory", "inventory_in_transit", "goods_with_carriers")
COST = "cost_of_goods"
SALES = "intercompany_sales"
PURCHASES = "intercompany_purchases"
AT_COST = frozenset({*STOCK, COST, "intercompany_cost"})
OWED = frozenset(ACCOUNTS[: ACCOUNTS.index("opening_equity") + 1]) - {*STOCK}
"""Other accounts of the balance sheet, which an entry enters at the rate of its day."""


@dataclass(frozen=True, slots=True)
class Leg:
    """A line of the journal in the books of an entity; ``rate`` is what one unit of its currency is worth on the day of
    the entry."""

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
Profit: TypeAlias = tuple[int, str, str, int]
"""Event, entity, account, and by how much what other entities earned is more in it, in the group's minor units."""


@dataclass(slots=True)
class _Value:
    """What some goods are worth to the group and to the entity, and what of that other entities earned."""

    group_cents: int = 0
    own_cents: int = 0
    profit_cents: int = 0

    def add(self, other: _Value, sign: int = 1) -> None:
        self.group_cents += sign * other.group_cents
        self.own_cents += sign * other.own_cents
        self.profit_cents += sign * other.profit_cents

    def share(self, group_cents: int) -> _Value | None:
        """What belongs to what the group values so; None where the group has nothing."""
        if group_cents == self.group_cents:
            return _Value(group_cents, self.own_cents, self.profit_cents)
        if not self.group_cents:
            return None
        own, profit = (c * group_cents / self.group_cents for c in (self.own_cents, self.profit_cents))
        return _Value(group_cents, _rounded(own), _rounded(profit))


@dataclass(slots=True)
class OwnStock:
    """Replays the entries about stock, in their sequence.

    Attributes
    ----------
    profits
        What other entities earned on goods, from account to account as the goods go; what an entity earns on stock that
        it sells to another is a credit to its ``intercompany_sales``. Sums to zero over all entities.
    """

    profits: list[Profit] = field(default_factory=list)
    _held: dict[tuple[str | int | None, ...], _Value] = field(default_factory=dict)
    _sold: dict[tuple[str, int], _Value] = field(default_factory=dict)
    """By entity and order line: what left."""
    _loaded: dict[tuple[str, str | None], _Value] = field(default_factory=dict)
    """By entity and product: what set off last to another node."""
    _between: deque[int] = field(default_factory=deque)
    """What was earned on stock that one entity has sold and the other not booked, in their sequence."""

    def replay(self, legs: Iterable[Leg]) -> Iterator[Own]:
        """Lines that are not what the rate of their day makes of them; one of an account that the entry does not have
        is the entity's own alone."""
        for _, entry in groupby(legs, key=lambda leg: leg.event):
            yield from self._entry({leg.account: leg for leg in entry})

    def _entry(self, legs: dict[str, Leg]) -> Iterator[Own]:
        goods = self._worth(legs)
        for account, leg in legs.items():
            if account in STOCK:
                self._pool(leg).add(goods, 1 if leg.amount_cents > 0 else -1)
            elif account == COST and leg.amount_cents > 0:
                self._sold.setdefault((leg.entity, leg.line), _Value()).add(goods)
        transit = legs.get("inventory_in_transit")
        if transit is not None and "inventory" in legs and transit.amount_cents > 0:
            self._loaded[transit.entity, transit.sku] = goods
        if transit is not None and transit.is_between:
            yield from self._bought(legs, goods) if transit.amount_cents > 0 else self._sold_between(legs, goods)
        else:
            self._pass_on(legs, goods)
            if any(leg.amount_cents < 0 for account, leg in legs.items() if account in (*STOCK, COST)):
                yield from _balanced(legs, goods.own_cents)

    # What the goods that an entry is about are worth.

    def _worth(self, legs: dict[str, Leg]) -> _Value:
        for account in STOCK:
            leg = legs.get(account)
            if leg is not None and leg.amount_cents < 0:
                return self._just_loaded(leg) or self._pool(leg).share(-leg.amount_cents) or _of_the_day(leg)
        leg = legs.get(COST)
        if leg is not None and leg.amount_cents < 0:
            sold = self._sold.get((leg.entity, leg.line), _Value())
            return sold.share(-leg.amount_cents) or _of_the_day(leg)
        leg = next(leg for account, leg in legs.items() if account in AT_COST)
        return self._price(legs, leg) if leg.is_between else _of_the_day(leg)

    def _just_loaded(self, leg: Leg) -> _Value | None:
        """Stock that is sold as it sets off is what was loaded, not a share of all that is under way."""
        goods = self._loaded.pop((leg.entity, leg.sku), None) if leg.is_between else None
        return goods if goods is not None and goods.group_cents == -leg.amount_cents else None

    def _price(self, legs: dict[str, Leg], goods: Leg) -> _Value:
        """What another entity asks for stock, and what was earned on it so far."""
        price = _own(legs["intercompany_payables"])
        return _Value(goods.amount_cents, price, self._between.popleft())

    def _pool(self, leg: Leg) -> _Value:
        where = {"inventory": leg.node, "goods_with_carriers": leg.line}.get(leg.account, leg.entity)
        return self._held.setdefault((leg.account, where, leg.sku), _Value())

    # Where it goes.

    def _bought(self, legs: dict[str, Leg], goods: _Value) -> Iterator[Own]:
        """Stock costs the buyer what it pays, of which nothing is an expense."""
        leg = legs["inventory_in_transit"]
        self._note(leg, leg.account, goods.profit_cents)
        yield leg.event, leg.account, goods.own_cents
        yield leg.event, "intercompany_payables", -goods.own_cents
        if PURCHASES in legs:
            yield leg.event, PURCHASES, 0

    def _sold_between(self, legs: dict[str, Leg], goods: _Value) -> Iterator[Own]:
        """Who sells earns what the price is more than what the stock cost it."""
        leg = legs["inventory_in_transit"]
        earned = half_away((_own(legs["intercompany_receivables"]) - goods.own_cents) * leg.rate)
        self._between.append(goods.profit_cents + earned)
        self._note(leg, leg.account, -goods.profit_cents)
        self._note(leg, SALES, -earned)
        yield from _balanced(legs, goods.own_cents)

    def _pass_on(self, legs: dict[str, Leg], goods: _Value) -> None:
        if not goods.profit_cents:
            return
        rest, first = 0, next(iter(legs.values()))
        for account, leg in legs.items():
            if account in (*STOCK, COST):
                cents = _signed(goods.profit_cents, leg)
                rest -= cents
                self._note(leg, account, cents)
        self._note(first, _expense(legs), rest)

    def _note(self, leg: Leg, account: str, cents: int) -> None:
        if cents:
            self.profits.append((leg.event, leg.entity, account, cents))


def _of_the_day(leg: Leg) -> _Value:
    return _Value(abs(leg.amount_cents), _own(leg))


def _own(leg: Leg) -> int:
    """What a line is worth at the rate of its day, whatever its side."""
    return _rounded(abs(leg.amount_cents) / leg.rate)


def _rounded(cents: float) -> int:
    return floor(cents + 0.5)


def _signed(worth: int, leg: Leg) -> int:
    return worth if leg.amount_cents > 0 else -worth


def _expense(legs: dict[str, Leg]) -> str:
    """What goods are in that are nowhere any more."""
    is_between = next(iter(legs.values())).is_between
    earned = [account for account in legs if account not in AT_COST and account not in OWED]
    return earned[0] if earned else SALES if is_between else "write_offs"


def _balanced(legs: dict[str, Leg], worth: int) -> Iterator[Own]:
    """Goods at their own cost, what is owed at the rate of the day; the rest is earned, or lost."""
    rest = 0
    for account, leg in legs.items():
        if account in AT_COST or account in OWED:
            own = _signed(_own(leg) if account in OWED else worth, leg)
            rest -= own
            yield leg.event, account, own
    is_earned = any(account not in AT_COST and account not in OWED for account in legs)
    if is_earned or rest:
        yield next(iter(legs.values())).event, _expense(legs), rest
