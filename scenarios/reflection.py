"""Disruptions and policies from scenario files, by what their dataclasses say of themselves.

A field's name gives the key and its unit: ``x_ms`` is the key ``x`` and takes a duration (``at_ms`` also a
local time), ``x_bp`` a share, ``x_cents`` money, ``x_minute`` a time of day, ``x_kg`` a weight. An integer
or text field that is called like a kind of thing (``node``, ``channel``, ``to_node``) takes its name, a set
of them (``channels``) a list of names. Everything else goes by its type. So a new disruption or policy needs
nothing here.
"""

from __future__ import annotations

import inspect
import sys
import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, fields
from typing import Any, ClassVar, Literal, Union, get_args, get_origin

from scenarios import quantities as q
from scenarios.errors import Problems, listed, nearest, shown
from scenarios.moments import moment_ms
from scenarios.names import Names
from scenarios.random_quantities import distribution
from scenarios.yaml_source import Tree
from sim.calendar import Calendar
from sim.distributions import Distribution
from sim.errors import FieldError

_PLURALS = {
    "nodes": "node",
    "channels": "channel",
    "suppliers": "supplier",
    "categories": "category",
    "products": "product",
    "skus": "product",
    "regions": "region",
    "services": "service",
    "segments": "segment",
    "entities": "entity",
    "carriers": "carrier",
    "desks": "desk",
    "interfaces": "interface",
}
_SINGULARS = {**{kind: kind for kind in _PLURALS.values()}, "sku": "product"}

