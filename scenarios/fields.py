"""The field types of the scenario schema: what each accepts, how it is read, and what editors are told of it.

Every type is one parser of `scenarios.quantities` wrapped for pydantic. A value that does not fit becomes one
error whose context says what is accepted, so that unions never multiply messages.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from scenarios import quantities as q
from scenarios.random_quantities import distribution
from sim.distributions import Distribution

ZONES = (2, 3, 4, 5, 6, 7, 8)
NAME_HELP = "a name (in quotes, if it looks like a number)"

Json = dict[str, Any]


class Section(BaseModel):
    """A part of a scenario file: no keys but its own, and no changes after it was read."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, arbitrary_types_allowed=True)


def key(default: Any = ..., *, description: str, **limits: Any) -> Any:
    """A key of a section. ``default`` is written as a user would write it, and read in the same way."""
    return Field(default, description=description, **limits)


@dataclass(frozen=True, slots=True)
class Reads:
    """Annotation that reads a field with ``parse``; ``json`` is what editors are told of it."""

    parse: Callable[[Any], Any]
    json: Json = dataclass_field(hash=False)
    choices: tuple[str, ...] = ()

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Read by the parser alone."""
        return core_schema.no_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> Json:
        """As stated."""
        return dict(self.json)

    def read(self, value: Any) -> Any:
        """``parse``, with its error in pydantic's form."""
        try:
            return self.parse(value)
        except q.QuantityError as error:
            context = {"accepted": error.accepted, "choices": sorted(error.known) or list(self.choices)}
            raise PydanticCustomError("quantity", "{accepted}", context) from None


def _text(help_text: str, *kinds: str) -> Json:
    return {"type": list(kinds) if len(kinds) > 1 else kinds[0], "description": help_text}


def _name(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str) or not value.strip():
        raise q.QuantityError(NAME_HELP)
    return value


