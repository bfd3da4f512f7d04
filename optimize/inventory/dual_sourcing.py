"""Two sources for one product, one slow and cheap, one at once and dear: the best policy, and four that people use.

A period: the regular order of ``lead_periods`` ago arrives; an expedited order arrives at once and a regular one is
placed; demand comes; unmet demand waits (Veeraraghavan and Scheller-Wolf 2008).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimize.inventory.demand_chances import cost_by_level, critical_level, of_periods
from optimize.inventory.markov_chain import long_run_shares

Floats = NDArray[np.float64]

State = tuple[int, ...]
"""Net stock after what arrives, then the regular orders under way, the next one first."""
Orders = Callable[[int, State], tuple[int, int]]
"""(net stock, regular orders under way) -> units (expedited, regular)."""


@dataclass(frozen=True, slots=True)
class Sources:
    """One product of two sources: chances of a period's demand, a unit's price by source, of one left and one owed."""

    demand: Floats
    lead_periods: int
    expedited: float
    regular: float
    holding: float
    penalty: float


def dual_index(expedite_to: int, order_to: int, at_most: int | None = None) -> Orders:
    """Expedite up to one level of net stock, order up to another of the whole position, capped where ``at_most`` is
    given (Veeraraghavan and Scheller-Wolf 2008; capped: Sun and Van Mieghem 2019)."""

    def orders(net: int, under_way: State) -> tuple[int, int]:
        urgent = max(0, expedite_to - net)
        regular = max(0, order_to - net - urgent - sum(under_way))
        return urgent, regular if at_most is None else min(regular, at_most)

    return orders


def tailored_base_surge(expedite_to: int, regular: int) -> Orders:
    """The same regular order in each period, and expedite up to a level (Allon and Van Mieghem 2010)."""
    return lambda net, under_way: (max(0, expedite_to - net), regular)


def single_index(expedite_to: int, order_to: int) -> Orders:
    """Expedite up to one level of the whole position, order up to another (Scheller-Wolf, Veeraraghavan and Van Houtum
    2007)."""

    def orders(net: int, under_way: State) -> tuple[int, int]:
        position = net + sum(under_way)
        urgent = max(0, expedite_to - position)
        return urgent, max(0, order_to - position - urgent)

    return orders


def dual_sourcing_cost(sources: Sources, orders: Orders, most: int = 60) -> float:
    """Long-run cost a period of a policy, purchases included, by the chain of its states; net stock ends at ``most``,
    which is high enough where it is hardly ever reached."""
    demand = sources.demand.tolist()
    first: State = (0, *[0] * (sources.lead_periods - 1))
    number, reached = {first: 0}, [first]
    steps: list[tuple[int, int, float]] = []
    raised, spent = [], []
    for place, (net, *under_way) in enumerate(reached):
        urgent, regular = orders(net, tuple(under_way))
        arrives, *later = [*under_way, regular]
        raised.append(net + urgent)
        spent.append(sources.expedited * urgent + sources.regular * regular)
        for units, chance in enumerate(demand):
            after = (min(net + urgent - units + arrives, most), *later)
            if after not in number:
                number[after] = len(reached)
                reached.append(after)
            steps.append((place, number[after], chance))
    origin, target, chances = (np.array(column) for column in zip(*steps, strict=True))
    shares = long_run_shares(origin, target, chances, len(reached))
    costs = np.array(spent) + cost_by_level(np.array(raised), sources.demand, sources.holding, sources.penalty)
    return float(shares @ costs)


def best_dual_sourcing_cost(sources: Sources, precision: float = 1e-7) -> float:
    """Cost a period of the best policy, by relative value iteration until it is known to ``precision``.

    Net stock with all that is under way stays at or below the newsvendor's level of all periods until a regular order
    serves: nobody gains by ordering beyond.
    """
    lead, widest = sources.lead_periods, len(sources.demand) - 1
    most = critical_level(of_periods(sources.demand, lead + 1), sources.holding, sources.penalty)
    net, raised, order = np.arange(-2 * widest, most + 1), np.arange(-widest, most + 1), np.arange(most + 1)
    codes = np.arange((most + 1) ** (lead - 1))
    under_way = sum((codes // (most + 1) ** place % (most + 1) for place in range(lead - 1)), np.zeros_like(codes))
    position = raised[:, None, None] + under_way[:, None] + order
    allowed = (position <= most) | (order == 0)
    possible = net[:, None] + under_way <= most
    spent = cost_by_level(raised, sources.demand, sources.holding, sources.penalty)[:, None, None]
    spent = spent + sources.regular * order
    chances = _after_demand(sources.demand, len(raised), len(net))
    arriving = np.minimum(np.arange(len(net))[:, None] + order, len(net) - 1)
    values = np.zeros((len(net), len(codes)))
    while True:
        following = values[arriving] if lead > 1 else values[arriving, 0][:, :, None]
        expected = (chances @ following.reshape(len(net), -1)).reshape(allowed.shape)
        stay = np.where(allowed, spent + expected, np.inf).min(axis=2) + sources.expedited * raised[:, None]
        best = np.minimum.accumulate(stay[::-1])[::-1]
        changes = best[np.maximum(net, -widest) + widest] - sources.expedited * net[:, None] - values
        least, largest = changes[possible].min(), changes[possible].max()
        if largest - least < precision:
            return float(least + largest) / 2
        values = values + changes - least


def _after_demand(demand: Floats, raised: int, net: int) -> Floats:
    """Chances of net stock after demand, shape (raised, net); both end at the same level."""
    chances = np.zeros((raised, net))
    for units, chance in enumerate(demand.tolist()):
        places = np.arange(raised)
        chances[places, places + net - raised - units] = chance
    return chances
