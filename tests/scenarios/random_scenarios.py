"""Random scenario files, drawn from the schema itself: every key with values that its own parser accepts.

A draw is a handful of keys, each with its path and a value, laid over a small base. A new key of the schema is drawn
from the day on which it is added; a new type of value needs an entry in `POOL` only where none of those that are there
fits it (`test_every_key_can_be_drawn` says so).
"""

from __future__ import annotations

import copy
import types
from collections.abc import Iterator
from functools import cache
from typing import Annotated, Any, Union, get_args, get_origin

from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from scenarios.fields import Reads, Section
from scenarios.merging import COLLECTIONS
from scenarios.names import _REFERENCES, KEYS
from scenarios.quantities import QuantityError
from scenarios.reflection import Parameter, parameters
from scenarios.schema.scenario import Scenario
from scenarios.settings import known_policies
from sim.disruptions import DISRUPTIONS

Path = tuple[str, ...]
Key = tuple[Path, st.SearchStrategy[Any]]

_HOURS = [0] * 6 + [1] * 18
POOL: tuple[Any, ...] = (
    # Numbers, shares, money.
    0, 1, 2, 5, 0.25, 0.5, -1, "0%", "3%", "40%", "100%", "120%", 7.5, 12.99,
    # Durations, moments, times of day, days.
    "0h", "20min", "1h", "7h", "1d", "3d", "10d", "1d6h", "2026-11-23 18:00", "00:00", "09:30", "17:00", "24:00",
    "mon-fri", "daily", ["mon", "sat"], ["12:00", "18:00"], {"hours": _HOURS},
    # Weights, volumes, places.
    "300g", "2kg", "5lb", "1.5l", ["1kg", "10kg"], 40.5, -90.0,
    # Flags, texts, rules.
    True, False, "USD", "x", "units > 2", "not one_node", "channel == 'web' and value_cents < 3000",
    "cancel", "expedite", "ship_complete", "allow_split", "backorder", "refuse",
    {"hold": "fraud"}, {"hold": "approval"}, {"force_node": "West"}, "merge", {"merge": "West"},
    # Time zones, west and east, on the hour and between.
    "America/Los_Angeles", "Asia/Kolkata", "Pacific/Auckland",
    # Random quantities and what goes by zone.
    {"uniform": ["1h", "9h"]}, {"exponential": "5h"}, {"lognormal": {"median": "1d", "cv": 0.5}},
    {"uniform": [1, 3]}, {"discrete": {"1": 0.6, "3": 0.4}}, {"discrete": {"100%": 0.5, "50%": 0.5}},
    {"uniform": ["0%", "90%"]},
    {"2": 1, "3-8": 3}, {"2": [5.0, 9.0], "8": [7.5, 14.0]}, [4.0, 8.0], ["10%", "60%"], [0.2, 0.4], [],
    {"changed_mind": 2, "defect": 1}, {"top": 2},
)  # fmt: skip
"""What users write, of every type that there is."""

