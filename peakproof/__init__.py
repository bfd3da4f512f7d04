"""The front door: command line, notebook façade and services.

>>> from peakproof import compare
>>> result = compare("outage", policies=["closest", "cheapest"], replications=5)  # doctest: +SKIP
>>> result.summary()  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from peakproof.api import compare, report, run
    from peakproof.changed_runs import changes
    from peakproof.judging import hindsight, regret_causes
    from peakproof.paired_runs import continuity
    from peakproof.service.shadow import shadow_run
    from peakproof.tuned import tune
    from scenarios.experiments.comparison import Comparison, Variant
    from sim.run import Run

__all__ = [
    "run",
    "compare",
    "changes",
    "continuity",
    "hindsight",
    "regret_causes",
    "shadow_run",
    "tune",
    "report",
    "Comparison",
    "Run",
    "Variant",
]

_HOME = {
    "run": "peakproof.api",
    "compare": "peakproof.api",
    "report": "peakproof.api",
    "changes": "peakproof.changed_runs",
    "continuity": "peakproof.paired_runs",
    "hindsight": "peakproof.judging",
    "regret_causes": "peakproof.judging",
    "shadow_run": "peakproof.service.shadow",
    "tune": "peakproof.tuned",
    "Comparison": "scenarios.experiments.comparison",
    "Variant": "scenarios.experiments.comparison",
    "Run": "sim.run",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for when it is: the command line asks for none of it to print its help."""
    if name not in _HOME:
        raise AttributeError(f"module 'peakproof' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOME[name]), name)
