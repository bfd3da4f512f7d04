"""The treasury: entities settle what they owe one another, and what is open in a foreign currency is valued anew."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.agents.finance.debt import CREDITOR, DEBTOR, Debt
from sim.agents.finance.exchange_differences import REALISED, UNREALISED, ExchangeDifferences
from sim.agents.finance.foreign_freight import ForeignFreight
from sim.agents.finance.foreign_money import ForeignMoney, Party
from sim.agents.finance.foreign_purchases import ForeignPurchases
from sim.agents.finance.foreign_sales import ForeignSales
from sim.books.kinds import NUMBER
from sim.calendar import period_ends
from sim.clock import SWEEP
from sim.plans.treasury import TreasuryPlan, treasurer
from sim.units import half_away

if TYPE_CHECKING:
    from sim.agents.site import Site

Ints = NDArray[np.int64]

_NETTED, _PAID, _COLLECTED = (NUMBER[k] for k in ("intercompany_netted", "intercompany_paid", "intercompany_collected"))
_ACCOUNTS = {CREDITOR: "intercompany_receivables", DEBTOR: "intercompany_payables"}
_SIGN = {CREDITOR: 1, DEBTOR: -1}
"""With which a debt is a debit in the books of one side."""
_RANK = (1 << 21) - 8
"""Before the accountants' close."""


