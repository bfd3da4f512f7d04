"""What people write for amounts, and the integers and units that the simulation works in.

Each function takes one scalar of a scenario file and returns it in the simulation's unit, or raises
`QuantityError`, whose text says what is accepted. All arithmetic is decimal: 0.1 of a day or 12.99 of a
currency is exact.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from sim.units import BASIS_POINTS, DAY_MS, GRAMS_PER_KG, GRAMS_PER_LB, HOUR_MS, MINUTE_MS, SECOND_MS, WEEK_MS

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTES_PER_DAY = DAY_MS // MINUTE_MS

_DURATION_UNITS = {
    "ms": 1,
    "s": SECOND_MS,
    "min": MINUTE_MS,
    "h": HOUR_MS,
    "d": DAY_MS,
    "w": WEEK_MS,
}
_KG_PER_UNIT = {
    "kg": Decimal(1),
    "g": Decimal(1) / GRAMS_PER_KG,
    "lb": Decimal(str(GRAMS_PER_LB)) / GRAMS_PER_KG,
    "oz": Decimal(str(GRAMS_PER_LB)) / 16 / GRAMS_PER_KG,
}
_LITRES_PER_UNIT = {"l": Decimal(1), "ml": Decimal("0.001"), "m3": Decimal(1000)}
_LARGEST = Decimal(10) ** 15
_LONGEST_YEARS = 100
_LONGEST_MS = Decimal(_LONGEST_YEARS * 36_525 * DAY_MS // 100)

_NUMBER = r"[-+]?(?:\d[\d_]*\.?[\d_]*|\.\d+)(?:[eE][-+]?\d+)?"
_PART = re.compile(rf"\s*({_NUMBER})\s*([a-z]+)")
_AMOUNT = re.compile(rf"\s*({_NUMBER})\s*([a-zA-Z%³]*[0-9]?)\s*")
_CLOCK = re.compile(r"([0-2]?\d):([0-5]\d)")

DURATION_HELP = "a duration such as 30s, 90min, 6h, 3d, 2w or 1d12h"
SHARE_HELP = "a share from 0 to 1, such as 0.05 or 5%"
FACTOR_HELP = "a share that may exceed 1, such as 0.95 or 120%"
MONEY_HELP = "an amount of money in whole units and at most two decimals, such as 12.99"
WEIGHT_HELP = "a weight such as 1.2kg, 350g, 2lb or 5oz"
VOLUME_HELP = "a volume such as 1.5l, 500ml or 0.2m3"
CLOCK_HELP = 'a time of day from "00:00" to "24:00"'
WEEKDAYS_HELP = "weekdays such as mon-fri, daily, [mon, wed] or sat"
MOMENT_HELP = 'a duration since the start, such as 1d18h, or a local time such as "2026-11-24 18:00"'
NUMBER_HELP = "a number of 0 or more"
COUNT_HELP = "a whole number of 0 or more"
ZONE_HELP = "a name such as America/New_York or UTC"


class QuantityError(ValueError):
    """The text is not such a quantity; ``accepted`` says what is, and ``known`` holds the words that it may be."""

    def __init__(self, accepted: str, known: frozenset[str] = frozenset()) -> None:
        super().__init__(accepted)
        self.accepted, self.known = accepted, known


@dataclass(frozen=True, slots=True)
class Moment:
    """A point of the scenario's clock: so long after its start, or a date and time of its own."""

    since_start_ms: int = 0
    at: datetime | None = None


def duration_ms(value: Any) -> int:
    """``90min`` as milliseconds, to the nearest one. A bare 0 needs no unit."""
    if _is_number(value) and value == 0:
        return 0
    if not isinstance(value, str):
        raise QuantityError(DURATION_HELP)
    total, position = Decimal(0), 0
    text = value.strip()
    while position < len(text):
        part = _PART.match(text, position)
        if part is None or part[2] not in _DURATION_UNITS or part[1].startswith("-"):
            raise QuantityError(DURATION_HELP)
        total += _decimal(part[1], DURATION_HELP) * _DURATION_UNITS[part[2]]
        position = part.end()
    if not text:
        raise QuantityError(DURATION_HELP)
    if total > _LONGEST_MS:
        raise QuantityError(f"{DURATION_HELP}, of at most {_LONGEST_YEARS} years")
    return int(total.to_integral_value())


def signed_share(value: Any) -> float:
    """``-2%`` as -0.02, of any size."""
    return float(_share(value, "a share such as 0.02, 2% or -2%"))


def share(value: Any) -> float:
    """``5%`` as 0.05; from 0 to 1."""
    number = _share(value, SHARE_HELP)
    if not 0 <= number <= 1:
        raise QuantityError(SHARE_HELP)
    return float(number)


def share_bp(value: Any) -> int:
    """``17.5%`` as 1,750 basis points; from 0 to 1."""
    return _basis_points(value, SHARE_HELP, Decimal(1))


def factor_bp(value: Any) -> int:
    """``120%`` as 12,000 basis points; 0 or more."""
    return _basis_points(value, FACTOR_HELP, Decimal(1000))


def money_cents(value: Any) -> int:
    """``12.99`` as 1,299; 0 or more."""
    cents = signed_money_cents(value)
    if cents < 0:
        raise QuantityError(MONEY_HELP)
    return cents


