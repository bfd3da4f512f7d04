"""Measures by name; a module of this package that declares one makes it known.

A measure is a pure function of the books that returns one number. A breakdown returns the same figure by
channel, node, carrier or reason, as a frame whose ``numerator`` and ``denominator`` sum to those of its
measure.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Literal

from sim.errors import PeakproofError
from sim.measures.books import Books

if TYPE_CHECKING:
    import pandas as pd

UNITS = ("share", "hours", "cents", "count", "ratio")

MeasureFunction = Callable[[Books], float]
BreakdownFunction = Callable[[Books], "pd.DataFrame"]


class UnknownMeasureError(PeakproofError):
    """No measure or breakdown has that name."""


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure of a run.

    Attributes
    ----------
    name, title
        What code and people call it.
    unit
        One of `UNITS`; cents are minor units of the run's currency.
    better
        Whether a planner wants it ``higher`` or ``lower``.
    headline
        Whether it belongs on the first page.
    definition
        The rule by which it is computed: the function's docstring.
    function
        Books to number; NaN where nothing happened that it could be measured on.
    """

    name: str
    title: str
    unit: str
    better: Literal["higher", "lower"]
    headline: bool
    definition: str
    function: MeasureFunction

    def __call__(self, books: Books) -> float:
        """The measure of one run."""
        return self.function(books)


@dataclass(frozen=True, slots=True)
class Breakdown:
    """A measure (``of``) split along one dimension (``by``)."""

    name: str
    of: str
    by: str
    function: BreakdownFunction

    def __call__(self, books: Books) -> pd.DataFrame:
        """The breakdown of one run, as a frame."""
        return self.function(books)


_MEASURES: dict[str, Measure] = {}
_BREAKDOWNS: dict[str, Breakdown] = {}


def measure(
    name: str, *, unit: str, better: Literal["higher", "lower"], title: str, headline: bool = False
) -> Callable[[MeasureFunction], MeasureFunction]:
    """Function decorator: makes a measure known; its docstring is the definition that reports print."""
    if unit not in UNITS:
        raise ValueError(f"measure {name!r}: unit {unit!r} is not one of {', '.join(UNITS)}")

    def register(function: MeasureFunction) -> MeasureFunction:
        known = _MEASURES.get(name)
        if known is not None and known.function.__module__ != function.__module__:
            raise ValueError(f"two measures are called {name!r}")
        definition = " ".join((function.__doc__ or "").split())
        _MEASURES[name] = Measure(name, title, unit, better, headline, definition, function)
        return function

    return register


def breakdown(of: str, by: str) -> Callable[[BreakdownFunction], BreakdownFunction]:
    """Function decorator: makes a split of measure ``of`` along ``by`` known as ``of_by_by``."""
    name = f"{of}_by_{by}"

    def register(function: BreakdownFunction) -> BreakdownFunction:
        known = _BREAKDOWNS.get(name)
        if known is not None and known.function.__module__ != function.__module__:
            raise ValueError(f"two breakdowns are called {name!r}")
        _BREAKDOWNS[name] = Breakdown(name, of, by, function)
        return function

    return register


def measures() -> dict[str, Measure]:
    """All known measures, by name, in the order of their files, whichever of these was imported first."""
    _load()
    return dict(sorted(_MEASURES.items(), key=lambda named: named[1].function.__module__))


def breakdowns() -> dict[str, Breakdown]:
    """All known breakdowns, by name."""
    _load()
    return dict(_BREAKDOWNS)


def compute(books: Books, names: Iterable[str] | None = None) -> dict[str, float]:
    """Measures of one run, by name.

    Parameters
    ----------
    books
        The run's records.
    names
        Which to compute; None for all.

    Raises
    ------
    UnknownMeasureError
        With the nearest name, if there is no such measure.
    """
    known = measures()
    chosen = list(known) if names is None else list(names)
    return {name: _named(known, name, "measure")(books) for name in chosen}


def split(books: Books, name: str) -> pd.DataFrame:
    """One breakdown of one run, by its name (``otif_by_channel``); raises as `compute`."""
    known = breakdowns()
    if name not in known:
        raise UnknownMeasureError(_unknown(name, known, "breakdown"))
    return known[name](books)


def _named(known: dict[str, Measure], name: str, what: str) -> Measure:
    if name not in known:
        raise UnknownMeasureError(_unknown(name, known, what))
    return known[name]


def _unknown(name: str, known: Iterable[str], what: str) -> str:
    near = get_close_matches(name, list(known), n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return f"there is no {what} {name!r}{hint}"


def _load() -> None:
    package = importlib.import_module("sim.measures")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"sim.measures.{module.name}")
