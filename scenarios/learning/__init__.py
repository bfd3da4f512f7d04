"""Gymnasium environments over the simulation (the extra ``learning``).

Importing this registers ``Peakproof/Replenishment-v0`` and ``Peakproof/Allocation-v0``.
"""

from sim.extras import needed

with needed("learning"):
    import gymnasium

gymnasium.register("Peakproof/Replenishment-v0", "scenarios.learning.replenishment:ReplenishmentEnv")
gymnasium.register("Peakproof/Allocation-v0", "scenarios.learning.allocation:AllocationEnv")
