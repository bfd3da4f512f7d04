"""Rules of the house: a condition on an order, and what is done where it holds.

Conditions are expressions in Python's notation, evaluated by ``simpleeval``: comparisons, arithmetic, and, or, not, in,
over the names of `KNOWN`; no functions, no attributes, no assignments.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from simpleeval import EvalWithCompoundTypes, InvalidExpression

KNOWN: dict[str, Any] = {
    "value_cents": 12_500,
    "units": 3,
    "lines": 2,
    "weight_kg": 1.5,
    "region": "Boston",
    "channel": "web",
    "channel_kind": "storefront",
    "payment": "card",
    "segment": "households",
    "in_stock": True,
    "one_node": True,
}
"""What a condition may ask of an order, each with an example. Value is net of tax; ``in_stock``: the open nodes that
may serve it have everything between them; ``one_node``: one of them has everything."""

ACTIONS = (
    *("hold", "cancel", "force_node", "expedite", "ship_complete", "allow_split"),
    *("backorder", "refuse", "substitute", "merge"),
)
"""What a rule may do: hold for a desk, cancel, send from one node only, send first and fastest, send whole or in parts,
let what is short wait, refuse it, or offer a substitute first; merge its parts into one parcel before they leave."""

SCORED_FACTS = {name: example for name, example in KNOWN.items() if name not in ("in_stock", "one_node")} | {
    "account_orders": 1
}
"""What a fraud score may ask of an order besides: how many orders its account placed in the 24 hours before (0 where a
channel's customers have no accounts); and never what is in stock."""

OPEN_ORDER = KNOWN | {"held": False, "age_hours": 30.5}
"""What a manual override may ask of an open order besides: whether it is held, and how long ago it was placed."""

OVERRIDES = ("hold", "release", "force_node", "expedite", "cancel")
"""What people may do to an order by hand."""

_NODES = (
    ast.Expression, ast.Expr, ast.BoolOp, ast.And, ast.Or, ast.UnaryOp, ast.Not, ast.USub, ast.BinOp, ast.Add,
    ast.Sub, ast.Mult, ast.Div, ast.Mod, ast.Compare, ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.In,
    ast.NotIn, ast.Name, ast.Load, ast.Constant, ast.Tuple, ast.List,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rule:
    """Where ``when`` holds, do ``action``: hold for a ``kind`` of exception, force number ``node``, or merge there."""

    name: str
    when: str
    action: str
    kind: str = ""
    node: int | None = None


@dataclass(frozen=True, slots=True)
class ManualOverride:
    """From ``at_ms`` on, every ``every_ms`` (None: once) until ``until_ms``: do ``action`` to the open ``orders`` for
    which a condition holds, by the desk that handles ``override``; an order once."""

    name: str
    at_ms: int
    orders: str
    action: str
    node: int | None = None
    every_ms: int | None = None
    until_ms: int = 0


class ConditionError(ValueError):
    """Why an expression is no condition, in the words of a user."""


class Condition:
    """A parsed expression.

    Raises
    ------
    ConditionError
        If it cannot be parsed, asks for what is not known, or compares what cannot be compared.
    """

    def __init__(self, text: str, known: Mapping[str, Any] = KNOWN) -> None:
        self._text, self._known = text, known
        self._look_up: Callable[[str], Any] = known.__getitem__
        # One for all questions: to make one takes ten times as long as to ask it.
        self._evaluator = EvalWithCompoundTypes(names=lambda node: self._look_up(node.id), functions={})
        try:
            self._parsed = EvalWithCompoundTypes.parse(text)
        except (SyntaxError, InvalidExpression, ValueError):
            raise ConditionError("cannot be read as an expression") from None
        except (RecursionError, MemoryError):
            raise ConditionError("too deeply nested") from None
        if not self._is_yes_or_no():
            raise ConditionError("is a quantity, neither true nor false")
        for node in ast.walk(self._parsed):
            if isinstance(node, ast.Name) and node.id not in known:
                raise ConditionError(f"there is no {node.id!r}")
            if not isinstance(node, _NODES):
                raise ConditionError(f"{type(node).__name__} is not allowed")
        for name, value in self.compared():
            if isinstance(value, str) != isinstance(known[name], str):
                raise ConditionError(f"{name} is never {value!r}")
        try:
            self.holds(known.__getitem__)
        except (InvalidExpression, TypeError, ArithmeticError) as error:
            raise ConditionError(str(error).splitlines()[0]) from None

    @property
    def parsed(self) -> ast.AST:
        """The expression."""
        return self._parsed

    def names(self) -> set[str]:
        """What it asks for."""
        return {node.id for node in ast.walk(self._parsed) if isinstance(node, ast.Name)}

    def compared(self) -> list[tuple[str, Any]]:
        """Each known name with each constant that it is compared to by ``==``, ``!=``, ``in`` or ``not in``."""
        found = []
        for node in ast.walk(self._parsed):
            if isinstance(node, ast.Compare):
                sides = [node.left, *node.comparators]
                for (left, right), operator in zip(pairwise(sides), node.ops, strict=True):
                    if isinstance(operator, ast.Eq | ast.NotEq | ast.In | ast.NotIn):
                        found += [(n, value) for n in _names(left) for value in _constants(right)]
                        found += [(n, value) for n in _names(right) for value in _constants(left)]
        return found

    def _is_yes_or_no(self) -> bool:
        root = self._parsed.value if isinstance(self._parsed, ast.Expr) else self._parsed
        if isinstance(root, ast.Name):
            return isinstance(self._known.get(root.id, True), bool)
        if isinstance(root, ast.Constant):
            return isinstance(root.value, bool)
        return isinstance(root, ast.Compare | ast.BoolOp | ast.UnaryOp)

    def holds(self, look_up: Callable[[str], Any]) -> bool:
        """Whether it is true, names being looked up as they are needed."""
        self._look_up = look_up
        return bool(self._evaluator.eval(self._text, previously_parsed=self._parsed))


def _names(side: ast.expr) -> list[str]:
    """The names that stand on one side of a comparison, alone or in a list."""
    inner = side.elts if isinstance(side, ast.Tuple | ast.List) else [side]
    return [item.id for item in inner if isinstance(item, ast.Name)]


def _constants(side: ast.expr) -> list[Any]:
    inner = side.elts if isinstance(side, ast.Tuple | ast.List) else [side]
    return [item.value for item in inner if isinstance(item, ast.Constant)]
