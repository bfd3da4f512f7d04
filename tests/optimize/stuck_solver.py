"""Solvers that never answer, by name, for the process that is to run them."""

from __future__ import annotations

import ctypes
import os
from typing import Any


def never_returns(*_: Any) -> Any:
    """Sleeps in native code that holds the interpreter: no thread, signal handler or call-back can end it."""
    ctypes.PyDLL(None).sleep(3_600)


def dies(*_: Any) -> Any:
    """Ends its process, as a fault in native code does."""
    os.abort()
