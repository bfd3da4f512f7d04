"""Columns that stand still, and whose memory can be given back block by block.

A table reserves addresses for more records than any run has; the system gives memory to them page by page, as they are
written. So a column never moves while it grows, a record keeps its number and is found at once by it, and when all
records of a block have left, the memory of that block is given back wherever it lies (where the system can do that).
What left reads as zero, or as it was; nobody asks for it (`sim.books.leaving`).
"""

from __future__ import annotations

import mmap
import sys
from array import array
from contextlib import suppress
from typing import Any, ClassVar, TypeAlias

import numpy as np
from numpy.typing import NDArray

from sim.books.moves import Moves
from sim.errors import PeakproofError

Ints = NDArray[np.signedinteger]
Column: TypeAlias = "memoryview[int]"
Reals: TypeAlias = "memoryview[float]"

ROOM = 1 << 27
"""For how many records addresses are reserved; fewer where the system limits them."""
_LEAST_ROOM = 1 << 17
PAGE = 8_192
"""By how many blank records a `PagedTable` grows."""

_DTYPES = {"B": np.uint8, "b": np.int8, "h": np.int16, "i": np.int32, "q": np.int64, "d": np.float64}
_SIZES = {"B": 1, "b": 1, "h": 2, "i": 4, "q": 8, "d": 8}
_NO_RESERVE = getattr(mmap, "MAP_NORESERVE", 0x4000 if sys.platform == "linux" else 0)