Read = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One key of a disruption or policy: the field it fills, and what it accepts.

    ``names`` is the kind of thing whose name it takes, ``many`` whether it takes a list of them; otherwise
    ``read`` turns the value into the field's unit. ``keeps_name`` leaves the name as it is instead of its
    position. ``optional`` accepts null.
    """

    key: str
    field: str
    required: bool
    default: Any
    read: Read
    accepted: str
    names: str | None = None
    many: bool = False
    keeps_name: bool = False
    optional: bool = False
    moment: bool = False


@dataclass(frozen=True, slots=True)
class Context:
    """What it takes to turn names and local times into numbers."""

    names: Names
    calendar: Calendar | None
    problems: Problems


def parameters(cls: type[Any]) -> dict[str, Parameter]:
    """The keys of a disruption or policy class, in the order of its fields."""
    own = [field for field in fields(cls) if field.init and not _is_class_variable(field)]
    stripped = [_strip(field.name) for field in own]
    return {
        parameter.key: parameter
        for field, (key, unit) in zip(own, stripped, strict=True)
        # Two fields that differ by their unit alone keep it in their keys.
        for parameter in [_parameter(cls, field, key if [k for k, _ in stripped].count(key) == 1 else field.name, unit)]
    }


def numeric_parameters(cls: type[Any]) -> dict[str, Parameter]:
    """Those of `parameters` that take a single number: a count, a share, a duration, money, a weight."""
    hints = {field.name: _without_none(_hint(cls, field))[0] for field in fields(cls) if field.init}
    return {
        key: parameter
        for key, parameter in parameters(cls).items()
        if hints[parameter.field] in (int, float)
        and parameter.names is None
        and not parameter.moment
        and not parameter.field.endswith("_minute")
    }


def read_parameters(
    cls: type[Any], given: Tree, path: str, context: Context, beside: tuple[str, ...] = ()
) -> dict[str, Any] | None:
    """Field values for ``cls`` from the keys of a tree; None if any of them does not fit.

    Keys ``beside`` the parameters are for others to read.
    """
    known = parameters(cls)
    before = len(context.problems)
    values: dict[str, Any] = {}
    for key, item in given.items():
        if item.broken or key in beside:
            continue
        if key not in known:
            every = [*beside, *known]
            accepted = listed(every, limit=24) or "no keys"
            context.problems.add(
                item.key_mark, f"{path}.{key}", "unknown key", value=key, known=every, accepted=accepted
            )
            continue
        values[known[key].field] = _value(known[key], item, f"{path}.{key}", context)
    misspelt = {nearest(key, known) for key in given.value if key not in known and key not in beside}
    for key, parameter in known.items():
        if parameter.required and key not in given.value and key not in misspelt:
            message = "is missing"
            context.problems.add(given.key_mark, f"{path}.{key}", message, accepted=parameter.accepted)
    whole = len(context.problems) == before and not any(item.broken for _, item in given.items())
    return values if whole else None


def make(cls: type[Any], given: Tree, path: str, context: Context, beside: tuple[str, ...] = ()) -> Any:
    """An object of ``cls`` from the keys of a tree, or None if they do not fit."""
    values = read_parameters(cls, given, path, context, beside)
    if values is None:
        return None
    try:
        return cls(**values)
    except FieldError as error:
        _tell(error, cls, given, path, context)
        return None
    except ValueError as error:
        context.problems.add(given.key_mark, path, str(error))
        return None


def _tell(error: FieldError, cls: type[Any], given: Tree, path: str, context: Context) -> None:
    """Report a field at its key, or at the whole where its default does not go with what was given."""
    [key] = [key for key, parameter in parameters(cls).items() if parameter.field == error.field]
    item, known = given.get(key), error.known or None
    mark = given.key_mark if item is None else item.mark
    accepted = None if known is None else listed(known, limit=24)
    context.problems.add(mark, f"{path}.{key}", str(error), value=error.value, accepted=accepted, known=known)


def _value(parameter: Parameter, item: Tree, key: str, context: Context) -> Any:
    plain = item.plain()
    if plain is None and parameter.optional:
        return None
    if parameter.names is not None:
        return _indices(parameter, item, key, context)
    try:
        found = parameter.read(plain)
        if parameter.moment and context.calendar is not None:
            found = moment_ms(found, context.calendar)
            if found < 0:
                raise q.QuantityError("a moment at or after the scenario's start")
    except q.QuantityError as error:
        message = "does not fit" if isinstance(plain, (dict, list)) else f"{shown(plain)} does not fit"
        context.problems.add(item.mark, key, message, value=plain, accepted=error.accepted)
        return None
    return found


def _indices(parameter: Parameter, item: Tree, key: str, context: Context) -> Any:
    kind = parameter.names or ""
    if not parameter.many:
        index = context.names.check(kind, item.value, item.mark, key, context.problems)
        return str(item.value) if parameter.keeps_name else index
    if item.is_mapping:
        context.problems.add(item.mark, key, "does not fit", accepted=parameter.accepted)
        return None
    entries = item.entries() if item.is_list else [item]
    found = [context.names.check(kind, entry.value, entry.mark, key, context.problems) for entry in entries]
    if parameter.keeps_name:
        return parameter.read([str(entry.value) for entry in entries])
    return parameter.read([index for index in found if index is not None])


def _is_class_variable(field: Field[Any]) -> bool:
    return get_origin(field.type) is ClassVar or str(field.type).startswith("ClassVar")


_UNITS = ("_ms", "_bp", "_cents", "_minute", "_kg")


def _strip(name: str) -> tuple[str, str]:
    """Key and unit of a field's name."""
    unit = next((unit for unit in _UNITS if name.endswith(unit)), "")
    return name.removesuffix(unit), unit


def _parameter(cls: type[Any], field: Field[Any], key: str, unit: str) -> Parameter:
    hint, optional = _without_none(_hint(cls, field))
    default = field.default if field.default is not MISSING else None
    if field.default_factory is not MISSING:
        default = field.default_factory()
    required = field.default is MISSING and field.default_factory is MISSING

    def made(read: Read, accepted: str, **more: Any) -> Parameter:
        return Parameter(key, field.name, required, default, read, accepted, optional=optional, **more)

    if unit == "_ms" and (field.name == "at_ms" or field.name.endswith("_at_ms")):
        return made(q.moment, q.MOMENT_HELP, moment=True)
    kind, many = _kind_of(field.name, hint)
    if kind is not None:
        accepted = f"a list of names of {kind}s" if many else f"the name of a {kind}"
        keeps = hint is str or get_args(hint)[:1] == (str,)
        return made(_container(hint), accepted, names=kind, many=many, keeps_name=keeps)
    return made(*_reader(hint, field.name, unit))


