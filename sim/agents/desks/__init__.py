"""Desks: exceptions and the people who work on them."""
