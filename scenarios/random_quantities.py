"""How a scenario file writes a random quantity: a plain value, or a mapping with the distribution's name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from scenarios.quantities import QuantityError, number
from sim.distributions import Discrete, Distribution, Exponential, Fixed, Lognormal, Triangular, Uniform

DISTRIBUTION_NAMES = ("uniform", "exponential", "lognormal", "triangular", "discrete")
_SHAPES = (
    "or {uniform: [low, high]}, {exponential: mean}, {lognormal: {median: , cv: }}, "
    "{triangular: [low, mode, high]}, {discrete: {value: weight}}"
)

Parse = Callable[[Any], float]


def distribution(value: Any, unit: Parse, unit_help: str) -> Distribution:
    """The distribution that ``value`` describes, each of its quantities read by ``unit``."""
    accepted = f"{unit_help}, {_SHAPES}"
    try:
        if not isinstance(value, dict):
            return Fixed(unit(value))
        if len(value) != 1 or next(iter(value)) not in _BUILDERS:
            raise QuantityError(accepted)
        name, parameters = next(iter(value.items()))
        return _BUILDERS[name](parameters, unit)
    except QuantityError as error:
        raise QuantityError(error.accepted if error.accepted in _OWN_WORDS else accepted) from None
    except (TypeError, ValueError, KeyError, AttributeError, IndexError):
        raise QuantityError(accepted) from None


_RISING = "values that do not fall: low, (mode,) high"
_LARGEST_CV = 100
_POSITIVE = f"a median above 0 and a coefficient of variation from 0 to {_LARGEST_CV}"
_WEIGHTS = "weights of 0 or more, not all 0"
_OWN_WORDS = (_RISING, _POSITIVE, _WEIGHTS)


def _uniform(parameters: Any, unit: Parse) -> Distribution:
    low, high = _rising(parameters, 2, unit)
    return Uniform(low, high)


def _exponential(parameters: Any, unit: Parse) -> Distribution:
    return Exponential(unit(parameters))


def _lognormal(parameters: Any, unit: Parse) -> Distribution:
    if set(parameters) != {"median", "cv"}:
        raise ValueError("median and cv")
    median, cv = unit(parameters["median"]), number(parameters["cv"])
    if median <= 0 or cv > _LARGEST_CV:
        raise QuantityError(_POSITIVE)
    return Lognormal(median, cv)


def _triangular(parameters: Any, unit: Parse) -> Distribution:
    low, mode, high = _rising(parameters, 3, unit)
    return Triangular(low, mode, high)


def _discrete(parameters: Any, unit: Parse) -> Distribution:
    weights = tuple(number(weight) for weight in parameters.values())
    if not weights or sum(weights) <= 0:
        raise QuantityError(_WEIGHTS)
    return Discrete(tuple(unit(value) for value in parameters), weights)


def _rising(parameters: Any, length: int, unit: Parse) -> list[float]:
    if not isinstance(parameters, list) or len(parameters) != length:
        raise ValueError("a list")
    values = [unit(value) for value in parameters]
    if values != sorted(values):
        raise QuantityError(_RISING)
    return values


_BUILDERS: dict[str, Callable[[Any, Parse], Distribution]] = {
    "uniform": _uniform,
    "exponential": _exponential,
    "lognormal": _lognormal,
    "triangular": _triangular,
    "discrete": _discrete,
}
