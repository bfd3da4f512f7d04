"""Tuning: parameters of a policy, searched against the simulation and judged on customers that no trial saw."""

from __future__ import annotations

from scenarios.tuning.result import Trial, Tuned
from scenarios.tuning.tuning import tune

__all__ = ["Trial", "Tuned", "tune"]
