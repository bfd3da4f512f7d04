"""The simulated company: its agents, order lifecycle, books, measures and rule policies."""
