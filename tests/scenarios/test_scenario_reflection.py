"""A new disruption or policy is known to scenario files by what its dataclass says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Literal
from zoneinfo import ZoneInfo

import pytest

from scenarios.errors import Problems
from scenarios.names import Names
from scenarios.reflection import Context, make, parameters
from scenarios.yaml_source import parse_yaml
from sim.calendar import Calendar
from sim.disruptions import DISRUPTIONS
from sim.distributions import Distribution, Exponential, Fixed
from sim.policies.registry import policies
from sim.units import HOUR_MS, MINUTE_MS

NAMES = Names(
    {
        "node": ["East", "West"],
        "channel": ["web", "shop"],
        "product": ["MUG", "CUP"],
        "carrier": ["Northway"],
        "category": None,
        "service": ["Northway/ground"],
    }
)
CALENDAR = Calendar(datetime(2026, 11, 23, tzinfo=ZoneInfo("America/New_York")))


@dataclass(frozen=True, slots=True)
class Everything:
    """All that a parameter can be."""

    kind: ClassVar[str] = "everything"
    node: int
    at_ms: int
    to_node: int | None = None
    channels: frozenset[int] | None = None
    skus: tuple[int, ...] = ()
    service: int = 0
    carrier: str = ""
    last_services: tuple[str, ...] = ()
    category: int = 0
    delay_ms: int = 0
    recovered_at_ms: int | None = None
    loss_bp: int = 0
    speed_factor_bp: int = 10_000
    fee_bp: int = 0
    fee_cents: int = 0
    from_minute: int = 0
    heavier_kg: float = 0.0
    weekdays: frozenset[int] = frozenset()
    repair_ms: Distribution = field(default_factory=lambda: Fixed(0))
    error_share: float = 0.0
    multiplier: float = 1.0
    units: int = 0
    on: bool = False
    mode: Literal["soft", "hard"] = "soft"
    note: str = ""
    ladder_ms: tuple[int, ...] = ()
    weights: Mapping[str, float] = field(default_factory=dict)
    _cache: int = field(init=False, default=0)


def made(text: str) -> tuple[Any, list[tuple[str, str | None]]]:
    problems = Problems()
    tree = parse_yaml(text, "a.yaml", problems)
    assert tree is not None
    result = make(Everything, tree, "x", Context(NAMES, CALENDAR, problems))
    return result, [(problem.key, problem.suggestion) for problem in problems]


@pytest.mark.parametrize(
    ("key", "text", "field_name", "value"),
    [
        ("to_node", "West", "to_node", 1),
        ("to_node", "null", "to_node", None),
        ("channels", "[shop, web]", "channels", frozenset({0, 1})),
        ("channels", "web", "channels", frozenset({0})),
        ("channels", "null", "channels", None),
        ("skus", "[CUP]", "skus", (1,)),
        ("service", "Northway/ground", "service", 0),
        ("carrier", "Northway", "carrier", "Northway"),
        ("last_services", "[Northway/ground]", "last_services", ("Northway/ground",)),
        ("delay", "90min", "delay_ms", 90 * MINUTE_MS),
        ("recovered_at", "2026-11-23 06:00", "recovered_at_ms", 6 * HOUR_MS),
        ("recovered_at", "6h", "recovered_at_ms", 6 * HOUR_MS),
        ("loss", "5%", "loss_bp", 500),
        ("speed_factor", "150%", "speed_factor_bp", 15_000),
        ("fee_bp", "2%", "fee_bp", 200),
        ("fee_cents", "0.30", "fee_cents", 30),
        ("from", '"14:00"', "from_minute", 840),
        ("heavier", "2kg", "heavier_kg", 2.0),
        ("weekdays", "mon-wed", "weekdays", frozenset({0, 1, 2})),
        ("repair", "{exponential: 2h}", "repair_ms", Exponential(2 * HOUR_MS)),
        ("error_share", "1%", "error_share", 0.01),
        ("multiplier", "4", "multiplier", 4.0),
        ("units", "12", "units", 12),
        ("on", "true", "on", True),
        ("mode", "hard", "mode", "hard"),
        ("note", "hello", "note", "hello"),
        ("ladder", "[1h, 2h]", "ladder_ms", (HOUR_MS, 2 * HOUR_MS)),
        ("weights", "{a: 1}", "weights", {"a": 1}),
    ],
)
def test_a_key_fills_its_field(key: str, text: str, field_name: str, value: Any):
    result, problems = made(f"node: East\nat: 1h\n{key}: {text}\n")

    assert [] == problems
    assert value == getattr(result, field_name)
    assert (0, HOUR_MS) == (result.node, result.at_ms)


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("at: 1h", [("x.node", None)]),
        ("nod: East\nat: 1h", [("x.nod", "node")]),
        ("node: Est\nat: 1h", [("x.node", "East")]),
        ("node: East\nat: 1kg", [("x.at", None)]),
        ("node: East\nat: 2026-11-22", [("x.at", None)]),
        ("node: East\nat: 1h\ncarrier: Nortway", [("x.carrier", "Northway")]),
        ("node: East\nat: 1h\nloss: 120%", [("x.loss", None)]),
        ("node: East\nat: 1h\nchannels: [wbe]", [("x.channels", "web")]),
        ("node: East\nat: 1h\nmultiplier: -1", [("x.multiplier", None)]),
        ("node: East\nat: 1h\non: yes", [("x.on", None)]),
        ("node: East\nat: 1h\nmode: medium", [("x.mode", None)]),
        ("node: East\nat: null", [("x.at", None)]),
        ("node: East\nat: 1h\nunits: 1.5", [("x.units", None)]),
        ("node: East\nat: 1h\n_cache: 1", [("x._cache", None)]),
    ],
)
def test_what_does_not_fit_is_told(text: str, faults: list[tuple[str, str | None]]):
    result, problems = made(text)

    assert None is result
    assert faults == problems


def test_names_that_could_not_be_read_are_not_checked():
    result, problems = made("node: East\nat: 1h\ncategory: anything\n")

    assert [] == problems
    assert None is not result


CLASSES = [(kind, cls) for kind, cls in DISRUPTIONS.items()]
CLASSES += [(f"{decision}.{name}", cls) for decision, known in policies().items() for name, cls in known.items()]


@pytest.mark.parametrize(("name", "cls"), CLASSES, ids=[name for name, _ in CLASSES])
def test_each_registered_class_can_be_told_in_a_file(name: str, cls: type[Any]):
    for parameter in parameters(cls).values():
        assert "a value" != parameter.accepted, f"{name}.{parameter.field} has a type that no reader is made for"
