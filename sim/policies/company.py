"""What a company knows besides the order and the stock in hand: its floors, what is on order, what it has sold.

A policy that wants it has a method ``watch(company)``, which is called once before it decides. Everything here is a
look-up of what the company's systems show at the moment of asking; nothing tells of demand to come, of shelves that
nobody has counted, or of anybody's luck.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from sim.policies.outlook import Outlook

Floats = NDArray[np.float64]
Coming = tuple[int, int, int, int]
"""(node, product, units, when they are expected)."""


@dataclass(slots=True)
class CompanyView:
    """Look-ups of a company's own systems.

    Attributes
    ----------
    load_hours
        () -> by node: (pick, pack) hours of work there, of shipments planned or begun, for the crew of the present or
        next shift; infinite where nobody works.
    adds_hours
        (node, lines) -> the (pick, pack) hours that a further shipment of so many lines is there.
    done_ms
        (node, pick hours, pack hours) -> when so much work will be done there, shifts and nights counted.
    hours_until
        (node, moment) -> the (pick, pack) hours that crews have until then, in the hours of ``load_hours``.
    on_order
        () -> what suppliers and other nodes send, with its expected date.
    position, free
        (node) -> its inventory position of each product, and the units there that no accepted order counts on.
    outlook
        (node) -> what it may expect to sell; None where the company does not forecast.
    late
        () -> suppliers that the house does not rely on, because an order with them is overdue.
    demand
        (from, until) -> units that customers are expected to ask for between two moments, shape (regions, products):
        what was sold in the month before the run and since, at the traffic that the plan has for that time.
    """

    load_hours: Callable[[], Sequence[tuple[float, float]]]
    adds_hours: Callable[[int, int], tuple[float, float]]
    done_ms: Callable[[int, float, float], int]
    hours_until: Callable[[int, int], tuple[float, float]]
    on_order: Callable[[], Sequence[Coming]]
    position: Callable[[int], Sequence[int]]
    free: Callable[[int], Sequence[int]]
    outlook: Callable[[int], Outlook | None]
    late: Callable[[], frozenset[int]]
    demand: Callable[[int, int], Floats]


@runtime_checkable
class Watcher(Protocol):
    """A policy that wants to know more than it is shown."""

    def watch(self, company: CompanyView) -> None:
        """Keep the look-ups; called once, after ``bind``."""
        ...
