"""Readers that turn a company's own exports into a scenario."""
