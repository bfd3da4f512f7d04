"""Two shapes that most measures have: a ratio and a total over a derived table, whole or split."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim.measures.books import Books

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Ratio:
    """``numerator`` / ``denominator``, two SQL aggregates over the rows of ``source`` that meet ``where``."""

    numerator: str
    denominator: str
    source: str
    where: str = "true"

    def value(self, books: Books) -> float:
        """The ratio; NaN where the denominator is zero."""
        return books.value(
            f"SELECT ({self.numerator})::DOUBLE / nullif({self.denominator}, 0) FROM {self.source} WHERE {self.where}"
        )

    def by(self, books: Books, dimension: str, column: str | None = None) -> pd.DataFrame:
        """Rows ``dimension, numerator, denominator, value``; ``column`` is SQL for what the rows are split
        by."""
        return books.frame(
            f"""
            SELECT {column or dimension} AS {dimension}, coalesce({self.numerator}, 0)::DOUBLE AS numerator,
                   coalesce({self.denominator}, 0)::DOUBLE AS denominator,
                   numerator / nullif(denominator, 0) AS value
            FROM {self.source} WHERE {self.where} GROUP BY 1 ORDER BY 1
            """
        )


@dataclass(frozen=True, slots=True)
class Total:
    """``amount``, an SQL aggregate over the rows of ``source`` that meet ``where``."""

    amount: str
    source: str
    where: str = "true"

    def value(self, books: Books) -> float:
        """The total; 0 where there are no rows."""
        return books.value(f"SELECT coalesce({self.amount}, 0)::DOUBLE FROM {self.source} WHERE {self.where}")

    def by(self, books: Books, dimension: str, column: str | None = None) -> pd.DataFrame:
        """Rows ``dimension, value``; ``column`` is SQL for what the rows are split by."""
        return books.frame(
            f"""
            SELECT {column or dimension} AS {dimension}, coalesce({self.amount}, 0)::DOUBLE AS value
            FROM {self.source} WHERE {self.where} GROUP BY 1 ORDER BY 1
            """
        )


def quantile(books: Books, share: float, hours_of: str, source: str, where: str) -> float:
    """The ``share`` quantile of ``hours_of`` (SQL, in milliseconds), in hours; NaN where there are no rows.

    Between two values it interpolates linearly.
    """
    return books.value(f"SELECT quantile_cont(({hours_of})::DOUBLE, {share}) / 3600000 FROM {source} WHERE {where}")


def ordered_sum(fraction: str, by: str) -> str:
    """SQL for a sum of fractions in one order, because in another (with more threads) its last digits are others."""
    return f"sum({fraction} ORDER BY {by})"