def _hint(cls: type[Any], field: Field[Any]) -> Any:
    """The field's type; `Any` where it cannot be told at run time."""
    if not isinstance(field.type, str):
        return field.type
    for base in cls.__mro__:
        if field.name in inspect.get_annotations(base):
            names = dict(vars(sys.modules[base.__module__]))
            try:
                return eval(field.type, names)  # the project's own annotations, as typing does it
            except NameError:
                return Any
    return Any


def _without_none(hint: Any) -> tuple[Any, bool]:
    if get_origin(hint) in (Union, types.UnionType):
        rest = [arg for arg in get_args(hint) if arg is not type(None)]
        if len(rest) < len(get_args(hint)):
            return (rest[0] if len(rest) == 1 else Any), True
    return hint, False


def _kind_of(name: str, hint: Any) -> tuple[str | None, bool]:
    """The kind of thing whose name a field takes, and whether it takes several."""
    last = name.rsplit("_", 1)[-1]
    if hint in (int, str) and last in _SINGULARS:
        return _SINGULARS[last], False
    several = get_origin(hint) in (frozenset, set, tuple, list) and get_args(hint)[0] in (int, str)
    if several and last in _PLURALS:
        return _PLURALS[last], True
    return None, False


def _container(hint: Any) -> Read:
    return get_origin(hint) or (lambda value: value)


def _reader(hint: Any, name: str, unit: str) -> tuple[Read, str]:
    scalar, accepted = _scalar_reader(hint, name, unit)
    origin, arguments = get_origin(hint), get_args(hint)
    if hint is Distribution:
        return (lambda value: distribution(value, scalar, accepted)), accepted
    if name.endswith("weekdays") and origin is frozenset:
        return q.weekdays, q.WEEKDAYS_HELP
    if origin is Literal:
        return _choice(arguments), f"one of {', '.join(map(str, arguments))}"
    if origin in (tuple, list, frozenset, set):
        inner, inner_accepted = _scalar_reader(arguments[0] if arguments else Any, name, unit)
        return _list_of(inner, origin), f"a list of {inner_accepted}"
    if origin in (dict, Mapping) or (isinstance(origin, type) and issubclass(origin, Mapping)):
        return _mapping, "a mapping"
    return scalar, accepted


_BY_UNIT: dict[str, tuple[Read, str]] = {
    "_ms": (q.duration_ms, q.DURATION_HELP),
    "_bp": (q.share_bp, q.SHARE_HELP),
    "_cents": (q.signed_money_cents, q.MONEY_HELP),
    "_minute": (q.minute_of_day, q.CLOCK_HELP),
    "_kg": (q.weight_kg, q.WEIGHT_HELP),
}


def _scalar_reader(hint: Any, name: str, unit: str) -> tuple[Read, str]:
    if name.endswith("factor_bp"):
        return q.factor_bp, q.FACTOR_HELP
    if unit:
        return _BY_UNIT[unit]
    if hint is bool:
        return _flag, "true or false"
    if hint is int:
        return q.count, q.COUNT_HELP
    if hint is float or hint is Distribution:
        is_share = name.endswith("_share") or name == "share"
        return (q.share, q.SHARE_HELP) if is_share else (q.number, q.NUMBER_HELP)
    if hint is str:
        return _text, "a text"
    return (lambda value: value), "a value"


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise q.QuantityError("true or false")
    return value


def _text(value: Any) -> str:
    if isinstance(value, (dict, list, bool)) or value is None:
        raise q.QuantityError("a text")
    return str(value)


def _mapping(value: Any) -> Any:
    if not isinstance(value, dict):
        raise q.QuantityError("a mapping")
    return value


def _choice(words: tuple[Any, ...]) -> Read:
    def read(value: Any) -> Any:
        if value not in words:
            raise q.QuantityError(f"one of {', '.join(map(str, words))}")
        return value

    return read


def _list_of(inner: Read, container: Callable[[Any], Any]) -> Read:
    def read(value: Any) -> Any:
        if not isinstance(value, list):
            raise q.QuantityError("a list")
        return container([inner(item) for item in value])

    return read
