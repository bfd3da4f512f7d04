"""Misspelt words in conditions: what a name is compared to must be something that it can be."""

from __future__ import annotations

from scenarios.errors import Problems, listed
from scenarios.names import Names, references
from scenarios.yaml_source import Tree
from sim.network import CHANNEL_KINDS, PAYMENT_KINDS
from sim.rules import OPEN_ORDER, SCORED_FACTS, Condition, ConditionError

_WHERE = (
    ("workflow", "*", "when"),
    ("disruptions", "*", "when"),
    ("manual_overrides", "*", "orders"),
    ("fraud", "risks", "*", "when"),
    ("fraud", "rules", "*", "when"),
)
"""Where conditions stand."""


def check_conditions(tree: Tree, names: Names, problems: Problems) -> None:
    """Report every word in a condition that no order can be, such as ``payment == 'crad'``."""
    for pattern in _WHERE:
        for text, mark, key in references(tree, pattern):
            for name, value in _compared(text):
                known = _known(names, name)
                if known is not None and value not in known:
                    message = f"{name} is never {value!r}"
                    problems.add(mark, key, message, value=value, accepted=listed(known), known=known)


def _compared(text: object) -> list[tuple[str, object]]:
    """What names are compared to; what is no condition was told before."""
    try:
        return Condition(str(text), OPEN_ORDER | SCORED_FACTS).compared() if isinstance(text, str) else []
    except ConditionError:
        return []


def _known(names: Names, name: str) -> list[str] | None:
    """What a name can be; None where that is a quantity, or cannot be read."""
    if name == "payment":
        return list(PAYMENT_KINDS)
    if name == "channel_kind":
        return list(CHANNEL_KINDS)
    known = names.of(name) if name in ("region", "channel", "segment") else None
    return None if known is None else list(known)
