"""What the cohort's orders earned and what they cost, from the journal.

An order's postings count whenever they were made, its returns and settlement included; so its margin is
complete once the drain is. Corrections of stock belong to no order and are in no margin.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.measures.books import Books
from sim.measures.facts import INCOME_ACCOUNTS, SERVING_ACCOUNTS
from sim.measures.figures import Total
from sim.measures.quoting import listed
from sim.measures.registry import breakdown, measure

if TYPE_CHECKING:
    import pandas as pd


def _earned(*accounts: str) -> Total:
    return Total("sum(earned_cents)", "profit", f"account IN {listed(accounts)}")


NET_REVENUE = _earned(*INCOME_ACCOUNTS)
GROSS_MARGIN = _earned(*INCOME_ACCOUNTS, "cost_of_goods")
CONTRIBUTION = Total("sum(earned_cents)", "profit")
SERVING_COST = _earned(*SERVING_ACCOUNTS)


@measure("net_revenue_cents", unit="cents", better="higher", title="Net revenue")
def net_revenue_cents(books: Books) -> float:
    """Revenue and shipping income of cohort orders, without tax, less returns, refunds and price credits. 0
    on an empty run."""
    return NET_REVENUE.value(books)


@measure("gross_margin_cents", unit="cents", better="higher", title="Gross margin")
def gross_margin_cents(books: Books) -> float:
    """Net revenue less the landed cost of the goods that stayed sold. 0 on an empty run."""
    return GROSS_MARGIN.value(books)


@measure("gross_margin_share", unit="share", better="higher", title="Gross margin rate")
def gross_margin_share(books: Books) -> float:
    """Gross margin / net revenue. NaN without revenue."""
    return _over(GROSS_MARGIN.value(books), NET_REVENUE.value(books))


@measure("contribution_margin_cents", unit="cents", better="higher", title="Contribution margin", headline=True)
def contribution_margin_cents(books: Books) -> float:
    """Gross margin less freight, handling labour, packaging, payment fees, commission, other fees, returns
    handling, write-offs and chargebacks, and with whatever else an imported file posted. 0 on an empty run."""
    return CONTRIBUTION.value(books)


@measure("margin_per_order_cents", unit="cents", better="higher", title="Contribution an order", headline=True)
def margin_per_order_cents(books: Books) -> float:
    """Contribution margin / orders captured, so that an order that was cancelled earns nothing. NaN when
    none was captured."""
    return _over(CONTRIBUTION.value(books), books.value("SELECT count(*) FROM orders WHERE in_window"))


@measure(
    "cost_to_serve_per_order_cents",
    unit="cents",
    better="lower",
    title="Cost to serve an order",
    headline=True,
)
def cost_to_serve_per_order_cents(books: Books) -> float:
    """Freight, handling labour, packaging, payment fees, commission and other fees / orders that shipped at
    least in part. NaN when none did."""
    return _per_shipped_order(books, SERVING_COST)


@measure("freight_per_order_cents", unit="cents", better="lower", title="Freight an order")
def freight_per_order_cents(books: Books) -> float:
    """Freight / orders that shipped at least in part. NaN when none did."""
    return _per_shipped_order(books, _earned("freight"))


@measure("labour_per_order_cents", unit="cents", better="lower", title="Labour an order")
def labour_per_order_cents(books: Books) -> float:
    """Handling labour / orders that shipped at least in part. NaN when none did."""
    return _per_shipped_order(books, _earned("handling_labour"))


@breakdown("net_revenue_cents", by="channel")
def net_revenue_by_channel(books: Books) -> pd.DataFrame:
    """Net revenue of each channel."""
    return NET_REVENUE.by(books, "channel")


@breakdown("gross_margin_cents", by="channel")
def gross_margin_by_channel(books: Books) -> pd.DataFrame:
    """Gross margin of each channel."""
    return GROSS_MARGIN.by(books, "channel")


@breakdown("contribution_margin_cents", by="channel")
def contribution_by_channel(books: Books) -> pd.DataFrame:
    """Contribution margin of each channel."""
    return CONTRIBUTION.by(books, "channel")


@breakdown("contribution_margin_cents", by="account")
def contribution_by_account(books: Books) -> pd.DataFrame:
    """What each account adds to the contribution margin; costs are negative."""
    return CONTRIBUTION.by(books, "account")


@breakdown("cost_to_serve_per_order_cents", by="channel")
def cost_to_serve_by_channel(books: Books) -> pd.DataFrame:
    """Cost to serve an order of each channel."""
    return books.frame(
        f"""
        WITH costs AS ({_total_by_channel(SERVING_COST)}),
        served AS (
            SELECT channel, count(*) AS orders FROM orders WHERE in_window AND shipped_units > 0 GROUP BY 1
        )
        SELECT coalesce(c.channel, s.channel) AS channel, coalesce(-c.value, 0)::DOUBLE AS numerator,
               coalesce(s.orders, 0)::DOUBLE AS denominator, numerator / nullif(denominator, 0) AS value
        FROM costs AS c FULL JOIN served AS s ON c.channel IS NOT DISTINCT FROM s.channel
        ORDER BY 1
        """
    )


def _total_by_channel(total: Total) -> str:
    return f"SELECT channel, {total.amount} AS value FROM {total.source} WHERE {total.where} GROUP BY 1"


def _per_shipped_order(books: Books, cost: Total) -> float:
    orders = books.value("SELECT count(*) FROM orders WHERE in_window AND shipped_units > 0")
    return _over(-cost.value(books), orders)


def _over(amount: float, count: float) -> float:
    return amount / count if count else float("nan")
