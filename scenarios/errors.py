"""What is wrong with a scenario, told in the words of who wrote it, all of it in one report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher, get_close_matches
from typing import Any

from sim.errors import PeakproofError

_LONGEST_VALUE = 60


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a file; ``line`` and ``column`` count from 1, and are 0 where there are none (``--set``)."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        if not self.line:
            return self.file
        return f"{self.file}:{self.line}:{self.column}" if self.column else f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault: where it is, what was found, what would be accepted, and what was probably meant."""

    file: str
    line: int
    column: int
    key: str
    message: str
    value: Any = None
    accepted: str | None = None
    suggestion: str | None = None

    @property
    def mark(self) -> Mark:
        """Where it is."""
        return Mark(self.file, self.line, self.column)

    def __str__(self) -> str:
        text = f"{self.mark}: {self.key}: {self.message}" if self.key else f"{self.mark}: {self.message}"
        if self.suggestion is not None:
            text += f"; did you mean {self.suggestion!r}?"
        if self.accepted:
            text += f"; accepted: {self.accepted}"
        return text


class ScenarioError(PeakproofError):
    """A scenario, or ``of`` what else, cannot be used. ``problems`` holds everything that is wrong with it, file by
    file."""

    def __init__(self, problems: Iterable[Problem], of: str = "the scenario") -> None:
        self.problems = tuple(problems)
        count = len(self.problems)
        heading = f"1 problem in {of}" if count == 1 else f"{count} problems in {of}"
        super().__init__("\n  ".join([f"{heading}:", *map(str, self.problems)]))


class Problems:
    """Collects faults while a scenario is read; `raise_if_any` tells all of them at once."""

    def __init__(self) -> None:
        self._found: list[Problem] = []

    def __iter__(self) -> Iterator[Problem]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def add(
        self,
        mark: Mark,
        key: str,
        message: str,
        *,
        value: Any = None,
        accepted: str | None = None,
        known: Iterable[str] | None = None,
    ) -> None:
        """Note one fault; the nearest of the ``known`` names becomes its suggestion."""
        suggestion = nearest(str(value), known) if known is not None else None
        self.extend([Problem(mark.file, mark.line, mark.column, key, message, value, accepted, suggestion)])

    def extend(self, found: Iterable[Problem]) -> None:
        """Note faults that were found elsewhere."""
        self._found += [problem for problem in found if problem not in self._found]

    def raise_if_any(self, of: str = "the scenario") -> None:
        """Raise `ScenarioError` with everything found in ``of``, in the order of the files and their lines."""
        if self._found:
            files = {file: rank for rank, file in enumerate(dict.fromkeys(p.file for p in self._found))}
            raise ScenarioError(sorted(self._found, key=lambda p: (files[p.file], p.line, p.column)), of)


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that looks most like ``name``, whatever its case, or None if none does."""
    by_folded = {candidate.casefold(): candidate for candidate in known}
    wanted = name.casefold()

    def likeness(candidate: str) -> float:
        # Swapped letters and a right beginning are likelier slips than others.
        swapped = sorted(candidate) == sorted(wanted)
        begins = candidate[:1] == wanted[:1]
        return SequenceMatcher(None, wanted, candidate).ratio() + 0.1 * swapped + 0.05 * begins

    found = get_close_matches(wanted, by_folded, n=5)
    return by_folded[max(found, key=likeness)] if found else None


def listed(names: Iterable[str], limit: int = 12) -> str:
    """Names for a message, cut where a reader would stop reading."""
    every = list(names)
    return ", ".join(every[:limit]) + (f" and {len(every) - limit} more" if len(every) > limit else "")


def shown(value: Any) -> str:
    """A value as a message quotes it."""
    text = repr(value)
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"
