"""What each order, SKU or channel earned, step by step from net revenue to contribution, to the cent.

The same postings as in `sim.measures.money`. What is posted for a line (goods, returns) is the SKU's own. What is
posted for a shipment (revenue, freight, labour, fees) is divided among its lines by the net value that it holds of
each; what is posted for an order alone, by the value that was ordered. A posting is divided into whole cents, which add
up to it. What belongs to no order stands in a row without a name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.errors import PeakproofError
from sim.measures.books import Books
from sim.measures.facts import INCOME_ACCOUNTS, NOT_EARNED
from sim.measures.quoting import listed

if TYPE_CHECKING:
    import pandas as pd

BY = ("order", "sku", "channel")

STEPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("net_revenue_cents", INCOME_ACCOUNTS),
    ("goods_cents", ("cost_of_goods",)),
    ("freight_cents", ("freight",)),
    ("labour_cents", ("handling_labour",)),
    ("packaging_cents", ("packaging",)),
    ("fees_cents", ("payment_fees", "marketplace_commission", "fees")),
    ("aftermath_cents", ("returns_handling", "write_offs", "chargebacks")),
)
"""Columns, and the accounts that each sums up; all others are ``other_cents``."""


class MarginError(PeakproofError):
    """Margins were asked for by something that they are not split by."""


def margins(books: Books, by: str = "order") -> pd.DataFrame:
    """Margins of the cohort's orders.

    Parameters
    ----------
    by
        One of `BY`.

    Returns
    -------
    DataFrame
        A row for each order, SKU or channel, the highest contribution first: that name, ``orders`` and ``units``
        shipped, the `STEPS` (costs are negative), ``gross_margin_cents`` and ``contribution_cents``, whose sum is the
        run's contribution margin.

    Raises
    ------
    MarginError
        If ``by`` is none of `BY`.
    """
    if by not in BY:
        raise MarginError(f"margins are split by {', '.join(BY)}, not by {by!r}")
    column = {"order": 'p."order"', "sku": "p.sku", "channel": "p.channel"}[by]
    steps = ",\n".join(
        f"coalesce(sum(p.earned) FILTER (p.account IN {listed(accounts)}), 0)::BIGINT AS {name}"
        for name, accounts in STEPS
    )
    known = listed(account for _, accounts in STEPS for account in accounts)
    gross = listed((*INCOME_ACCOUNTS, "cost_of_goods"))
    return books.frame(
        f"""
        WITH posted AS ({_BY_LINE if by == "sku" else _BY_ORDER}),
        sold AS ({_SOLD}),
        shipped AS (
            SELECT {column.replace("p.", "s.")} AS name, count(DISTINCT s."order") AS orders,
                   sum(s.units)::BIGINT AS units
            FROM sold AS s GROUP BY 1
        ),
        earned AS (
            SELECT {column} AS name, {steps},
                   coalesce(sum(p.earned) FILTER (p.account NOT IN {known}), 0)::BIGINT AS other_cents,
                   coalesce(sum(p.earned) FILTER (p.account IN {gross}), 0)::BIGINT AS gross_margin_cents,
                   sum(p.earned)::BIGINT AS contribution_cents
            FROM posted AS p GROUP BY 1
        )
        SELECT e.name AS "{by}", coalesce(s.orders, 0) AS orders, coalesce(s.units, 0) AS units,
               e.* EXCLUDE (name, gross_margin_cents, contribution_cents), e.gross_margin_cents, e.contribution_cents
        FROM earned AS e LEFT JOIN shipped AS s ON s.name = e.name
        ORDER BY e.contribution_cents DESC, e.name
        """
    )


_COUNTS = f"""
    j.account NOT IN {listed(NOT_EARNED)}
    AND (o.in_window OR j."order" < 0 AND j.time_ms >= warm_up_ms() AND j.time_ms < end_ms())
"""

_SOLD = """
    SELECT "order", sku, channel, shipped_units AS units FROM lines WHERE in_window AND shipped_units > 0
"""

# What an exchange costs is a part of the first order.
_BY_ORDER = f"""
    SELECT CASE WHEN j."order" >= 0 THEN coalesce(x.first_order, j."order") END AS "order", NULL AS sku,
           coalesce(o.channel, j.channel) AS channel, j.account, -j.amount_cents AS earned
    FROM journal AS j LEFT JOIN linked AS x ON x.linked = j."order"
    LEFT JOIN orders AS o ON o."order" = coalesce(x.first_order, j."order") WHERE {_COUNTS}
"""


def _divided(what: str, among: str, by: str) -> str:
    """For each ``what`` and SKU of ``among``: its place ``before`` to ``upto`` of the ``whole``, by the column ``by``.

    Where that is 0 throughout, parts are equal.
    """
    return f"""
        SELECT {what}, sku, (sum(weight) OVER so_far - weight)::HUGEINT AS before,
               (sum(weight) OVER so_far)::HUGEINT AS upto, (sum(weight) OVER one)::HUGEINT AS whole
        FROM (
            SELECT {what}, sku,
                   CASE WHEN sum(sum({by})) OVER (PARTITION BY {what}) > 0 THEN sum({by}) ELSE 1 END AS weight
            FROM {among} GROUP BY {what}, sku
        )
        WINDOW one AS (PARTITION BY {what}), so_far AS (one ORDER BY sku ROWS UNBOUNDED PRECEDING)
    """


_CENTS = """sign(r.earned) * ((2 * abs(r.earned) * i.upto + i.whole) // (2 * i.whole)
                              - (2 * abs(r.earned) * i.before + i.whole) // (2 * i.whole))"""
"""The part of a posting ``r`` that falls to a place ``i``: rounded at both of its ends, so that parts add up."""

# By line where the event is of one; else by the lines of its shipment that left; else by the lines of its order.
_BY_LINE = f"""
    WITH postings AS (
        SELECT j.event, j."order", j.account, -j.amount_cents AS earned, e.line, e.shipment, e.sku
        FROM journal AS j JOIN events AS e USING (event) LEFT JOIN linked AS x ON x.linked = j."order"
        LEFT JOIN orders AS o ON o."order" = coalesce(x.first_order, j."order") WHERE {_COUNTS}
    ),
    prices AS (SELECT line, "order", sku, value_cents AS value, units FROM lines),
    parts AS (
        SELECT s.shipment, p.sku, coalesce(s.quantity * p.value // nullif(p.units, 0), 0) AS weight
        FROM events AS s JOIN prices AS p USING (line) WHERE s.kind = 'shipped'
    ),
    in_shipment AS ({_divided("shipment", "parts", "weight")}),
    in_order AS ({_divided('"order"', "prices", "value")}),
    own AS (SELECT * FROM postings WHERE sku IS NOT NULL),
    rest AS (SELECT * FROM postings WHERE sku IS NULL),
    of_shipment AS (
        SELECT i.sku, r.account, {_CENTS} AS earned FROM rest AS r JOIN in_shipment AS i USING (shipment)
    ),
    left_over AS (SELECT * FROM rest WHERE shipment NOT IN (SELECT shipment FROM in_shipment))
    SELECT sku, account, earned FROM own
    UNION ALL SELECT sku, account, earned FROM of_shipment
    UNION ALL SELECT i.sku, r.account, coalesce({_CENTS}, r.earned)
              FROM left_over AS r LEFT JOIN in_order AS i ON i."order" = r."order"
"""