BASE: dict[str, Any] = {
    "name": "random",
    "start": "2026-11-23 00:00",
    "timezone": "America/New_York",
    "horizon": {"end": "20h", "drain": "8d"},
    "entities": {"shop": {}, "branch": {"currency": "USD", "tax": "7%"}},
    "fx_rates": [{"currency": "EUR", "rate": 1.1, "volatility": "20%"}],
    "treasury": {"netting": "day", "pay_after": "1d", "revalue": "day"},
    "categories": {"cups": {"return_share": "20%"}, "plates": {}},
    "products": {
        "MUG": {"price": 12.99, "cost": 5, "weight": "350g", "category": "cups", "supplier": "Mill"},
        "CUP": {"price": 9.99, "cost": 4.1, "weight": "300g", "category": "cups", "supplier": "Mill"},
        "DISH": {"price": 40, "cost": 9, "weight": "2kg", "category": "plates", "supplier": "Forge"},
    },
    "regions": {
        "Boston": {"latitude": 42.3, "longitude": -71.1, "population": 1_000_000},
        "Chicago": {"latitude": 41.8, "longitude": -87.7, "population": 3_000_000},
    },
    "nodes": {
        "East": {
            "place": "Boston",
            "shifts": [
                {"days": "daily", "start": "06:00", "end": "22:00", "pick": 2, "pack": 2, "receive": 1, "inspect": 2}
            ],
        },
        "West": {
            "place": "Chicago",
            "shifts": [
                {"days": "daily", "start": "00:00", "end": "24:00", "pick": 1, "pack": 1, "receive": 1, "inspect": 1}
            ],
        },
    },
    "carriers": {
        "Northway": {
            "services": {
                "ground": {
                    "weight_breaks": ["1kg", "10kg"],
                    "rates": {2: [5.0, 9.0], 8: [7.5, 14.0]},
                    "transit_days": 2,
                    "quoted_days": 3,
                    "collections": [{"days": "daily", "at": ["12:00", "18:00"]}],
                },
                "air": {
                    "weight_breaks": ["1kg", "10kg"],
                    "rates": {2: [15.0, 19.0], 8: [17.5, 24.0]},
                    "transit_days": 1,
                    "quoted_days": 1,
                    "collections": [{"days": "mon-fri", "at": "17:00"}],
                    "hub": {"parcels": 20},
                },
            }
        }
    },
    "suppliers": {"Mill": {"lead_time": "2d"}, "Forge": {"lead_time": "3d", "currency": "EUR"}},
    "segments": {"locals": {}, "firms": {}},
    "channels": {
        "web": {"segment": "locals", "orders_per_day": 40, "payments": {"card": {"share": "100%"}}},
        "market": {"kind": "marketplace", "orders_per_day": 20, "payments": {"marketplace": {"share": "100%"}}},
        "firms": {
            "kind": "b2b", "segment": "firms", "orders_per_day": 5, "payments": {"invoice": {"share": "100%"}},
            "currency": "EUR",
        },
    },
    "stock": {"days_of_cover": "3d"},
    "policies": {},
    "rules": {},
    "desks": {"order desk": {}, "managers": {"handles": []}},
    "messages": {"wires": {"kinds": ["tracking"]}},
    "disruptions": {},
    "workflow": {},
}  # fmt: skip

NAMES = {
    "entity": ["shop", "branch"],
    "category": ["cups", "plates"],
    "product": ["MUG", "CUP", "DISH"],
    "region": ["Boston", "Chicago"],
    "node": ["East", "West"],
    "carrier": ["Northway"],
    "service": ["Northway/ground", "Northway/air"],
    "supplier": ["Mill", "Forge"],
    "channel": ["web", "market", "firms"],
    "segment": ["locals", "firms"],
    "desk": ["order desk", "managers"],
    "interface": ["wires"],
}
_KIND_OF = {tuple(step for step in pattern if step not in ("*", KEYS)): kind for pattern, kind in _REFERENCES}
_CAPPED: dict[Path, tuple[Any, ...]] = {
    ("orders_per_day",): (0, 5, 40),
    ("horizon", "end"): ("5h", "14h"),
    ("horizon", "drain"): ("0h", "1d", "5d"),
    ("horizon", "warm_up"): ("0h", "5h"),
    ("population",): (1, 5),
    ("payments", "share"): ("100%",),  # shares of several add up to 1
    ("lanes",): (
        [{"from": "East", "to": "West", "transit": "1d"}],
        [
            {"from": "West", "to": "East", "transit": {"uniform": ["1h", "9h"]}},
            {"from": "East", "to": "Boston", "miles": 900},
        ],
    ),
}
"""Keys whose size decides how long a run takes, or that only one value of fits the base."""
_LEFT_OUT = {
    "name",
    "sku",
    "description",
    "start",
    "extends",
    "overrides",
    "use",
    "trace",
    "place",
    "table",
    "extra",
}
"""What is no mechanism: names, files, and what is laid over a file."""


def candidates(reads: Reads) -> list[Any]:
    """The values of the pool that a field's parser accepts."""
    found = list(reads.choices)
    for value in POOL:
        try:
            reads.read(copy.deepcopy(value))
        except (QuantityError, PydanticCustomError):
            continue
        if value not in found or isinstance(value, bool):
            found.append(value)
    return found


@cache
def all_keys() -> tuple[Key, ...]:
    """Every key of the schema as it stands in the base, with what it may be."""
    return (*_keys(Scenario, (), BASE), *_decisions(), *_disruptions())


def _keys(section: type[Section], path: Path, there: Any) -> Iterator[Key]:
    for name, info in section.model_fields.items():
        key = info.alias or name
        if key in _LEFT_OUT or (not path and key in ("timezone", "policies", "policy_changes", "disruptions")):
            continue
        hint = Annotated[(info.annotation, *info.metadata)] if info.metadata else info.annotation
        yield from _below(hint, (*path, key), there.get(key) if isinstance(there, dict) else None)


