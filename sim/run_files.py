"""What lies in the folder of a run, by name."""

from __future__ import annotations

BOOKS = ("events", "ledger", "journal", "decisions")
"""A Parquet file each."""
MANIFEST = "manifest.json"
"""Written last: a folder without one holds no finished run."""
SCENARIO = "scenario.yaml"
"""The scenario as it was run, everything resolved."""
REFERENCES = "references.parquet"
"""What orders were called in the file that they were imported from."""
HINDSIGHT = "hindsight.json"
"""The clairvoyant bound, where it has been computed."""
