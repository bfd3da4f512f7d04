"""Conditions and actions of a scenario's own rules, as a file writes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from scenarios import quantities as q
from scenarios.fields import Reads, listed_or
from sim.rules import ACTIONS, KNOWN, OPEN_ORDER, OVERRIDES, SCORED_FACTS, ConditionError
from sim.rules import Condition as Expression

ABOUT_A_NODE = ("force_node", "merge")
"""Actions of rules that may name a node."""

HOLDS = ("payment", "fraud", "data_fault", "approval", "credit")
"""Kinds of exception that a rule may hold an order for."""

_PLAIN = tuple(action for action in ACTIONS if action not in ("hold", "force_node"))
ACTION_HELP = (
    f"{{hold: {', '.join(HOLDS[:-1])} or {HOLDS[-1]}}}, {{force_node: a node}}, {{merge: a node}}, {listed_or(_PLAIN)}"
)
CONDITION_HELP = f"an expression over {', '.join(KNOWN)}"
SCORED_HELP = f"an expression over {', '.join(SCORED_FACTS)}"
SELECTION_HELP = f"an expression over {', '.join(OPEN_ORDER)}"
_PLAIN_OVERRIDES = tuple(action for action in OVERRIDES if action != "force_node")
OVERRIDE_HELP = f"{{force_node: a node}}, {listed_or(_PLAIN_OVERRIDES)}"


def _condition(value: Any) -> str:
    return _expression(value, KNOWN, CONDITION_HELP)


def _scored(value: Any) -> str:
    return _expression(value, SCORED_FACTS, SCORED_HELP)


def _selection(value: Any) -> str:
    return _expression(value, OPEN_ORDER, SELECTION_HELP)


def _expression(value: Any, known: Mapping[str, Any], accepted: str) -> str:
    text = str(value).lower() if isinstance(value, bool) else value
    if not isinstance(text, str):
        raise q.QuantityError(accepted)
    try:
        Expression(text, known)
    except ConditionError as error:
        raise q.QuantityError(f"{accepted} ({error})") from None
    return text


def _override(value: Any) -> tuple[str, str]:
    """(action, the node that it is about)."""
    if isinstance(value, str) and value in _PLAIN_OVERRIDES:
        return value, ""
    if isinstance(value, dict) and list(value) == ["force_node"] and isinstance(value["force_node"], str):
        return "force_node", value["force_node"]
    raise q.QuantityError(OVERRIDE_HELP)


def _action(value: Any) -> tuple[str, str]:
    """(action, what it is about)."""
    if isinstance(value, str) and value in _PLAIN:
        return value, ""
    if isinstance(value, dict) and len(value) == 1:
        [(action, target)] = value.items()
        if (action == "hold" and target in HOLDS) or (action in ABOUT_A_NODE and isinstance(target, str)):
            return action, target
    raise q.QuantityError(ACTION_HELP)


ScoredFact = Annotated[str, Reads(_scored, {"type": "string", "description": SCORED_HELP})]
Selection = Annotated[str, Reads(_selection, {"type": "string", "description": SELECTION_HELP})]
Override = Annotated[
    tuple[str, str],
    Reads(
        _override,
        {
            "description": OVERRIDE_HELP,
            "anyOf": [
                {"enum": list(_PLAIN_OVERRIDES)},
                {
                    "type": "object",
                    "properties": {"force_node": {"type": "string"}},
                    "required": ["force_node"],
                    "additionalProperties": False,
                },
            ],
        },
    ),
]
Condition = Annotated[str, Reads(_condition, {"type": "string", "description": CONDITION_HELP})]
Action = Annotated[
    tuple[str, str],
    Reads(
        _action,
        {
            "description": ACTION_HELP,
            "anyOf": [
                {"enum": list(_PLAIN)},
                {
                    "type": "object",
                    "properties": {"hold": {"enum": list(HOLDS)}} | {name: {"type": "string"} for name in ABOUT_A_NODE},
                    "minProperties": 1,
                    "maxProperties": 1,
                    "additionalProperties": False,
                },
            ],
        },
    ),
]