class Treasury:
    """The money side between the entities of one run.

    Parameters
    ----------
    actor
        Gives the number of an actor; each entity's treasurer is one for each entity that it deals with, and for each
        channel.

    Attributes
    ----------
    sales : ForeignSales, optional
        Channels whose customers pay in a foreign currency.
    purchases : ForeignPurchases, optional
        Suppliers that are paid in a foreign currency.
    freight : ForeignFreight, optional
        Carriers that are.
    """

    def __init__(self, site: Site, plan: TreasuryPlan, actor: Callable[[str], int]) -> None:
        self._site, self.plan, self.rates = site, plan, site.rates
        self._differences = ExchangeDifferences(site, site.rates)
        self._money = ForeignMoney(self._differences)
        self._entities = site.world.network.entities
        self._pairs = list(combinations(range(len(self._entities)), 2))
        self._actors: dict[tuple[int, int], int] = {
            (one, other): actor(treasurer(self._entities[one].name, self._entities[other].name))
            for pair in self._pairs
            for one, other in (pair, pair[::-1])
        }
        self.sales, self.purchases = self._foreign_sales(actor), self._foreign_purchases(actor)
        self.freight = self._foreign_freight(actor)
        self._open: dict[tuple[int, int], Debt] = {}
        """By creditor and debtor: what was not drawn up yet."""
        self._drawn_up: list[Debt] = []
        """What waits for its payment."""

    def _foreign_sales(self, actor: Callable[[str], int]) -> ForeignSales | None:
        network = self._site.world.network
        found = {
            number: self._party(network.channels[number].entity, network.channels[number].name, currency, actor)
            for number, currency in ForeignSales.channels_of(network).items()
        }
        return ForeignSales(self._site, self._money, found) if found else None

    def _foreign_purchases(self, actor: Callable[[str], int]) -> ForeignPurchases | None:
        network = self._site.world.network
        found = {
            (number, entity): self._party(entity, network.suppliers[number].name, currency, actor)
            for number, currency in ForeignPurchases.suppliers_of(network).items()
            for entity in sorted({node.entity for node in network.nodes})
        }
        return ForeignPurchases(self._site, self._money, found) if found else None

    def _foreign_freight(self, actor: Callable[[str], int]) -> ForeignFreight | None:
        network = self._site.world.network
        found = {
            (carrier, entity): self._party(entity, carrier, currency, actor)
            for carrier, currency in ForeignFreight.carriers_of(network).items()
            for entity in ForeignFreight.owners_of(network)
        }
        return ForeignFreight(self._site, self._money, found) if found else None

    def _party(self, entity: int, name: str, currency: str, actor: Callable[[str], int]) -> Party:
        own = self._entities[entity]
        if any(other.name == name for other in self._entities):
            name = f"{name} outside the group"  # what it owes is not what the entity of its name does
        return Party(currency, own.currency, actor(treasurer(own.name, name)))

    def start(self) -> None:
        """Put all nettings, exchanges and valuations on the clock."""
        site, plan = self._site, self.plan
        until_ms = site.world.horizon.drain_until_ms
        if self.sales is not None:
            for end_ms in sorted({*period_ends(site.calendar, "day", until_ms), until_ms}):
                site.clock.at(end_ms - 1, SWEEP, self._end_day, rank=_RANK - 1)
        for period, handler, early_ms in ((plan.revalue, self._revalue, 1), (plan.netting, self._draw_up, 0)):
            for end_ms in period_ends(site.calendar, period, until_ms) if period is not None else ():
                site.clock.at(end_ms - early_ms, SWEEP, handler, rank=_RANK)

    def owed(self, creditor: int, debtor: int, cents: Ints, sign: int = 1) -> None:
        """Entries of now, in the group's currency: ``debtor`` owes ``creditor`` so much more, or less."""
        clock, name = self._site.clock, self._currency(creditor, debtor)
        debt = self._open.setdefault((creditor, debtor), Debt(creditor, debtor, name, clock.now_ms))
        debt.booked_cents += sign * int(cents.sum())
        debt.cents += sign * self._in(name, cents)
        for side, entity in enumerate((creditor, debtor)):
            debt.own_cents[side] += sign * self._in(self._entities[entity].currency, cents)

    def _currency(self, creditor: int, debtor: int) -> str:
        of = {"seller": creditor, "buyer": debtor, "group": 0}[self.plan.debts_in]
        return self._entities[of].currency

    def _in(self, currency: str, cents: Ints) -> int:
        """Amounts of the group's in another currency, each rounded."""
        if currency == self.rates.group:
            return int(cents.sum())
        return int(np.floor(cents / self.rates.at(currency, self._site.clock.now_ms) + 0.5).sum())

    # Netting.

    def _draw_up(self, _: None) -> None:
        """A period has ended: what was booked in it will be paid together."""
        due_ms = self._site.clock.now_ms + self.plan.pay_after_ms
        for debt in self._in_sequence():
            debt.due_ms = due_ms
            self._drawn_up.append(debt)
        self._open = {}
        self._site.clock.at(due_ms, SWEEP, self._pay, rank=_RANK + 1)

    def _in_sequence(self) -> list[Debt]:
        return [self._open[pair] for pair in sorted(self._open)]

    def _pay(self, _: None) -> None:
        """What was drawn up first, and is due now, is set off pair by pair, and the differences paid."""
        now_ms = self._site.clock.now_ms
        due = [debt for debt in self._drawn_up if debt.due_ms <= now_ms]
        self._drawn_up = [debt for debt in self._drawn_up if debt.due_ms > now_ms]
        worth = {(debt.creditor, debt.debtor): self._realise(debt) for debt in due}
        for one, other in self._pairs:
            self._settle(one, other, worth.get((one, other), 0), worth.get((other, one), 0))

    def _settle(self, one: int, other: int, claim_cents: int, debt_cents: int) -> None:
        """Two entities set off what each owes the other, and who owes more pays the difference; a claim below 0 (more
        came back than was sold) is set off into a debt."""
        net = claim_cents - debt_cents
        payer, payee = (other, one) if net > 0 else (one, other)
        set_off = debt_cents if net > 0 else claim_cents
        for kind, entity, whom, cents in (
            (_NETTED, one, other, set_off),
            (_NETTED, other, one, set_off),
            (_PAID, payer, payee, abs(net)),
            (_COLLECTED, payee, payer, abs(net)),
        ):
            if cents:
                note = self._site.register.notes.add(value_cents=cents)
                self._site.log.one(kind, self._actors[entity, whom], 0, note)

    # Exchange.

    def _realise(self, debt: Debt) -> int:
        """A debt is paid at the rate of now: post what that differs from how it was booked; what it is worth."""
        worth = self._worth(debt)
        for side in (CREDITOR, DEBTOR):
            self._adjust(debt, side, 0, 0)
            own = self._own_worth(debt, side, worth) - debt.own_cents[side]
            self._post(REALISED, debt, side, _ACCOUNTS[side], worth - debt.booked_cents, own)
        return worth

    def _end_day(self, _: None) -> None:
        assert self.sales is not None
        self.sales.end_day()

    def _revalue(self, _: None) -> None:
        """Post how much what is open is worth more, or less, than it was booked at."""
        for money in (self.sales, self.purchases, self.freight):
            if money is not None:
                money.revalue()
        for debt in (*self._drawn_up, *self._in_sequence()):
            worth = self._worth(debt)
            for side in (CREDITOR, DEBTOR):
                own = self._own_worth(debt, side, worth) - debt.own_cents[side]
                self._adjust(debt, side, worth - debt.booked_cents, own)

    def _adjust(self, debt: Debt, side: int, group_cents: int, own_cents: int) -> None:
        """Let the adjustment of one side's books be so much."""
        more = group_cents - debt.adjusted_cents[side]
        more_own = own_cents - debt.adjusted_own_cents[side]
        debt.adjusted_own_cents[side] += self._post(UNREALISED, debt, side, "exchange_adjustments", more, more_own)
        debt.adjusted_cents[side] = group_cents

    def _post(self, kind: int, debt: Debt, side: int, account: str, group_cents: int, own_cents: int) -> int:
        entity, other = (debt.creditor, debt.debtor) if side == CREDITOR else (debt.debtor, debt.creditor)
        currency, sign = self._entities[entity].currency, _SIGN[side]
        if currency == debt.currency:
            own_cents = 0  # nobody gains by a debt in his own currency, but for what rounding leaves
        actor = self._actors[entity, other]
        return sign * self._differences.post(kind, actor, currency, account, sign * group_cents, sign * own_cents)

    def _worth(self, debt: Debt) -> int:
        """A debt in the group's currency, at the rate of now."""
        return half_away(debt.cents * self.rates.at(debt.currency, self._site.clock.now_ms))

    def _own_worth(self, debt: Debt, side: int, worth: int) -> int:
        """A debt as one side counts it, at the rates of now."""
        entity = debt.creditor if side == CREDITOR else debt.debtor
        return self._differences.own_cents(worth, self._entities[entity].currency)

    # The close.

    def open_debts(self) -> list[tuple[str, int, int]]:
        """What is booked and not paid: why not, since when, and how much in the group's books."""
        drawn_up = [("debt_not_paid", debt.since_ms, debt.booked_cents) for debt in self._drawn_up]
        return drawn_up + [("debt_not_drawn_up", debt.since_ms, debt.booked_cents) for debt in self._open.values()]