def signed_money_cents(value: Any) -> int:
    """``-12.99`` as -1,299."""
    cents = _decimal(value, MONEY_HELP) * 100
    if cents != cents.to_integral_value():
        raise QuantityError(MONEY_HELP)
    return int(cents)


def weight_kg(value: Any) -> float:
    """``350g`` as 0.35."""
    return _measure(value, _KG_PER_UNIT, WEIGHT_HELP)


def volume_l(value: Any) -> float:
    """``500ml`` as 0.5."""
    return _measure(value, _LITRES_PER_UNIT, VOLUME_HELP)


def minute_of_day(value: Any) -> int:
    """``"14:00"`` as 840; ``"24:00"`` is the end of the day."""
    match = _CLOCK.fullmatch(value.strip()) if isinstance(value, str) else None
    minute = 60 * int(match[1]) + int(match[2]) if match else MINUTES_PER_DAY + 1
    if minute > MINUTES_PER_DAY:
        raise QuantityError(CLOCK_HELP)
    return minute


def weekdays(value: Any) -> frozenset[int]:
    """``mon-fri`` as {0, 1, 2, 3, 4}; a range may run over Sunday."""
    words = value if isinstance(value, list) else [value]
    days: set[int] = set()
    for word in words:
        if not isinstance(word, str):
            raise QuantityError(WEEKDAYS_HELP)
        for part in word.lower().replace(" ", "").split(","):
            days |= _day_range(part)
    if not days:
        raise QuantityError(WEEKDAYS_HELP)
    return frozenset(days)


def number(value: Any) -> float:
    """A number of 0 or more; ``20_000`` is a number too."""
    found = _decimal(value, NUMBER_HELP)
    if found < 0:
        raise QuantityError(NUMBER_HELP)
    return float(found)


def any_number(value: Any) -> float:
    """A number of either sign."""
    return float(_decimal(value, "a number"))


def count(value: Any) -> int:
    """A whole number of 0 or more."""
    found = _decimal(value, COUNT_HELP)
    if found < 0 or found != found.to_integral_value():
        raise QuantityError(COUNT_HELP)
    return int(found)


def moment(value: Any) -> Moment:
    """A duration since the start, or an ISO date and time (local to the scenario unless it has an offset)."""
    try:
        return Moment(duration_ms(value))
    except QuantityError:
        pass
    try:
        return Moment(at=datetime.fromisoformat(value))
    except (TypeError, ValueError):
        raise QuantityError(MOMENT_HELP) from None


@cache
def time_zones() -> frozenset[str]:
    """The names of all time zones."""
    return frozenset(available_timezones())


def time_zone(value: Any) -> str:
    """The name of a time zone."""
    if not isinstance(value, str) or value not in time_zones():
        raise QuantityError(ZONE_HELP, time_zones())
    return value


def at_least(parse: Callable[[Any], Any], lowest: float, accepted: str) -> Callable[[Any], Any]:
    """``parse``, refusing what is below ``lowest``."""

    def checked(value: Any) -> Any:
        try:
            found = parse(value)
        except QuantityError:
            raise QuantityError(accepted) from None
        if found < lowest:
            raise QuantityError(accepted)
        return found

    return checked


def at_most(parse: Callable[[Any], Any], highest: float, accepted: str) -> Callable[[Any], Any]:
    """``parse``, refusing what is above ``highest``."""

    def checked(value: Any) -> Any:
        try:
            found = parse(value)
        except QuantityError:
            raise QuantityError(accepted) from None
        if found > highest:
            raise QuantityError(accepted)
        return found

    return checked


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _decimal(value: Any, accepted: str) -> Decimal:
    """The number as written: a float's shortest text is what the user typed."""
    if isinstance(value, str) and re.fullmatch(_NUMBER, value.strip()):
        value = value.strip().replace("_", "")
    elif not _is_number(value):
        raise QuantityError(accepted)
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        raise QuantityError(accepted) from None
    if not found.is_finite() or abs(found) > _LARGEST:
        raise QuantityError(accepted)
    return found


def _share(value: Any, accepted: str) -> Decimal:
    if isinstance(value, str) and value.strip().endswith("%"):
        return _decimal(value.strip()[:-1].strip(), accepted) / 100
    return _decimal(value, accepted)


def _basis_points(value: Any, accepted: str, largest: Decimal) -> int:
    found = _share(value, accepted)
    points = found * BASIS_POINTS
    if not 0 <= found <= largest or points != points.to_integral_value():
        raise QuantityError(f"{accepted}, in steps of 0.01%")
    return int(points)


def _measure(value: Any, units: dict[str, Decimal], accepted: str) -> float:
    match = _AMOUNT.fullmatch(value) if isinstance(value, str) else None
    if match is None or match[2].lower() not in units:
        raise QuantityError(accepted)
    found = _decimal(match[1], accepted) * units[match[2].lower()]
    if not 0 <= found <= _LARGEST:
        raise QuantityError(accepted)
    return float(found)


def _day_range(text: str) -> set[int]:
    if text in ("daily", "every day", "mon-sun"):
        return set(range(7))
    first, dash, last = text.partition("-")
    last = last if dash else first
    if first not in WEEKDAYS or last not in WEEKDAYS:
        raise QuantityError(WEEKDAYS_HELP)
    begin, end = WEEKDAYS.index(first), WEEKDAYS.index(last)
    return {(begin + step) % 7 for step in range((end - begin) % 7 + 1)}
