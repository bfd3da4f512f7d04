"""The clairvoyant bound of a finished run, and its regret.

*Cost* is freight, handling labour and packaging of all orders that the run sent by parcel, picked unit by unit. The
*bound* is a lower bound on what the same orders would have cost anybody who knew all of them, and all stock to come,
beforehand:

- every order is sent as it was, whole or in parts, from the stock that the run's nodes had by then: what a node sent
  until the end of a period and what lay there at that moment (`optimize.hindsight.sent.PERIODS` such moments, so stock
  may be used up to a period before it came);
- an order whose parcels were all tendered to arrive in time is so again; others may go by the cheapest service;
- floors and carriers have no capacity, and a parcel may leave as soon as its order was validated.

What the run did satisfies all this at no less than its cost, so the bound is at or below it in every run. Orders that
were not sent, goods, returns, penalties, fees and purchases are in neither. Few orders: the integer program itself
(`program`); many: its Lagrangian dual (`prices`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from optimize.hindsight.sent import HindsightError, Sent, read_sent
from sim.world import World

if TYPE_CHECKING:
    from sim.measures.books import Books

__all__ = ["Hindsight", "HindsightError", "bound_of", "hindsight"]

FEW_ORDERS = 150
ROUNDS = 60
GAP = 1e-4


@dataclass(frozen=True, slots=True)
class Hindsight:
    """What a run's shipments cost, and what they must have cost anybody.

    Attributes
    ----------
    orders
        How many were sent by parcel.
    cost_cents, bound_cents
        Of all of them: freight, handling and packaging.
    method
        How the bound was found: ``program`` or ``prices``.
    work
        Its rounds or nodes.
    """

    orders: int
    cost_cents: int
    bound_cents: float
    method: str
    work: float

    @property
    def regret_cents(self) -> float:
        """How much more the run's shipments cost than the bound."""
        return self.cost_cents - self.bound_cents

    @property
    def regret_share(self) -> float:
        """The same as a share of the bound; NaN where nothing was sent."""
        return self.regret_cents / self.bound_cents if self.bound_cents else float("nan")


def hindsight(world: World, books: Books, rounds: int = ROUNDS) -> Hindsight:
    """Judge a run of ``world``.

    Raises
    ------
    HindsightError
        If the run is of another world.
    """
    return bound_of(world, read_sent(world, books), rounds)


def bound_of(world: World, sent: Sent, rounds: int = ROUNDS) -> Hindsight:
    """The bound of what was sent."""
    from optimize.hindsight.costs import costs_of
    from optimize.hindsight.prices import dual_bound
    from optimize.hindsight.program import MOST_METHODS, count_methods, program_bound

    if not len(sent):
        return Hindsight(0, 0, 0.0, "prices", 0.0)
    cost = int(sent.cents.sum())
    if len(sent) <= FEW_ORDERS and count_methods(world, sent) <= MOST_METHODS:
        record = program_bound(world, sent)
        if record.has_solution:
            return Hindsight(len(sent), cost, min(record.bound, float(cost)), "program", record.work)
    dual = dual_bound(sent, costs_of(world, sent), rounds, GAP)
    return Hindsight(len(sent), cost, min(dual.cents, float(cost)), "prices", float(dual.rounds))