def _below(hint: Any, path: Path, there: Any) -> Iterator[Key]:
    """The keys at and below one key; a collection of the base is walked by its names."""
    section = _section(hint)
    entry = _entry(hint)
    if section is not None and not _optional(hint):
        yield from _keys(section, path, there)
    elif entry is not None and isinstance(there, dict):
        for name in there or ("one", "two"):
            if there:
                yield from _keys(entry, (*path, name), there[name])
            else:
                yield (*path, name), _mapping(entry, path)
    else:
        value = _value(hint, path)
        if value is not None:
            yield path, value


def _value(hint: Any, path: Path) -> st.SearchStrategy[Any] | None:
    """What may stand at a key; None where nothing of the pool fits."""
    bare, plain = tuple(step for step in path if step not in _names_in_base()), _strip(hint)
    made: st.SearchStrategy[Any] | None
    capped = next((values for end, values in _CAPPED.items() if bare[-len(end) :] == end), None)
    if capped is not None:
        made = st.sampled_from(capped)
    elif bare in _KIND_OF:
        made = _references(plain, NAMES[_KIND_OF[bare]])
    elif isinstance(plain, Reads):
        found = candidates(plain)
        made = st.sampled_from(found) if found else None
    elif _section(plain) is not None:
        made = _mapping(_section(plain), path)
    elif get_origin(plain) is list:
        inner = _value(get_args(plain)[0], path)
        made = None if inner is None else st.lists(inner, min_size=1, max_size=2)
    elif get_origin(plain) is dict:
        inner = _value(get_args(plain)[1], path)
        keys = st.sampled_from(["held", "allocated", "released", "picked", "packed"] if path[-1] == "limits" else ["x"])
        made = None if inner is None else st.dictionaries(keys, inner, max_size=2)
    else:
        made = None
    return st.none() | made if made is not None and _optional(hint) else made


def _references(plain: Any, names: list[str]) -> st.SearchStrategy[Any]:
    """A name, a list of names, or weights by name."""
    one = st.sampled_from(names)
    if isinstance(plain, Reads) and plain.json.get("type") == "object":
        return st.dictionaries(one, st.sampled_from([0.5, 1, 2]), min_size=1)
    if isinstance(plain, Reads) and plain.json.get("type") != "array":
        return one
    if get_origin(plain) is dict:
        inner = _value(get_args(plain)[1], ("",))
        return st.dictionaries(one, st.just({}) if inner is None else inner, min_size=1)
    return st.lists(one, min_size=1, max_size=2, unique=True)


def _mapping(section: type[Section] | None, path: Path) -> st.SearchStrategy[Any]:
    """A section from scratch: its required keys and some of the others."""
    assert section is not None
    required: dict[str, st.SearchStrategy[Any]] = {}
    optional: dict[str, st.SearchStrategy[Any]] = {}
    for name, info in section.model_fields.items():
        hint = Annotated[(info.annotation, *info.metadata)] if info.metadata else info.annotation
        key = info.alias or name
        value = _value(hint, (*path, key)) if key != "name" else st.just("one")
        if value is not None:
            (required if info.is_required() else optional)[key] = value
    return st.fixed_dictionaries(required, optional=optional)


def _decisions() -> Iterator[Key]:
    for decision, known in known_policies(solvers=True).items():
        choices = [
            st.fixed_dictionaries(
                {"name": st.just(name)},
                optional={"parameters": st.fixed_dictionaries({}, optional=_parameters(cls))},
            )
            for name, cls in known.items()
        ]
        yield ("policies", decision), st.one_of(*choices)
    moments = st.sampled_from(["0h", "7h", "1d"])
    names = {decision: st.sampled_from(sorted(known)) for decision, known in known_policies(solvers=True).items()}
    changes = st.fixed_dictionaries({"at": moments, "policies": st.fixed_dictionaries({}, optional=names)})
    yield ("policy_changes",), st.lists(changes, min_size=1, max_size=2)


