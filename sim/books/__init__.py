"""The three records of truth: event log, inventory ledger and journal; and the decisions beside them."""

BOOKS = ("events", "ledger", "journal", "decisions")
