"""Decisions made by solvers: policies, bounds and tuning. Importing it makes its policies known by name."""

from sim.policies.registry import announce

for _room in ("allocation", "execution", "replenishment", "transfers"):
    announce(f"optimize.{_room}")
