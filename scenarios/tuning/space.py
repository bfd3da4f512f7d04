"""What a tuning may vary: numeric parameters of a policy, each in a range, written as scenarios write them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scenarios.errors import Mark, Problems, listed
from scenarios.quantities import QuantityError
from scenarios.reflection import Parameter, numeric_parameters

_DIGITS = 4
"""Significant digits of a value that is no whole number; more would only pretend to be exact."""


@dataclass(frozen=True, slots=True)
class Dimension:
    """A parameter and the range to search, in the unit of its field (milliseconds, basis points, cents)."""

    key: str
    field: str
    low: float
    high: float
    whole: bool
    parameter: Parameter = dataclasses.field(repr=False, compare=False)

    def read(self, text: str) -> float:
        """What `written` wrote, in the unit of the field."""
        return _number(text, self.parameter)

    def rounded(self, value: float) -> float:
        """A value that can be written and read back."""
        return int(value) if self.whole else min(self.high, max(self.low, float(f"{value:.{_DIGITS}g}")))

    def written(self, value: float) -> str:
        """A value as a scenario writes it: ``95%``, ``36h``, ``3.00``, ``1.5kg``."""
        if self.field.endswith("_ms"):
            return _duration(int(value))
        if self.field.endswith("_bp"):
            return f"{value / 100:g}%"
        if self.field.endswith("_cents"):
            return f"{value / 100:.2f}"
        return f"{value:g}kg" if self.field.endswith("_kg") else f"{value:.10g}"


def _duration(ms: int) -> str:
    for unit, size in (("d", 86_400_000), ("h", 3_600_000), ("min", 60_000), ("s", 1_000)):
        if ms and ms % size == 0:
            return f"{ms // size}{unit}"
    return f"{ms / 1_000:.3f}s"


def read_space(cls: type[Any], texts: Sequence[str], problems: Problems) -> list[Dimension]:
    """``key=low..high`` for each parameter to vary; what does not fit goes to ``problems``."""
    known = numeric_parameters(cls)
    found: list[Dimension] = []
    for text in texts:
        dimension = _read(text, known, problems)
        if dimension is not None and dimension.key in [one.key for one in found]:
            problems.add(Mark(f"--param {text}"), dimension.key, "is given twice", accepted="each parameter once")
        elif dimension is not None:
            found.append(dimension)
    if not texts:
        accepted = listed(known) or "none: this policy has no numeric parameter"
        problems.add(Mark("--param"), "", "nothing is to be varied", accepted=accepted)
    return found


def _read(text: str, known: Mapping[str, Parameter], problems: Problems) -> Dimension | None:
    mark = Mark(f"--param {text}")
    key, equals, span = text.partition("=")
    key = key.strip()
    low, dots, high = span.partition("..")
    if not equals or not dots:
        problems.add(mark, "", "does not fit", value=text, accepted="key=low..high, such as ahead_days=2..14")
        return None
    if key not in known:
        accepted = listed(known) or "none: this policy has no numeric parameter"
        problems.add(mark, key, "is no numeric parameter of this policy", value=key, known=known, accepted=accepted)
        return None
    parameter = known[key]
    ends = [_bound(end.strip(), parameter, mark, problems) for end in (low, high)]
    if None in ends:
        return None
    first, last = (float(end) for end in ends if end is not None)
    if first >= last:
        problems.add(mark, key, f"{span!r} does not fit", value=span, accepted="a lower value before a higher one")
        return None
    whole = all(isinstance(end, int) for end in ends)
    return Dimension(key, parameter.field, first, last, whole, parameter)


def _bound(text: str, parameter: Parameter, mark: Mark, problems: Problems) -> float | None:
    try:
        return _number(text, parameter)
    except QuantityError:
        accepted = parameter.accepted
        problems.add(mark, parameter.key, f"{text!r} does not fit", value=text, accepted=accepted)
        return None


def _number(text: str, parameter: Parameter) -> float:
    """A text as the parameter reads it: as a whole number, a number, or a quantity with its unit."""
    for plain in (int, float, str):
        try:
            value: float = parameter.read(plain(text))
        except (ValueError, QuantityError):
            continue
        return value
    raise QuantityError(parameter.accepted)
