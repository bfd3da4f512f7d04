"""Columns by their address, for code that numba compiles.

A compiled function that takes forty arrays spends more time on being called than on its work; one array of addresses is
quick to hand over. Whoever collects addresses must know that the columns stay where they are (`sim.books.moves`).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import carray, njit
from numba.core import cgutils, types
from numba.extending import intrinsic

_MANY = 1 << 40
"""No column is longer; nothing is checked against it."""


@intrinsic
def _pointer(typingctx: Any, address: Any) -> Any:
    """An address as a pointer."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], cgutils.voidptr_t)

    return types.voidptr(types.int64), generate


@njit(inline="always")
def bytes_at(address: int) -> Any:
    """A column of unsigned bytes: a `bytearray`."""
    return carray(_pointer(address), _MANY, np.uint8)


@njit(inline="always")
def tiny_at(address: int) -> Any:
    """A column of type code b."""
    return carray(_pointer(address), _MANY, np.int8)


@njit(inline="always")
def short_at(address: int) -> Any:
    """A column of type code h."""
    return carray(_pointer(address), _MANY, np.int16)


@njit(inline="always")
def int_at(address: int) -> Any:
    """A column of type code i."""
    return carray(_pointer(address), _MANY, np.int32)


@njit(inline="always")
def long_at(address: int) -> Any:
    """A column of type code q, or a table of addresses."""
    return carray(_pointer(address), _MANY, np.int64)


@njit(inline="always")
def real_at(address: int) -> Any:
    """A column of type code d."""
    return carray(_pointer(address), _MANY, np.float64)