def _disruptions() -> Iterator[Key]:
    durations = st.sampled_from(["20min", "7h", "1d"])
    for kind, cls in DISRUPTIONS.items():
        own = {key: value for key, value in _parameters(cls).items() if key not in ("at", "duration")}
        needed = {key: own[key] for key, p in parameters(cls).items() if p.required and key in own}
        rest = {key: value for key, value in own.items() if key not in needed}
        timed = {"at": st.sampled_from(["0h", "7h", "2026-11-23 18:00"]), "duration": durations}
        random = {"mtbf": st.sampled_from(["9h", "2d"]), "mttr": durations}
        for name, when in (("timed", timed), ("by chance", random)):
            yield (
                ("disruptions", f"{kind} {name}"),
                st.fixed_dictionaries({"kind": st.just(kind), **needed, **when}, optional=rest),
            )


def _parameters(cls: type[Any]) -> dict[str, st.SearchStrategy[Any]]:
    found = {key: _parameter(parameter) for key, parameter in parameters(cls).items()}
    if cls is DISRUPTIONS["wrong_rule"]:
        found |= {
            "rule": st.just(""),
            "when": st.just("units >= 1"),
            "decision": st.just("allocation"),
            "policy": st.sampled_from(sorted(known_policies(solvers=True)["allocation"])),
        }
    return {key: value for key, value in found.items() if value is not None}


def _parameter(parameter: Parameter) -> st.SearchStrategy[Any] | None:
    if parameter.names is not None:
        one = st.sampled_from(NAMES[parameter.names])
        return st.lists(one, min_size=1, max_size=2, unique=True) if parameter.many else one
    found = []
    for value in POOL:
        try:
            parameter.read(copy.deepcopy(value))
        except (QuantityError, ValueError, TypeError, AttributeError):
            continue
        found.append(value)
    return st.sampled_from(found) if found else None


def _names_in_base() -> set[str]:
    return {name for path in COLLECTIONS for name in _named(BASE, path)} | {"one", "two"}


def _named(tree: Any, path: Path) -> list[str]:
    if not isinstance(tree, dict):
        return []
    if not path:
        return list(tree)
    if path[0] == "*":
        return [name for item in tree.values() for name in _named(item, path[1:])]
    return _named(tree.get(path[0], {}), path[1:])


def _strip(hint: Any) -> Any:
    """The hint without None; a `Reads` where it has one."""
    if get_origin(hint) in (Union, types.UnionType):
        return _strip(next(arg for arg in get_args(hint) if arg is not type(None)))
    if get_origin(hint) is Annotated:
        inner, *notes = get_args(hint)
        return next((note for note in notes if isinstance(note, Reads)), _strip(inner))
    return hint


def _optional(hint: Any) -> bool:
    if get_origin(hint) is Annotated:
        return _optional(get_args(hint)[0])
    return get_origin(hint) in (Union, types.UnionType) and type(None) in get_args(hint)


def _section(hint: Any) -> type[Section] | None:
    plain = _strip(hint)
    return plain if isinstance(plain, type) and issubclass(plain, Section) else None


def _entry(hint: Any) -> type[Section] | None:
    """The section that a collection holds."""
    plain = _strip(hint)
    return _section(get_args(plain)[0]) if get_origin(plain) is list else None


def put(tree: dict[str, Any], path: Path, value: Any) -> None:
    """Lay a value over what is there."""
    for step in path[:-1]:
        tree = tree.setdefault(step, {})
    tree[path[-1]] = value


@st.composite
def scenarios(draw: Any, least: int = 8, most: int = 30) -> dict[str, Any]:
    """A scenario as plain data: the base with ``least`` to ``most`` of its keys drawn anew."""
    keys = all_keys()
    chosen = draw(st.lists(st.integers(0, len(keys) - 1), min_size=least, max_size=most, unique=True))
    scenario = copy.deepcopy(BASE)
    for number in chosen:
        path, value = keys[number]
        put(scenario, path, draw(value))
    _agree(scenario)
    return scenario


def _agree(scenario: dict[str, Any]) -> None:
    """What the loader asks of several keys together, where a draw seldom meets it by chance."""
    for node in scenario["nodes"].values():
        node.pop("latitude", None)
        node.pop("longitude", None)
        for station in (node.get("stations") or {}).values():
            if "work" in station or not station.get("per_hour"):
                station.pop("per_hour", None)
                station.setdefault("work", "20min")
    for category in scenario["categories"].values():
        if category.get("refurbish_share") or category.get("vendor_share"):
            category |= {"restock_share": "25%", "refurbish_share": "25%", "vendor_share": 0.5}
    if not any(category.get("refurbish_share") for category in scenario["categories"].values()):
        for node in scenario["nodes"].values():
            node.pop("refurbish", None)
