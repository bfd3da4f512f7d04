"""Decisions made by solvers: policies, bounds and tuning."""