class Table:
    """Records under numbers from 0 up, column by column; blank ones are zero throughout.

    A subclass names its columns with their type codes, those of `array.array`, and annotates them.
    """

    COLUMNS: ClassVar[dict[str, str]]
    BEGINS: ClassVar[str] = ""
    """The column, if any, that says where a record's part of another table begins; it ends where the next part does."""

    BLOCK: ClassVar[int] = 512
    """How many records leave together."""

    def __init__(self) -> None:
        self.count = 0
        """How many records there have been so far."""
        self.capacity, self._space = _reserved(sum(_SIZES[code] for code in self.COLUMNS.values()) + 1)
        self._begins: dict[str, int] = {}
        whole, place = memoryview(self._space), 0
        for name, code in self.COLUMNS.items():
            self._begins[name] = place
            end = place + _SIZES[code] * self.capacity
            setattr(self, name, whole[place:end].cast(code))  # type: ignore[call-overload]
            place = end
        self._left = np.frombuffer(whole[place : place + self.capacity // self.BLOCK], dtype=np.bool_)
        """By block: whether its records have left."""
        self.blocks_left = 0

    def __len__(self) -> int:
        return self.count

    def begin(self) -> int:
        """Begin a record and return its number."""
        number = self.count
        self.make_room(number + 1)
        self.count = number + 1
        return number

    def make_room(self, count: int) -> None:
        """See to it that there may be ``count`` records.

        Raises
        ------
        PeakproofError
            If addresses run out.
        """
        if count >= self.capacity:
            raise PeakproofError(f"a run holds at most {self.capacity:,} {type(self).__name__.lower()}")

    # What has left.

    @property
    def left_blocks(self) -> NDArray[np.bool_]:
        """By block of those that are complete: whether it has left."""
        return self._left[: self.count // self.BLOCK]

    @property
    def held(self) -> int:
        """How many records are kept in memory."""
        return self.count - self.blocks_left * self.BLOCK

    def staying(self) -> Ints:
        """Numbers of the complete blocks that have not left."""
        return np.flatnonzero(~self.left_blocks)

    def of_blocks(self, name: str, blocks: Ints) -> NDArray[Any]:
        """A column of some blocks, shape (blocks, records of each)."""
        column: memoryview[Any] = getattr(self, name)
        rows = np.asarray(column[: self.count // self.BLOCK * self.BLOCK]).reshape(-1, self.BLOCK)
        found: NDArray[Any] = rows[blocks]
        return found

    def present(self) -> Ints:
        """Numbers of the records whose blocks have not left."""
        blocks = np.flatnonzero(~self._left[: self.count // self.BLOCK + 1])
        numbers = (blocks[:, None] * self.BLOCK + np.arange(self.BLOCK)).ravel()
        return numbers[numbers < self.count]

    def have_left(self, numbers: Ints) -> NDArray[np.bool_]:
        """Which of some records have left with their blocks."""
        return self._left[numbers // self.BLOCK]

    def leave(self, blocks: Ints) -> None:
        """Nobody asks for the records of these blocks any more."""
        self._left[blocks] = True
        self.blocks_left += len(blocks)
        for first, end in self._runs(blocks):
            for name in self.COLUMNS:
                self._give_back(name, first, end)

    def _runs(self, blocks: Ints) -> list[tuple[int, int]]:
        """First record and end of what has left around ``blocks``, in ascending order: a page may hold a part of
        several."""
        near, last = max(1, mmap.PAGESIZE // self.BLOCK), self.count // self.BLOCK
        cuts = np.flatnonzero(np.diff(blocks) > 1) + 1
        runs: list[tuple[int, int]] = []
        for run in np.split(blocks, cuts) if len(blocks) else ():
            first, end = int(run[0]), int(run[-1]) + 1
            farthest = (max(0, first - near), min(last, end + near))
            while first > farthest[0] and self._left[first - 1]:
                first -= 1
            while end < farthest[1] and self._left[end]:
                end += 1
            runs.append((first * self.BLOCK, end * self.BLOCK))
        return runs

    def _give_back(self, name: str, first: int, end: int) -> None:
        """Return the pages that hold nothing but these records."""
        size, begin = _SIZES[self.COLUMNS[name]], self._begins[name]
        first += name == self.BEGINS and first > 0  # where the record before it ends
        start = -(-(begin + first * size) // mmap.PAGESIZE) * mmap.PAGESIZE
        stop = (begin + end * size) // mmap.PAGESIZE * mmap.PAGESIZE
        if stop > start and hasattr(mmap, "MADV_DONTNEED"):
            self._space.madvise(mmap.MADV_DONTNEED, start, stop - start)


class BulkTable(Table):
    """A table that grows by whole periods: its columns are as long as there are records."""

    def __init__(self) -> None:
        super().__init__()
        self._whole: dict[str, memoryview[Any]] = {name: getattr(self, name) for name in self.COLUMNS}
        self._cut()

    def whole(self, name: str) -> Column:
        """A column with the room for all records to come, for who keeps it."""
        return self._whole[name]

    def extend(self, many: int) -> slice:
        """Begin so many blank records and say where they are."""
        first = self.count
        self.make_room(first + many)
        self.count += many
        self._cut()
        return slice(first, self.count)

    def _cut(self) -> None:
        for name, column in self._whole.items():
            setattr(self, name, column[: self.count + (name == self.BEGINS)])


class PagedTable(Table):
    """A table that grows by pages of blank records, so that a new one writes only what it differs in."""

    BLANK: ClassVar[dict[str, float]] = {}
    """Of the columns that are not zero in a blank record."""

    def __init__(self, moves: Moves) -> None:
        super().__init__()
        self._moves = moves
        self.room = 0
        self.grow()

    def grow(self) -> None:
        """Append a page of blank records."""
        self._moves.announce()
        first = self.room
        self.make_room(first + PAGE)
        for name, blank in self.BLANK.items():
            np.asarray(getattr(self, name))[first : first + PAGE] = blank
        self.room += PAGE


def _reserved(record_bytes: int) -> tuple[int, mmap.mmap]:
    """Addresses for as many records as the system lets a process have, and their number."""
    room = ROOM
    while True:
        try:
            if hasattr(mmap, "MAP_PRIVATE"):
                flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | _NO_RESERVE
                space = mmap.mmap(-1, room * record_bytes, flags=flags)
            else:
                space = mmap.mmap(-1, room * record_bytes)
        except OSError:
            if room <= _LEAST_ROOM:
                raise
            room //= 2
        else:
            if hasattr(mmap, "MADV_NOHUGEPAGE"):
                with suppress(OSError):  # a system without huge pages
                    space.madvise(mmap.MADV_NOHUGEPAGE)
            return room, space


def as_numpy(column: memoryview[Any] | array[Any] | bytearray) -> NDArray[Any]:
    """A view of a column as NumPy array; of an array or bytearray, drop it before that grows."""
    if isinstance(column, memoryview):
        return np.frombuffer(column, dtype=_DTYPES[column.format])
    if isinstance(column, bytearray):
        return np.frombuffer(column, dtype=np.uint8)
    return np.frombuffer(column, dtype=_DTYPES[column.typecode])


def one_more(column: memoryview[Any], records: NDArray[np.signedinteger]) -> None:
    """Count one up for each mention of a record; NumPy takes ten times as long where the one is of another type."""
    values = as_numpy(column)
    np.add.at(values, records, values.dtype.type(1))


def one_less(column: memoryview[Any], records: NDArray[np.signedinteger]) -> None:
    """Count one down for each mention of a record."""
    values = as_numpy(column)
    np.subtract.at(values, records, values.dtype.type(1))
