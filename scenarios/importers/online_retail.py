"""The form of the UCI "Online Retail" data: one row a line, credit notes and corrections among the sales.

Columns: InvoiceNo (``C...`` on a credit note), StockCode (beginning with five digits if it is a product),
Description, Quantity, InvoiceDate (local time), UnitPrice, CustomerID (missing for guests) and Country.
Its successor "Online Retail II" calls some of them otherwise; both names are taken.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scenarios.importers.dates import parse_moment
from scenarios.importers.export import Export, open_export
from scenarios.importers.options import ImportOptions
from scenarios.importers.registry import importer
from scenarios.importers.rows import (
    CREDIT_UNMATCHED,
    FEE,
    FREE_GOODS,
    SALE,
    STOCK_FOUND,
    STOCK_LOST,
    UNCLASSIFIED,
    Rows,
    objects,
    per_value,
)

COLUMNS = (
    "InvoiceNo",
    "StockCode",
    "Description",
    "Quantity",
    "InvoiceDate",
    "UnitPrice",
    "CustomerID",
    "Country",
)
ALIASES = {"Invoice": "InvoiceNo", "Price": "UnitPrice", "Customer ID": "CustomerID"}

FEE_ACCOUNTS = {
    "POST": "carriage_income",
    "DOT": "carriage_income",
    "C2": "carriage_income",
    "M": "manual_adjustments",
    "D": "discounts_given",
    "S": "samples",
    "AMAZONFEE": "marketplace_fees",
    "BANK CHARGES": "bank_charges",
    "CRUK": "charity_commission",
    "B": "bad_debt",
    "PADS": "sundry_sales",
}
"""Codes that are money without stock, in upper case -> the account they belong to."""

FEE_PREFIXES = {"DCGS": "sundry_sales", "GIFT_": "gift_vouchers"}
"""As above, by how the code begins."""

DATE_FORMATS = ("%m/%d/%y %H:%M", "%m/%d/%Y %H:%M")
NOWHERE = "Unspecified"


@importer("online-retail")
def read_online_retail(file: Path, options: ImportOptions) -> Rows:
    """The UCI "Online Retail" transactions: sales, credit notes, corrections and fees in one list."""
    export = open_export(file, ALIASES)
    export.require(COLUMNS)
    rows = _columns(export, options)
    export.stop_on_problems()
    _classify(rows)
    return rows


def _columns(export: Export, options: ImportOptions) -> Rows:
    def local_time(text: str) -> datetime | None:
        return parse_moment(text, DATE_FORMATS, options.timezone)

    blank = np.full(len(export), "", dtype=object)
    return Rows(
        document=objects(export.text("InvoiceNo")),
        moment=export.moments("InvoiceDate", local_time, "a date such as 12/1/10 8:26 (month/day/year hour:minute)"),
        sku=objects(export.text("StockCode")),
        name=objects(export.text("Description", default="")),
        units=export.integers("Quantity"),
        price_cents=export.cents("UnitPrice"),
        customer=objects(export.ids("CustomerID", default="")),
        channel=np.full(len(export), options.channel, dtype=object),
        region=objects(export.text("Country", default=NOWHERE)),
        taken_for=blank.copy(),
        reason=blank.copy(),
        account=blank.copy(),
        note=blank.copy(),
        first_row=export.first_row,
    )


def _classify(rows: Rows) -> None:
    """Apply the rules in their order: the first that fits a row decides."""
    upper = per_value(rows.sku, lambda code: code.upper())
    product = per_value(rows.sku, lambda code: code[:5].isdigit() and len(code) >= 5).astype(bool)
    credit = per_value(rows.document, lambda number: number[:1].upper() == "C").astype(bool)
    account = per_value(upper, fee_account)
    guest = rows.customer == ""
    free = rows.price_cents == 0
    more, less = rows.units > 0, rows.units < 0
    sold = product & ~credit & more & (rows.price_cents > 0)
    on_an_order = np.isin(rows.document.astype(str), np.unique(rows.document[sold].astype(str)))
    rule = partial(_rule, rows)

    rule(sold, SALE, "a product with a price, sold")
    rule(product & credit & less & (rows.price_cents >= 0), CREDIT_UNMATCHED, "a product on a credit note")
    rule(~credit & less & free & guest, STOCK_LOST, "negative, no price and no customer")
    rule(product & ~credit & more & free & ~guest, FREE_GOODS, "no price, to a customer")
    rule(product & ~credit & more & free & on_an_order, FREE_GOODS, "no price, on a guest's order with sales")
    rule(product & ~credit & more & free, STOCK_FOUND, "no price, no customer, no sale on its invoice")
    rule(account != "", FEE, "a code for money, not for goods")
    rule(np.ones(len(rows), dtype=bool), UNCLASSIFIED, "no rule fits")

    fees = rows.taken_for == FEE
    rows.account[fees] = account[fees]
    in_lower_case = (upper != rows.sku) & np.isin(upper.astype(str), list(FEE_ACCOUNTS))
    rows.add_note(fees & in_lower_case, "fee code in lower case")


def _rule(rows: Rows, fits: NDArray[np.bool_], taken_for: str, reason: str) -> None:
    new = fits & (rows.taken_for == "")
    rows.taken_for[new] = taken_for
    rows.reason[new] = reason


def fee_account(code: str) -> str:
    """The account of a fee code in upper case, or nothing if it is none."""
    if code in FEE_ACCOUNTS:
        return FEE_ACCOUNTS[code]
    return next((account for prefix, account in FEE_PREFIXES.items() if code.startswith(prefix)), "")