def _names(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise q.QuantityError("a list of names")
    return tuple(map(_name, value))


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise q.QuantityError("true or false")
    return value


def _distribution_json(scalar: Json) -> Json:
    pair = {"type": "array", "items": scalar, "minItems": 2, "maxItems": 2}
    return {
        "anyOf": [
            scalar,
            _one_key("uniform", pair),
            _one_key("exponential", scalar),
            _one_key("lognormal", {"type": "object", "properties": {"median": scalar, "cv": {"type": "number"}}}),
            _one_key("triangular", {**pair, "minItems": 3, "maxItems": 3}),
            _one_key("discrete", {"type": "object", "additionalProperties": {"type": "number"}}),
        ]
    }


def _one_key(key: str, schema: Json) -> Json:
    return {"type": "object", "properties": {key: schema}, "required": [key], "additionalProperties": False}


_AMOUNT: Json = {"type": ["string", "number"]}


def random(parse: Callable[[Any], float], help_text: str) -> Reads:
    """A random quantity in the unit that ``parse`` reads."""
    return Reads(
        lambda value: distribution(value, parse, help_text),
        {**_distribution_json(_AMOUNT), "description": help_text},
    )


_positive_count = q.at_least(q.count, 1, "a whole number of 1 or more")
_positive_duration = q.at_least(q.duration_ms, 1, q.DURATION_HELP + ", above 0")

Name = Annotated[str, Reads(_name, _text(NAME_HELP, "string", "integer"))]
Names = Annotated[tuple[str, ...], Reads(_names, {"type": "array", "items": {"type": "string"}})]
Text = Annotated[str, Reads(_name, _text("text", "string"))]
Flag = Annotated[bool, Reads(_flag, _text("true or false", "boolean"))]
Duration = Annotated[int, Reads(q.duration_ms, _text(q.DURATION_HELP, "string", "number"))]
PositiveDuration = Annotated[int, Reads(_positive_duration, _text(q.DURATION_HELP, "string"))]
Moment = Annotated[q.Moment, Reads(q.moment, _text(q.MOMENT_HELP, "string", "number"))]
Share = Annotated[float, Reads(q.share, _text(q.SHARE_HELP, "string", "number"))]
GROWTH_HELP = "a share such as 2% or -2%, not below -100%"
Growth = Annotated[float, Reads(q.at_least(q.signed_share, -1, GROWTH_HELP), _text(GROWTH_HELP, "string", "number"))]
ShareBp = Annotated[int, Reads(q.share_bp, _text(q.SHARE_HELP, "string", "number"))]
FactorBp = Annotated[int, Reads(q.factor_bp, _text(q.FACTOR_HELP, "string", "number"))]
Money = Annotated[int, Reads(q.money_cents, _text(q.MONEY_HELP, "number", "string"))]
Weight = Annotated[float, Reads(q.weight_kg, _text(q.WEIGHT_HELP, "string"))]
PositiveWeight = Annotated[
    float, Reads(q.at_least(q.weight_kg, 0.001, q.WEIGHT_HELP + ", above 0"), _text(q.WEIGHT_HELP, "string"))
]
Volume = Annotated[float, Reads(q.volume_l, _text(q.VOLUME_HELP, "string"))]
TimeZone = Annotated[str, Reads(q.time_zone, _text(q.ZONE_HELP, "string"))]
Clock = Annotated[int, Reads(q.minute_of_day, _text(q.CLOCK_HELP, "string"))]
Weekdays = Annotated[
    frozenset[int],
    Reads(
        q.weekdays,
        {
            "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
            "description": q.WEEKDAYS_HELP,
        },
    ),
]
Number = Annotated[float, Reads(q.number, _text(q.NUMBER_HELP, "number", "string"))]
_ABOVE_0_HELP = "a number above 0"
PositiveNumber = Annotated[
    float, Reads(q.at_least(q.number, 1e-9, _ABOVE_0_HELP), _text(_ABOVE_0_HELP, "number", "string"))
]
_ONE_HELP = "a number of 1 or more"
AtLeastOne = Annotated[float, Reads(q.at_least(q.number, 1, _ONE_HELP), _text(_ONE_HELP, "number", "string"))]
AnyNumber = Annotated[float, Reads(q.any_number, _text("a number", "number", "string"))]
Count = Annotated[int, Reads(q.count, _text(q.COUNT_HELP, "integer", "string"))]
PositiveCount = Annotated[int, Reads(_positive_count, _text("a whole number of 1 or more", "integer", "string"))]


def number_to(highest: int) -> Reads:
    """A number that is not larger than any shop, or any machine, could bear."""
    what = f"a number from 0 to {highest:,}"
    return Reads(q.at_most(q.number, highest, what), _text(what, "number", "string"))


def count_to(highest: int, lowest: int = 0) -> Reads:
    """The same of whole numbers, from ``lowest`` on."""
    what = f"a whole number from {lowest} to {highest:,}"
    return Reads(q.at_most(q.at_least(q.count, lowest, what), highest, what), _text(what, "integer", "string"))


def random_to(highest: int) -> Reads:
    """A random quantity none of whose stated values is larger."""
    what = f"a number from 0 to {highest:,}"
    return random(q.at_most(q.number, highest, what), what)


MOST_PRODUCTS = 1_000_000
MOST_DAYS = 3_650
"""Of transit, and of a promise: days are counted one by one."""
RandomDuration = Annotated[Distribution, random(q.duration_ms, q.DURATION_HELP)]
RandomShare = Annotated[Distribution, random(q.share, q.SHARE_HELP)]
RandomNumber = Annotated[Distribution, random(q.number, q.NUMBER_HELP)]


def _latitude(value: Any) -> float:
    return _between(value, 90, "a latitude from -90 to 90 degrees north")


def _longitude(value: Any) -> float:
    return _between(value, 180, "a longitude from -180 to 180 degrees east")


def _between(value: Any, limit: float, accepted: str) -> float:
    try:
        found = q.any_number(value)
    except q.QuantityError:
        raise q.QuantityError(accepted) from None
    if abs(found) > limit:
        raise q.QuantityError(accepted)
    return found


Latitude = Annotated[float, Reads(_latitude, _text("degrees north", "number"))]
Longitude = Annotated[float, Reads(_longitude, _text("degrees east", "number"))]


def _weights(value: Any) -> dict[str, float]:
    if not isinstance(value, dict):
        raise q.QuantityError("a mapping from names to weights of 0 or more")
    weights = {name: q.number(weight) for name, weight in value.items()}
    if not weights or sum(weights.values()) <= 0:
        raise q.QuantityError("weights of 0 or more, not all 0")
    return weights


Weights = Annotated[
    dict[str, float],
    Reads(_weights, {"type": "object", "additionalProperties": {"type": "number"}}),
]

HOURS_HELP = "168 weights (Monday 0:00 first), or {hours: [24 weights], days: [7 weights, Monday first]}"


def _hour_of_week(value: Any) -> tuple[float, ...]:
    """168 weights of mean 1."""
    if isinstance(value, dict) and set(value) <= {"hours", "days"} and value:
        hours = _number_list(value.get("hours", [1] * 24), 24)
        days = _number_list(value.get("days", [1] * 7), 7)
        weights = [day * hour for day in days for hour in hours]
    else:
        weights = _number_list(value, 168)
    mean = sum(weights) / 168
    if mean <= 0:
        raise q.QuantityError("weights of 0 or more, not all 0")
    return tuple(weight / mean for weight in weights)


def _number_list(value: Any, length: int) -> list[float]:
    if not isinstance(value, list) or len(value) != length:
        raise q.QuantityError(HOURS_HELP)
    return [q.number(item) for item in value]


_WEIGHT_LIST: Json = {"type": "array", "items": {"type": "number", "minimum": 0}}
HourOfWeek = Annotated[
    tuple[float, ...],
    Reads(
        _hour_of_week,
        {
            "description": HOURS_HELP,
            "anyOf": [
                {**_WEIGHT_LIST, "minItems": 168, "maxItems": 168},
                {
                    "type": "object",
                    "properties": {
                        "hours": {**_WEIGHT_LIST, "minItems": 24, "maxItems": 24},
                        "days": {**_WEIGHT_LIST, "minItems": 7, "maxItems": 7},
                    },
                    "additionalProperties": False,
                },
            ],
        },
    ),
]


def one_of(*choices: str) -> Reads:
    """A word out of a few."""
    accepted = listed_or(choices)

    def parse(value: Any) -> str:
        if value not in choices:
            raise q.QuantityError(accepted)
        return str(value)

    return Reads(parse, {"enum": list(choices)}, choices)


def listed_or(choices: tuple[str, ...]) -> str:
    """``a, b or c``."""
    return ", ".join(choices[:-1]) + f" or {choices[-1]}" if len(choices) > 1 else choices[0]


def by_zone(parse: Callable[[Any], Any], what: str, json: Json) -> Reads:
    """A value for each parcel zone: one for all, or a mapping with keys like 2 and 3-4.

    The result maps the zones that were given to their values; see `scenarios.rate_cards` for those between.
    """
    accepted = f"{what}, or a mapping from zones (2 to 8, or a range such as 3-4) to such values"

    def read(value: Any) -> dict[int, Any]:
        if not (isinstance(value, dict) and value and all(_zones(key) for key in value)):
            return dict.fromkeys(ZONES, parse(value))
        found: dict[int, Any] = {}
        for key, item in value.items():
            for zone in _zones(key):
                if zone in found:
                    raise q.QuantityError(f"each zone once (zone {zone} is given twice)")
                found[zone] = parse(item)
        if not {ZONES[0], ZONES[-1]} <= set(found):
            raise q.QuantityError(f"zones from {ZONES[0]} to {ZONES[-1]}, both ends given")
        return dict(sorted(found.items()))

    schema = {"anyOf": [json, {"type": "object", "additionalProperties": json}], "description": accepted}
    return Reads(read, schema)


def _zones(key: str) -> range:
    """The zones that a key names; empty if it names none."""
    first, _, last = key.partition("-")
    if not (first.isdigit() and (last or first).isdigit()):
        return range(0)
    low, high = int(first), int(last or first)
    return range(low, high + 1) if ZONES[0] <= low <= high <= ZONES[-1] else range(0)


def money_list(value: Any) -> tuple[int, ...]:
    """Amounts of money, one for each weight break."""
    if not isinstance(value, list) or not value:
        raise q.QuantityError("a list of amounts of money, one for each weight break")
    return tuple(map(q.money_cents, value))


ZonedRates = Annotated[
    dict[int, tuple[int, ...]],
    by_zone(money_list, "a list of prices", {"type": "array", "items": {"type": "number"}}),
]
ZonedMoney = Annotated[dict[int, int], by_zone(q.money_cents, q.MONEY_HELP, _AMOUNT)]
_days = q.at_most(q.number, MOST_DAYS, f"a number from 0 to {MOST_DAYS:,}")
ZonedCount = Annotated[
    dict[int, int],
    by_zone(count_to(MOST_DAYS).parse, f"a whole number from 0 to {MOST_DAYS:,}", {"type": "integer"}),
]
ZonedDays = Annotated[
    dict[int, Distribution],
    by_zone(
        lambda value: distribution(value, _days, f"a number of days, of {MOST_DAYS:,} at most"),
        "days",
        _distribution_json(_AMOUNT),
    ),
]


def fault(accepted: str) -> PydanticCustomError:
    """A fault of several keys together."""
    return PydanticCustomError("quantity", "{accepted}", {"accepted": accepted})
