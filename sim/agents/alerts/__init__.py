"""Watching the run: alerts, orders at risk, and the quantities that both look at."""
