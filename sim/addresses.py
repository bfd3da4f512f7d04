"""Columns by their address, for code that numba compiles.

A compiled function that takes forty arrays spends more time on being called than on its work; one array of addresses is
quick to hand over. Whoever collects addresses must know that the columns stay where they are (`sim.books.moves`).

numba keeps what it compiled beside the source of the function, and compiles anew when that file changes: after a change
here, or of a constant that a compiled function takes from elsewhere, ``make clean`` (or touch the function's file).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numba import carray, njit
from numba.core import cgutils, types
from numba.extending import intrinsic
from numpy.typing import NDArray


class Addresses:
    """Where columns are; they cannot grow while this knows of them, and it is told to forget before they do."""

    def __init__(self) -> None:
        self._kept: list[NDArray[Any]] = []

    def __bool__(self) -> bool:
        return bool(self._kept)

    def forget(self) -> None:
        """Columns are about to move."""
        self._kept.clear()

    def of(self, column: Any) -> int:
        """The address of an `array.array`, `bytearray` or NumPy array."""
        view = column if isinstance(column, np.ndarray) else np.frombuffer(column, dtype=np.uint8)
        self._kept.append(view)
        return int(view.__array_interface__["data"][0])

    def table(self, columns: Sequence[Any]) -> int:
        """The address of a table of addresses; 0 stands for None."""
        return self.of(np.array([0 if c is None else self.of(c) for c in columns], dtype=np.int64))


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
