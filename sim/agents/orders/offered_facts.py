"""Which arrivals a rule of the house cannot concern, for many at once: they need no look of their own."""

from __future__ import annotations

import ast
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sim.rules import Condition

if TYPE_CHECKING:
    from sim.agents.customers.customer import Offer
    from sim.network import Network

_MOMENTARY = ("in_stock", "one_node")
"""What is not known before the order is there."""
_COMPARE: dict[type[ast.cmpop], Any] = {
    ast.Eq: np.equal,
    ast.NotEq: np.not_equal,
    ast.Lt: np.less,
    ast.LtE: np.less_equal,
    ast.Gt: np.greater,
    ast.GtE: np.greater_equal,
}
_REMAINDER: dict[type[ast.operator], Any] = {ast.Div: np.divide, ast.Mod: np.remainder}
_ARITHMETIC: dict[type[ast.operator], Any] = {ast.Add: np.add, ast.Sub: np.subtract, ast.Mult: np.multiply} | _REMAINDER


class _UnsureError(Exception):
    """An expression that is left to the evaluation of one order."""


class OfferedFacts:
    """What conditions may ask of arrivals (`sim.rules.KNOWN`), as if each were accepted as it is offered."""

    def __init__(self, network: Network, offer: Offer) -> None:
        self._count = len(offer)
        channels = [network.channels[c] for c in range(len(network.channels))]
        width = max(len(c.payments) for c in channels)
        kinds = np.array([[p.kind for p in c.payments] + [""] * (width - len(c.payments)) for c in channels])
        weight_kg = np.array([p.weight_kg for p in network.products])
        self._facts: dict[str, NDArray[Any]] = {
            "value_cents": _each_sum(offer, offer.units * offer.price_cents),
            "units": _each_sum(offer, offer.units),
            "lines": _each_sum(offer, (offer.units > 0).astype(np.int64)),
            "weight_kg": _each_sum(offer, offer.units * weight_kg[offer.product]),
            "region": np.array([r.name for r in network.regions])[offer.region],
            "channel": np.array([c.name for c in channels])[offer.channel],
            "channel_kind": np.array([c.kind for c in channels])[offer.channel],
            "payment": kinds[offer.channel, offer.payment],
            "segment": np.array([network.segments[c.segment].name for c in channels])[offer.channel],
        }

    def may_hold(self, condition: Condition) -> NDArray[np.bool_]:
        """Of which arrivals it may be true; of the others it is not, whatever the stock is."""
        asked = [name for name in _MOMENTARY if name in condition.names()]
        found = np.zeros(self._count, dtype=np.bool_)
        try:
            for answers in product((False, True), repeat=len(asked)):
                found |= self._holds(condition.parsed, dict(zip(asked, answers, strict=True)))
        except _UnsureError:
            found[:] = True
        return found

    def _holds(self, parsed: ast.AST, stock: dict[str, bool]) -> NDArray[np.bool_]:
        known = self._facts | {name: np.full(self._count, answer) for name, answer in stock.items()}
        return np.broadcast_to(_truth(_value(parsed, known)), (self._count,))


def _each_sum(offer: Offer, by_line: NDArray[Any]) -> NDArray[Any]:
    """Sums by order, added line by line as they are for one order."""
    line = np.cumsum(offer.line_count) - offer.line_count
    end = line + offer.line_count
    total = np.zeros(len(offer), dtype=by_line.dtype)
    while (more := np.flatnonzero(line < end)).size:
        total[more] += by_line[line[more]]
        line += 1
    return total


def _truth(value: Any) -> Any:
    array = np.asarray(value)
    return array != "" if array.dtype.kind == "U" else array.astype(np.bool_)


def _value(node: ast.AST, known: dict[str, NDArray[Any]]) -> Any:
    """An expression's value for all orders, as Python has it for one."""
    match node:
        case ast.Expression(body=inner) | ast.Expr(value=inner):
            return _value(inner, known)
        case ast.Constant(value=bool() | int() | float() | str() as value):
            return value
        case ast.Name(id=name):
            return known[name]
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            return ~_truth(_value(inner, known))
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return np.negative(_number(_value(inner, known)))
        case ast.BoolOp(op=operator, values=values):
            truths = [_truth(_value(value, known)) for value in values]
            return np.logical_and.reduce(np.broadcast_arrays(*truths)) if isinstance(operator, ast.And) else (
                np.logical_or.reduce(np.broadcast_arrays(*truths)))  # fmt: skip
        case ast.BinOp(left=left, op=operator, right=right):
            return _calculated(type(operator), _number(_value(left, known)), _number(_value(right, known)))
        case ast.Compare(left=left, ops=operators, comparators=comparators):
            return _compared(left, operators, comparators, known)
    raise _UnsureError


def _number(value: Any) -> Any:
    if np.asarray(value).dtype.kind not in "if":
        raise _UnsureError
    return value


def _calculated(operator: type[ast.operator], left: Any, right: Any) -> Any:
    if operator in _REMAINDER and not np.all(right):
        raise _UnsureError
    return _ARITHMETIC[operator](left, right)


def _compared(left: ast.expr, operators: list[ast.cmpop], right: list[ast.expr], known: dict[str, NDArray[Any]]) -> Any:
    holds: Any = True
    for operator, side in zip(operators, right, strict=True):
        holds = holds & _one_comparison(left, operator, side, known)
        left = side
    return holds


def _one_comparison(left: ast.expr, operator: ast.cmpop, right: ast.expr, known: dict[str, NDArray[Any]]) -> Any:
    value = _value(left, known)
    if isinstance(operator, ast.In | ast.NotIn):
        if not isinstance(right, ast.Tuple | ast.List):
            raise _UnsureError
        among: Any = False
        for item in right.elts:
            among = among | _alike(np.equal, value, _value(item, known))
        return among if isinstance(operator, ast.In) else ~np.asarray(among)
    return _alike(_COMPARE[type(operator)], value, _value(right, known))


def _alike(compare: Any, left: Any, right: Any) -> Any:
    """Words are compared with words, quantities with quantities."""
    if (np.asarray(left).dtype.kind == "U") != (np.asarray(right).dtype.kind == "U"):
        raise _UnsureError
    return compare(left, right)
