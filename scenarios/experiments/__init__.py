"""Experiments: variants of a scenario on the same customers, what they differ by, and how sure that is."""
