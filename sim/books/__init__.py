"""The three records of truth: event log, inventory ledger and journal."""
