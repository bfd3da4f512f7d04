"""Long-run shares of the states of a finite chain."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def long_run_shares(origin: Ints, target: Ints, chance: Floats, states: int, precision: float = 1e-13) -> Floats:
    """How often each state is visited, shape (states,), by repeated steps; the chain has one aperiodic class.

    A step from ``origin`` to ``target`` has ``chance``; equal pairs add up.
    """
    step = sparse.csr_array((chance, (target, origin)), shape=(states, states))
    shares, before = np.full(states, 1 / states), np.zeros(states)
    while np.abs(shares - before).sum() > precision:
        before, shares = shares, step @ shares
        shares = shares / shares.sum()
    return shares
