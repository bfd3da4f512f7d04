"""Conditions and actions of a scenario's own rules, as a file writes them."""

from __future__ import annotations

from typing import Annotated, Any

from scenarios import quantities as q
from scenarios.fields import Reads, listed_or
from sim.rules import ACTIONS, KNOWN, ConditionError
from sim.rules import Condition as Expression

HOLDS = ("payment", "fraud", "data_fault", "approval", "credit")
"""Kinds of exception that a rule may hold an order for."""

_PLAIN = tuple(action for action in ACTIONS if action not in ("hold", "force_node"))
ACTION_HELP = f"{{hold: {', '.join(HOLDS[:-1])} or {HOLDS[-1]}}}, {{force_node: a node}}, {listed_or(_PLAIN)}"
CONDITION_HELP = f"an expression over {', '.join(KNOWN)}"


def _condition(value: Any) -> str:
    text = str(value).lower() if isinstance(value, bool) else value
    if not isinstance(text, str):
        raise q.QuantityError(CONDITION_HELP)
    try:
        Expression(text)
    except ConditionError as error:
        raise q.QuantityError(f"{CONDITION_HELP} ({error})") from None
    return text


def _action(value: Any) -> tuple[str, str]:
    """(action, what it is about)."""
    if isinstance(value, str) and value in _PLAIN:
        return value, ""
    if isinstance(value, dict) and len(value) == 1:
        [(action, target)] = value.items()
        if (action == "hold" and target in HOLDS) or (action == "force_node" and isinstance(target, str)):
            return action, target
    raise q.QuantityError(ACTION_HELP)


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
                    "properties": {"hold": {"enum": list(HOLDS)}, "force_node": {"type": "string"}},
                    "minProperties": 1,
                    "maxProperties": 1,
                    "additionalProperties": False,
                },
            ],
        },
    ),
]
